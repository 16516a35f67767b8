package dashboard

import (
	"context"
	"fmt"
	"slices"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Escalations lists the hand-overs from the AI to a human. Whoever records one publishes a change of what "escalation".
type Escalations interface {
	Escalations(ctx context.Context, contactIDs []string, page chat.PageRequest) (chat.List[chat.Escalation], error)
}

// escalationsOf makes the tab of hand-overs.
func (d *Dashboard) escalationsOf(c *fiber.Ctx, a *about) (*view.Escalations, error) {
	found, err := d.Escalations.Escalations(c.UserContext(), a.ids(), a.request(c))
	if err != nil {
		return nil, fmt.Errorf("dashboard: list escalations: %w", err)
	}
	if err := d.keepVisible(c, &found); err != nil {
		return nil, err
	}
	out := view.EscalationsOf(found.Items, d.clock(c))
	out.Stretch = a.stretch(c, found.Next, nil, view.Empty{
		Icon: "bot", Title: "No hand-overs",
		Text: "When an AI agent answers this person and hands the conversation to a human, it is listed here: when, on which channel, why, and who took it.",
	})
	return &out, nil
}

// keepVisible leaves out hand-overs of conversations that the caller may not see.
func (d *Dashboard) keepVisible(c *fiber.Ctx, found *chat.List[chat.Escalation]) error {
	ids := make([]string, 0, len(found.Items))
	for i := range found.Items {
		ids = append(ids, found.Items[i].ConversationID)
	}
	seen, err := d.among(c, ids)
	if err != nil {
		return err
	}
	found.Items = slices.DeleteFunc(found.Items, func(e chat.Escalation) bool { return !seen[e.ConversationID] })
	return nil
}
