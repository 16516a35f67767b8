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

// refusal tells an edit that was refused with a reason for the agent from one that failed.
func refusal(err error) bool {
	var conflict *chat.ConflictError
	_, input := chat.IsInput(err)
	return input || errors.As(err, &conflict)
}
