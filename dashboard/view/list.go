package view

import (
	"net/url"
	"time"

	"switchboard/chat"
)

// A List is the left column of the inbox.
type List struct {
	Nav    Navigation
	Tools  Tools
	Filter Filter
	Rows   Rows
	Bulk   BulkBar
}

// Rows is the part of the list that is fetched again when something changed.
type Rows struct {
	Items      []Row
	RefreshURL string
	MoreURL    string // the next rows; empty at the end
	Empty      *Empty
	Groups     []ResultGroup // people and notes that a search has found
	SearchURL  string        // everything the search has found
	Query      string
}

// An Option of a select.
type Option struct {
	Value, Name string
	Selected    bool
}

// An Empty says why there is nothing and what to do about it.
type Empty struct {
	Icon, Title, Text string
	Command           string // shown as code
	LinkText, LinkURL string
	Drops             []Chip // one of these filters left out, there is something
}

// A Row is one conversation in the list.
type Row struct {
	ID       string
	URL      string
	Avatar   Avatar
	Name     string
	Preview  string
	Found    []chat.Piece // instead of the preview: the message that was found
	Sent     bool         // the newest message is ours
	Icon     string
	At       Moment
	Unread   string
	Priority *Priority
	Labels   []Label
	Hidden   string // how many labels there are beyond those shown
	Waiting  *Waiting
	State    *State // only where it differs from what the list is about
	Current  bool   `json:"-"`
	Watch    Watch  // colleagues who have it in view
	Flagged  bool
	Offered  *Offered // a transfer that waits for the viewer
	Version  string   `json:"-"` // of what it shows
	Kept     bool     `json:"-"` // the page has it as it is: only its place is sent
}

// Find lets the row show the message a search has found, and lead to it.
func (r *Row) Find(h *chat.Hit, text string, query url.Values) {
	r.Found, r.Icon, r.Sent = chat.Snippet(h.Text, text, rowSnippet), "search", h.Direction == chat.Outbound
	r.URL = MessageURL(r.ID, h.MessageID, query)
	r.Version = version(r)
}

// A Priority as word, and shape by class.
type Priority struct{ Key, Word string }

// Waiting tells how long the customer has been waiting for an answer.
type Waiting struct {
	Since Moment
	For   string `json:"-"` // how long, in the words of Since.Lang
	Level string `json:"-"` // calm, soon, long: CSS class; the words carry the meaning
}

const rowLabels = 3

// RowInput is what a row is made from.
type RowInput struct {
	Conversation *chat.Conversation
	Contact      *chat.Contact // nil when it could not be found
	Agent        string
	Departments  []string // of the agent
	Labels       []chat.LabelDefinition
	Query        url.Values // of the list, kept in the row's link
	State        chat.State // the state the list shows, empty for several
	Current      string
	Watching     []Colleague
	Clock        Clock
}

// RowOf makes a row of the list.
func RowOf(in *RowInput) Row {
	c := in.Conversation
	channel := ChannelOf(c.Channel)
	name := "Unknown person"
	if in.Contact != nil {
		name = ContactName(in.Contact)
	}
	row := Row{
		ID: c.ID, URL: URL("/inbox/"+url.PathEscape(c.ID), in.Query), Name: name,
		Avatar: avatar(c.ContactID, name, &channel), At: in.Clock.Moment(c.LastActivityAt),
		Sent: c.Last.Direction == chat.Outbound, Current: c.ID == in.Current,
		Labels: Labels(c.Labels[:min(len(c.Labels), rowLabels)], in.Labels), Hidden: in.Clock.beyond(len(c.Labels) - rowLabels),
		Waiting: waiting(c, in.Clock), Watch: Watch{ID: c.ID, People: in.Watching, Clock: in.Clock},
	}
	row.Flagged, row.Offered = c.Flagged, offered(c, in.Agent, in.Departments)
	row.Preview, row.Icon = preview(&c.Last)
	if unread := c.Unread(in.Agent); unread > 0 {
		row.Unread = in.Clock.Count(unread)
	}
	if c.Priority != "" {
		row.Priority = &Priority{Key: c.Priority, Word: PriorityWord(c.Priority)}
	}
	if (c.State != in.State || !c.SnoozedUntil.IsZero()) && c.State != chat.StateOpen {
		state := ConversationState(c, in.Clock)
		row.State = &state
	}
	row.Version = version(&row)
	return row
}

// preview is one line of the newest message, with an icon when it is not plain text.
func preview(p *chat.Preview) (text, icon string) {
	switch {
	case p.ID == "":
		return "No messages yet", ""
	case p.Deleted:
		return "Message deleted", "ban"
	case p.Type == "text":
		return p.Text, ""
	case p.Text != "":
		return p.Text, kindIcon(p.Type)
	}
	return Kind(p.Type, ""), kindIcon(p.Type)
}

// Waiting times that call for attention.
const (
	waitingSoon = 15 * time.Minute
	waitingLong = time.Hour
)

func waiting(c *chat.Conversation, clock Clock) *Waiting {
	if c.Waiting.IsZero() || c.State == chat.StateClosed {
		return nil
	}
	w := &Waiting{Since: clock.Moment(c.Waiting), Level: "calm"}
	age := clock.Now.Sub(c.Waiting)
	w.For = clock.Duration(max(age, time.Minute))
	switch {
	case age >= waitingLong:
		w.Level = "long"
	case age >= waitingSoon:
		w.Level = "soon"
	}
	return w
}

// countLimit is how far the store counts.
const countLimit = 1000

// Count writes a number that was counted up to a limit, in the viewer's digits.
func (c Clock) Count(n int64) string {
	if n >= countLimit {
		return c.Number(countLimit-1) + "+"
	}
	return c.Number(n)
}

// Options makes options of pairs (value, name).
func Options(selected string, pairs ...[2]string) []Option {
	var out []Option
	for _, p := range pairs {
		out = append(out, Option{Value: p[0], Name: p[1], Selected: p[0] == selected})
	}
	return out
}
