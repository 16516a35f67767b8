package view

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/chat"
)

// A Grid is the list of customers.
type Grid struct {
	Filter GridFilter
	Tools  GridTools
	Rows   GridRows
}

// GridFilter is the grid's form.
type GridFilter struct {
	Query, Attribute, Sort            string
	Channels, Labels, Countries, Seen []Option
	Attributes                        []string // known keys
	Heads                             []Head
	Active                            bool
}

// GridTools are what can be done beside filtering: ticked contacts, columns, export.
type GridTools struct {
	Columns   []Option
	Known     []string // labels
	ExportURL string   // empty: not for this user
	CSRF      string
	Return    string
}

// A Head is a column heading; one with a URL sorts by it.
type Head struct {
	Name, Class, URL string
	Sorted           string // aria-sort
}

// GridRows is a stretch of the grid.
type GridRows struct {
	Items      []GridRow
	Columns    Columns
	RefreshURL string
	MoreURL    string
	Empty      *Empty
}

// A GridRow is one customer.
type GridRow struct {
	ID, URL, Name string
	Avatar        Avatar
	Show          Columns
	Phone, Email  string
	Username      string
	Country       string
	Language      string
	Location      string
	Channels      []Channel
	Labels        []Label
	Hidden        string // how many labels there are beyond those shown
	Seen          Moment
	Created       Moment
}

// Columns says which columns are shown.
type Columns struct {
	Phone, Email, Username, Channels, Country, Language, Location, Labels, Seen, Created bool
}

// A column of the grid. The name is always there.
type column struct {
	key, name, class, sort string
	usual                  bool
	shown                  func(*Columns) *bool
}

func columns() []column {
	return []column{
		{"phone", "Phone", "c-phone", "", true, func(c *Columns) *bool { return &c.Phone }},
		{"email", "E-mail", "c-email", "", true, func(c *Columns) *bool { return &c.Email }},
		{"username", "Username", "c-username", "", false, func(c *Columns) *bool { return &c.Username }},
		{"channels", "Channels", "c-channels", "", true, func(c *Columns) *bool { return &c.Channels }},
		{"country", "Country", "c-country", "", true, func(c *Columns) *bool { return &c.Country }},
		{"language", "Language", "c-language", "", false, func(c *Columns) *bool { return &c.Language }},
		{"location", "Location", "c-location", "", false, func(c *Columns) *bool { return &c.Location }},
		{"labels", "Labels", "c-labels", "", true, func(c *Columns) *bool { return &c.Labels }},
		{"seen", "Last seen", "c-seen", "seen", true, func(c *Columns) *bool { return &c.Seen }},
		{"created", "Created", "c-created", "created", true, func(c *Columns) *bool { return &c.Created }},
	}
}

// none stands for a choice of no column but the name.
const none = "none"

// KnownColumns keeps the keys that are columns, in the grid's order. No column at all is a choice too.
func KnownColumns(keys []string) []string {
	var out []string
	for _, c := range columns() {
		if slices.Contains(keys, c.key) {
			out = append(out, c.key)
		}
	}
	if out == nil {
		return []string{none}
	}
	return out
}

// GridColumns are the columns a user has chosen, or the usual ones.
func GridColumns(chosen []string) Columns {
	var out Columns
	for _, c := range columns() {
		*c.shown(&out) = len(chosen) == 0 && c.usual || slices.Contains(chosen, c.key)
	}
	return out
}

// ColumnChoices offers the columns, ticked as they are shown.
func ColumnChoices(chosen []string) []Option {
	shown := GridColumns(chosen)
	var out []Option
	for _, c := range columns() {
		out = append(out, Option{Value: c.key, Name: c.name, Selected: *c.shown(&shown)})
	}
	return out
}

// GridRowOf shows one contact as a row.
func GridRowOf(c *chat.Contact, defined []chat.LabelDefinition, show Columns, clock Clock) GridRow {
	name := ContactName(c)
	row := GridRow{
		ID: c.ID, URL: ContactURL(c.ID), Name: name, Avatar: avatar(c.ID, name, nil), Show: show, Phone: c.Phone, Email: c.Email,
		Username: line(username(c)), Location: line(c.Location),
		Labels: Labels(c.Labels[:min(len(c.Labels), rowLabels)], defined), Hidden: clock.beyond(len(c.Labels) - rowLabels),
		Seen: clock.Moment(c.LastSeenAt), Created: clock.Moment(c.CreatedAt),
	}
	row.Country, row.Language = CountryName(c.Country), LanguageName(c.Language)
	for _, channel := range c.Channels {
		row.Channels = append(row.Channels, ChannelOf(channel))
	}
	return row
}

