package dashboard

import (
	"fmt"
	"net/http"
	"net/url"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// contactBody is the page of one person: the panel's contact tab on the left, one of three tabs on the right.
type contactBody struct {
	Contact     view.ContactPanel
	Tabs        []view.PanelTab
	Tab         string
	RefreshURL  string
	Notes       *view.Notes
	History     *view.History
	Escalations *view.Escalations
	Same        *view.SamePerson
}

// contact shows one person.
func (d *Dashboard) contact(c *fiber.Ctx) error {
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return d.gone(c, param(c, "contact"), fmt.Errorf("dashboard: read contact: %w", err))
	}
	if contact.MergedInto != "" {
		return c.Redirect(view.ContactURL(contact.MergedInto), http.StatusSeeOther)
	}
	return d.profilePage(c, http.StatusOK, &contact, nil)
}

// showContact writes the page of a person. A form of the contact that was refused is put in by amend.
func (d *Dashboard) showContact(c *fiber.Ctx, status int, contact *chat.Contact, amend func(*view.ContactPanel)) error {
	return d.profilePage(c, status, contact, func(body *contactBody) {
		if amend != nil {
			amend(&body.Contact)
		}
	})
}

// profilePage writes the page of a person, or older items of one of its tabs. What was refused is put in by amend.
func (d *Dashboard) profilePage(c *fiber.Ctx, status int, contact *chat.Contact, amend func(*contactBody)) error {
	page := d.frame(c, view.ContactName(contact), "contacts")
	a := d.aboutPage(c, contact, "", view.KnownProfileTab(query(c, "tab")))
	body := contactBody{Tab: a.tab, Tabs: view.ProfileTabs(contact.ID, a.tab), RefreshURL: view.URL(a.page, url.Values{"tab": {a.tab}})}
	var items any
	var err error
	switch a.tab {
	case "notes":
		if body.Notes, err = d.notesOf(c, a); err == nil {
			items = body.Notes.List
		}
	case "escalations":
		body.Escalations, err = d.escalationsOf(c, a)
		items = body.Escalations
	default:
		body.History, err = d.historyOf(c, a)
		items = body.History
	}
	if err != nil {
		return err
	}
	if older := olderPart(c, a.tab); older != "" {
		return d.render(c, status, older, items)
	}
	panel, err := d.contactPanel(c, contact, a.form)
	if err != nil {
		return err
	}
	panel.Privacy = privacyOf(c, contact)
	body.Contact = *panel
	if body.Same, err = d.samePerson(c, contact); err != nil {
		return err
	}
	if amend != nil {
		amend(&body)
	}
	if fragment(c) {
		return d.render(c, status, "partials/profile", body)
	}
	page.Body = body
	return d.render(c, status, "pages/contact", page)
}
