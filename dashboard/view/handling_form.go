package view

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/chat"
)

// A HandlingForm asks what an action needs to know: a dialog over the thread, or a page of its own without JavaScript. One of
// the forms is set.
type HandlingForm struct {
	ID       string // of the conversation
	Title    string
	Icon     string
	Name     string // of the person
	BackURL  string
	CSRF     string
	Snooze   *SnoozeForm
	Assign   *AssignForm
	Transfer *TransferForm
	Close    *CloseForm
}

// A SnoozeForm offers times to put the conversation off until.
type SnoozeForm struct {
	SaveURL    string
	Choices    []SnoozeChoice
	Date, Time string
	Earliest   string // date
	Zone       string
	Error      string
	Snoozed    string // what it is snoozed until now
}

// A SnoozeChoice is one ready-made time; an empty When means until the customer writes.
type SnoozeChoice struct{ Value, Text, When, Icon string }

// UntilReply is the value of the choice to snooze until the customer writes; UntilChosen that of the date and time fields.
const (
	UntilReply  = "reply"
	UntilChosen = "chosen"
)

const morning = 9 // o'clock

// SnoozeFormOf offers times in the viewer's zone.
func SnoozeFormOf(c *chat.Conversation, clock Clock) *SnoozeForm {
	now := clock.Now.In(clock.Zone)
	at := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, morning, 0, 0, 0, clock.Zone)
	}
	f := &SnoozeForm{
		SaveURL: "/inbox/" + url.PathEscape(c.ID) + "/snooze", Date: at(1).Format(time.DateOnly), Time: at(1).Format("15:04"),
		Earliest: now.Format(time.DateOnly), Zone: zoneName(clock.Zone),
	}
	choice := func(text, icon string, until time.Time) {
		f.Choices = append(f.Choices, SnoozeChoice{Value: until.UTC().Format(time.RFC3339), Text: text, Icon: icon, When: clock.Ahead(until)})
	}
	if later := halfHour(now.Add(3 * time.Hour)); later.Day() == now.Day() {
		choice("Later today", "clock", later)
	}
	choice("Tomorrow morning", "sun", at(1))
	if days := int(time.Monday-now.Weekday()+7) % 7; days > 1 {
		choice("Next week", "calendar", at(days))
	} else { // on Sunday and Monday, the Monday after
		choice("Next week", "calendar", at(days+7))
	}
	f.Choices = append(f.Choices, SnoozeChoice{Value: UntilReply, Text: "Until the customer writes", Icon: "message-circle"})
	if c.State == chat.StateSnoozed {
		f.Snoozed = snoozedFor(c, clock)
	}
	return f
}

// halfHour rounds up to the next full or half hour.
func halfHour(t time.Time) time.Time {
	down := t.Truncate(30 * time.Minute)
	if down.Before(t) {
		down = down.Add(30 * time.Minute)
	}
	return down
}

func zoneName(zone *time.Location) string { return strings.ReplaceAll(zone.String(), "_", " ") }

