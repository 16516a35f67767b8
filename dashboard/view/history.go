package view

import (
	"cmp"
	"net/url"
	"time"

	"switchboard/chat"
)

// History lists every conversation with a person.
type History struct {
	Items []Episode
	Stretch
}

// An Episode is one conversation as a person's history tells it.
type Episode struct {
	ID       string
	URL      string // read-only
	InboxURL string
	Channel  Channel
	From     Moment
	When     string // time range, or since when it is active
	Active   bool
	Here     bool // it is open beside the list
	Alone    bool // it is what the page is about
	Row      bool // one of the rows that the keys of the page move through
	State    State
	Summary  string
	Preview  string // of the newest message, where there is no summary
	Mood     *Mood
	Topics   []string
	Labels   []Label
	Messages string
	Closed   *Closed
}

// A Closed is what was entered when a conversation was closed.
type Closed struct {
	By      string // empty: not known, or a rule
	At      Moment
	Notes   []Segment
	Tag     string
	Tickets []Reference
}

// A Reference is a number, or a link.
type Reference struct{ Text, URL string }

// A Mood is a sentiment as word and shape.
type Mood struct {
	Key, Word, Icon string
	Of              string // how many conversations it is the average of; empty: of one alone
}

// HistoryInput is what a history is made from.
type HistoryInput struct {
	Conversations []chat.Conversation // newest first
	Labels        []chat.LabelDefinition
	Current       string
	Clock         Clock
}

// HistoryURL is the read-only page of a conversation.
func HistoryURL(conversation string) string { return "/history/" + url.PathEscape(conversation) }

// HistoryOf tells a person's conversations.
func HistoryOf(in *HistoryInput) History {
	var out History
	for i := range in.Conversations {
		c := &in.Conversations[i]
		episode := EpisodeOf(c, in.Labels, in.Clock)
		episode.Here, episode.Row = c.ID == in.Current, in.Current == ""
		out.Items = append(out.Items, episode)
	}
	return out
}

// longestSummary bounds what a list shows of a summary, in runes.
const longestSummary = 1000

// EpisodeOf tells one conversation.
func EpisodeOf(c *chat.Conversation, labels []chat.LabelDefinition, clock Clock) Episode {
	e := Episode{
		ID: c.ID, URL: HistoryURL(c.ID), InboxURL: "/inbox/" + url.PathEscape(c.ID), Channel: ChannelOf(c.Channel), From: clock.Moment(c.CreatedAt), State: StateOf(c.State),
		Active: c.State != chat.StateClosed, Summary: cut(c.Summary, longestSummary), Labels: Labels(c.Labels, labels), Messages: clock.Plural(int(c.MessageCount), "message"),
		Mood: MoodOf(sentiment(c)), Closed: closed(c, clock),
	}
	e.When = clock.Span(c.CreatedAt, c.ClosedAt)
	if e.Summary == "" {
		e.Preview, _ = preview(&c.Last)
	}
	for _, topic := range c.Topics {
		e.Topics = append(e.Topics, line(topic))
	}
	return e
}

// sentiment is the mood of a conversation: what the agent who closed it said counts before what was computed.
func sentiment(c *chat.Conversation) string {
	if c.Closing != nil && c.Closing.Sentiment != "" {
		return c.Closing.Sentiment
	}
	return c.Sentiment
}

// MoodOf names a mood; nil when none is known.
func MoodOf(word string) *Mood {
	switch word {
	case "positive":
		return &Mood{Key: word, Word: "Positive", Icon: "smile"}
	case "neutral":
		return &Mood{Key: word, Word: "Neutral", Icon: "meh"}
	case "negative":
		return &Mood{Key: word, Word: "Negative", Icon: "frown"}
	}
	return nil
}

// Moods beyond which an average is no longer neutral.
const moodEdge = 1.0 / 3

// AverageMood is the mood over conversations; nil when none of them has one.
func AverageMood(conversations []chat.Conversation, clock Clock) *Mood {
	sum, n := 0, 0
	for i := range conversations {
		switch sentiment(&conversations[i]) {
		case "positive":
			sum, n = sum+1, n+1
		case "neutral":
			n++
		case "negative":
			sum, n = sum-1, n+1
		}
	}
	if n == 0 {
		return nil
	}
	word := "neutral"
	switch mood := float64(sum) / float64(n); {
	case mood >= moodEdge:
		word = "positive"
	case mood <= -moodEdge:
		word = "negative"
	}
	out := MoodOf(word)
	out.Of = clock.Plural(n, "conversation")
	return out
}

// closed is what was entered at the close. Conversations closed without the dialog still tell who closed them, and when.
func closed(c *chat.Conversation, clock Clock) *Closed {
	if c.State != chat.StateClosed {
		return nil
	}
	out := &Closed{By: line(cmp.Or(c.ClosedBy(), c.Closer)), At: clock.Moment(c.ClosedAt)}
	if c.Closing == nil {
		return out
	}
	if c.Closing.By != "" {
		out.By = line(c.Closing.By)
	}
	if !c.Closing.At.IsZero() {
		out.At = clock.Moment(c.Closing.At)
	}
	out.Tag = line(c.Closing.Tag)
	if c.Closing.Notes != "" {
		out.Notes = Segments(c.Closing.Notes)
	}
	for _, t := range c.Closing.Tickets {
		out.Tickets = append(out.Tickets, Reference{Text: line(t), URL: Link(t)})
	}
	return out
}

// Span words a time range in the viewer's zone: "5 Oct, 12:00 to 14:30", and "5 Oct, 12:00" when it is over within the minute.
// While it has no end it is "Since 5 Oct, 12:00".
func (c Clock) Span(from, to time.Time) string {
	start := c.DateTime(from)
	switch {
	case to.IsZero():
		return "Since " + start
	case start == c.DateTime(to):
		return start
	case c.daysAgo(from) == c.daysAgo(to):
		return start + " to " + c.Time(to)
	}
	return start + " to " + c.DateTime(to)
}

// A ContactLink is a person by name and page.
type ContactLink struct {
	Name   string
	URL    string
	Avatar Avatar
}

// ContactLinkOf links to a person.
func ContactLinkOf(c *chat.Contact) ContactLink {
	name := ContactName(c)
	return ContactLink{Name: name, URL: ContactURL(c.ID), Avatar: AvatarOf(c.ID, name)}
}
