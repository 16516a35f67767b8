package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

func (d *Dashboard) setContactAttribute(c *fiber.Ctx) error {
	key, value, was := form(c, "key"), form(c, "value"), form(c, "was")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.contactAttribute(c, settings.ContactAttributes, func(contact *chat.Contact, at time.Time) error {
		return contact.SetTypedAttribute(settings.ContactAttributes, key, value, was, by(c), at)
	})
}

func (d *Dashboard) removeContactAttribute(c *fiber.Ctx) error {
	key := form(c, "key")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.contactAttribute(c, settings.ContactAttributes, func(contact *chat.Contact, _ time.Time) error {
		contact.RemoveAttribute(key)
		return nil
	})
}

func (d *Dashboard) contactAttribute(c *fiber.Ctx, defined []chat.AttributeDefinition, edit func(*chat.Contact, time.Time) error) error {
	var before []chat.Attribute
	contact, err := d.editContact(c, func(contact *chat.Contact, at time.Time) error {
		before = contact.Attributes
		return edit(contact, at)
	})
	if err != nil && !refusal(err) {
		return err
	}
	cause := err
	if cause != nil {
		if contact, err = d.Contacts.Contact(c.UserContext(), param(c, "contact")); err != nil {
			return fmt.Errorf("dashboard: read contact: %w", err)
		}
	}
	page := view.ContactURL(contact.ID)
	box := d.attributes(c, cause, view.ContactAttributes(&contact, defined, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page)}, d.clock(c)))
	if cause != nil && !fragment(c) {
		return d.showContact(c, Status(cause), &contact, func(p *view.ContactPanel) { p.Attributes = box })
	}
	return d.answerAttributes(c, box, cause, page, attributeChange{before, contact.Attributes})
}

func (d *Dashboard) setConversationAttribute(c *fiber.Ctx) error {
	key, value, was := form(c, "key"), form(c, "value"), form(c, "was")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.conversationAttribute(c, settings.ConversationAttributes, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.SetTypedAttribute(settings.ConversationAttributes, key, value, was, by(c), at)
	})
}

func (d *Dashboard) removeConversationAttribute(c *fiber.Ctx) error {
	key := form(c, "key")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.conversationAttribute(c, settings.ConversationAttributes, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.RemoveAttribute(key, by(c), at)
	})
}

func (d *Dashboard) conversationAttribute(c *fiber.Ctx, defined []chat.AttributeDefinition, edit func(*chat.Conversation, time.Time) error) error {
	var before []chat.Attribute
	conversation, err := d.editConversation(c, func(conversation *chat.Conversation, at time.Time) error {
		before = conversation.Attributes
		return edit(conversation, at)
	})
	if err != nil && !refusal(err) {
		return err
	}
	cause := err
	if cause != nil {
		if conversation, err = d.Conversations.Conversation(c.UserContext(), param(c, "conversation")); err != nil {
			return fmt.Errorf("dashboard: read conversation: %w", err)
		}
	}
	page := deskPath(c)
	box := d.attributes(c, cause, view.ConversationAttributes(&conversation, defined, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page)}, d.clock(c)))
	if cause != nil && !fragment(c) {
		return d.showRefusedPanel(c, Status(cause), func(p *view.ConversationPanel) { p.Attributes = box })
	}
	return d.answerAttributes(c, box, cause, page, attributeChange{before, conversation.Attributes})
}

// attributes puts what was wrong into the box.
func (d *Dashboard) attributes(c *fiber.Ctx, cause error, box view.AttributeBox) view.AttributeBox {
	if conflict, ok := errors.AsType[*chat.ConflictError](cause); ok {
		box = box.Refused("", form(c, "key"), form(c, "value"))
		box.Conflict = view.ConflictOf(conflict, form(c, "value"), d.clock(c))
		return box
	}
	if message, ok := chat.IsInput(cause); ok {
		return box.Refused(message, form(c, "key"), form(c, "value"))
	}
	return box
}

// attributeChange is what the attributes were and are.
type attributeChange struct{ before, after []chat.Attribute }

func (d *Dashboard) answerAttributes(c *fiber.Ctx, box view.AttributeBox, cause error, page string, change attributeChange) error {
	switch {
	case cause != nil:
		return d.answer(c, Status(cause), part{"oob/attributes", box})
	case !fragment(c):
		return back(c, page)
	}
	parts := []part{{"oob/attributes", box}}
	if said, ok := d.attributeSaid(c, box, change); ok {
		parts = append(parts, part{"oob/toast", said})
	}
	return d.answer(c, http.StatusOK, parts...)
}

// attributeSaid says what became of the attribute that was sent, with what would take it back.
func (d *Dashboard) attributeSaid(c *fiber.Ctx, box view.AttributeBox, change attributeChange) (toast, bool) {
	key := view.AttributeKey(form(c, "key"))
	was, had := view.AttributeValue(change.before, key)
	is, has := view.AttributeValue(change.after, key)
	if was == is && had == has {
		return toast{}, false
	}
	said := toast{Text: "Attribute saved", Undo: undoTo(c, box.SetURL,
		view.Attribute{Key: "key", Value: key}, view.Attribute{Key: "value", Value: was}, view.Attribute{Key: "was", Value: is})}
	switch {
	case !has:
		said.Text = "Attribute removed"
	case !had:
		said.Undo = undoTo(c, box.RemoveURL, view.Attribute{Key: "key", Value: key})
	}
	return said, true
}
