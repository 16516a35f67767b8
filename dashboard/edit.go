package dashboard

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// part is one template of an answer made of several out-of-band parts. Each names its own place on the page, and is dropped by
// the browser when the agent has moved on and that place is not there any more.
type part struct {
	template string
	data     any
}

// answer writes the parts for htmx.
func (d *Dashboard) answer(c *fiber.Ctx, status int, parts ...part) error {
	var out bytes.Buffer
	for _, p := range parts {
		if err := d.engine.Render(&out, p.template, p.data); err != nil {
			return fmt.Errorf("dashboard: render %s: %w", p.template, err)
		}
	}
	return sendHTML(c, status, out.Bytes())
}

// back returns to the page a form without JavaScript was on.
func back(c *fiber.Ctx, fallback string) error {
	return c.Redirect(localPath(form(c, "return"), fallback), http.StatusSeeOther)
}

// toast is a short message, with what would take the change back.
type toast struct {
	Text string
	Undo *undo
}

// undo is a form that restores what was there before.
type undo struct {
	URL, CSRF string
	Fields    []view.Attribute // names and values of the form
}

func undoTo(c *fiber.Ctx, url string, fields ...view.Attribute) *undo {
	return &undo{URL: url, CSRF: signedIn(c).token, Fields: fields}
}

// by is how the caller's edits are signed.
func by(c *fiber.Ctx) string { return view.UserName(&signedIn(c).user) }

// editContact changes a contact and tells everybody. The edit may run more than once.
func (d *Dashboard) editContact(c *fiber.Ctx, edit func(contact *chat.Contact, at time.Time) error) (chat.Contact, error) {
	at := d.config.Now().UTC()
	contact, err := d.Contacts.UpdateContact(c.UserContext(), param(c, "contact"), func(contact *chat.Contact) error { return edit(contact, at) })
	if err != nil {
		return contact, fmt.Errorf("dashboard: edit contact: %w", err)
	}
	d.changed(c, chat.Change{Contact: contact.ID, What: []string{"contact"}})
	return contact, nil
}

// editConversation changes a conversation and tells everybody. The edit may run more than once.
func (d *Dashboard) editConversation(c *fiber.Ctx, edit func(conversation *chat.Conversation, at time.Time) error) (chat.Conversation, error) {
	at := d.config.Now().UTC()
	conversation, err := d.Conversations.UpdateConversation(c.UserContext(), param(c, "conversation"), func(conversation *chat.Conversation) error {
		return edit(conversation, at)
	})
	if err != nil {
		return conversation, fmt.Errorf("dashboard: edit conversation: %w", err)
	}
	d.changed(c, chat.Change{Conversation: conversation.ID, Contact: conversation.ContactID, Channel: conversation.Channel, Account: conversation.Account, What: []string{"conversation"}})
	return conversation, nil
}

// field shows one field of a contact, as value or as form.
func (d *Dashboard) field(c *fiber.Ctx) error {
	name := param(c, "field")
	if !fragment(c) {
		return c.Redirect(view.URL(view.ContactURL(param(c, "contact")), map[string][]string{"edit": {name}}), http.StatusSeeOther)
	}
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	form := d.form(c, view.ContactURL(contact.ID))
	form.Edit = ""
	if c.Query("edit") != "" {
		form.Edit = name
	}
	f, ok := view.FieldOf(&contact, name, form, d.clock(c))
	if !ok {
		return fmt.Errorf("dashboard: field: %w", chat.ErrNotFound)
	}
	return d.render(c, http.StatusOK, "partials/field", f)
}

// setField saves one field, unless somebody else saved it since the editor read it.
func (d *Dashboard) setField(c *fiber.Ctx) error {
	name, value := param(c, "field"), form(c, "value")
	seen, err := strconv.ParseInt(form(c, "seen"), 10, 64)
	if err != nil {
		return fmt.Errorf("dashboard: field version: %w", chat.ErrInvalid)
	}
	var before string
	contact, err := d.editContact(c, func(contact *chat.Contact, at time.Time) error {
		before = view.RawField(contact, name)
		typed := value
		if name == chat.FieldPhone && form(c, "undo") == "" { // what stood there comes back as it was
			var err error
			if typed, err = d.config.Number(value, contact.Country); err != nil {
				return err
			}
		}
		return contact.Set(name, typed, seen, by(c), at)
	})
	if err != nil {
		return d.refuseField(c, name, value, err)
	}
	if !fragment(c) {
		return back(c, view.ContactURL(contact.ID))
	}
	f, ok := view.FieldOf(&contact, name, view.Form{CSRF: signedIn(c).token, Return: view.ContactURL(contact.ID)}, d.clock(c))
	if !ok {
		return fmt.Errorf("dashboard: field: %w", chat.ErrNotFound)
	}
	parts := []part{{"oob/field", f}}
	if f.Raw != before {
		parts = append(parts, part{"oob/toast", toast{Text: f.Label + " saved", Undo: undoTo(c, f.SaveURL,
			view.Attribute{Key: "value", Value: before}, view.Attribute{Key: "seen", Value: view.Version(f.Seen)}, view.Attribute{Key: "undo", Value: "1"})}})
	}
	return d.answer(c, http.StatusOK, parts...)
}

// refuseField shows the form again with what was wrong, or with somebody else's newer value next to the typed one.
func (d *Dashboard) refuseField(c *fiber.Ctx, name, value string, cause error) error {
	var conflict *chat.ConflictError
	message, input := chat.IsInput(cause)
	if !errors.As(cause, &conflict) && !input {
		return cause
	}
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	f, ok := view.FieldOf(&contact, name, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), view.ContactURL(contact.ID)), Edit: name}, d.clock(c))
	if !ok {
		return fmt.Errorf("dashboard: field: %w", chat.ErrNotFound)
	}
	status := http.StatusUnprocessableEntity
	f.Raw, f.Error = value, message
	if conflict != nil {
		status = http.StatusConflict
		f.Conflict = view.ConflictOf(conflict, value, d.clock(c))
	}
	if fragment(c) {
		return d.answer(c, status, part{"oob/field", f})
	}
	return d.showContact(c, status, &contact, func(p *view.ContactPanel) {
		for i := range p.Fields {
			if p.Fields[i].Name == name {
				p.Fields[i] = f
			}
		}
	})
}
