package chat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// said is a customer's message of second at, received after delay.
func said(id string, at int, delay time.Duration) Message {
	return Message{ID: id, MessageID: "wamid." + id, Direction: Inbound, Type: "text", Text: "text of " + id, Timestamp: second(at), ReceivedAt: second(at).Add(delay)}
}

func answered(id string, at int) Message {
	m := said(id, at, time.Second)
	m.Direction, m.Echo = Outbound, true
	return m
}

func imported(m Message) Message {
	m.Flags = []string{FlagHistory}
	return m
}

func talk(messages ...Message) Conversation {
	c := NewConversation(&Event{ID: "first", Kind: KindMessage, Channel: WhatsApp, Account: "880000000000001", Timestamp: second(0)}, "person", "person")
	for _, m := range messages {
		c.Add(nil, m)
	}
	return c
}

func ids(list []Message) string {
	s := make([]string, len(list))
	for i, m := range list {
		s[i] = m.ID
	}
	return strings.Join(s, " ")
}

func TestMessageTakesOverWhatTheEventSays(t *testing.T) {
	e := Event{
		ID: "e", Kind: KindEcho, Channel: WhatsApp, MessageID: "wamid", Type: "image", Text: "look", ReplyTo: "other", Sequence: 3,
		Content: Content{Media: []Media{{ID: "media"}}}, Flags: []string{FlagForwarded}, Timestamp: second(1), ClientTimestamp: second(2), ReceivedAt: second(3),
	}
	require.Equal(t, Message{
		ID: "e", MessageID: "wamid", Direction: Outbound, Echo: true, Type: "image", Text: "look", ReplyTo: "other", Sequence: 3,
		Content: Content{Media: []Media{{ID: "media"}}}, Flags: []string{FlagForwarded}, Timestamp: second(1), ClientTimestamp: second(2), ReceivedAt: second(3),
	}, MessageOf(&e))
}

func TestMessageWithoutPlatformTimeStandsWhereItArrived(t *testing.T) {
	m := MessageOf(&Event{ID: "e", Kind: KindMessage, ReceivedAt: second(3)})
	require.Equal(t, second(3), m.Timestamp)
	require.Equal(t, Inbound, m.Direction)
}

func TestPlacesCompareByTimeThenArrivalThenSequenceThenID(t *testing.T) {
	list := []Place{
		{At: second(1), Received: second(9), Sequence: 9, ID: "z"},
		{At: second(2), Received: second(3), Sequence: 9, ID: "z"},
		{At: second(2), Received: second(4), Sequence: 1, ID: "z"},
		{At: second(2), Received: second(4), Sequence: 2, ID: "a"},
		{At: second(2), Received: second(4), Sequence: 2, ID: "b"},
	}
	for i := range list {
		for j := range list {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			require.Equal(t, want, list[i].Compare(list[j]), "%d against %d", i, j)
		}
	}
}

func TestCoveringPage(t *testing.T) {
	at := func(n int) Place { return Place{At: second(n)} }
	froms := []Place{at(10), at(20), at(30)}
	for place, want := range map[int]int{1: 0, 10: 0, 19: 0, 20: 1, 25: 1, 30: 2, 99: 2} {
		require.Equal(t, want, CoveringPage(froms, at(place)), "place %d", place)
	}
	require.Equal(t, -1, CoveringPage(nil, at(1)))
}

func TestConversationOpensWithItsThread(t *testing.T) {
	e := Event{ID: "e", Kind: KindMessage, Channel: WhatsApp, Account: "acc", GroupID: "g", Timestamp: second(5), ReceivedAt: second(6)}
	c := NewConversation(&e, "person", "person")
	require.Equal(t, EventID("conversation", "e"), c.ID)
	require.Equal(t, ThreadKey("person", WhatsApp, "acc", "g"), c.OpenKey)
	require.Equal(t, c.OpenKey, c.ThreadKey)
	require.Equal(t, StateOpen, c.State)
	require.Equal(t, second(5), c.CreatedAt)
	require.Len(t, c.Timeline, 1)
	require.Equal(t, "created", c.Timeline[0].Type)
	require.Empty(t, c.Messages)
	require.Zero(t, c.Version)
}

