package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// groups writes to two collections at once: what stands behind a write that failed is never there, what stands before it is
// there as far as the engine says.
func (s Suite) groups(t *testing.T) {
	e := s.engine(t)
	const others = "others"
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{{Name: others, Indexes: []store.Index{{Name: "rank", Fields: up("rank")}}}}))
	there := func(collection string) []string {
		found, err := collect[item](func(d store.Decode) error { return e.Find(t.Context(), collection, store.Query{Sort: up("rank")}, d) })
		require.NoError(t, err)
		return ids(found)
	}
	ranked := func(id string, rank int64) item { return item{ID: id, Version: 1, Rank: rank, Right: id} }
	done, err := e.WriteAll(t.Context(), []store.Group{
		{Collection: items, Writes: []store.Write{insert(ranked("a", 1)), insert(ranked("b", 2))}}, {Collection: others}, {Collection: others, Writes: []store.Write{insert(ranked("x", 1))}},
	})
	require.NoError(t, err)
	require.Equal(t, 3, done)
	require.Equal(t, []string{"a", "b"}, there(items))
	require.Equal(t, []string{"x"}, there(others))
	require.NoError(t, e.Sync(t.Context()))

	stale := ranked("b", 20)
	stale.Version = 6
	for n, failing := range []struct {
		write store.Write
		want  func(error) bool
	}{
		{insert(ranked("a", 10)), func(err error) bool { _, ok := errors.AsType[*store.DuplicateError](err); return ok }},
		{replace(5, stale), func(err error) bool { return errors.Is(err, store.ErrVersion) }},
		{insert(ranked("", 10)), func(err error) bool { return errors.Is(err, chat.ErrInvalid) }},
	} {
		first, last := fmt.Sprint("first", n), fmt.Sprint("last", n)
		done, err := e.WriteAll(t.Context(), []store.Group{
			{Collection: others, Writes: []store.Write{insert(ranked(first, 3))}}, {Collection: items, Writes: []store.Write{failing.write}}, {Collection: others, Writes: []store.Write{insert(ranked(last, 4))}},
		})
		require.True(t, failing.want(err), "%v", err)
		require.LessOrEqual(t, done, 1)
		require.NotContains(t, there(others), last)
		if done == 1 {
			require.Contains(t, there(others), first)
		}
		require.Equal(t, []string{"a", "b"}, there(items))
	}
	must(t, e, insert(ranked("c", 3))) // a group that was undone stands in nobody's way
	s.handedOver(t, e)
}

// handedOver moves a unique key from one document to another, with as many attempts as a caller makes: one for an engine that
// writes all or nothing, which must not refuse it for ever.
func (s Suite) handedOver(t *testing.T, e store.Engine) {
	holder, taker := item{ID: "m", Version: 1, Keys: []string{"key"}, Slot: "slot", Right: "m"}, item{ID: "k", Version: 1, Keys: []string{"key"}, Slot: "slot", Right: "k"}
	must(t, e, insert(holder))
	holder.Keys, holder.Slot, holder.Version = nil, "", 2
	writes := []store.Write{insert(taker), replace(1, holder)}
	done, err := e.WriteAll(t.Context(), []store.Group{{Collection: items, Writes: writes}})
	if _, refused := errors.AsType[*store.DuplicateError](err); refused { // the holder was written by itself
		require.Equal(t, map[string]item{"m": holder}, get(t, e, "m", "k"))
		done, err = e.WriteAll(t.Context(), []store.Group{{Collection: items, Writes: writes[:1]}})
	}
	require.NoError(t, err)
	require.Equal(t, 1, done)
	require.Equal(t, []string{"key"}, get(t, e, "k")["k"].Keys)
}
