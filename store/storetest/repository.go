package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// RunRepository runs the contract of store.Store over the engines that open gives out: every call a new, empty one.
// sortsWithoutIndex is true for a server (the stand-in) that cannot walk an index for a list without conditions.
func RunRepository(t *testing.T, open func(t *testing.T) store.Engine, sortsWithoutIndex bool) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, func(*testing.T) store.Engine)
	}{
		{"the same events again change nothing", sameEventsAgain},
		{"a crash between any two writes changes nothing", crashAnywhere},
		{"late messages find their place across pages", latePages},
		{"messages of one instant are read back in pages", messagesOfOneInstant},
		{"fifty writers make one contact and one conversation", fiftyWriters},
		{"a status meets its message in either order", statusEitherOrder},
		{"a status and its message at the same moment meet", statusRace},
		{"two contacts proven to be one are merged", mergeProven},
		{"an interrupted merge is finished by the next reader", mergeInterrupted},
		{"an agent merges two contacts and undoes it", mergeByAgent},
		{"what was opened since a merge goes back to its person", mergeOpenedSince},
		{"a merge into a merged contact, both undone", mergeChain},
		{"a merge interrupted anywhere is finished by whoever comes next", mergeCrash},
		{"two merges in opposite directions", mergeRing},
		{"a merge that another one overtook is given up", mergeOvertaken},
		{"merging and undoing while messages come in", mergeWhileIngesting},
		{"a number change keeps the person", numberChange},
		{"what was written before a number change may come after it", lateUnderOldNumber},
		{"an imported message gets the file that follows it", importedFile},
		{"another user at the same browser is another person", sharedBrowser},
		{"a message after close opens a new conversation", messageAfterClose},
		{"a redelivery after close does not", redeliveryAfterClose},
		{"what a visitor looked at comes with the first message", visitFirst},
		{"the ledger's sum closes and redelivery counts nothing twice", ledgerSum},
		{"edits of two agents: compare and swap", agentEdits},
		{"edits of the settings: compare and swap", settingsEdits},
		{"notes follow the person through a merge, and a deletion can be taken back", notesOfAPerson},
		{"comments live as long as the conversation", commentsUntilClose},
		{"a crash at close shows nobody an old comment", commentsAfterCrash},
		{"comments a crash has left are removed", commentsSwept},
		{"notifications are told once and gone when opened", notificationsOnce},
		{"escalations are recorded once and taken by one", escalationsOnce},
		{"the audit log pages by person and kind", auditLog},
		{"a scope's lists and counts hold what it admits", scopedLists},
		{"what was put off is found when it is due", dueConversations},
		{"of several who accept a transfer one wins", racingAcceptance},
		{"every filter of the inbox, alone and together", inboxFilters},
		{"the order by priority pages without doubles or gaps", priorityOrder},
		{"saved views: private, shared, bounded", savedViews},
		{"an erased person is gone and stays gone", erase},
		{"an erasure interrupted anywhere is finished", eraseCrash},
		{"an erasure while a batch is written", eraseMeanwhile},
		{"an erasure reaches the records of merges", eraseMerged},
		{"a label change reaches every document", labelJobs},
		{"one administrator remains", lastAdmin},
		{"a person's logins", loginsOfAUser},
		{"a department that goes leaves nothing behind", departmentGoes},
		{"search finds what messages say now, in newest and older pages", searchMessages},
		{"search obeys the scope and takes every query as text", searchScope},
		{"an inbox search is about people and messages", searchInbox},
		{"notes are found until they are deleted", searchNotes},
		{"messages around one", messagesAround},
		{"lists page by cursor without doubles or gaps", lists},
		{"every list uses an index", func(t *testing.T, open func(*testing.T) store.Engine) { explained(t, open, sortsWithoutIndex) }},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

func sameEventsAgain(t *testing.T, open func(*testing.T) store.Engine) {
	events := story()
	one := repository(t, open(t))
	apply(t, one, events...)
	want := look(t, one)
	require.Len(t, want.Contacts, 2)
	require.Len(t, want.Conversations, 2)
	require.Len(t, want.Ledger, len(events))

	apply(t, one, events...) // read from the log again: same positions
	samePicture(t, want, look(t, one))

	r := rand.New(rand.NewPCG(1, 2))
	pieces := repository(t, open(t)) // in other batches, some of them twice
	for rest := events; len(rest) > 0; {
		n := min(len(rest), 1+r.IntN(40))
		apply(t, pieces, rest[:n]...)
		if r.IntN(3) == 0 {
			apply(t, pieces, rest[:n]...)
		}
		rest = rest[n:]
	}
	samePicture(t, want, look(t, pieces))

	redelivered := make([]chat.Event, len(events)) // by the platform: other positions
	for i, e := range events {
		e.Position.Offset += 10_000
		e.RequestID += "-2"
		e.ReceivedAt = e.ReceivedAt.Add(time.Hour)
		redelivered[i] = e
	}
	out := apply(t, one, redelivered...)
	for i, entry := range out.Entries {
		require.Equal(t, chat.Duplicate, entry.Verdict, "event %d", i)
	}
	got := look(t, one)
	got.Ledger = got.Ledger[:len(want.Ledger)]
	samePicture(t, want, got)
}

func crashAnywhere(t *testing.T, open func(*testing.T) store.Engine) {
	events := story()
	clean := repository(t, open(t))
	apply(t, clean, events...)
	want := look(t, clean)
	for _, after := range []bool{false, true} {
		for n := int64(1); ; n++ {
			e := &faulty{Engine: open(t), at: n, after: after}
			s := repository(t, e)
			_, err := s.Apply(t.Context(), events)
			if err == nil {
				require.Greater(t, n, int64(5), "the failure must have been injected somewhere")
				break
			}
			require.ErrorIs(t, err, errInjected)
			require.ErrorIs(t, err, chat.ErrUnavailable)
			apply(t, s, events...)
			samePicture(t, want, look(t, s))
		}
	}
}

func latePages(t *testing.T, open func(*testing.T) store.Engine) {
	const n = 300
	s := &script{}
	var events []chat.Event
	for i := range n {
		events = append(events, s.text(ada, fmt.Sprintf("m%d", i), i, fmt.Sprintf("message %d", i)))
	}
	rand.New(rand.NewPCG(3, 4)).Shuffle(n, func(i, j int) { events[i], events[j] = events[j], events[i] })
	repo := repository(t, open(t))
	for rest := events; len(rest) > 0; rest = rest[min(len(rest), 60):] {
		apply(t, repo, rest[:min(len(rest), 60)]...)
	}
	p := look(t, repo)
	require.Len(t, p.Conversations, 1)
	require.EqualValues(t, n, p.Conversations[0].InboundCount)
	got := p.Messages[p.Conversations[0].ID]
	require.Len(t, got, n)
	for i, m := range got {
		require.Equal(t, fmt.Sprintf("m%d", i), m.MessageID)
	}
	backwards(t, repo, p.Conversations[0].ID, got)
	c, err := repo.Conversation(t.Context(), p.Conversations[0].ID)
	require.NoError(t, err)
	require.LessOrEqual(t, len(c.Messages), chat.PageSize)
}

// An import may give hundreds of messages one time: pages then begin in the same instant.
func messagesOfOneInstant(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	var events []chat.Event
	for i := range 240 {
		at := i
		if i >= 40 && i < 200 {
			at = 40
		}
		events = append(events, s.text(ada, fmt.Sprintf("m%d", i), at, "text"))
	}
	repo := repository(t, open(t))
	for rest := events; len(rest) > 0; rest = rest[min(len(rest), 25):] {
		apply(t, repo, rest[:min(len(rest), 25)]...)
	}
	p := look(t, repo)
	require.Len(t, p.Conversations, 1)
	got := p.Messages[p.Conversations[0].ID]
	require.Len(t, got, len(events))
	backwards(t, repo, p.Conversations[0].ID, got)
}

func backwards(t *testing.T, repo *store.Store, id string, want []chat.Message) {
	t.Helper()
	var got []chat.Message
	for cursor, first := "", true; first || cursor != ""; first = false {
		l, err := repo.Messages(t.Context(), id, cursor, 33)
		require.NoError(t, err)
		got = append(append([]chat.Message(nil), l.Items...), got...)
		cursor = l.Next
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("reading backwards differs (-want +got):\n%s", d)
	}
}

func statusEitherOrder(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	events := []chat.Event{
		s.status(ada, "out", "read", 30), s.reaction(ada, "r", "out", "👍", 40), s.event(chat.KindEcho, ada, "out", 10), s.status(ada, "out", "sent", 11), s.status(ada, "out", "delivered", 20),
	}
	for name, order := range map[string][]int{"together": {0, 1, 2, 3, 4}, "message last": {0, 1, 3, 4, 2}, "message first": {2, 4, 3, 1, 0}} {
		for _, each := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, one by one %v", name, each), func(t *testing.T) {
				repo := repository(t, open(t))
				var ordered []chat.Event
				for _, i := range order {
					ordered = append(ordered, events[i])
				}
				if each {
					for _, e := range ordered {
						apply(t, repo, e)
					}
				} else {
					apply(t, repo, ordered...)
				}
				p := look(t, repo)
				require.Len(t, p.Conversations, 1)
				m := p.Messages[p.Conversations[0].ID]
				require.Len(t, m, 1)
				require.Equal(t, "read", m[0].Status)
				require.Len(t, m[0].Statuses, 3)
				require.Equal(t, "👍", m[0].Reactions[0].Emoji)
			})
		}
	}
}

