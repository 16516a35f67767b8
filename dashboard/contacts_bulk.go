package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// maxBulkContacts is how many contacts can be labelled at once.
const maxBulkContacts = 500

// bulkContacts adds or removes one label on all ticked contacts.
func (d *Dashboard) bulkContacts(c *fiber.Ctx) error {
	ids, err := d.ticked(c)
	if err != nil {
		return err
	}
	label, err := chat.NormalizeLabel(form(c, "label"))
	if message, bad := chat.IsInput(err); bad {
		return bulkRefused(c, "This is no label", message, err)
	}
	change, said := (*chat.Contact).AddLabel, "labelled"
	if form(c, "do") == "remove" {
		change, said = (*chat.Contact).RemoveLabel, "unlabelled"
	}
	result := view.LabelResult{Label: label, Said: said, BackURL: localPath(form(c, "return"), "/contacts"), Clock: d.clock(c)}
	var restores []view.Attribute
	var changes []chat.Change
	at := d.config.Now().UTC()
	for _, id := range ids {
		var before []string
		contact, err := d.Contacts.UpdateContact(c.UserContext(), id, func(contact *chat.Contact) error {
			before = slices.Clone(contact.Labels)
			if err := change(contact, label, by(c), at); err != nil {
				return err
			}
			if slices.Equal(before, contact.Labels) {
				return errUnchanged
			}
			return nil
		})
		switch {
		case errors.Is(err, errUnchanged):
			result.Unchanged++
		case err != nil:
			result.Failed = append(result.Failed, d.whyNot(c, err))
		default:
			result.Done++
			restores = append(restores, view.Attribute{Key: "item", Value: url.Values{"id": {contact.ID}, "label": before}.Encode()})
			changes = append(changes, chat.Change{Contact: contact.ID, What: []string{"contact"}})
		}
	}
	d.changedAll(c, changes)
	return d.answerLabelled(c, result, restores)
}

// errUnchanged stops an edit that would change nothing.
var errUnchanged = errors.New("dashboard: nothing to change")

// ticked are the contacts a form names, each once.
func (d *Dashboard) ticked(c *fiber.Ctx) ([]string, error) {
	ids := formValues(c, "id")
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case len(ids) == 0:
		return nil, bulkRefused(c, "Nobody is ticked", "Tick the contacts first.", chat.ErrInvalid)
	case len(ids) > maxBulkContacts:
		return nil, bulkRefused(c, "Too many at once", "At most "+d.clock(c).Plural(maxBulkContacts, "contact")+" can be labelled at once. Nothing was changed.", chat.ErrTooLarge)
	}
	return ids, nil
}

func bulkRefused(c *fiber.Ctx, title, text string, cause error) error {
	return &worded{title: title, text: text, link: localPath(form(c, "return"), "/contacts"), linkText: "To the contacts", cause: cause}
}

// restoreContacts gives contacts the labels back that they had before, as the form says.
func (d *Dashboard) restoreContacts(c *fiber.Ctx) error {
	items := formValues(c, "item")
	if len(items) == 0 || len(items) > maxBulkContacts {
		return fmt.Errorf("dashboard: restore labels: %w", chat.ErrInvalid)
	}
	result := view.LabelResult{Said: "as before", BackURL: localPath(form(c, "return"), "/contacts"), Clock: d.clock(c)}
	var changes []chat.Change
	at := d.config.Now().UTC()
	for _, item := range items {
		values, err := url.ParseQuery(item)
		if err != nil {
			return fmt.Errorf("dashboard: restore labels: %w", chat.ErrInvalid)
		}
		id := values.Get("id")
		_, err = d.Contacts.UpdateContact(c.UserContext(), id, func(contact *chat.Contact) error {
			return contact.SetLabels(values["label"], by(c), at)
		})
		if err != nil {
			result.Failed = append(result.Failed, d.whyNot(c, err))
			continue
		}
		result.Done++
		changes = append(changes, chat.Change{Contact: id, What: []string{"contact"}})
	}
	d.changedAll(c, changes)
	return d.answerLabelled(c, result, nil)
}

// answerLabelled says in words what became of a bulk edit, with the way back.
func (d *Dashboard) answerLabelled(c *fiber.Ctx, result view.LabelResult, restores []view.Attribute) error {
	var back *undo
	if len(restores) > 0 {
		back = undoTo(c, "/contacts/bulk/restore", append(restores, view.Attribute{Key: "return", Value: result.BackURL})...)
	}
	if fragment(c) {
		c.Set("HX-Trigger", "sb:labelled")
		return d.answer(c, http.StatusOK, part{"oob/toast", toast{Text: strings.Join(result.Sentences(), " "), Undo: back}})
	}
	page := d.frame(c, "Done", "contacts")
	page.Body = labelledPage{Sentences: result.Sentences(), BackURL: result.BackURL, Undo: back}
	return d.render(c, http.StatusOK, "pages/labelled", page)
}

// labelledPage is the answer to a browser without JavaScript.
type labelledPage struct {
	Sentences []string
	BackURL   string
	Undo      *undo
}
