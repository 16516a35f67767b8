package dashboard

import (
	"fmt"
	"net/http"
	"net/url"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// historyBody is a conversation as it went: its messages, and beside them what happened and what was entered at the close.
type historyBody struct {
	Episode    view.Episode
	Contact    view.ContactLink
	Account    string
	Items      []view.Item
	OlderURL   string
	NewestURL  string
	Events     []view.Event
	EventsFull bool // the timeline holds as much as is kept; what came before is gone
}

func (d *Dashboard) historyRoutes() []route {
	return []route{{get, "/history/:conversation", agent, d.history}}
}

// historyOf makes the list of a person's conversations.
func (d *Dashboard) historyOf(c *fiber.Ctx, a *about) (*view.History, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	found, err := d.conversationsOf(c, a.ids(), a.request(c))
	if err != nil {
		return nil, err
	}
	out := view.HistoryOf(&view.HistoryInput{Conversations: found.Items, Labels: settings.Labels, Current: a.conversation, Clock: d.clock(c)})
	out.Stretch = a.stretch(c, found.Next, nil, view.Empty{
		Icon: "history", Title: "No conversations", Text: "Conversations with this person on any channel are listed here, the newest first.",
	})
	return &out, nil
}

// history shows one conversation read-only, with its whole timeline.
func (d *Dashboard) history(c *fiber.Ctx) error {
	ctx := c.UserContext()
	page := d.frame(c, "", "inbox")
	conversation, err := d.Conversations.Conversation(ctx, param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(ctx, conversation.ContactID)
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	settings, err := d.Settings.Settings(ctx)
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	before := query(c, "before")
	list, err := d.Conversations.Messages(ctx, conversation.ID, before, messagePage)
	if err != nil {
		return fmt.Errorf("dashboard: read messages: %w", err)
	}
	body := historyBody{
		Episode: view.EpisodeOf(&conversation, settings.Labels, d.clock(c)), Contact: view.ContactLinkOf(&contact),
		Account:    d.config.AccountName(conversation.Channel, conversation.Account),
		Events:     view.Events(conversation.Timeline, d.clock(c)),
		EventsFull: len(conversation.Timeline) >= chat.MaxTimeline,
		Items: view.Items(&view.ThreadInput{
			Messages: list.Items, Oldest: list.Next == "", Newest: before == "", Contact: view.ContactName(&contact),
			Business: d.config.AccountName(conversation.Channel, conversation.Account), Clock: d.clock(c),
		}),
	}
	if list.Next != "" {
		body.OlderURL = view.URL(view.HistoryURL(conversation.ID), url.Values{"before": {list.Next}})
	}
	if before != "" {
		body.NewestURL = view.HistoryURL(conversation.ID)
	}
	body.Episode.Alone = true
	page.Title = body.Contact.Name + ", " + body.Episode.When
	page.Body = body
	return d.render(c, http.StatusOK, "pages/history", page)
}
