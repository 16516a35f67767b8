package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Merger makes one contact of two, and two of one again.
type Merger interface {
	MergeContacts(ctx context.Context, into, from string, o chat.MergeOrder) (chat.Merge, error)
	UndoMerge(ctx context.Context, id, by string) (chat.Merge, error)
	UndoPreview(ctx context.Context, id string) (m chat.Merge, split chat.Split, conversations int, err error)
}

// Lookalikes knows who was merged with a contact, and who might be the same person.
type Lookalikes interface {
	Merges(ctx context.Context, into string, page chat.PageRequest) (chat.List[chat.Merge], error)
	Alike(ctx context.Context, contactID string) ([]chat.Suggestion, error)
}

// How many of each a page about merging shows or counts.
const (
	mergeLines     = 20
	mergeCandidate = 12
	mergeCounted   = 200
)

func (d *Dashboard) mergeRoutes() []route {
	return []route{
		{get, "/contacts/:contact/merge", agent, d.mergeScreen},
		{post, "/contacts/:contact/merge", agent, d.mergeContacts},
		{get, "/contacts/:contact/merges/:merge/undo", agent, d.undoMergeScreen},
		{post, "/contacts/:contact/merges/:merge/undo", agent, d.undoMerge},
		{post, "/contacts/:contact/alike/dismiss", agent, d.dismissAlike},
		{post, "/contacts/:contact/alike/restore", agent, d.restoreAlike},
	}
}

// samePerson is the part of a profile about other records of the same person.
func (d *Dashboard) samePerson(c *fiber.Ctx, contact *chat.Contact) (*view.SamePerson, error) {
	merges, err := d.Lookalikes.Merges(c.UserContext(), contact.ID, chat.PageRequest{Limit: mergeLines})
	if err != nil {
		return nil, fmt.Errorf("dashboard: list merges: %w", err)
	}
	alike, err := d.Lookalikes.Alike(c.UserContext(), contact.ID)
	if err != nil {
		return nil, fmt.Errorf("dashboard: look for the same person: %w", err)
	}
	return view.SamePersonOf(&view.SamePersonInput{
		Contact: contact, Suggestions: alike, Merges: merges.Items, Notice: query(c, "merge"), Form: d.form(c, view.ContactURL(contact.ID)), Clock: d.clock(c),
	}), nil
}

// mergeScreen asks whom to merge with, or shows what merging with them does.
func (d *Dashboard) mergeScreen(c *fiber.Ctx) error {
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	with := query(c, "with")
	if with == "" {
		return d.mergeSearch(c, &contact)
	}
	other, err := d.Contacts.Contact(c.UserContext(), with)
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	if other.ID == contact.ID { // merged by somebody meanwhile
		return c.Redirect(view.ContactURL(contact.ID), http.StatusSeeOther)
	}
	keep, gone := &contact, &other
	if query(c, "keep") == other.ID {
		keep, gone = gone, keep
	}
	return d.showMerge(c, http.StatusOK, view.MergeInput{Keep: keep, Gone: gone, Page: contact.ID})
}

func (d *Dashboard) mergeSearch(c *fiber.Ctx, contact *chat.Contact) error {
	page := d.frame(c, "Merge contacts", "contacts")
	var found []chat.Contact
	text := query(c, "q")
	if text != "" {
		list, err := d.Contacts.Contacts(c.UserContext(), chat.ContactQuery{Search: text, PageRequest: chat.PageRequest{Limit: mergeCandidate}})
		if err != nil {
			return fmt.Errorf("dashboard: list contacts: %w", err)
		}
		found = list.Items
	}
	page.Body = view.MergeSearchOf(contact, text, found, d.clock(c))
	return d.render(c, http.StatusOK, "pages/merge_search", page)
}

// showMerge writes the preview of a merge.
func (d *Dashboard) showMerge(c *fiber.Ctx, status int, in view.MergeInput) error {
	page := d.frame(c, "Merge contacts", "contacts")
	talks, err := d.conversations(c, chat.ConversationQuery{ContactIDs: []string{in.Gone.ID}, Sort: chat.ByActivity, PageRequest: chat.PageRequest{Limit: mergeCounted}})
	if err != nil {
		return err
	}
	notes, err := d.Notes.Notes(c.UserContext(), append([]string{in.Gone.ID}, in.Gone.MergedFrom...), chat.PageRequest{Limit: mergeCounted})
	if err != nil {
		return fmt.Errorf("dashboard: list notes: %w", err)
	}
	in.Conversations, in.More, in.Notes = talks.Items, talks.Next != "", d.clock(c).Counted(len(notes.Items), mergeCounted, "note")
	in.CSRF, in.Clock = signedIn(c).token, d.clock(c)
	page.Body = view.MergePreviewOf(&in)
	return d.render(c, status, "pages/merge", page)
}