func TestMessagesStandInPlatformTime(t *testing.T) {
	c := talk(said("b", 20, 0), said("a", 10, 0), said("c", 30, 0))
	require.Equal(t, "a b c", ids(c.Messages))
}

func TestTheSameMessageIsAddedOnce(t *testing.T) {
	c := talk(said("a", 10, 0))
	before := stored(c)
	again := said("a", 10, time.Minute) // the platform sent it again: another arrival, the same event
	require.False(t, c.Add(nil, again))
	require.Equal(t, before, stored(c))
}

func TestLateMessageIsMarkedWhenANewerOneWasThereBefore(t *testing.T) {
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		list := []Message{said("newer", 100, time.Second), said("late", 50, 4*time.Minute)}
		c := talk(list[order[0]], list[order[1]])
		require.Equal(t, "late newer", ids(c.Messages))
		require.Equal(t, 4*time.Minute, c.Messages[0].Late)
		require.Zero(t, c.Messages[1].Late)
	}
}

func TestMessageOnAnOlderPageIsLateBecauseOfTheNewestPage(t *testing.T) {
	c := filled(PageSize + 1)
	page := MessagePage{}
	c.Turn()
	require.True(t, c.Add(&page, said("late", 1, time.Hour)))
	require.Equal(t, time.Hour, page.Messages[0].Late)
}

func TestNotLate(t *testing.T) {
	standby := said("a", 50, 4*time.Minute)
	standby.Flags = []string{FlagStandby}
	for name, list := range map[string][]Message{
		"nothing newer was there":   {said("a", 50, 4*time.Minute), said("b", 100, 5*time.Minute)},
		"ten seconds are no delay":  {said("b", 51, 0), said("a", 50, 10*time.Second)},
		"history is no news":        {said("b", 100, 0), imported(said("a", 50, time.Hour))},
		"neither are standby calls": {said("b", 100, 0), standby},
		"they came together":        {said("b", 100, 0), said("a", 50, 50*time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			c := talk(list...)
			for _, m := range c.Messages {
				require.Zero(t, m.Late, m.ID)
			}
		})
	}
}

func TestWaiting(t *testing.T) {
	echoLater := answered("e", 40)
	for name, c := range map[string]struct {
		messages []Message
		want     time.Time
	}{
		"since the first of several":          {[]Message{said("a", 10, 0), said("b", 20, 0)}, second(10)},
		"since the first, come late":          {[]Message{said("b", 20, 0), said("a", 10, 0)}, second(10)},
		"nobody wrote":                        {[]Message{answered("e", 5)}, time.Time{}},
		"answered":                            {[]Message{said("a", 10, 0), answered("e", 20)}, time.Time{}},
		"answered, and wrote again":           {[]Message{said("a", 10, 0), answered("e", 20), said("b", 30, 0)}, second(30)},
		"an answer that came late counts":     {[]Message{said("a", 10, 0), said("b", 30, 0), answered("e", 20)}, second(30)},
		"an older answer changes nothing":     {[]Message{said("a", 10, 0), echoLater, said("b", 50, 0), answered("f", 20)}, second(50)},
		"a late question answered long since": {[]Message{answered("e", 20), said("a", 10, 0)}, time.Time{}},
		"history waits for nobody":            {[]Message{imported(said("a", 10, 0))}, time.Time{}},
		"history of an answer is an answer":   {[]Message{said("a", 10, 0), imported(answered("e", 20))}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := talk(c.messages...)
			require.Equal(t, c.want, got.Waiting)
		})
	}
}

