package view

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/chat"
)

// EditLabels is the edit that a page is asked for to show the list of labels without JavaScript.
const EditLabels = "labels"

// A LabelBox shows the labels of one document with the means to change them.
type LabelBox struct {
	ID        string // DOM id
	Title     string
	Labels    []Label
	Choosing  bool          // the list of labels is open
	Options   []LabelOption // while choosing
	AddURL    string
	ChoiceURL string // the list of labels
	RemoveURL string
	PageURL   string // the list within its page, without JavaScript
	CSRF      string
	Return    string
	Error     string
	Entered   string // what was typed when it was refused
}

// A LabelOption is one label to tick. Of those with the same group one at most can be ticked.
type LabelOption struct {
	ID, Group string
	Label     Label
	Chosen    bool
}

// Refused is the box with what was wrong with the typed label.
func (b LabelBox) Refused(message, entered string) LabelBox {
	b.Error, b.Entered = message, entered
	return b
}

// ContactLabels is the label box of a contact.
func ContactLabels(c *chat.Contact, defined []chat.LabelDefinition, form Form, clock Clock) LabelBox {
	box := labelBox("contact-labels-"+c.ID, "Contact labels", ContactURL(c.ID), c.Labels, defined, form)
	for i := range box.Labels {
		l := &box.Labels[i]
		l.From = setBy(clock)(c.MarkOf(chat.MarkLabel, l.Name))
	}
	return box
}

// ConversationLabels is the label box of a conversation.
func ConversationLabels(c *chat.Conversation, defined []chat.LabelDefinition, form Form, clock Clock) LabelBox {
	box := labelBox("conversation-labels-"+c.ID, "Conversation labels", "/inbox/"+url.PathEscape(c.ID), c.Labels, defined, form)
	for i := range box.Labels {
		l := &box.Labels[i]
		l.From = setBy(clock)(c.LabelMark(l.Name))
	}
	return box
}

// setBy words who set a label or attribute, and when; nothing where nobody knows.
func setBy(clock Clock) func(m chat.Mark, ok bool) string {
	return func(m chat.Mark, ok bool) string {
		if !ok {
			return ""
		}
		return "Set by " + cmp.Or(m.By, "the system") + ", " + clock.Moment(m.At).Exact
	}
}

func labelBox(id, title, base string, names []string, defined []chat.LabelDefinition, form Form) LabelBox {
	box := LabelBox{
		ID: id, Title: title, Labels: Labels(names, defined), Choosing: form.Edit == EditLabels, AddURL: base + "/labels", ChoiceURL: base + "/labels",
		RemoveURL: base + "/labels/remove", PageURL: editURL(form.Return, EditLabels, id), CSRF: form.CSRF, Return: form.Return,
	}
	if !box.Choosing {
		return box
	}
	all := slices.Clone(names)
	for _, d := range defined {
		if !slices.Contains(names, d.Name) {
			all = append(all, d.Name)
		}
	}
	slices.SortFunc(all, strings.Compare)
	for i, l := range Labels(all, defined) {
		box.Options = append(box.Options, LabelOption{ID: id + "-" + strconv.Itoa(i), Group: l.Scope, Label: l, Chosen: slices.Contains(names, l.Name)})
	}
	return box
}
