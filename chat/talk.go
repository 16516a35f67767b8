package chat

import (
	"slices"
	"time"
	"unicode/utf8"
)

// NewConversation opens a conversation with the event as its reason, in the thread of owner (Contact.ThreadOwner). It holds no
// message yet; Add puts it in.
func NewConversation(e *Event, contactID, owner string) Conversation {
	key := ThreadKey(owner, e.Channel, e.Account, e.GroupID)
	c := Conversation{
		ID:             EventID("conversation", e.ID),
		ContactID:      contactID,
		Channel:        e.Channel,
		Account:        e.Account,
		GroupID:        e.GroupID,
		ThreadKey:      key,
		OpenKey:        key,
		State:          StateOpen,
		CreatedAt:      happenedAt(e),
		LastActivityAt: happenedAt(e),
	}
	if len(e.Identities) > 0 {
		c.Opener = e.Identities[0].Key()
	}
	c.Record(TimelineEntry{ID: EventID("timeline", c.ID, "created"), Type: "created", At: c.CreatedAt})
	return c
}

// Covers reports whether a message at p belongs on the newest page, which the conversation itself holds.
func (c *Conversation) Covers(p Place) bool { return c.PageFrom == nil || p.Compare(*c.PageFrom) >= 0 }

// maxFiled bounds Conversation.Filed. It has to outlast one batch of the store, which is far smaller.
const maxFiled = 1000

// Add puts a message in its place: on the newest page when that covers it, else on page, which must be the older page that
// does (CoveringPage). It reports whether the conversation changed; a message that is already there changes nothing.
//
// Pages are written before their conversation. A crash in between leaves a message on an older page which the conversation
// has not counted; adding it again then counts it, and Add is true although the page stays as it is.
func (c *Conversation) Add(page *MessagePage, m Message) bool {
	if findMessage(c.Messages, m.ID) != nil {
		return false
	}
	if !c.Covers(m.Place()) {
		return c.file(page, m)
	}
	var i int
	c.Messages, i = insertMessage(c.Messages, m)
	compareArrivals(c.Messages, i, nil)
	c.count(nil, &m)
	return true
}

// file puts a very late message on an older page.
func (c *Conversation) file(page *MessagePage, m Message) bool {
	if there := findMessage(page.Messages, m.ID); there != nil {
		if !there.Filed || slices.Contains(c.Filed, m.ID) {
			return false
		}
	} else {
		m.Filed = true
		var i int
		page.Messages, i = insertMessage(page.Messages, m)
		compareArrivals(page.Messages, i, c.Messages)
	}
	c.Filed = append(c.Filed, m.ID)
	c.Filed = slices.Delete(c.Filed, 0, max(0, len(c.Filed)-maxFiled))
	c.count(page, &m)
	return true
}

// compareArrivals marks the message at i late when a newer one arrived before it, and those before it that it makes late.
// Newer messages beyond the list are in later. Messages on older pages that are not at hand are left to Display: to become late
// they must have been added before a newer message that arrived earlier.
func compareArrivals(list []Message, i int, later []Message) {
	arrived := list[i].ReceivedAt
	if anyArrivedBefore(list[i+1:], arrived) || anyArrivedBefore(later, arrived) {
		list[i].markLate()
	}
	for j := range list[:i] {
		if arrived.Before(list[j].ReceivedAt) {
			list[j].markLate()
		}
	}
}

func anyArrivedBefore(list []Message, t time.Time) bool {
	for i := range list {
		if list[i].ReceivedAt.Before(t) {
			return true
		}
	}
	return false
}

// count updates what the conversation says about its messages as a whole.
func (c *Conversation) count(page *MessagePage, m *Message) {
	c.MessageCount++
	c.LastActivityAt = later(c.LastActivityAt, m.Timestamp)
	if m.Direction == Outbound {
		c.LastOutboundAt = later(c.LastOutboundAt, m.Timestamp)
		c.answer(page, m.Place())
	}
	if m.attracts() {
		c.InboundCount++
		c.LastInboundAt = later(c.LastInboundAt, m.Timestamp)
		c.wait(m)
	}
	c.Last = previewOf(&c.Messages[len(c.Messages)-1])
}

// wait notes a customer message that nobody answered yet, and wakes a snoozed conversation.
func (c *Conversation) wait(m *Message) {
	if c.State == StateSnoozed {
		c.State, c.SnoozedUntil = StateOpen, time.Time{}
		c.Record(TimelineEntry{ID: EventID("timeline", c.ID, "woken", m.ID), Type: "state", At: m.Timestamp, Text: string(StateOpen)})
	}
	if c.State == StateClosed || c.Answered != nil && m.Place().Compare(*c.Answered) < 0 {
		return
	}
	if c.Waiting.IsZero() || m.Timestamp.Before(c.Waiting) {
		c.Waiting = m.Timestamp
	}
}

// answer notes a message of the business at p. The customer then waits since their first message after it, which is on the
// page of p or on the newest one; pages in between are not looked at (an answer that comes more than a page late, to a
// customer who kept writing and got no other, may show a waiting time that is too short).
func (c *Conversation) answer(page *MessagePage, p Place) {
	if c.Answered != nil && p.Compare(*c.Answered) < 0 {
		return
	}
	c.Answered = &p
	if c.Waiting.After(p.At) {
		return
	}
	c.Waiting = time.Time{}
	if page != nil {
		c.Waiting = firstWaiting(page.Messages, p)
	}
	if c.Waiting.IsZero() {
		c.Waiting = firstWaiting(c.Messages, p)
	}
}

// firstWaiting is the time of the first customer message after p; zero when there is none.
func firstWaiting(list []Message, p Place) time.Time {
	for i := range list {
		if m := &list[i]; m.attracts() && m.Place().Compare(p) > 0 {
			return m.Timestamp
		}
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Find is the message with this event id on the newest page or on page (which may be nil); nil when it is on neither. The
// pointer is good until the next Add, Turn or Split.
func (c *Conversation) Find(page *MessagePage, id string) *Message {
	if m := findMessage(c.Messages, id); m != nil || page == nil {
		return m
	}
	return findMessage(page.Messages, id)
}

// Touch refreshes the preview after an act, if it is about that message.
func (c *Conversation) Touch(m *Message) {
	if c.Last.ID == m.ID {
		c.Last = previewOf(m)
	}
}

func previewOf(m *Message) Preview {
	return Preview{ID: m.ID, Direction: m.Direction, Type: m.Type, Text: clip(m.Text, PreviewLength), At: m.Timestamp, Deleted: m.Deleted}
}

// clip cuts text to n runes, the last of them an ellipsis when something was cut.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	i := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s[:i] + "…"
}
