package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxClosingNotes bounds the notes of a closing, in characters.
const MaxClosingNotes = 2000

const maxClosingTickets = 20

// Sentiments are what an agent can say about the customer's mood at the end.
func Sentiments() []string { return []string{"positive", "neutral", "negative"} }

// A ClosingRequest is what an agent wants to be said about a conversation at its end, with what the agent had seen of it.
type ClosingRequest struct {
	Closing  Closing
	Messages int64     // customer messages the agent had seen
	ClosedAt time.Time // when it had been closed by then; zero: it was open
}

// Close ends the conversation. What was said is checked against the workspace's rules; everything that is wrong comes back
// together as InputErrors. It is a *ConflictError when the customer has written since (Field "messages") or when a colleague
// closed it meanwhile (Field "state"). A request that has seen the close replaces what was said then.
func (c *Conversation) Close(r *ClosingRequest, s *Settings, by string, at time.Time) error {
	closed := c.State == StateClosed
	closing, wrong := checkClosing(&r.Closing, s, c.Closing)
	if missing := MissingAttributes(s.ConversationAttributes, c.Attributes); len(missing) > 0 && !closed {
		wrong = append(wrong, &InputError{Field: "attributes", Message: "Fill in first: " + keys(missing) + "."})
	}
	if len(wrong) > 0 {
		return wrong
	}
	switch {
	case closed && !c.ClosedAt.Equal(r.ClosedAt):
		who := c.ended()
		return &ConflictError{Field: "state", Theirs: string(StateClosed), By: who.By, At: c.ClosedAt}
	case !closed && c.InboundCount > r.Messages:
		return &ConflictError{Field: "messages", Theirs: c.Last.Text, At: c.LastInboundAt}
	}
	closing.By, closing.At = by, stamp(at)
	c.Closing = &closing
	if closing.Sentiment != "" {
		c.Sentiment = closing.Sentiment
	}
	if closed {
		c.note("closing_changed", closing.words(), by, at)
		return nil
	}
	c.enter(StateClosed, by, at)
	c.note("closed", closing.words(), by, at)
	return nil
}

// ended is the timeline's entry of the last close.
func (c *Conversation) ended() TimelineEntry {
	return c.newest(func(e *TimelineEntry) bool {
		return e.Type == "closed" || e.Type == "state" && e.Text == string(StateClosed)
	})
}

// newest is the newest entry of the timeline that fits.
func (c *Conversation) newest(fits func(*TimelineEntry) bool) TimelineEntry {
	for i := len(c.Timeline) - 1; i >= 0; i-- {
		if fits(&c.Timeline[i]) {
			return c.Timeline[i]
		}
	}
	return TimelineEntry{}
}

// ClosedBy is who closed the conversation, empty when nobody knows.
func (c *Conversation) ClosedBy() string {
	if c.State != StateClosed {
		return ""
	}
	return c.ended().By
}

// words is the closing in one line for the timeline. Notes stay out: they can be long, and are shown with the closing.
func (c *Closing) words() string {
	var parts []string
	if c.Sentiment != "" {
		parts = append(parts, c.Sentiment)
	}
	if c.Tag != "" {
		parts = append(parts, c.Tag)
	}
	return strings.Join(append(parts, c.Tickets...), ", ")
}

// Check compares what was entered with the workspace's rules, before it is said about several conversations. What is wrong
// comes back together as InputErrors.
func (c *Closing) Check(s *Settings) error {
	if _, wrong := checkClosing(c, s, nil); len(wrong) > 0 {
		return wrong
	}
	return nil
}

// checkClosing cleans what was entered and compares it with what the workspace wants. before is what was said earlier.
func checkClosing(in *Closing, s *Settings, before *Closing) (Closing, InputErrors) {
	var wrong InputErrors
	refuse := func(field, message string) {
		wrong = append(wrong, &InputError{Field: field, Message: message})
	}
	out := Closing{Sentiment: in.Sentiment, Notes: cleanLines(in.Notes), Tag: clean(in.Tag)}
	if message := checkTag(out.Tag, s, before); message != "" {
		refuse("tag", message)
	}
	switch {
	case out.Sentiment == "" && s.Closing.Sentiment:
		refuse("sentiment", "Say how the customer felt.")
	case out.Sentiment != "" && !slices.Contains(Sentiments(), out.Sentiment):
		refuse("sentiment", "Choose positive, neutral or negative.")
	}
	switch {
	case out.Notes == "" && s.Closing.Notes:
		refuse("notes", "Write what came out of it.")
	case utf8.RuneCountInString(out.Notes) > MaxClosingNotes:
		refuse("notes", fmt.Sprintf("Notes can have at most %d characters.", MaxClosingNotes))
	}
	tickets, err := tickets(in.Tickets)
	if message, ok := IsInput(err); ok {
		refuse("tickets", message)
	}
	out.Tickets = tickets
	return out, wrong
}

// checkTag says what is wrong with a tag. One that was removed from the settings since stays where it was.
func checkTag(tag string, s *Settings, before *Closing) string {
	kept := before != nil && before.Tag == tag
	switch {
	case tag == "" && s.Closing.Tag && len(s.Tags) > 0:
		return "Choose a tag."
	case tag != "" && !slices.Contains(s.Tags, tag) && !kept:
		return "Choose a tag from the list."
	}
	return ""
}

// keys lists the names of attributes for a sentence.
func keys(list []AttributeDefinition) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Key
	}
	return strings.Join(names, ", ")
}

// tickets checks each reference; one that stands there twice is kept once.
func tickets(raw []string) ([]string, error) {
	var out []string
	for _, r := range raw {
		t, err := NormalizeTicket(r)
		if err != nil {
			return nil, invalid("tickets", "“"+clip(clean(r), 60)+"” is neither a ticket number such as OPS-123 nor a link that begins with https://.")
		}
		if t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) > maxClosingTickets {
		return nil, invalid("tickets", fmt.Sprintf("At most %d tickets are possible.", maxClosingTickets))
	}
	return out, nil
}

// SplitTickets takes a text apart in which tickets are separated by spaces, commas, semicolons or line ends.
func SplitTickets(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
}
