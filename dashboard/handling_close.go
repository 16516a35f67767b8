package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// closeForm asks how the conversation ended. For a closed one it shows what was said, to be changed.
func (d *Dashboard) closeForm(c *fiber.Ctx) error {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	return d.showClose(c, http.StatusOK, &settings, nil, nil)
}

// showClose shows the form. entry is what was typed, nil for what was said at the last close; amend puts in what was wrong.
func (d *Dashboard) showClose(c *fiber.Ctx, status int, settings *chat.Settings, entry *view.CloseEntry, amend func(*chat.Conversation, *view.CloseForm)) error {
	conversation, f, err := d.handlingForm(c, "Close", "circle-check")
	if err != nil {
		return err
	}
	if conversation.State == chat.StateClosed {
		f.Title = "What was said at the close"
	}
	if entry == nil {
		said := view.CloseEntryOf(&conversation)
		entry = &said
	}
	f.Close = view.CloseFormOf(settings, entry, deskPath(c)+"/close")
	f.Close.At(&conversation)
	if amend != nil {
		amend(&conversation, f.Close)
	}
	return d.showHandling(c, status, f)
}

// closeEntry is what was typed into the form.
func closeEntry(c *fiber.Ctx) *view.CloseEntry {
	return &view.CloseEntry{Sentiment: form(c, "sentiment"), Notes: form(c, "notes"), Tag: form(c, "tag"), Tickets: form(c, "tickets")}
}

// seenAtClose is what the agent had seen of the conversation when the form was made.
func seenAtClose(messages, closedAt string) (seen int64, closed time.Time, err error) {
	if seen, err = strconv.ParseInt(messages, 10, 64); err != nil {
		return 0, closed, fmt.Errorf("dashboard: seen messages: %w", chat.ErrInvalid)
	}
	if closedAt == "" {
		return seen, closed, nil
	}
	if closed, err = time.Parse(time.RFC3339Nano, closedAt); err != nil {
		return 0, closed, fmt.Errorf("dashboard: seen close: %w", chat.ErrInvalid)
	}
	return seen, closed, nil
}

// closeConversation ends the conversation with what was said. What was typed comes back with anything that was wrong, and with
// what the customer or a colleague did meanwhile.
func (d *Dashboard) closeConversation(c *fiber.Ctx) error {
	entry := closeEntry(c)
	seen, closedAt, err := seenAtClose(form(c, "seen"), form(c, "closed_at"))
	if err != nil {
		return err
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	request := &chat.ClosingRequest{Closing: entry.Closing(), Messages: seen, ClosedAt: closedAt}
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Close(request, &settings, by(c), at)
	})
	if wrong, ok := errors.AsType[chat.InputErrors](err); ok {
		return d.refuseClose(c, &settings, entry, wrong)
	}
	if _, ok := errors.AsType[*chat.ConflictError](err); ok {
		return d.showClose(c, http.StatusConflict, &settings, entry, func(conversation *chat.Conversation, f *view.CloseForm) {
			f.News = view.NewsOf(conversation, seen, closedAt, d.clock(c))
		})
	}
	if err != nil {
		return err
	}
	said := toast{Text: "Closed", Undo: undoState(c, &before)}
	if before.State == chat.StateClosed {
		said = toast{Text: "Saved"}
	}
	return d.handled(c, &conversation, said)
}

// refuseClose shows the form with everything that was wrong.
func (d *Dashboard) refuseClose(c *fiber.Ctx, settings *chat.Settings, entry *view.CloseEntry, wrong chat.InputErrors) error {
	return d.showClose(c, http.StatusUnprocessableEntity, settings, entry, func(_ *chat.Conversation, f *view.CloseForm) {
		for _, e := range wrong {
			f.Errors[e.Field] = e.Message
		}
	})
}

// closeNews tells an open form what happened to the conversation meanwhile.
func (d *Dashboard) closeNews(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect(deskPath(c)+"/close", http.StatusSeeOther)
	}
	seen, closedAt, err := seenAtClose(query(c, "seen"), query(c, "closed_at"))
	if err != nil {
		return err
	}
	conversation, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	return d.render(c, http.StatusOK, "partials/close_news", view.NewsOf(&conversation, seen, closedAt, d.clock(c)))
}