func TestLateAnswerOnAnOlderPageIsFoundThere(t *testing.T) {
	c := talk()
	for i := range 8 {
		c.Add(nil, said(fmt.Sprint("m", i), 10*i, 0))
	}
	page := c.turn(limits{page: 6, keep: 2, bytes: 1 << 20, hard: 1 << 22})[0]
	require.True(t, c.Add(&page, answered("e", 25)))
	require.Equal(t, second(30), c.Waiting)
	require.True(t, c.Add(&page, answered("f", 51)), "the last of its page")
	require.Equal(t, c.Messages[0].Timestamp, c.Waiting)
}

func TestHistoryCountsButDoesNotDrawAttention(t *testing.T) {
	c := talk(imported(said("a", 10, time.Hour)), imported(said("b", 20, time.Hour)))
	require.EqualValues(t, 2, c.MessageCount)
	require.Zero(t, c.InboundCount)
	require.Zero(t, c.LastInboundAt)
	require.Equal(t, second(20), c.LastActivityAt)
	require.Equal(t, "b", c.Last.ID)
}

func TestCustomerWakesASnoozedConversation(t *testing.T) {
	c := talk(said("a", 10, 0))
	require.NoError(t, c.SetState(StateSnoozed, "Ada", second(11)))
	c.Add(nil, answered("e", 12))
	require.Equal(t, StateSnoozed, c.State, "our own message does not wake it")
	c.Add(nil, imported(said("h", 5, 0)))
	require.Equal(t, StateSnoozed, c.State, "history does not wake it")
	c.Add(nil, said("b", 20, 0))
	require.Equal(t, StateOpen, c.State)
	require.Equal(t, "state", c.Timeline[len(c.Timeline)-1].Type)
}

func TestPreviewShowsTheNewestMessage(t *testing.T) {
	long := said("long", 30, 0)
	long.Text = strings.Repeat("ö", PreviewLength+1)
	c := talk(said("a", 10, 0), long, said("b", 20, 0))
	require.Equal(t, "long", c.Last.ID)
	require.Equal(t, strings.Repeat("ö", PreviewLength-1)+"…", c.Last.Text)
	long.Text = strings.Repeat("ö", PreviewLength)
	c = talk(long)
	require.Equal(t, long.Text, c.Last.Text, "what fits is not cut")
}

func TestPreviewFollowsEditAndDeletion(t *testing.T) {
	c := talk(said("a", 10, 0), said("b", 20, 0))
	old, newest := c.Find(nil, "a"), c.Find(nil, "b")
	old.Act(Act{Kind: KindEdit, Text: "other", EditNumber: 1})
	c.Touch(old)
	require.Equal(t, "text of b", c.Last.Text)
	newest.Act(Act{Kind: KindEdit, Text: "better", EditNumber: 1})
	c.Touch(newest)
	require.Equal(t, "better", c.Last.Text)
	newest.Act(Act{Kind: KindDelete, At: second(30)})
	c.Touch(newest)
	require.True(t, c.Last.Deleted)
	require.Empty(t, c.Last.Text)
}

func TestFindLooksOnBothPages(t *testing.T) {
	c := talk(said("a", 10, 0))
	page := MessagePage{Messages: []Message{said("old", 1, 0)}}
	require.Equal(t, "a", c.Find(nil, "a").ID)
	require.Equal(t, "old", c.Find(&page, "old").ID)
	require.Nil(t, c.Find(nil, "old"))
	require.Nil(t, c.Find(&page, "nobody"))
}

