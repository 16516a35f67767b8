package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Escalations lists the hand-overs from the AI to a human, and notes who takes one. Whoever records one publishes a change of
// what "escalation".
type Escalations interface {
	Escalations(ctx context.Context, contactIDs []string, page chat.PageRequest) (chat.List[chat.Escalation], error)
	Escalation(ctx context.Context, id string) (chat.Escalation, error)
	TakeEscalation(ctx context.Context, id string, by chat.Author) (chat.Escalation, error)
}

func (d *Dashboard) escalationRoutes() []route {
	return []route{{post, "/inbox/:conversation/escalations/:escalation/take", agent, d.takeEscalation}}
}

// takeEscalation notes that the caller handles a hand-over, and gives them the conversation if nobody has it. Of two who take
// it the first one has it; the other is told who.
func (d *Dashboard) takeEscalation(c *fiber.Ctx) error {
	e, err := d.Escalations.Escalation(c.UserContext(), param(c, "escalation"))
	if err == nil && e.ConversationID != param(c, "conversation") {
		err = fmt.Errorf("dashboard: a hand-over of another conversation: %w", chat.ErrNotFound)
	}
	if err == nil {
		e, err = d.Escalations.TakeEscalation(c.UserContext(), e.ID, chat.Author{ID: signedIn(c).user.ID, Name: by(c)})
	}
	late := errors.Is(err, chat.ErrConflict) && e.TakenByID != ""
	if err != nil && !late {
		return fmt.Errorf("dashboard: take an escalation: %w", err)
	}
	if !late {
		d.changed(c, chat.Change{Conversation: e.ConversationID, Contact: e.ContactID, Channel: e.Channel, What: []string{"conversation", "escalation"}})
	}
	if !fragment(c) {
		return back(c, deskPath(c))
	}
	return d.answerTaken(c, &e, late)
}

// answerTaken shows the hand-over and the conversation as they are now, and says who has each.
func (d *Dashboard) answerTaken(c *fiber.Ctx, e *chat.Escalation, late bool) error {
	conversation, err := d.Conversations.Conversation(c.UserContext(), e.ConversationID)
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	parts, err := d.headParts(c, &conversation)
	if err != nil {
		return err
	}
	said := "You have taken the hand-over"
	switch {
	case late:
		said = e.TakenBy + " has taken it already"
	case conversation.Assignee == e.TakenByID:
		said += ", and the conversation is yours"
	case conversation.Assignee != "":
		said += ". The conversation stays with the colleague who has it"
		if user, err := d.Users.User(c.UserContext(), conversation.Assignee); err == nil {
			said = "You have taken the hand-over. " + view.UserName(&user) + " keeps the conversation"
		}
	}
	list := view.EscalationsOf([]chat.Escalation{*e}, d.form(c, localPath(form(c, "return"), deskPath(c))), d.clock(c))
	return d.answer(c, http.StatusOK, append(parts, part{"oob/escalation", list}, part{"oob/toast", toast{Text: said}})...)
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
	out := view.EscalationsOf(found.Items, a.form, d.clock(c))
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
