package chat

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// A shelf keeps one conversation and its pages the way the store does: documents by value, pages written before their
// conversation, turning as a step of its own, and crashes wherever the test wants one.
type shelf struct {
	limits limits
	conv   Conversation
	pages  map[string]MessagePage
	parked map[string][]Act
	places map[string]Place
	grown  map[string]bool // pages to look at when turning
	crash  func() bool
}

func newShelf(l limits, crash func() bool) *shelf {
	c := NewConversation(&Event{ID: "first", Kind: KindMessage, Channel: WhatsApp, Account: "acc", Timestamp: second(0)}, "person", "person")
	s := &shelf{limits: l, pages: map[string]MessagePage{}, parked: map[string][]Act{}, places: map[string]Place{}, grown: map[string]bool{}, crash: crash}
	s.conv = c
	return s
}

// stored is a conversation as it comes from a database: it shares nothing with the one that went in.
func stored(c Conversation) Conversation {
	c.Messages, c.Filed, c.Timeline = copies(c.Messages), slices.Clone(c.Filed), slices.Clone(c.Timeline)
	return c
}

func storedPage(p MessagePage) MessagePage {
	p.Messages = copies(p.Messages)
	return p
}

func copies(list []Message) []Message {
	out := make([]Message, len(list))
	for i := range list {
		out[i] = list[i].clone()
	}
	return out
}

func second(n int) time.Time { return time.Unix(1_800_000_000+int64(n), 0).UTC() }

// counted are the pages that belong to the stored conversation, by From.
func (s *shelf) counted() []MessagePage {
	c := &s.conv
	var list []MessagePage
	for _, p := range s.pages {
		if c.counts(&p) {
			list = append(list, storedPage(p))
		}
	}
	slices.SortFunc(list, func(a, b MessagePage) int { return a.From.Compare(b.From) })
	return list
}

func (s *shelf) cover(c *Conversation, p Place) *MessagePage {
	if c.Covers(p) {
		return nil
	}
	pages := s.counted()
	froms := make([]Place, len(pages))
	for i := range pages {
		froms[i] = pages[i].From
	}
	return &pages[CoveringPage(froms, p)]
}

// apply applies an event, again after every crash until it goes through.
func (s *shelf) apply(e *Event) {
	for !s.try(e) {
	}
	for !s.turn() {
	}
}

func (s *shelf) try(e *Event) bool {
	c := stored(s.conv)
	var page *MessagePage
	if e.Carries() {
		m := MessageOf(e)
		page = s.cover(&c, m.Place())
		c.Add(page, m)
		s.places[m.MessageID] = m.Place()
		for _, a := range s.parked[m.MessageID] {
			s.perform(&c, page, m.ID, a)
		}
	} else if at, ok := s.places[e.Target()]; ok {
		page = s.cover(&c, at)
		s.perform(&c, page, at.ID, ActOf(e))
	} else {
		s.parked[e.Target()] = append(s.parked[e.Target()], ActOf(e))
	}
	if page != nil {
		s.pages[page.ID] = storedPage(*page)
		s.grown[page.ID] = true
	}
	if s.crash() {
		return false
	}
	s.conv = stored(c)
	return true
}

func (s *shelf) perform(c *Conversation, page *MessagePage, id string, a Act) {
	if m := c.Find(page, id); m != nil && m.Act(a) {
		c.Touch(m)
	}
}

// turn moves what is too much, each document in two writes.
func (s *shelf) turn() bool {
	c := stored(s.conv)
	if moved := c.turn(s.limits); moved != nil {
		s.insert(moved)
		if s.crash() {
			return false
		}
		s.conv = stored(c)
	}
	for id := range s.grown {
		p := storedPage(s.pages[id])
		if moved := p.split(s.limits); moved != nil {
			s.insert(moved)
			if s.crash() {
				return false
			}
			s.pages[id] = storedPage(p)
		}
		delete(s.grown, id)
	}
	return true
}

func (s *shelf) insert(pages []MessagePage) {
	for _, p := range pages {
		if _, there := s.pages[p.ID]; !there {
			s.pages[p.ID] = storedPage(p)
		}
	}
}

func (s *shelf) display() []Message {
	return Display(s.counted(), &s.conv)
}

