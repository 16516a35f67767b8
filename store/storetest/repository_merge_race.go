package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// mergeRing: two agents merge the same two contacts in opposite directions at the same moment.
func mergeRing(t *testing.T, open func(*testing.T) store.Engine) {
	for i := range 10 {
		e := open(t)
		one, other := repository(t, e), repository(t, e)
		a, b := twoPeople(t, one, &script{})
		ab, ba := order(t, one, a, b, chat.MergeChoice{}), order(t, one, b, a, chat.MergeChoice{})
		var wg sync.WaitGroup
		var err1, err2 error
		wg.Go(func() { _, err1 = one.MergeContacts(t.Context(), a, b, ab) })
		wg.Go(func() { _, err2 = other.MergeContacts(t.Context(), b, a, ba) })
		wg.Wait()
		require.True(t, (err1 == nil) != (err2 == nil), "round %d: one of them: %v, %v", i, err1, err2)
		require.ErrorIs(t, errors.Join(err1, err2), chat.ErrConflict)
		p := look(t, one)
		require.Len(t, p.Contacts, 1)
		require.Len(t, p.Contacts[0].Keys, 2)
	}
}

// An interposed engine has something happen before it writes contacts for the first time, and before it reads one after that.
type interposed struct {
	store.Engine
	writes, reads atomic.Int32
	before        func()
	id            string
	reading       func()
}

func (e *interposed) Write(ctx context.Context, collection string, writes []store.Write) ([]error, error) {
	if collection == "contacts" && e.writes.Add(1) == 1 {
		e.before()
	}
	return e.Engine.Write(ctx, collection, writes)
}

func (e *interposed) Get(ctx context.Context, collection string, ids []string, decode store.Decode) error {
	if collection == "contacts" && e.writes.Load() > 0 && slices.Contains(ids, e.id) && e.reads.Add(1) == 1 {
		e.reading()
	}
	return e.Engine.Get(ctx, collection, ids, decode)
}

// mergeOvertaken: two agents have announced merges in opposite directions, and one is done before the other goes on.
func mergeOvertaken(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	repo := repository(t, e)
	low, high := twoPeople(t, repo, &script{})
	if low > high {
		low, high = high, low
	}
	announced, done := make(chan struct{}), make(chan struct{})
	into, from := order(t, repo, low, high, chat.MergeChoice{}), order(t, repo, high, low, chat.MergeChoice{})
	var overtaken error
	var wg sync.WaitGroup
	slow := repository(t, &interposed{Engine: e, before: func() {}, id: low, reading: func() { close(announced); <-done }})
	quick := repository(t, &interposed{Engine: e, before: func() { // it has looked at both
		wg.Go(func() { _, overtaken = slow.MergeContacts(t.Context(), high, low, from) })
		<-announced
	}})
	_, err := quick.MergeContacts(t.Context(), low, high, into)
	close(done)
	wg.Wait()
	require.NoError(t, err)
	require.ErrorIs(t, overtaken, chat.ErrConflict)
	for _, id := range []string{low, high} {
		c, err := repo.Contact(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, low, c.ID)
		require.Empty(t, c.MergedInto)
	}
	require.Equal(t, low, apply(t, repo, (&script{partition: 3}).text(second, "b9", 9, "and on")).Entries[0].ContactID)
}
