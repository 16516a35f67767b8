package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// What colleagues keep among themselves: notes, comments, notifications, escalations.

var (
	agentAda = chat.Author{ID: "u-ada", Name: "Ada"}
	agentBen = chat.Author{ID: "u-ben", Name: "Ben"}
)

func notesOfAPerson(t *testing.T, open func(*testing.T) store.Engine) {
	repo, ctx := repository(t, open(t)), t.Context()
	for i := range 25 { // two contacts that were merged: their notes are one list
		n, err := chat.NewNote(fmt.Sprintf("n%02d", i), fmt.Sprintf("c%d", i%2), "talk", fmt.Sprintf("note %d", i), "OPS-1", agentAda, base.Add(time.Duration(i/5)*time.Minute))
		require.NoError(t, err)
		require.NoError(t, repo.AddNote(ctx, n))
		require.NoError(t, repo.AddNote(ctx, n), "again changes nothing")
	}
	other, err := chat.NewNote("other", "somebody else", "", "not theirs", "", agentBen, base)
	require.NoError(t, err)
	require.NoError(t, repo.AddNote(ctx, other))
	read := func() []chat.Note {
		return all(t, func(r chat.PageRequest) (chat.List[chat.Note], error) {
			r.Limit = 7
			return repo.Notes(ctx, []string{"c0", "c1"}, r)
		})
	}
	got := read()
	require.Len(t, got, 25)
	require.Equal(t, "n24", got[0].ID, "newest first")
	for i := 1; i < len(got); i++ {
		require.False(t, got[i].CreatedAt.After(got[i-1].CreatedAt))
	}
	require.Equal(t, "OPS-1", got[0].Ticket)

	_, err = repo.UpdateNote(ctx, "n24", func(n *chat.Note) error { return n.Delete(agentBen.ID, base) })
	require.ErrorIs(t, err, chat.ErrForbidden)
	require.Len(t, read(), 25)
	soon := time.Now().UTC() // a purge date in the past may be swept at once
	deleted, err := repo.UpdateNote(ctx, "n24", func(n *chat.Note) error { return n.Delete(agentAda.ID, soon) })
	require.NoError(t, err)
	require.True(t, deleted.PurgeAt.After(soon))
	require.Len(t, read(), 24)
	back, err := repo.UpdateNote(ctx, "n24", func(n *chat.Note) error { return n.Restore(agentAda.ID) })
	require.NoError(t, err)
	require.Zero(t, back.PurgeAt)
	require.Equal(t, got, withVersions(read(), got))
	_, err = repo.Note(ctx, "missing")
	require.ErrorIs(t, err, chat.ErrNotFound)
}

// withVersions gives notes the versions of others, for comparing everything else.
func withVersions(list, of []chat.Note) []chat.Note {
	for i := range list {
		list[i].Version = of[i].Version
	}
	return list
}

func comment(t *testing.T, id, conversation, text string, tagged ...chat.Tagged) chat.Comment {
	t.Helper()
	c, err := chat.NewComment(id, conversation, text, tagged, agentAda, time.Now())
	require.NoError(t, err)
	return c
}

func setState(t *testing.T, repo *store.Store, id string, state chat.State) {
	t.Helper()
	_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error { return c.SetState(state, "Ada", base.Add(time.Hour)) })
	require.NoError(t, err)
}

func commentsOf(t *testing.T, repo *store.Store, id string) []chat.Comment {
	t.Helper()
	return all(t, func(r chat.PageRequest) (chat.List[chat.Comment], error) {
		r.Limit = 2
		return repo.Comments(t.Context(), id, r)
	})
}

