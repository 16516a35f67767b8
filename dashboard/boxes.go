package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Labels of contacts and conversations: the same box over two kinds of documents.

// labelRoutes are the lists of labels to choose from.
func (d *Dashboard) labelRoutes() []route {
	return []route{
		{get, "/contacts/:contact/labels", agent, d.contactLabelChoice},
		{get, "/inbox/:conversation/labels", agent, d.conversationLabelChoice},
	}
}

func (d *Dashboard) addContactLabel(c *fiber.Ctx) error { return d.contactLabels(c, labelChange(c)) }

func (d *Dashboard) removeContactLabel(c *fiber.Ctx) error {
	return d.contactLabels(c, labelEdit{was: formValues(c, "label"), whole: true})
}

func (d *Dashboard) addConversationLabel(c *fiber.Ctx) error {
	return d.conversationLabels(c, labelChange(c))
}

func (d *Dashboard) removeConversationLabel(c *fiber.Ctx) error {
	return d.conversationLabels(c, labelEdit{was: formValues(c, "label"), whole: true})
}

// A labelEdit is what was tried with the labels of one document.
type labelEdit struct {
	was, chosen []string
	typed       string
	choosing    bool // the list was open
	whole       bool // the box is drawn anew, not just its chips: nothing is being chosen in it

	before, after []string // what came of it
	refusal       string
}

// labelChange reads a form: the labels that were set and those that are ticked now; with the button beside it, the typed one.
func labelChange(c *fiber.Ctx) labelEdit {
	e := labelEdit{was: formValues(c, "was"), chosen: formValues(c, "label"), choosing: form(c, "choosing") != ""}
	e.whole = !e.choosing
	if form(c, "do") == "add" {
		e.typed, e.whole = form(c, "new"), true
	}
	if e.typed != "" || len(e.was)+len(e.chosen) == 0 && !e.choosing {
		e.chosen = append(e.chosen, e.typed)
	}
	return e
}

func (d *Dashboard) contactLabels(c *fiber.Ctx, e labelEdit) error {
	contact, err := d.editContact(c, func(contact *chat.Contact, at time.Time) error {
		e.before = contact.Labels
		return contact.EditLabels(e.was, e.chosen, by(c), at)
	})
	message, refused := chat.IsInput(err)
	if err != nil && !refused {
		return err
	}
	if refused {
		if contact, err = d.Contacts.Contact(c.UserContext(), param(c, "contact")); err != nil {
			return fmt.Errorf("dashboard: read contact: %w", err)
		}
	}
	e.after, e.refusal = contact.Labels, message
	page := view.ContactURL(contact.ID)
	box, err := d.labelBox(c, page, e.reopened(), func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ContactLabels(&contact, defined, form, d.clock(c))
	})
	switch {
	case err != nil:
		return err
	case refused && !fragment(c):
		return d.showContact(c, http.StatusUnprocessableEntity, &contact, func(p *view.ContactPanel) { p.Labels = box.Refused(message, e.typed) })
	}
	return d.answerLabels(c, box, &e, page)
}

func (d *Dashboard) conversationLabels(c *fiber.Ctx, e labelEdit) error {
	conversation, err := d.editConversation(c, func(conversation *chat.Conversation, at time.Time) error {
		e.before = conversation.Labels
		return conversation.EditLabels(e.was, e.chosen, by(c), at)
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
	e.after, e.refusal = conversation.Labels, message
	page := deskPath(c)
	box, err := d.labelBox(c, page, e.reopened(), func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ConversationLabels(&conversation, defined, form, d.clock(c))
	})
	switch {
	case err != nil:
		return err
	case refused && !fragment(c):
		return d.showRefusedPanel(c, http.StatusUnprocessableEntity, func(p *view.ConversationPanel) { p.Labels = box.Refused(message, e.typed) })
	}
	return d.answerLabels(c, box, &e, page)
}

// contactLabelChoice lists the labels a contact can have; as a page, it is the contact with the list in it.
func (d *Dashboard) contactLabelChoice(c *fiber.Ctx) error {
	page := view.ContactURL(param(c, "contact"))
	if !fragment(c) {
		return c.Redirect(view.URL(page, url.Values{"edit": {view.EditLabels}}), http.StatusSeeOther)
	}
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	box, err := d.labelBox(c, page, view.EditLabels, func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ContactLabels(&contact, defined, form, d.clock(c))
	})
	if err != nil {
		return err
	}
	return d.render(c, http.StatusOK, "partials/label_options", box)
}

// conversationLabelChoice lists the labels a conversation can have; as a page, it is the conversation with the list in it.
func (d *Dashboard) conversationLabelChoice(c *fiber.Ctx) error {
	page := deskPath(c)
	if !fragment(c) {
		return c.Redirect(view.URL(page, url.Values{"tab": {"conversation"}, "edit": {view.EditLabels}}), http.StatusSeeOther)
	}
	conversation, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	box, err := d.labelBox(c, page, view.EditLabels, func(defined []chat.LabelDefinition, form view.Form) view.LabelBox {
		return view.ConversationLabels(&conversation, defined, form, d.clock(c))
	})
	if err != nil {
		return err
	}
	return d.render(c, http.StatusOK, "partials/label_options", box)
}

func (d *Dashboard) labelBox(c *fiber.Ctx, page, edit string, box func([]chat.LabelDefinition, view.Form) view.LabelBox) (view.LabelBox, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return view.LabelBox{}, fmt.Errorf("dashboard: read settings: %w", err)
	}
	return box(settings.Labels, view.Form{CSRF: signedIn(c).token, Return: localPath(form(c, "return"), page), Edit: edit}), nil
}

// answerLabels shows the labels as they are now, with the way back to what they were.
func (d *Dashboard) answerLabels(c *fiber.Ctx, box view.LabelBox, e *labelEdit, page string) error {
	switch {
	case e.refusal != "":
		return d.answer(c, http.StatusUnprocessableEntity, part{"oob/labels", box.Refused(e.refusal, e.typed)})
	case !fragment(c):
		return back(c, page)
	}
	parts := []part{{"oob/labels", box}}
	if !e.whole {
		parts[0].template = "oob/label_chips"
	}
	if said, changed := e.said(c, box.AddURL); changed {
		parts = append(parts, part{"oob/toast", said})
	}
	return d.answer(c, http.StatusOK, parts...)
}

// reopened is the list again, for a browser without JavaScript whose choice was refused.
func (e *labelEdit) reopened() string {
	if e.refusal != "" && e.choosing {
		return view.EditLabels
	}
	return ""
}

// said words what has changed, and offers to take just that back.
func (e *labelEdit) said(c *fiber.Ctx, url string) (t toast, changed bool) {
	var fields []view.Attribute
	added, removed := missing(e.after, e.before), missing(e.before, e.after)
	for _, l := range added {
		fields = append(fields, view.Attribute{Key: "was", Value: l})
	}
	for _, l := range removed {
		fields = append(fields, view.Attribute{Key: "label", Value: l})
	}
	switch {
	case len(fields) == 0:
		return toast{}, false
	case len(removed) == 0:
		t.Text = "Label added"
	case len(added) == 0:
		t.Text = "Label removed"
	default:
		t.Text = "Label replaced"
	}
	t.Undo = undoTo(c, url, fields...)
	return t, true
}

// missing are the labels of list that others do not have.
func missing(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return slices.Contains(others, l) })
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