func statusRace(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	a, b := repository(t, e), repository(t, e)
	for i := range 25 {
		id := fmt.Sprintf("out%d", i)
		sa, sb := &script{partition: 1, offset: int64(i * 10)}, &script{partition: 2, offset: int64(i * 10)}
		message, status := sa.event(chat.KindEcho, ada, id, i), sb.status(ada, id, "delivered", 1000+i)
		var wg sync.WaitGroup
		var err1, err2 error
		wg.Go(func() { _, err1 = a.Apply(t.Context(), []chat.Event{message}) })
		wg.Go(func() { _, err2 = b.Apply(t.Context(), []chat.Event{status}) })
		wg.Wait()
		require.NoError(t, errors.Join(err1, err2))
	}
	p := look(t, a)
	require.Len(t, p.Conversations, 1)
	for _, m := range p.Messages[p.Conversations[0].ID] {
		require.Equal(t, "delivered", m.Status, m.MessageID)
	}
}

func messageAfterClose(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	first := apply(t, repo, s.text(ada, "m1", 1, "before")).Entries[0].ConversationID
	_, err := repo.UpdateConversation(t.Context(), first, func(c *chat.Conversation) error { return c.SetState(chat.StateClosed, "Agent", base) })
	require.NoError(t, err)
	second := apply(t, repo, s.text(ada, "m2", 2, "after")).Entries[0].ConversationID
	require.NotEqual(t, first, second)
	_, err = repo.UpdateConversation(t.Context(), first, func(c *chat.Conversation) error { return c.SetState(chat.StateOpen, "Agent", base) })
	require.ErrorIs(t, err, chat.ErrConflict, "the person has another open conversation")
	third := apply(t, repo, s.text(ada, "m3", 3, "goes on")).Entries[0].ConversationID
	require.Equal(t, second, third)
}

func redeliveryAfterClose(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	e := &faulty{Engine: open(t), at: -1}
	repo := repository(t, e)
	apply(t, repo, s.text(ada, "m0", 1, "there"))
	next := s.text(ada, "m1", 2, "applied, but its ledger entry was not written")
	e.at = e.calls.Load() + 2 // the conversation, then the ledger fails
	_, err := repo.Apply(t.Context(), []chat.Event{next})
	require.ErrorIs(t, err, errInjected)
	p := look(t, repo)
	require.Len(t, p.Messages[p.Conversations[0].ID], 2, "the crash came after the conversation was written")
	_, err = repo.UpdateConversation(t.Context(), p.Conversations[0].ID, func(c *chat.Conversation) error { return c.SetState(chat.StateClosed, "Agent", base) })
	require.NoError(t, err)
	apply(t, repo, next)
	require.Len(t, look(t, repo).Conversations, 1)
}