func commentsUntilClose(t *testing.T, open func(*testing.T) store.Engine) {
	repo, ctx, s := repository(t, open(t)), t.Context(), &script{}
	id := apply(t, repo, s.text(ada, "m1", 1, "x")).Entries[0].ConversationID
	ben := chat.Tagged(agentBen)
	call := comment(t, "k1", id, "can you look?", ben, ben, chat.Tagged{ID: agentAda.ID, Name: "Ada"})
	for range 2 { // again changes nothing
		_, err := repo.AddComment(ctx, call)
		require.NoError(t, err)
	}
	for i := range 3 {
		_, err := repo.AddComment(ctx, comment(t, fmt.Sprintf("l%d", i), id, "and another"))
		require.NoError(t, err)
	}
	require.Len(t, commentsOf(t, repo, id), 4)
	c, err := repo.Conversation(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []string{agentBen.ID}, c.Invited, "nobody calls in themselves, and nobody twice")
	listed, err := repo.Conversations(ctx, chat.ConversationQuery{})
	require.NoError(t, err)
	require.Equal(t, c.Invited, listed.Items[0].Invited, "a list tells who may see the row")
	told, err := repo.Notifications(ctx, agentBen.ID, chat.PageRequest{})
	require.NoError(t, err)
	require.Len(t, told.Items, 1)
	require.Equal(t, id, told.Items[0].ConversationID)

	setState(t, repo, id, chat.StateClosed)
	require.Empty(t, commentsOf(t, repo, id))
	_, err = repo.AddComment(ctx, comment(t, "late", id, "too late", ben))
	require.ErrorIs(t, err, chat.ErrInvalid)
	setState(t, repo, id, chat.StateOpen)
	require.Empty(t, commentsOf(t, repo, id), "gone for good")
	c, err = repo.Conversation(ctx, id)
	require.NoError(t, err)
	require.Empty(t, c.Invited)
	_, err = repo.Comments(ctx, "missing", chat.PageRequest{})
	require.ErrorIs(t, err, chat.ErrNotFound)
}

func commentsAfterCrash(t *testing.T, open func(*testing.T) store.Engine) {
	for _, looked := range []bool{false, true} {
		e := &faulty{Engine: open(t), at: -1}
		repo, s := repository(t, e), &script{}
		id := apply(t, repo, s.text(ada, "m1", 1, "x")).Entries[0].ConversationID
		_, err := repo.AddComment(t.Context(), comment(t, "k1", id, "between us"))
		require.NoError(t, err)
		e.at = e.calls.Load() + 2 // the close is stored, the removal of the comments fails
		setState(t, repo, id, chat.StateClosed)
		require.Less(t, e.at, e.calls.Load()+1, "the failure must have been injected")
		if looked {
			require.Empty(t, commentsOf(t, repo, id), "none are shown on a closed conversation")
		}
		setState(t, repo, id, chat.StateOpen)
		require.Empty(t, commentsOf(t, repo, id), "and none come back when it is opened again")
	}
}

func commentsSwept(t *testing.T, open func(*testing.T) store.Engine) {
	e := &faulty{Engine: open(t), at: -1}
	repo, ctx, s := repository(t, e), t.Context(), &script{}
	stored := func(id string) int64 {
		n, err := e.Count(ctx, "comments", []store.Condition{{Path: "conversation_id", Is: store.Equal, Value: id}}, 0)
		require.NoError(t, err)
		return n
	}
	left := apply(t, repo, s.text(ada, "m1", 1, "x")).Entries[0].ConversationID
	live := apply(t, repo, s.text(person{phone: "+12025550177"}, "m2", 2, "y")).Entries[0].ConversationID
	require.NoError(t, repo.Tidy(ctx, base), "the first look of a process")
	for i := range 3 {
		for _, id := range []string{left, live} {
			_, err := repo.AddComment(ctx, comment(t, fmt.Sprintf("k%d%s", i, id), id, "between us"))
			require.NoError(t, err)
		}
	}
	e.at = e.calls.Load() + 2 // the close is stored, the removal of the comments fails
	setState(t, repo, left, chat.StateClosed)
	require.EqualValues(t, 3, stored(left))
	require.NoError(t, repo.Tidy(ctx, base.Add(time.Second)), "this process knows that it has left some")
	require.Zero(t, stored(left))
	require.EqualValues(t, 3, stored(live), "those of a conversation under way stay")

	other := repository(t, e.Engine) // another process, which has seen nothing of it
	require.NoError(t, other.Tidy(ctx, base))
	e.at = e.calls.Load() + 2
	setState(t, repo, live, chat.StateClosed)
	require.EqualValues(t, 3, stored(live))
	require.NoError(t, other.Tidy(ctx, base.Add(time.Second)))
	require.EqualValues(t, 3, stored(live), "not at every look")
	require.NoError(t, other.Tidy(ctx, base.Add(10*time.Minute)))
	require.Zero(t, stored(live))
}