// username is the first name a platform knows the person by.
func username(c *chat.Contact) string {
	for _, p := range c.Profiles {
		if p.Username != "" {
			return "@" + p.Username
		}
	}
	return ""
}

// Heads are the shown columns of the grid.
func Heads(sort string, query url.Values, show Columns) []Head {
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
	out := []Head{head("Name", "c-name", "name", "ascending")}
	for _, c := range columns() {
		if *c.shown(&show) {
			out = append(out, head(c.name, c.class, c.sort, "descending"))
		}
	}
	return out
}

// CountryOptions offers all countries.
func CountryOptions(selected string) []Option {
	options := choices(chat.Countries(), selected)
	options[0].Name = "Any country"
	return options
}

// seenSpans are the choices of "last seen", in days.
func seenSpans() [][2]string {
	return [][2]string{{"", "Any time"}, {"1", "24 hours"}, {"7", "7 days"}, {"30", "30 days"}, {"90", "90 days"}, {"before", "Before that"}}
}

// SeenOptions offers when somebody was last seen.
func SeenOptions(selected string) []Option { return Options(selected, seenSpans()...) }

// SeenWindow is the time a choice of SeenOptions stands for; an unknown choice does not filter.
func SeenWindow(choice string, now time.Time) (from, to time.Time) {
	if choice == "before" {
		return time.Time{}, now.AddDate(0, 0, -90)
	}
	days, err := strconv.Atoi(choice)
	if err != nil || !slices.ContainsFunc(seenSpans(), func(s [2]string) bool { return s[0] == choice }) {
		return time.Time{}, time.Time{}
	}
	return now.AddDate(0, 0, -days), time.Time{}
}

// CSVHead is the first line of an export.
func CSVHead(show Columns) []string {
	out := []string{"ID", "Name"}
	for _, c := range columns() {
		if *c.shown(&show) {
			out = append(out, c.name)
		}
	}
	return out
}

// CSVRow is one contact of an export. Cells that a spreadsheet would compute are marked as text.
func CSVRow(c *chat.Contact, show Columns, clock Clock) []string {
	values := map[string]string{
		"phone": c.Phone, "email": c.Email, "username": username(c), "country": CountryName(c.Country), "language": LanguageName(c.Language),
		"location": c.Location, "labels": strings.Join(c.Labels, ", "), "seen": stampOf(c.LastSeenAt, clock), "created": stampOf(c.CreatedAt, clock),
	}
	var channels []string
	for _, channel := range c.Channels {
		channels = append(channels, ChannelOf(channel).Name)
	}
	values["channels"] = strings.Join(channels, ", ")
	out := []string{Cell(c.ID), Cell(cmp.Or(c.Name, ContactName(c)))}
	for _, col := range columns() {
		if *col.shown(&show) {
			out = append(out, Cell(values[col.key]))
		}
	}
	return out
}

func stampOf(at time.Time, clock Clock) string {
	if at.IsZero() {
		return ""
	}
	return at.In(clock.Zone).Format("2006-01-02 15:04:05 -07:00")
}

// Cell makes a value safe for a spreadsheet: one that begins like a formula gets an apostrophe in front and stays text.
func Cell(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// A LabelResult is what became of labelling many contacts.
type LabelResult struct {
	Label, Said     string
	Done, Unchanged int
	Failed          []string // why, one for each
	BackURL         string
	Clock           Clock
}

// Sentences say it in words.
func (r LabelResult) Sentences() []string {
	out := []string{fmt.Sprintf("%s %s.", r.Clock.Plural(r.Done, "contact"), r.Said)}
	if r.Label != "" {
		out[0] = fmt.Sprintf("%s %s “%s”.", r.Clock.Plural(r.Done, "contact"), r.Said, r.Label)
	}
	if r.Unchanged > 0 {
		out = append(out, r.Clock.Number(int64(r.Unchanged))+" stayed as they were.")
	}
	counts := map[string]int{}
	for _, why := range r.Failed {
		counts[why]++
	}
	for _, why := range slices.Compact(slices.Sorted(slices.Values(r.Failed))) {
		out = append(out, fmt.Sprintf("%s could not be changed: %s.", r.Clock.Number(int64(counts[why])), why))
	}
	return out
}