// eventsOf draws messages and acts on them, acts on messages that never come included.
func eventsOf(t *rapid.T, most int) []Event {
	n := rapid.IntRange(1, most).Draw(t, "messages")
	list := make([]Event, 0, 2*n)
	for i := range n {
		list = append(list, messageEvent(t, i))
	}
	for i := range rapid.IntRange(0, n).Draw(t, "acts") {
		list = append(list, actEvent(t, i, n+1))
	}
	return list
}

func messageEvent(t *rapid.T, i int) Event {
	id := "m" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	e := Event{
		ID: "e-" + id, MessageID: id, Kind: KindMessage, Channel: WhatsApp, Account: "acc", Direction: Inbound, Type: "text",
		Text: rapid.SampledFrom([]string{"", "hello", "good morning"}).Draw(t, "text"), Timestamp: second(rapid.IntRange(0, 40).Draw(t, "at")),
		Sequence: rapid.IntRange(0, 2).Draw(t, "sequence"),
	}
	e.ReceivedAt = e.Timestamp.Add(time.Duration(rapid.IntRange(0, 30_000).Draw(t, "delay")) * time.Millisecond)
	if rapid.IntRange(0, 3).Draw(t, "outbound") == 0 {
		e.Kind, e.Direction = KindEcho, Outbound
	}
	if rapid.IntRange(0, 5).Draw(t, "history") == 0 {
		e.Flags = []string{FlagHistory}
	}
	return e
}

func actEvent(t *rapid.T, i, n int) Event {
	k := rapid.IntRange(0, n-1).Draw(t, "target")
	target := "m" + string(rune('a'+k/26)) + string(rune('a'+k%26))
	e := Event{ID: EventID("act", target, string(rune('a'+i))), Channel: WhatsApp, Account: "acc", TargetID: target, Timestamp: second(rapid.IntRange(0, 9).Draw(t, "at"))}
	e.Kind = rapid.SampledFrom([]Kind{KindStatus, KindStatus, KindReaction, KindEdit, KindDelete}).Draw(t, "kind")
	switch e.Kind {
	case KindStatus:
		e.MessageID, e.TargetID = target, ""
		e.Status = rapid.SampledFrom([]string{"sent", "delivered", "read", "played", "failed", "warning"}).Draw(t, "status")
		if e.Status == "failed" {
			e.Errors = []DeliveryError{{Code: rapid.IntRange(1, 3).Draw(t, "code")}}
		}
	case KindReaction:
		e.ContactKey = rapid.SampledFrom([]string{"+1", "+2"}).Draw(t, "by")
		e.Emoji, e.Action = rapid.SampledFrom([]string{"👍", "❤️"}).Draw(t, "emoji"), rapid.SampledFrom([]string{"add", "remove"}).Draw(t, "action")
	case KindEdit:
		e.EditNumber, e.Text = rapid.IntRange(0, 2).Draw(t, "number"), rapid.SampledFrom([]string{"one", "two"}).Draw(t, "text")
	default:
	}
	return e
}

func shuffled(t *rapid.T, events []Event) []Event {
	list := slices.Clone(events)
	for range rapid.IntRange(0, len(events)).Draw(t, "duplicates") {
		list = append(list, rapid.SampledFrom(events).Draw(t, "duplicate"))
	}
	return rapid.Permutation(list).Draw(t, "order")
}

var smallPages = limits{page: 6, keep: 3, bytes: 1 << 20, hard: 4 << 20}

// paging are the fields that depend on where pages happened to turn, not on what was said. Waiting has a test of its own.
var paging = cmp.Options{
	cmpopts.IgnoreFields(Conversation{}, "Messages", "PageFrom", "Filed", "Waiting"),
	cmpopts.IgnoreFields(Message{}, "Filed"),
	cmpopts.EquateEmpty(),
}

func TestAnyOrderAndDuplicationGivesTheSameConversation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := eventsOf(t, 40)
		never := func() bool { return false }
		a, b := newShelf(limits{page: 1000, keep: 500, bytes: 1 << 30, hard: 1 << 30}, never), newShelf(smallPages, never)
		for i := range events {
			a.apply(&events[i])
		}
		for _, e := range shuffled(t, events) {
			b.apply(&e)
		}
		if d := cmp.Diff(a.display(), b.display(), paging); d != "" {
			t.Fatalf("messages differ (-in order +shuffled):\n%s", d)
		}
		if d := cmp.Diff(a.conv, b.conv, paging); d != "" {
			t.Fatalf("conversations differ (-in order +shuffled):\n%s", d)
		}
	})
}

func TestCrashesBetweenAnyTwoWritesChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := shuffled(t, eventsOf(t, 24))
		crashes := rapid.SliceOfN(rapid.Bool(), 40, 40).Draw(t, "crashes")
		crash := func() bool {
			if len(crashes) == 0 {
				return false
			}
			now := crashes[0]
			crashes = crashes[1:]
			return now
		}
		calm, rough := newShelf(smallPages, func() bool { return false }), newShelf(smallPages, crash)
		for _, e := range events {
			calm.apply(&e)
			rough.apply(&e)
			c := &rough.conv
			if list := rough.display(); int64(len(list)) != c.MessageCount {
				t.Fatalf("%d messages shown, %d counted", len(list), c.MessageCount)
			}
		}
		if d := cmp.Diff(calm.display(), rough.display(), paging); d != "" {
			t.Fatalf("messages differ (-calm +rough):\n%s", d)
		}
		if d := cmp.Diff(calm.conv, rough.conv, paging); d != "" {
			t.Fatalf("conversations differ (-calm +rough):\n%s", d)
		}
	})
}

// What the conversation says about its messages is what anybody would count on the screen.
func TestSummaryAgreesWithTheMessages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf(limits{page: 12, keep: 6, bytes: 1 << 20, hard: 4 << 20}, func() bool { return false })
		for _, e := range shuffled(t, eventsOf(t, 18)) { // at most one older page: see Conversation.answer
			s.apply(&e)
		}
		list, c := s.display(), stored(s.conv)
		var want Conversation
		for i := range list {
			m := &list[i]
			want.MessageCount++
			want.LastActivityAt = later(want.LastActivityAt, m.Timestamp)
			switch {
			case m.Direction == Outbound:
				want.LastOutboundAt, want.Waiting = later(want.LastOutboundAt, m.Timestamp), time.Time{}
			case !slices.Contains(m.Flags, FlagHistory):
				want.InboundCount++
				want.LastInboundAt = later(want.LastInboundAt, m.Timestamp)
				if want.Waiting.IsZero() {
					want.Waiting = m.Timestamp
				}
			}
			want.Last = Preview{ID: m.ID, Direction: m.Direction, Type: m.Type, Text: m.Text, At: m.Timestamp, Deleted: m.Deleted}
		}
		got := Conversation{
			MessageCount: c.MessageCount, InboundCount: c.InboundCount, LastActivityAt: c.LastActivityAt, LastInboundAt: c.LastInboundAt,
			LastOutboundAt: c.LastOutboundAt, Waiting: c.Waiting, Last: c.Last,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-counted +kept:\n%s", d)
		}
	})
}

func TestLateMarksFollowTheirDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf(smallPages, func() bool { return false })
		for _, e := range shuffled(t, eventsOf(t, 30)) {
			s.apply(&e)
		}
		list := s.display()
		for i := range list {
			m := &list[i]
			overtaken := slices.ContainsFunc(list[i+1:], func(n Message) bool { return n.ReceivedAt.Before(m.ReceivedAt) })
			delay := m.ReceivedAt.Sub(m.Timestamp)
			want := time.Duration(0)
			if overtaken && delay > 10*time.Second && !slices.Contains(m.Flags, FlagHistory) {
				want = delay
			}
			if m.Late != want {
				t.Fatalf("message %s: late %v, want %v", m.ID, m.Late, want)
			}
		}
	})
}

func TestPagesStaySmallAndCoverEachPlaceOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf(smallPages, func() bool { return false })
		for _, e := range shuffled(t, eventsOf(t, 60)) {
			s.apply(&e)
		}
		c, pages := stored(s.conv), s.counted()
		if len(c.Messages) > smallPages.page {
			t.Fatalf("%d messages on the newest page", len(c.Messages))
		}
		for i, p := range pages {
			next := *c.PageFrom
			if i+1 < len(pages) {
				next = pages[i+1].From
			}
			if p.overfull(smallPages) || len(p.Messages) == 0 || len(p.Before(next)) != len(p.Messages) || i > 0 && p.Messages[0].Place().Compare(p.From) < 0 {
				t.Fatalf("page %d of %d holds %d messages, %d of them in its range", i, len(pages), len(p.Messages), len(p.Before(next)))
			}
		}
	})
}
