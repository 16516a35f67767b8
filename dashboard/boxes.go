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

// Labels and attributes of contacts and conversations: the same two boxes over two kinds of documents.

func (d *Dashboard) addContactLabel(c *fiber.Ctx) error {
	return d.contactLabel(c, "labels/remove", "added", (*chat.Contact).AddLabel)
}

func (d *Dashboard) removeContactLabel(c *fiber.Ctx) error {
	return d.contactLabel(c, "labels", "removed", (*chat.Contact).RemoveLabel)
}

func (d *Dashboard) addConversationLabel(c *fiber.Ctx) error {
	return d.conversationLabel(c, "labels/remove", "added", (*chat.Conversation).AddLabel)
}

func (d *Dashboard) removeConversationLabel(c *fiber.Ctx) error {
	return d.conversationLabel(c, "labels", "removed", (*chat.Conversation).RemoveLabel)
}

func (d *Dashboard) contactLabel(c *fiber.Ctx, inverse, done string, change func(*chat.Contact, string) error) error {
	label := form(c, "label")
	contact, err := d.editContact(c, func(contact *chat.Contact, _ time.Time) error { return change(contact, label) })
	message, refused := chat.IsInput(err)
	if err != nil && !refused {
		return err
	}
	if refused {
		if contact, err = d.Contacts.Contact(c.UserContext(), param(c, "contact")); err != nil {
			return fmt.Errorf("dashboard: read contact: %w", err)
		}
	}
	page := view.ContactURL(contact.ID)
	box, err := d.labelBox(c, page, func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ContactLabels(&contact, defined, form)
	})
	switch {
	case err != nil:
		return err
	case refused && !fragment(c):
		return d.showContact(c, http.StatusUnprocessableEntity, &contact, func(p *view.ContactPanel) { p.Labels = box.Refused(message, label) })
	}
	return d.answerLabel(c, box, labelEdit{label: label, inverse: page + "/" + inverse, done: done, page: page, refusal: message})
}

func (d *Dashboard) conversationLabel(c *fiber.Ctx, inverse, done string, change func(*chat.Conversation, string, string, time.Time) error) error {
	label := form(c, "label")
	conversation, err := d.editConversation(c, func(conversation *chat.Conversation, at time.Time) error {
		return change(conversation, label, by(c), at)
	})
	message, refused := chat.IsInput(err)
	if err != nil && !refused {
		return err
	}
	if refused {
		if conversation, err = d.Conversations.Conversation(c.UserContext(), param(c, "conversation")); err != nil {
			return fmt.Errorf("dashboard: read conversation: %w", err)
		}
	}
	page := deskPath(c)
	box, err := d.labelBox(c, page, func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ConversationLabels(&conversation, defined, form)
	})
	switch {
	case err != nil:
		return err
	case refused && !fragment(c):
		return d.showRefusedPanel(c, http.StatusUnprocessableEntity, func(p *view.ConversationPanel) { p.Labels = box.Refused(message, label) })
	}
	return d.answerLabel(c, box, labelEdit{label: label, inverse: page + "/" + inverse, done: done, page: page, refusal: message})
}

func (d *Dashboard) labelBox(c *fiber.Ctx, page string, box func([]chat.LabelDefinition, view.Form) view.LabelBox) (view.LabelBox, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return view.LabelBox{}, fmt.Errorf("dashboard: read settings: %w", err)
	}
	return box(settings.Labels, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page)}), nil
}

// labelEdit is what was tried with a label.
type labelEdit struct {
	label, inverse, done, page, refusal string
}

func (d *Dashboard) answerLabel(c *fiber.Ctx, box view.LabelBox, e labelEdit) error {
	switch {
	case e.refusal != "":
		return d.answer(c, http.StatusUnprocessableEntity, part{"oob/labels", box.Refused(e.refusal, e.label)})
	case !fragment(c):
		return back(c, e.page)
	}
	said := toast{Text: "Label " + e.done, Undo: undoTo(c, e.inverse, view.Attribute{Key: "label", Value: e.label})}
	return d.answer(c, http.StatusOK, part{"oob/labels", box}, part{"oob/toast", said})
}

// showRefusedPanel is the page of a conversation with what was wrong in its panel, for browsers without JavaScript.
func (d *Dashboard) showRefusedPanel(c *fiber.Ctx, status int, amend func(*view.ConversationPanel)) error {
	page, q := d.frame(c, "", "inbox"), inboxQuery{view: "open"}
	c.Request().URI().QueryArgs().Set("tab", "conversation")
	desk, err := d.desk(c, param(c, "conversation"), q, func(p *view.Panel) {
		if p.Conversation != nil {
			amend(p.Conversation)
		}
	})
	if err != nil {
		return err
	}
	return d.showInbox(c, status, page, q, desk)
}

func (d *Dashboard) setContactAttribute(c *fiber.Ctx) error {
	key, value, was := form(c, "key"), form(c, "value"), form(c, "was")
	return d.contactAttribute(c, func(contact *chat.Contact) error { return contact.SetAttribute(key, value, was) })
}

func (d *Dashboard) removeContactAttribute(c *fiber.Ctx) error {
	key := form(c, "key")
	return d.contactAttribute(c, func(contact *chat.Contact) error {
		contact.RemoveAttribute(key)
		return nil
	})
}

func (d *Dashboard) contactAttribute(c *fiber.Ctx, edit func(*chat.Contact) error) error {
	contact, err := d.editContact(c, func(contact *chat.Contact, _ time.Time) error { return edit(contact) })
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
	box := d.attributes(c, cause, view.ContactAttributes(&contact, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page)}))
	if cause != nil && !fragment(c) {
		return d.showContact(c, Status(cause), &contact, func(p *view.ContactPanel) { p.Attributes = box })
	}
	return d.answerAttributes(c, box, cause, page)
}

func (d *Dashboard) setConversationAttribute(c *fiber.Ctx) error {
	key, value, was := form(c, "key"), form(c, "value"), form(c, "was")
	return d.conversationAttribute(c, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.SetAttribute(key, value, was, by(c), at)
	})
}

func (d *Dashboard) removeConversationAttribute(c *fiber.Ctx) error {
	key := form(c, "key")
	return d.conversationAttribute(c, func(conversation *chat.Conversation, at time.Time) error {
		return conversation.RemoveAttribute(key, by(c), at)
	})
}

func (d *Dashboard) conversationAttribute(c *fiber.Ctx, edit func(*chat.Conversation, time.Time) error) error {
	conversation, err := d.editConversation(c, edit)
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
	box := d.attributes(c, cause, view.ConversationAttributes(&conversation, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page)}))
	if cause != nil && !fragment(c) {
		return d.showRefusedPanel(c, Status(cause), func(p *view.ConversationPanel) { p.Attributes = box })
	}
	return d.answerAttributes(c, box, cause, page)
}

// refusal tells an edit that was refused with a reason for the agent from one that failed.
func refusal(err error) bool {
	var conflict *chat.ConflictError
	_, input := chat.IsInput(err)
	return input || errors.As(err, &conflict)
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

func (d *Dashboard) answerAttributes(c *fiber.Ctx, box view.AttributeBox, cause error, page string) error {
	switch {
	case cause != nil:
		return d.answer(c, Status(cause), part{"oob/attributes", box})
	case !fragment(c):
		return back(c, page)
	}
	return d.answer(c, http.StatusOK, part{"oob/attributes", box}, part{"oob/toast", toast{Text: "Attributes saved"}})
}
