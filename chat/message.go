package chat

import (
	"slices"
	"time"
)

// LateAfter is how long after its platform time a message may arrive before it counts as late.
const LateAfter = 10 * time.Second

// MessageOf is the bubble an event shows as. It makes sense for events that carry a message.
func MessageOf(e *Event) Message {
	return Message{
		ID:              e.ID,
		MessageID:       e.MessageID,
		Direction:       directionOf(e),
		Echo:            e.Kind == KindEcho,
		Type:            e.Type,
		Text:            e.Text,
		ReplyTo:         e.ReplyTo,
		Content:         e.Content,
		Flags:           slices.Clone(e.Flags),
		Timestamp:       happenedAt(e),
		ClientTimestamp: e.ClientTimestamp,
		ReceivedAt:      e.ReceivedAt,
		Sequence:        e.Sequence,
	}
}

func directionOf(e *Event) Direction {
	if e.Direction == "" && e.Kind == KindEcho {
		return Outbound
	}
	if e.Direction == "" {
		return Inbound
	}
	return e.Direction
}

// happenedAt is the platform time of an event, or its arrival when the platform did not say.
func happenedAt(e *Event) time.Time {
	if e.Timestamp.IsZero() {
		return e.ReceivedAt
	}
	return e.Timestamp
}

// Place is where the message stands in its conversation.
func (m *Message) Place() Place {
	return Place{At: m.Timestamp, Received: m.ReceivedAt, Sequence: m.Sequence, ID: m.ID}
}

// HasFlag reports whether the message carries the flag.
func (m *Message) HasFlag(flag string) bool { return slices.Contains(m.Flags, flag) }

// Fill puts what a later copy of the message carries in the place of an imported message that could not be shown: history comes
// with placeholders first and their files afterwards, under the same ids. It reports whether the message changed.
func (m *Message) Fill(n *Message) bool {
	if m.Deleted || !m.HasFlag(FlagHistory) || !m.HasFlag(FlagUnsupported) || n.HasFlag(FlagUnsupported) {
		return false
	}
	m.Type, m.Content, m.Flags = n.Type, n.Content, slices.Clone(n.Flags)
	if m.Edit == nil {
		m.Text = n.Text
	} else {
		m.Edit.Original = n.Text
	}
	return true
}

// attracts reports whether the message is a customer's and new, so that somebody should look at it.
func (m *Message) attracts() bool { return m.Direction == Inbound && !m.HasFlag(FlagHistory) }

// markLate notes that a newer message was there before this one. Imports and copies of another app's thread are not news
// that came late: they are never marked.
func (m *Message) markLate() {
	if m.HasFlag(FlagHistory) || m.HasFlag(FlagStandby) {
		return
	}
	if d := m.ReceivedAt.Sub(m.Timestamp); d > LateAfter {
		m.Late = d
	}
}

// weight is about how many bytes the message takes in a document.
func (m *Message) weight() int {
	n := 400 + len(m.Text) + len(m.ReplyTo) + 150*(len(m.Statuses)+len(m.Reactions))
	if m.Edit != nil {
		n += len(m.Edit.Original)
	}
	for _, x := range m.Content.Media {
		n += 200 + len(x.URL) + len(x.Caption) + len(x.Filename) + len(x.Title)
	}
	for _, x := range m.Content.Cards {
		n += 200 + 40*(len(x.Phones)+len(x.Emails)) + len(x.Name)
	}
	if o := m.Content.Order; o != nil {
		n += 150 * len(o.Items)
	}
	if i := m.Content.Interactive; i != nil {
		n += len(i.Payload) + len(i.Title) + len(i.Description)
	}
	if r := m.Content.Referral; r != nil {
		n += len(r.Body) + len(r.Headline) + len(r.SourceURL) + len(r.Ref)
	}
	for _, f := range m.Content.Notes {
		n += len(f.Name) + len(f.Value)
	}
	return n
}

func compareMessages(a, b Message) int { return a.Place().Compare(b.Place()) }

func findMessage(list []Message, id string) *Message {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// insertMessage puts m in its place and returns where that is. Nearly always it is the end.
func insertMessage(list []Message, m Message) ([]Message, int) {
	i := len(list)
	if i > 0 && compareMessages(m, list[i-1]) < 0 {
		i, _ = slices.BinarySearchFunc(list, m, compareMessages)
	}
	return slices.Insert(list, i, m), i
}