// ParseUntil reads what the form sends: a ready-made time, "reply" for the zero time, or a date and a time in the zone.
func ParseUntil(value, date, clock string, zone *time.Location) (time.Time, error) {
	switch value {
	case UntilReply:
		return time.Time{}, nil
	case UntilChosen:
		at, err := time.ParseInLocation("2006-01-02 15:04", date+" "+clock, zone)
		if err != nil {
			return time.Time{}, &chat.InputError{Field: "until", Message: "Give a date and a time."}
		}
		return at.UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil || at.IsZero() {
		return time.Time{}, &chat.InputError{Field: "until", Message: "Choose a time."}
	}
	return at.UTC(), nil
}

// An AssignForm gives the conversation to somebody, with one press.
type AssignForm struct {
	AssigneeURL   string
	DepartmentURL string
	People        []Assignable // the viewer first
	Departments   []Assignable
	Assigned      bool
	Assignee      string // now
	Department    string // now
}

// An Assignable is one button of a list.
type Assignable struct {
	Value, Text string
	Avatar      Avatar
	Current     bool
	Me          bool
}

// AssignFormOf lists colleagues and departments.
func AssignFormOf(c *chat.Conversation, users []chat.User, departments []chat.Department, me string) *AssignForm {
	base := "/inbox/" + url.PathEscape(c.ID) + "/"
	f := &AssignForm{AssigneeURL: base + "assignee", DepartmentURL: base + "department", Assigned: c.Assignee != "", Assignee: c.Assignee, Department: c.Department}
	for i := range users {
		u := &users[i]
		if !u.DisabledAt.IsZero() {
			continue
		}
		name := UserName(u)
		choice := Assignable{Value: u.ID, Text: name, Avatar: AvatarOf(u.ID, name), Current: u.ID == c.Assignee, Me: u.ID == me}
		if choice.Me {
			f.People = slices.Insert(f.People, 0, choice)
			continue
		}
		f.People = append(f.People, choice)
	}
	for _, d := range departments {
		f.Departments = append(f.Departments, Assignable{Value: d.ID, Text: d.Name, Current: d.ID == c.Department})
	}
	if c.Department != "" {
		f.Departments = append(f.Departments, Assignable{Text: "No department"})
	}
	return f
}

// A TransferForm offers the conversation to a colleague or a department.
type TransferForm struct {
	SaveURL     string
	People      []Option
	Departments []Option
	Note        string
	MaxLength   int
	Wait        string // how long an answer is waited for
	Error       string
	NoteError   string
}

// What a transfer's choice begins with: a user or a department.
const (
	ToUser       = "u:"
	ToDepartment = "d:"
)

// TransferFormOf lists to whom me can offer the conversation; chosen and note are what was entered before.
func TransferFormOf(c *chat.Conversation, users []chat.User, departments []chat.Department, me, chosen, note string) *TransferForm {
	f := &TransferForm{SaveURL: "/inbox/" + url.PathEscape(c.ID) + "/transfer", Note: note, MaxLength: chat.MaxTransferNote}
	option := func(value, name string) Option { return Option{Value: value, Name: name, Selected: value == chosen} }
	for i := range users {
		if u := &users[i]; u.DisabledAt.IsZero() && u.ID != me {
			f.People = append(f.People, option(ToUser+u.ID, UserName(u)))
		}
	}
	for _, d := range departments {
		f.Departments = append(f.Departments, option(ToDepartment+d.ID, d.Name))
	}
	return f
}

// A CloseForm says how a conversation ended.
type CloseForm struct {
	SaveURL    string
	WatchURL   string // tells what happened to the conversation while the form is open
	Sentiments []Option
	Tags       []Option // empty: no tags are defined
	Notes      string
	Tickets    string
	IDs        []string // of the conversations, when several are closed at once
	Seen       string   // customer messages the agent has seen
	ClosedAt   string   // when it was closed by then, empty while it is open
	Required   chat.ClosingRules
	MaxLength  int
	Errors     map[string]string
	News       *CloseNews
}

// CloseNews is what happened to a conversation while an agent was closing it.
type CloseNews struct {
	Icon, Text string
	Quote      string // what the customer wrote
}

// CloseEntry is what stands in a close form.
type CloseEntry struct {
	Sentiment, Notes, Tag, Tickets string
}

// CloseEntryOf is what was said at the last close, to be changed.
func CloseEntryOf(c *chat.Conversation) CloseEntry {
	if c.Closing == nil {
		return CloseEntry{}
	}
	return CloseEntry{Sentiment: c.Closing.Sentiment, Notes: c.Closing.Notes, Tag: c.Closing.Tag, Tickets: strings.Join(c.Closing.Tickets, "\n")}
}

// Closing is the entry as a document.
func (e *CloseEntry) Closing() chat.Closing {
	return chat.Closing{Sentiment: e.Sentiment, Notes: e.Notes, Tag: e.Tag, Tickets: chat.SplitTickets(e.Tickets)}
}

// CloseFormOf is the form with what was entered.
func CloseFormOf(s *chat.Settings, e *CloseEntry, saveURL string) *CloseForm {
	f := &CloseForm{SaveURL: saveURL, Notes: e.Notes, Tickets: e.Tickets, Required: s.Closing, MaxLength: chat.MaxClosingNotes, Errors: map[string]string{}}
	for _, sentiment := range chat.Sentiments() {
		f.Sentiments = append(f.Sentiments, Option{Value: sentiment, Name: sentence(sentiment), Selected: sentiment == e.Sentiment})
	}
	tags := slices.Clone(s.Tags)
	if e.Tag != "" && !slices.Contains(tags, e.Tag) {
		tags = append(tags, e.Tag)
	}
	slices.SortFunc(tags, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for _, tag := range tags {
		f.Tags = append(f.Tags, Option{Value: tag, Name: tag, Selected: tag == e.Tag})
	}
	f.Required.Tag = f.Required.Tag && len(s.Tags) > 0
	return f
}

// At notes what the agent has seen of the conversation: news from then on are told.
func (f *CloseForm) At(c *chat.Conversation) {
	f.Seen = Version(c.InboundCount)
	if c.State == chat.StateClosed {
		f.ClosedAt = c.ClosedAt.UTC().Format(time.RFC3339Nano)
	}
	f.WatchURL = URL("/inbox/"+url.PathEscape(c.ID)+"/close/news", url.Values{"seen": {f.Seen}, "closed_at": {f.ClosedAt}})
}

// NewsOf compares the conversation with what the agent had seen of it; nil when nothing has happened.
func NewsOf(c *chat.Conversation, seen int64, closedAt time.Time, clock Clock) *CloseNews {
	switch {
	case c.State == chat.StateClosed && !c.ClosedAt.Equal(closedAt):
		return &CloseNews{Icon: "circle-check", Text: closedWords(c, clock) + " What you typed is still here: save it to replace what was said."}
	case c.State != chat.StateClosed && !closedAt.IsZero():
		return &CloseNews{Icon: "undo-2", Text: "It was opened again meanwhile."}
	case c.InboundCount > seen:
		news := &CloseNews{Icon: "message-circle", Text: "The customer has just written."}
		if c.Last.Direction == chat.Inbound {
			news.Quote, _ = preview(&c.Last)
		}
		return news
	}
	return nil
}

// closedWords says who closed the conversation and when.
func closedWords(c *chat.Conversation, clock Clock) string {
	who := line(c.ClosedBy())
	if who == "" {
		who = "Somebody"
	}
	return who + " closed it " + Ago(c.ClosedAt, clock) + "."
}

// Ago is how long ago something happened, as a part of a sentence.
func Ago(at time.Time, clock Clock) string {
	if at.IsZero() {
		return "meanwhile"
	}
	return clock.Duration(max(clock.Now.Sub(at), time.Second)) + " ago"
}
