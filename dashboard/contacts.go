package dashboard

import (
	"fmt"
	"net/http"
	"net/url"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const gridPage = 50

func (d *Dashboard) contactRoutes() []route {
	return []route{
		{get, "/contacts", agent, d.contacts},
		{get, "/contacts/:contact", agent, d.contact},
		{get, "/contacts/:contact/fields/:field", agent, d.field},
		{post, "/contacts/:contact/fields/:field", agent, d.setField},
		{post, "/contacts/:contact/labels", agent, d.addContactLabel},
		{post, "/contacts/:contact/labels/remove", agent, d.removeContactLabel},
		{post, "/contacts/:contact/attributes", agent, d.setContactAttribute},
		{post, "/contacts/:contact/attributes/remove", agent, d.removeContactAttribute},
	}
}

func (d *Dashboard) contacts(c *fiber.Ctx) error {
	page := d.frame(c, "Contacts", "contacts")
	values := url.Values{}
	for _, name := range []string{"q", "channel", "label", "country", "sort"} {
		values.Set(name, query(c, name))
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	rows, err := d.gridRows(c, values, settings.Labels)
	if err != nil {
		return err
	}
	switch {
	case fragment(c) && c.Query("after") != "":
		return d.render(c, http.StatusOK, "partials/grid_rows", rows)
	case fragment(c):
		if c.Get("HX-Source") == "form#grid-filter" { // chosen, not refreshed
			c.Set("HX-Replace-Url", view.URL("/contacts", values))
		}
		return d.render(c, http.StatusOK, "partials/grid", view.Grid{Rows: rows, Filter: gridFilter(values, settings.Labels)})
	}
	page.Body = view.Grid{Rows: rows, Filter: gridFilter(values, settings.Labels)}
	return d.render(c, http.StatusOK, "pages/contacts", page)
}

func contactQuery(values url.Values) chat.ContactQuery {
	q := chat.ContactQuery{
		Search: values.Get("q"), Channel: chat.Channel(values.Get("channel")), Label: values.Get("label"), Country: values.Get("country"),
		Sort: chat.ContactsBySeen, PageRequest: chat.PageRequest{Limit: gridPage},
	}
	switch sort := chat.ContactSort(values.Get("sort")); sort {
	case chat.ContactsByName, chat.ContactsByCreated, chat.ContactsBySeen:
		q.Sort = sort
	case chat.ContactsByOldest: // the API's order, not offered here
	}
	return q
}

func (d *Dashboard) gridRows(c *fiber.Ctx, values url.Values, labels []chat.LabelDefinition) (view.GridRows, error) {
	q := contactQuery(values)
	q.Cursor = query(c, "after")
	found, err := d.Contacts.Contacts(c.UserContext(), q)
	if err != nil {
		return view.GridRows{}, fmt.Errorf("dashboard: list contacts: %w", err)
	}
	rows := view.GridRows{RefreshURL: view.URL("/contacts", values)}
	for i := range found.Items {
		rows.Items = append(rows.Items, view.GridRowOf(&found.Items[i], labels, d.clock(c)))
	}
	if found.Next != "" {
		more := url.Values{"after": {found.Next}}
		for name := range values {
			more.Set(name, values.Get(name))
		}
		rows.MoreURL = view.URL("/contacts", more)
	}
	if len(rows.Items) == 0 {
		rows.Empty = emptyGrid(values)
	}
	return rows, nil
}

func emptyGrid(values url.Values) *view.Empty {
	if values.Get("q")+values.Get("channel")+values.Get("label")+values.Get("country") != "" {
		return &view.Empty{Icon: "search", Title: "Nobody matches", Text: "No contact fits this search and these filters.", LinkText: "Clear them", LinkURL: "/contacts"}
	}
	return &view.Empty{
		Icon: "users-round", Title: "No contacts yet",
		Text: "Everybody who writes to you becomes a contact by themselves. To see it happen, let Switchboard simulate some customers:", Command: "switchboard simulate",
	}
}

func gridFilter(values url.Values, labels []chat.LabelDefinition) view.GridFilter {
	sort := string(contactQuery(values).Sort)
	return view.GridFilter{
		Query: values.Get("q"), Channel: values.Get("channel"), Label: values.Get("label"), Country: values.Get("country"), Sort: values.Get("sort"),
		Channels: view.ChannelOptions(values.Get("channel")), Labels: view.LabelOptions(values.Get("label"), labels),
		Countries: view.CountryOptions(values.Get("country")), Heads: view.Heads(sort, values),
		Active: values.Get("q")+values.Get("channel")+values.Get("label")+values.Get("country") != "",
	}
}
