package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// errNothing stops an edit that has nothing to change.
var errNothing = errors.New("nothing to do")

// dueConversations: what was put off until a time is found when the time has come, through an index, and brought back once
// however many look for it.
func dueConversations(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	watch := &watched{Engine: e}
	repo := repository(t, watch)
	s := &script{}
	var events []chat.Event
	for i := range 60 {
		events = append(events, s.text(person{phone: fmt.Sprintf("+1202556%04d", i)}, fmt.Sprintf("m%d", i), i, "text"))
	}
	apply(t, repo, events...)
	all, err := repo.Conversations(t.Context(), chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: chat.PageRequest{Limit: 100}})
	require.NoError(t, err)
	require.Len(t, all.Items, 60)
	now := base.Add(48 * time.Hour)
	edit := func(i int, change func(*chat.Conversation) error) {
		t.Helper()
		_, err := repo.UpdateConversation(t.Context(), all.Items[i].ID, change)
		require.NoError(t, err)
	}
	for i := range 12 {
		edit(i, func(c *chat.Conversation) error {
			return c.Snooze(now.Add(time.Duration(i)*time.Hour), "Ada", now.Add(-time.Hour))
		})
	}
	edit(20, func(c *chat.Conversation) error { return c.Snooze(time.Time{}, "Ada", now) })
	offer := chat.Transfer{From: "u-ada", To: "u-bo", ToName: "Bo"}
	edit(21, func(c *chat.Conversation) error { return c.Offer(offer, 15*time.Minute, now.Add(-time.Hour)) })
	edit(22, func(c *chat.Conversation) error { return c.Offer(offer, 15*time.Minute, now.Add(12*time.Hour)) })
	edit(0, func(c *chat.Conversation) error { return c.Offer(offer, 15*time.Minute, now.Add(-time.Hour)) })

	watch.seen = nil
	due, err := repo.DueConversations(t.Context(), now.Add(2*time.Hour), 100)
	require.NoError(t, err)
	id := func(i int) string { return all.Items[i].ID }
	require.ElementsMatch(t, []string{id(0), id(1), id(2), id(21)}, due, "each once, and nothing that is not due")
	due, err = repo.DueConversations(t.Context(), now.Add(20*time.Hour), 2)
	require.NoError(t, err)
	require.Contains(t, due, id(0), "the longest due first")
	require.LessOrEqual(t, len(due), 4)
	for _, q := range watch.seen {
		index, err := e.Explain(t.Context(), q.collection, q.query)
		require.NoError(t, err)
		require.NotEmpty(t, index, "%+v is answered by a scan", q.query)
	}

	var woken atomic.Int64 // eight processes at once
	parallel(t, 8, func(int) error {
		ids, err := repo.DueConversations(t.Context(), now.Add(20*time.Hour), 100)
		for _, id := range ids {
			did := 0
			_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error {
				if did = len(c.BringBack(now.Add(20 * time.Hour))); did == 0 {
					return errNothing
				}
				return nil
			})
			if err == nil {
				woken.Add(int64(did))
			} else if !errors.Is(err, errNothing) {
				return err
			}
		}
		return err
	})
	require.EqualValues(t, 12+3, woken.Load(), "each was brought back once")
	due, err = repo.DueConversations(t.Context(), now.Add(20*time.Hour), 100)
	require.NoError(t, err)
	require.Empty(t, due)
	back, err := repo.Conversation(t.Context(), id(0))
	require.NoError(t, err)
	require.Equal(t, chat.StateOpen, back.State)
	require.Equal(t, "u-ada", back.Assignee)
}

// racingAcceptance: of all members of a department who accept at once, one gets the conversation and the others are told who.
func racingAcceptance(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	out := apply(t, repo, s.text(person{phone: "+12025560001"}, "m", 0, "text"))
	id := out.Entries[0].ConversationID
	at := base.Add(time.Hour)
	_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error {
		return c.Offer(chat.Transfer{From: "u-ada", FromName: "Ada", Department: "billing", ToName: "Billing"}, 15*time.Minute, at)
	})
	require.NoError(t, err)
	var won atomic.Int64
	winners := make([]string, 8)
	parallel(t, 8, func(n int) error {
		u := chat.User{ID: fmt.Sprint("u-", n), Departments: []string{"billing"}}
		_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error { return c.Accept(&u, "Agent "+u.ID, at) })
		var lost *chat.ConflictError
		switch {
		case err == nil:
			won.Add(1)
			winners[n] = "Agent " + u.ID
		case errors.As(err, &lost):
			winners[n] = lost.By
		default:
			return err
		}
		return nil
	})
	require.EqualValues(t, 1, won.Load())
	c, err := repo.Conversation(t.Context(), id)
	require.NoError(t, err)
	for _, w := range winners {
		require.Equal(t, "Agent "+c.Assignee, w, "everybody knows who has it")
	}
}
