package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const gridPage = 50

func (d *Dashboard) contactRoutes() []route {
	return []route{
		{get, "/contacts", agent, d.contacts},
		{get, "/contacts/export", supervisor, d.exportContacts},
		{post, "/contacts/columns", agent, d.setColumns},
		{post, "/contacts/bulk", agent, d.bulkContacts},
		{post, "/contacts/bulk/restore", agent, d.restoreContacts},
		{get, "/contacts/:contact", agent, d.contact},
		{get, "/contacts/:contact/fields/:field", agent, d.field},
		{post, "/contacts/:contact/fields/:field", agent, d.setField},
		{post, "/contacts/:contact/labels", agent, d.addContactLabel},
		{post, "/contacts/:contact/labels/remove", agent, d.removeContactLabel},
		{post, "/contacts/:contact/attributes", agent, d.setContactAttribute},
		{post, "/contacts/:contact/attributes/remove", agent, d.removeContactAttribute},
	}
}

// gridFilters are the names of the grid's filters in its address.
func gridFilters() []string {
	return []string{"q", "channel", "label", "country", "attribute", "seen", "sort"}
}

// gridValues are the filters of the address, or of the form that asks.
func gridValues(read func(name string) string) url.Values {
	values := url.Values{}
	for _, name := range gridFilters() {
		values.Set(name, read(name))
	}
	return values
}

func (d *Dashboard) contacts(c *fiber.Ctx) error {
	page := d.frame(c, "Contacts", "contacts")
	values := gridValues(func(name string) string { return query(c, name) })
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	rows, err := d.gridRows(c, values, settings.Labels)
	if err != nil {
		return err
	}
	grid := d.grid(c, values, rows, &settings)
	switch {
	case fragment(c) && c.Query("after") != "":
		return d.render(c, http.StatusOK, "partials/grid_rows", rows)
	case fragment(c):
		if c.Get("HX-Source") == "form#grid-filter" { // chosen, not refreshed
			c.Set("HX-Replace-Url", view.URL("/contacts", values))
		}
		return d.render(c, http.StatusOK, "partials/grid", grid)
	}
	page.Body = grid
	return d.render(c, http.StatusOK, "pages/contacts", page)
}

// contactQuery is what the filters ask the store. now is what "last seen" counts from.
func contactQuery(values url.Values, now time.Time) chat.ContactQuery {
	q := chat.ContactQuery{
		Search: values.Get("q"), Channel: chat.Channel(values.Get("channel")), Label: values.Get("label"), Country: values.Get("country"),
		Attribute: values.Get("attribute"), Sort: chat.ContactsBySeen, PageRequest: chat.PageRequest{Limit: gridPage},
	}
	switch sort := chat.ContactSort(values.Get("sort")); sort {
	case chat.ContactsByName, chat.ContactsByCreated, chat.ContactsBySeen:
		q.Sort = sort
	case chat.ContactsByOldest: // the API's order, not offered here
	}
	q.SeenFrom, q.SeenTo = view.SeenWindow(values.Get("seen"), now)
	return q
}

func (d *Dashboard) gridRows(c *fiber.Ctx, values url.Values, labels []chat.LabelDefinition) (view.GridRows, error) {
	q := contactQuery(values, d.config.Now().UTC())
	q.Cursor = query(c, "after")
	found, err := d.Contacts.Contacts(c.UserContext(), q)
	if err != nil {
		return view.GridRows{}, fmt.Errorf("dashboard: list contacts: %w", err)
	}
	rows := view.GridRows{RefreshURL: view.URL("/contacts", values), Columns: view.GridColumns(signedIn(c).user.ContactColumns)}
	for i := range found.Items {
		rows.Items = append(rows.Items, view.GridRowOf(&found.Items[i], labels, rows.Columns, d.clock(c)))
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

func filtered(values url.Values) bool {
	for _, name := range gridFilters() {
		if name != "sort" && values.Get(name) != "" {
			return true
		}
	}
	return false
}

func emptyGrid(values url.Values) *view.Empty {
	if filtered(values) {
		return &view.Empty{Icon: "search", Title: "Nobody matches", Text: "No contact fits this search and these filters.", LinkText: "Clear them", LinkURL: "/contacts"}
	}
	return &view.Empty{
		Icon: "users-round", Title: "No contacts yet",
		Text: "Everybody who writes to you becomes a contact by themselves. To see it happen, let Switchboard simulate some customers:", Command: "switchboard simulate",
	}
}

// grid is the whole screen: filters, columns, what can be done with the ticked, and the rows.
func (d *Dashboard) grid(c *fiber.Ctx, values url.Values, rows view.GridRows, settings *chat.Settings) view.Grid {
	user := &signedIn(c).user
	g := view.Grid{
		Rows: rows,
		Filter: view.GridFilter{
			Query: values.Get("q"), Attribute: values.Get("attribute"), Sort: values.Get("sort"),
			Channels: view.ChannelOptions(values.Get("channel")), Labels: view.LabelOptions(values.Get("label"), settings.Labels),
			Countries: view.CountryOptions(values.Get("country")), Seen: view.SeenOptions(values.Get("seen")),
			Heads: view.Heads(string(contactQuery(values, d.config.Now()).Sort), values, rows.Columns), Active: filtered(values),
		},
		Tools: view.GridTools{Columns: view.ColumnChoices(user.ContactColumns), CSRF: signedIn(c).token, Return: view.URL("/contacts", values)},
	}
	for _, l := range settings.Labels {
		g.Tools.Known = append(g.Tools.Known, l.Name)
	}
	for _, a := range settings.ContactAttributes {
		g.Filter.Attributes = append(g.Filter.Attributes, a.Key)
	}
	if rank(user.Role) >= rank(supervisor) {
		g.Tools.ExportURL = view.URL("/contacts/export", values)
	}
	return g
}

// setColumns remembers which columns this user wants to see.
func (d *Dashboard) setColumns(c *fiber.Ctx) error {
	columns := view.KnownColumns(formValues(c, "column"))
	if form(c, "reset") != "" {
		columns = nil
	}
	_, err := d.Users.UpdateUser(c.UserContext(), signedIn(c).user.ID, func(u *chat.User) error {
		u.ContactColumns = columns
		return nil
	})
	if err != nil {
		return fmt.Errorf("dashboard: remember columns: %w", err)
	}
	return back(c, "/contacts")
}