// mergeContacts merges as it was decided, unless what was decided about has changed.
func (d *Dashboard) mergeContacts(c *fiber.Ctx) error {
	into, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	from, err := d.Contacts.Contact(c.UserContext(), form(c, "with"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	m, err := d.Merger.MergeContacts(c.UserContext(), into.ID, from.ID, chat.MergeOrder{Choice: mergeChoice(c, &into, &from), Digest: form(c, "digest"), By: by(c)})
	if errors.Is(err, chat.ErrConflict) && into.ID != from.ID && into.MergedInto+from.MergedInto == "" {
		return d.showMerge(c, http.StatusConflict, view.MergeInput{
			Keep: &into, Gone: &from, Page: into.ID, Chosen: func(input string) bool { return form(c, input) == "theirs" },
			Error: "One of the two contacts has changed since you looked. Nothing was merged. This is what they are now:",
		})
	}
	if err != nil {
		return fmt.Errorf("dashboard: merge contacts: %w", err)
	}
	d.audit(c, chat.AuditMerge, m.Into, "with "+m.From)
	d.changedAll(c, []chat.Change{{Contact: m.Into, What: []string{"contact", "conversation"}}, {Contact: m.From, What: []string{"contact", "conversation"}}})
	return c.Redirect(view.URL(view.ContactURL(m.Into), url.Values{"merge": {m.ID}}), http.StatusSeeOther)
}

// mergeChoice reads what was chosen for each value the two disagree about.
func mergeChoice(c *fiber.Ctx, into, from *chat.Contact) chat.MergeChoice {
	var choice chat.MergeChoice
	for i, x := range chat.Clashes(into, from) {
		switch {
		case form(c, fmt.Sprintf("clash-%d", i)) != "theirs":
		case x.Attribute:
			choice.Attributes = append(choice.Attributes, x.Name)
		default:
			choice.Fields = append(choice.Fields, x.Name)
		}
	}
	return choice
}

func (d *Dashboard) undoMergeScreen(c *fiber.Ctx) error {
	page := d.frame(c, "Undo merge", "contacts")
	m, split, n, err := d.Merger.UndoPreview(c.UserContext(), param(c, "merge"))
	if err != nil {
		return undoRefused(c, err)
	}
	page.Body = view.UndoPreviewOf(&m, &split, n, signedIn(c).token, d.clock(c))
	return d.render(c, http.StatusOK, "pages/merge_undo", page)
}

func (d *Dashboard) undoMerge(c *fiber.Ctx) error {
	m, err := d.Merger.UndoMerge(c.UserContext(), param(c, "merge"), by(c))
	if err != nil {
		return undoRefused(c, err)
	}
	d.audit(c, chat.AuditMergeUndone, m.Into, "with "+m.From)
	d.changedAll(c, []chat.Change{{Contact: m.Into, What: []string{"contact", "conversation"}}, {Contact: m.From, What: []string{"contact", "conversation"}}})
	return c.Redirect(view.URL(view.ContactURL(m.Into), url.Values{"merge": {m.ID}}), http.StatusSeeOther)
}

// undoRefused says why a merge cannot be undone.
func undoRefused(c *fiber.Ctx, err error) error {
	if !errors.Is(err, chat.ErrConflict) {
		return fmt.Errorf("dashboard: undo merge: %w", err)
	}
	return &worded{
		title: "This merge cannot be undone now", text: "It was undone already, or the contact was merged into another one since: undo that merge first. Nothing was changed.",
		link: view.ContactURL(strings.Clone(c.Params("contact"))), linkText: "To the contact", cause: err,
	}
}

// dismissAlike remembers that two contacts are two people.
func (d *Dashboard) dismissAlike(c *fiber.Ctx) error {
	return d.judgeAlike(c, (*chat.Contact).Dismiss, "Not suggested again", "/alike/restore")
}

func (d *Dashboard) restoreAlike(c *fiber.Ctx) error {
	return d.judgeAlike(c, (*chat.Contact).Undismiss, "Suggested again", "/alike/dismiss")
}

func (d *Dashboard) judgeAlike(c *fiber.Ctx, judge func(*chat.Contact, string), said, inverse string) error {
	other := form(c, "other")
	contact, err := d.Contacts.UpdateContact(c.UserContext(), param(c, "contact"), func(contact *chat.Contact) error {
		judge(contact, other)
		return nil
	})
	if err != nil {
		return fmt.Errorf("dashboard: judge a suggestion: %w", err)
	}
	page := view.ContactURL(contact.ID)
	if !fragment(c) {
		return back(c, page)
	}
	same, err := d.samePerson(c, &contact)
	if err != nil {
		return err
	}
	return d.answer(c, http.StatusOK, part{"oob/same_person", same},
		part{"oob/toast", toast{Text: said, Undo: undoTo(c, page+inverse, view.Attribute{Key: "other", Value: other})}})
}
