package view

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"switchboard/chat"
)

// A Thread is the middle column: the messages of a conversation with what happened in between.
type Thread struct {
	ID         string
	Name       string
	Avatar     Avatar
	Channel    Channel
	Account    string
	State      State
	Assignee   string
	ContactURL string
	BackURL    string // the list, for narrow screens
	Group      bool
	Handling   Handling
	Messages   Messages `json:"-"`
	Watch      Watch    // colleagues who have it in view
	Version    string   `json:"-"` // of the head
	HeadKept   bool     `json:"-"` // the page has the head as it is
}

// Messages is the part of a thread that is fetched again when something changed.
type Messages struct {
	ID               string // of the conversation
	Items            []Item
	OlderURL         string // page with the messages before these; empty at the beginning
	OlderFragmentURL string // the same for htmx
	NewerURL         string // back to the newest page, on a page of older ones
	RefreshURL       string // fetches this part again, keeping the unread marker where it was
	Markable         bool   // there is something the agent has not seen: the script tells when it was shown
	ReadURL          string
	Known            string  // what a page that has these tells when it asks again; empty where everything is sent again
	Unread           *Unread // of the marker, when only newer items are sent
}

// Mark marks the message that was asked for.
func (m *Messages) Mark(id string) {
	for i := range m.Items {
		if message := m.Items[i].Message; message != nil && message.ID == id {
			message.Found = true
		}
	}
}

// An Item is one line of a thread; exactly one field is set.
type Item struct {
	Day     string
	Date    string // the day in full
	Lang    string // of the day, empty for English
	Unread  *Unread
	Message *Message
	Event   *Event
}

// Unread marks where the agent stopped reading.
type Unread struct {
	Count string `json:"-"`
}

// An Event is something that happened to the conversation itself.
type Event struct {
	ID   string
	Icon string
	Text string
	By   string
	At   Moment
}

// ThreadInput is what the items of a thread are made from.
type ThreadInput struct {
	Messages []chat.Message       // display order
	Timeline []chat.TimelineEntry // of the whole conversation; only entries within the messages' time are shown
	Oldest   bool                 // the first message is the conversation's first
	Newest   bool                 // the last message is the conversation's last
	Marker   string               // id of the first unread message, or empty
	Unread   int64
	Contact  string // display name of the person
	Business string // display name of the account
	Clock    Clock
}

// groupWithin is how close two messages of one author must be to share one heading.
const groupWithin = 5 * time.Minute

// Items puts messages, events, day separators and the unread marker in one order.
func Items(in *ThreadInput) []Item {
	l := lines{in: in, byID: map[string]*chat.Message{}}
	for i := range in.Messages {
		l.byID[in.Messages[i].MessageID] = &in.Messages[i]
	}
	events := eventsWithin(in)
	for i := range in.Messages {
		m := &in.Messages[i]
		for len(events) > 0 && (events[0].At.Before(m.Timestamp) || events[0].Type == "created" && !events[0].At.After(m.Timestamp)) {
			l.event(&events[0])
			events = events[1:]
		}
		l.message(m)
	}
	for i := range events {
		l.event(&events[i])
	}
	return l.items
}

// lines collects the items of a thread.
type lines struct {
	in    *ThreadInput
	byID  map[string]*chat.Message // by platform id, for quotes
	items []Item
	day   time.Time     // of the last item
	last  *chat.Message // the last item, if it is a message
}

// newDay puts a separator where the day changes.
func (l *lines) newDay(at time.Time) {
	if l.day.IsZero() || l.in.Clock.daysAgo(at) != l.in.Clock.daysAgo(l.day) {
		l.items = append(l.items, Item{Day: l.in.Clock.day(at), Date: l.in.Clock.fullDay(at), Lang: l.in.Clock.Locale.Language()})
		l.last = nil
	}
	l.day = at
}

func (l *lines) event(e *chat.TimelineEntry) {
	l.newDay(e.At)
	l.items = append(l.items, Item{Event: event(e, l.in.Clock)})
	l.last = nil
}

func (l *lines) message(m *chat.Message) {
	l.newDay(m.Timestamp)
	if m.ID == l.in.Marker {
		l.items = append(l.items, Item{Unread: &Unread{Count: l.in.Clock.Count(l.in.Unread)}})
		l.last = nil
	}
	shown := message(m, l.byID, l.in)
	shown.Grouped = l.last != nil && l.last.Direction == m.Direction && l.last.Echo == m.Echo && m.Timestamp.Sub(l.last.Timestamp) < groupWithin
	l.items = append(l.items, Item{Message: shown})
	l.last = m
}

// eventsWithin keeps the entries that belong between the shown messages, in order of time.
func eventsWithin(in *ThreadInput) []chat.TimelineEntry {
	kept := slices.DeleteFunc(slices.Clone(in.Timeline), func(e chat.TimelineEntry) bool {
		if len(in.Messages) == 0 {
			return false
		}
		return (!in.Oldest && e.At.Before(in.Messages[0].Timestamp)) ||
			(!in.Newest && !e.At.Before(in.Messages[len(in.Messages)-1].Timestamp))
	})
	slices.SortStableFunc(kept, func(a, b chat.TimelineEntry) int { return a.At.Compare(b.At) })
	return kept
}

// FirstUnread is the id of the message before which the unread marker stands: the unread-th inbound message from the end.
// It is empty when nothing is unread, or when the first unread one is on an older page.
func FirstUnread(messages []chat.Message, unread int64) string {
	if unread <= 0 {
		return ""
	}
	for i := len(messages) - 1; i >= 0; i-- {
		m := &messages[i]
		if m.Direction != chat.Inbound || slices.Contains(m.Flags, chat.FlagHistory) {
			continue
		}
		if unread--; unread == 0 {
			return m.ID
		}
	}
	return ""
}

// Since cuts the messages before the one with this id; all remain when it is not among them.
func Since(messages []chat.Message, id string) (kept []chat.Message, found bool) {
	i := slices.IndexFunc(messages, func(m chat.Message) bool { return m.ID == id })
	if i < 0 {
		return messages, false
	}
	return messages[i:], true
}

// A State of a conversation, as word and shape.
type State struct {
	Key  string
	Name string
	Icon string
}

// StateOf names a state.
func StateOf(s chat.State) State {
	switch s {
	case chat.StatePending:
		return State{Key: "pending", Name: "Pending", Icon: "clock"}
	case chat.StateSnoozed:
		return State{Key: "snoozed", Name: "Snoozed", Icon: "moon"}
	case chat.StateClosed:
		return State{Key: "closed", Name: "Closed", Icon: "circle-check"}
	case chat.StateOpen:
	}
	return State{Key: "open", Name: "Open", Icon: "circle"}
}

// Priorities in falling order, with the empty one as "normal".
func Priorities() []string { return []string{"urgent", "high", "", "low"} }

// PriorityWord is what a priority is called.
func PriorityWord(p string) string { return sentence(cmp.Or(p, "normal")) }

// URL is a path with its query, empty values left out.
func URL(path string, query url.Values) string {
	kept := url.Values{}
	for key, values := range query {
		for _, v := range values {
			if v != "" {
				kept.Add(key, v)
			}
		}
	}
	if len(kept) == 0 {
		return path
	}
	return path + "?" + kept.Encode()
}