func TestMessagePutOnAnOlderPageIsCountedOnceAcrossACrash(t *testing.T) {
	c := talk()
	for i := range 8 {
		c.Add(nil, said(fmt.Sprint("m", i), 10*i, 0))
	}
	page := c.turn(limits{page: 6, keep: 2, bytes: 1 << 20, hard: 1 << 22})[0]
	before := stored(c)
	late := said("late", 15, time.Minute)
	require.True(t, c.Add(&page, late))
	require.EqualValues(t, 9, c.MessageCount)

	// The page was written, the conversation was not.
	require.True(t, before.Add(&page, late), "the stored conversation has not counted it")
	require.EqualValues(t, 9, before.MessageCount)
	require.Len(t, page.Messages, 7)
	require.False(t, before.Add(&page, late))
	require.False(t, before.Add(&page, said("m0", 0, 0)), "it was counted before its page turned")
	require.EqualValues(t, 9, before.MessageCount)
}

func TestEntryTellsEverythingTheLedgerShows(t *testing.T) {
	e := Event{
		ID: "e", Kind: KindMessage, Channel: WhatsApp, Account: "acc", ContactKey: "+1", KeyType: IdentityPhone, Aliases: map[string]string{"wa_id": "1"},
		ContactName: "Ada", Claims: map[string]string{"email": "x"}, Verified: true, Direction: Inbound, MessageID: "m", Type: "image", Text: "t",
		ReplyTo: "r", Content: Content{Media: []Media{{ID: "one"}, {ID: "two"}}}, Flags: []string{FlagGroup}, Timestamp: second(1), ClientTimestamp: second(2),
		RequestID: "req", ReceivedAt: second(3), Position: Position{Partition: 1, Offset: 2},
	}
	want := Entry{
		ID: "e", EventID: "e", RequestID: "req", Kind: KindMessage, Channel: WhatsApp, Account: "acc", ContactKey: "+1", KeyType: IdentityPhone,
		Aliases: e.Aliases, ContactName: "Ada", Direction: Inbound, MessageID: "m", Type: "image", Text: "t", Timestamp: second(1), ClientTimestamp: second(2),
		ReplyTo: "r", Media: e.Content.Media, MediaID: "one", Flags: e.Flags, Claims: e.Claims, Verified: true, ReceivedAt: second(3), Position: e.Position,
		MessageKey: MessageKey(WhatsApp, "acc", "m"), Place: &Place{At: second(1), Received: second(3), ID: "e"},
	}
	if d := cmp.Diff(want, EntryOf(&e)); d != "" {
		t.Fatal(d)
	}
}

func TestEntryOfAnActCanBeAppliedLater(t *testing.T) {
	e := Event{
		ID: "e", Kind: KindStatus, Channel: WhatsApp, Account: "acc", MessageID: "m", Status: "failed", Errors: []DeliveryError{{Code: 131047, Title: "x"}, {Code: 1}},
		Timestamp: second(1), ReceivedAt: second(3),
	}
	n := EntryOf(&e)
	require.Equal(t, []int{131047, 1}, n.Errors)
	require.Equal(t, MessageKey(WhatsApp, "acc", "m"), n.TargetKey)
	require.Equal(t, &Act{EventID: "e", Kind: KindStatus, At: second(1), Status: "failed", Errors: e.Errors}, n.Act)
	require.Empty(t, n.MessageKey)
	require.Nil(t, n.Place)
}

func TestCopiesOfAnEventHaveTheirOwnIDs(t *testing.T) {
	a, b := CopyID("e", Position{Partition: 1, Offset: 2}, 0), CopyID("e", Position{Partition: 2, Offset: 1}, 0)
	require.NotEqual(t, a, b)
	require.NotEqual(t, "e", a)
	require.Equal(t, a, CopyID("e", Position{Partition: 1, Offset: 2}, 0))
}

func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct {
		name string
		at   func(i int) int
	}{{"at the end", func(i int) int { return i }}, {"in the middle", func(i int) int { return i % 50 }}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			conv := talk()
			for i := 0; b.Loop(); i++ {
				m := said("", c.at(i), time.Second)
				m.ID = fmt.Sprint(i)
				conv.Add(nil, m)
				if conv.Overfull() {
					conv.Turn()
					conv.PageFrom = nil
				}
			}
		})
	}
}