func notificationsOnce(t *testing.T, open func(*testing.T) store.Engine) {
	repo, ctx := repository(t, open(t)), t.Context()
	var list []chat.Notification
	for i := range 30 {
		c := comment(t, fmt.Sprintf("k%d", i), fmt.Sprintf("talk%d", i%3), "look", chat.Tagged(agentBen))
		list = append(list, c.Notifications()...)
	}
	require.NoError(t, repo.Notify(ctx, list))
	require.NoError(t, repo.Notify(ctx, list), "telling twice tells once")
	require.NoError(t, repo.Notify(ctx, []chat.Notification{{ID: "x", UserID: agentAda.ID, ConversationID: "talk0", CreatedAt: base, ExpiresAt: time.Now().Add(time.Hour)}}))
	require.Len(t, all(t, func(r chat.PageRequest) (chat.List[chat.Notification], error) {
		return repo.Notifications(ctx, agentBen.ID, r)
	}), 30)
	opened, err := repo.OpenNotifications(ctx, agentBen.ID, "talk0")
	require.NoError(t, err)
	require.Equal(t, 10, opened)
	n, err := repo.CountNotifications(ctx, agentBen.ID)
	require.NoError(t, err)
	require.EqualValues(t, 20, n)
	_, err = repo.OpenNotifications(ctx, agentBen.ID, "")
	require.NoError(t, err)
	n, err = repo.CountNotifications(ctx, agentBen.ID)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = repo.CountNotifications(ctx, agentAda.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "a colleague's stay")
}

func escalationsOnce(t *testing.T, open func(*testing.T) store.Engine) {
	repo, ctx, s := repository(t, open(t)), t.Context(), &script{}
	entry := apply(t, repo, s.text(ada, "m1", 1, "x")).Entries[0]
	e := chat.Escalation{ID: "esc-1", ContactID: entry.ContactID, ConversationID: entry.ConversationID, Channel: chat.WhatsApp, Reason: "asked for a human", At: base.Add(time.Minute)}
	require.NoError(t, repo.RecordEscalation(ctx, e))
	taken, err := repo.TakeEscalation(ctx, "esc-1", agentBen)
	require.NoError(t, err)
	require.Equal(t, "Ben", taken.TakenBy)
	again, err := repo.TakeEscalation(ctx, "esc-1", agentBen)
	require.NoError(t, err)
	require.Equal(t, taken.TakenAt, again.TakenAt)
	kept, err := repo.TakeEscalation(ctx, "esc-1", agentAda)
	require.ErrorIs(t, err, chat.ErrConflict)
	require.Equal(t, "Ben", kept.TakenBy, "whoever comes later learns who has it")
	e.Reason = "told again, in other words"
	require.NoError(t, repo.RecordEscalation(ctx, e))
	other := chat.Escalation{ID: "esc-2", ContactID: "merged", ConversationID: entry.ConversationID, Channel: chat.Instagram, Reason: "angry", At: base.Add(2 * time.Minute)}
	require.NoError(t, repo.RecordEscalation(ctx, other))
	got := all(t, func(r chat.PageRequest) (chat.List[chat.Escalation], error) {
		r.Limit = 1
		return repo.Escalations(ctx, []string{entry.ContactID, "merged"}, r)
	})
	require.Len(t, got, 2)
	require.Equal(t, "esc-2", got[0].ID, "newest first")
	require.Equal(t, "asked for a human", got[1].Reason)
	c, err := repo.Conversation(ctx, entry.ConversationID)
	require.NoError(t, err)
	var words []string
	for _, x := range c.Timeline {
		if x.Type == "escalated" || x.Type == "escalation_taken" {
			words = append(words, x.Type+" "+x.Text+x.By)
		}
	}
	require.Equal(t, agentBen.ID, c.Assignee, "nobody had it: whoever took the hand-over has it")
	require.ElementsMatch(t, []string{"escalated asked for a human", "escalation_taken Ben", "escalated angry"}, words)
	require.ErrorIs(t, repo.RecordEscalation(ctx, chat.Escalation{ID: "x"}), chat.ErrInvalid)
	e.ID, e.ConversationID = "y", "missing"
	require.ErrorIs(t, repo.RecordEscalation(ctx, e), chat.ErrNotFound)
	_, err = repo.TakeEscalation(ctx, "missing", agentBen)
	require.ErrorIs(t, err, chat.ErrNotFound)
}

// internalLists asks for each list that the panel and the profile page show, for explained to look at.
func internalLists(t *testing.T, repo *store.Store) {
	t.Helper()
	ctx, page := t.Context(), chat.PageRequest{Limit: 20}
	conversations, err := repo.Conversations(ctx, chat.ConversationQuery{State: chat.StateOpen})
	require.NoError(t, err)
	_, notes := repo.Notes(ctx, []string{"a", "b"}, page)
	_, comments := repo.Comments(ctx, conversations.Items[0].ID, page)
	_, notifications := repo.Notifications(ctx, "u", page)
	_, opened := repo.OpenNotifications(ctx, "u", "talk")
	_, escalations := repo.Escalations(ctx, []string{"a", "b"}, page)
	require.NoError(t, errors.Join(notes, comments, notifications, opened, escalations))
}
