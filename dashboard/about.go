package dashboard

import (
	"net/url"
	"strconv"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Items of a list in the panel or on a profile page: one stretch, and the most a refresh may ask for.
const (
	stretchPage  = 20
	stretchLimit = 200
)

// about says whose lists a panel or a profile page shows, and where that page is.
type about struct {
	contact      *chat.Contact
	conversation string // the open one; empty on a profile page
	tab          string
	page         string // path of the page
	fragment     string // path that answers the page's tab to htmx
	form         view.Form
}

// ids are the contact's own and those of all that were merged into it: what was kept under them is about the same person.
func (a *about) ids() []string { return append([]string{a.contact.ID}, a.contact.MergedFrom...) }

// aboutPage finds out which page a form of the panel or of a profile page stands on, from the conversation it names.
func (d *Dashboard) aboutPage(c *fiber.Ctx, contact *chat.Contact, conversation, tab string) *about {
	a := &about{contact: contact, conversation: conversation, tab: tab, page: view.ContactURL(contact.ID), fragment: view.ContactURL(contact.ID)}
	if conversation != "" {
		a.page = "/inbox/" + url.PathEscape(conversation)
		a.fragment = a.page + "/panel"
	}
	address := view.URL(a.page, url.Values{"tab": {tab}})
	if conversation != "" {
		address += "#panel" // where the panel covers the thread, it is there again
	}
	a.form = d.form(c, address)
	return a
}

// request is the stretch of a list that is asked for: what comes after a cursor, or as much from the beginning as is on
// screen, so that a refresh takes nothing away.
func (a *about) request(c *fiber.Ctx) chat.PageRequest {
	r := chat.PageRequest{Cursor: query(c, "older"), Limit: stretchPage}
	if n, err := strconv.Atoi(shownItems(c)); err == nil && r.Cursor == "" {
		r.Limit = min(max(n, stretchPage), stretchLimit)
	}
	return r
}

// shownItems is how many items the script says are on screen.
func shownItems(c *fiber.Ctx) string {
	if c.Method() == fiber.MethodPost {
		return form(c, "shown")
	}
	return query(c, "shown")
}

// stretch makes the addresses around a stretch of a list.
func (a *about) stretch(c *fiber.Ctx, next string, more url.Values, empty view.Empty) view.Stretch {
	var s view.Stretch
	here := url.Values{"tab": {a.tab}}
	if query(c, "older") != "" {
		s.NewestURL = view.URL(a.page, here)
	}
	if next != "" {
		here.Set("older", next)
		s.OlderURL = view.URL(a.page, here)
		for name := range more {
			here.Set(name, more.Get(name))
		}
		s.OlderFragmentURL = view.URL(a.fragment, here)
	}
	s.Empty = &empty
	return s
}

// olderPart is the template of the items alone, for htmx asking for older ones; empty when the request is for everything.
func olderPart(c *fiber.Ctx, tab string) string {
	if !fragment(c) || query(c, "older") == "" {
		return ""
	}
	switch tab {
	case "notes":
		return "partials/note_items"
	case "history", "conversations":
		return "partials/history_items"
	case "comments":
		return "partials/comment_items"
	case "escalations":
		return "partials/escalation_items"
	}
	return ""
}
