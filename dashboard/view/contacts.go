package view

import (
	"net/url"

	"switchboard/chat"
)

// A Grid is the list of customers.
type Grid struct {
	Filter GridFilter
	Rows   GridRows
}

// GridFilter is the grid's form.
type GridFilter struct {
	Query, Channel, Label, Country, Sort string
	Channels, Labels, Countries          []Option
	Heads                                []Head
	Active                               bool
}

// A Head is a column heading; one with a URL sorts by it.
type Head struct {
	Name, Class, URL string
	Sorted           string // aria-sort
}

// GridRows is a stretch of the grid.
type GridRows struct {
	Items      []GridRow
	RefreshURL string
	MoreURL    string
	Empty      *Empty
}

// A GridRow is one customer.
type GridRow struct {
	ID, URL, Name string
	Avatar        Avatar
	Phone, Email  string
	Country       string
	Language      string
	Channels      []Channel
	Labels        []Label
	Hidden        int
	Seen          Moment
	Created       Moment
}

// GridRowOf shows one contact as a row.
func GridRowOf(c *chat.Contact, defined []chat.LabelDefinition, clock Clock) GridRow {
	name := ContactName(c)
	row := GridRow{
		ID: c.ID, URL: ContactURL(c.ID), Name: name, Avatar: avatar(c.ID, name, nil), Phone: c.Phone, Email: c.Email,
		Labels: Labels(c.Labels[:min(len(c.Labels), rowLabels)], defined), Hidden: max(0, len(c.Labels)-rowLabels),
		Seen: clock.Moment(c.LastSeenAt), Created: clock.Moment(c.CreatedAt),
	}
	row.Country, row.Language = CountryName(c.Country), LanguageName(c.Language)
	for _, channel := range c.Channels {
		row.Channels = append(row.Channels, ChannelOf(channel))
	}
	return row
}

// Heads are the columns of the grid.
func Heads(sort string, query url.Values) []Head {
	head := func(name, class, key, direction string) Head {
		h := Head{Name: name, Class: class}
		if key == "" {
			return h
		}
		q := url.Values{}
		for k := range query {
			q.Set(k, query.Get(k))
		}
		q.Set("sort", key)
		q.Del("after")
		h.URL = URL("/contacts", q)
		if key == sort {
			h.Sorted = direction
		}
		return h
	}
	return []Head{
		head("Name", "c-name", "name", "ascending"), head("Phone", "c-phone", "", ""), head("E-mail", "c-email", "", ""),
		head("Channels", "c-channels", "", ""), head("Country", "c-country", "", ""), head("Labels", "c-labels", "", ""),
		head("Last seen", "c-seen", "seen", "descending"), head("Created", "c-created", "created", "descending"),
	}
}

// CountryOptions offers all countries.
func CountryOptions(selected string) []Option {
	options := choices(chat.Countries(), selected)
	options[0].Name = "Any country"
	return options
}
