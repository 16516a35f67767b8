package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// currentQuery is the list's query of the page a fragment was asked from.
func currentQuery(c *fiber.Ctx) inboxQuery {
	if u, err := url.Parse(c.Get("HX-Current-URL")); err == nil && fragment(c) {
		return inboxQueryOf(u.Query())
	}
	return inboxQueryOf(url.Values{})
}

// handlingForm reads what a form of an action stands over.
func (d *Dashboard) handlingForm(c *fiber.Ctx, title, icon string) (chat.Conversation, *view.HandlingForm, error) {
	conversation, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return conversation, nil, fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(c.UserContext(), conversation.ContactID)
	if err != nil {
		return conversation, nil, fmt.Errorf("dashboard: read contact: %w", err)
	}
	return conversation, &view.HandlingForm{
		ID: conversation.ID, Title: title, Icon: icon, Name: view.ContactName(&contact), BackURL: deskPath(c), CSRF: signedIn(c).token,
	}, nil
}

// showHandling shows a form: in the dialog, or as a page of its own.
func (d *Dashboard) showHandling(c *fiber.Ctx, status int, f *view.HandlingForm) error {
	if !fragment(c) {
		page := d.frame(c, f.Title, "inbox")
		page.Body = f
		return d.render(c, status, "pages/handling", page)
	}
	if status == http.StatusOK {
		return d.render(c, status, "partials/handling_form", f)
	}
	return d.answer(c, status, part{"oob/handling", f})
}

func (d *Dashboard) snoozeForm(c *fiber.Ctx) error {
	conversation, f, err := d.handlingForm(c, "Snooze", "moon")
	if err != nil {
		return err
	}
	f.Snooze = view.SnoozeFormOf(&conversation, d.clock(c))
	return d.showHandling(c, http.StatusOK, f)
}

// snooze puts the conversation off until a time of the agent's, or until the customer writes.
func (d *Dashboard) snooze(c *fiber.Ctx) error {
	date, clock := form(c, "date"), form(c, "time")
	until, err := view.ParseUntil(form(c, "until"), date, clock, d.clock(c).Zone)
	if err != nil {
		return d.refuseSnooze(c, err, date, clock)
	}
	before, conversation, err := d.changeOf(c, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.Snooze(until, by(c), at)
	})
	if err != nil {
		return d.refuseSnooze(c, err, date, clock)
	}
	said := toast{Text: view.ConversationState(&conversation, d.clock(c)).Name}
	if before.State != conversation.State || !before.SnoozedUntil.Equal(conversation.SnoozedUntil) {
		said.Undo = undoState(c, &before)
	}
	return d.handled(c, &conversation, said)
}

func (d *Dashboard) refuseSnooze(c *fiber.Ctx, cause error, date, clock string) error {
	message, ok := chat.IsInput(cause)
	if !ok {
		return d.refuseReopen(c, cause)
	}
	conversation, f, err := d.handlingForm(c, "Snooze", "moon")
	if err != nil {
		return err
	}
	f.Snooze = view.SnoozeFormOf(&conversation, d.clock(c))
	f.Snooze.Error = message
	if date != "" {
		f.Snooze.Date, f.Snooze.Time = date, clock
	}
	return d.showHandling(c, http.StatusUnprocessableEntity, f)
}

func (d *Dashboard) assignForm(c *fiber.Ctx) error {
	conversation, f, err := d.handlingForm(c, "Assign", "user-plus")
	if err != nil {
		return err
	}
	users, departments, err := d.colleagues(c)
	if err != nil {
		return err
	}
	f.Assign = view.AssignFormOf(&conversation, users, departments, signedIn(c).user.ID)
	return d.showHandling(c, http.StatusOK, f)
}

// colleagues are all to whom a conversation can be given.
func (d *Dashboard) colleagues(c *fiber.Ctx) ([]chat.User, []chat.Department, error) {
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return nil, nil, fmt.Errorf("dashboard: list users: %w", err)
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	return users, settings.Departments, nil
}
