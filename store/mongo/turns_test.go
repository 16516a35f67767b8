package mongo

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/document"
)

// Writers that share a key have it one after another, whatever else they ask for and in whatever order; nothing is kept of
// keys that nobody has.
func TestTurns(t *testing.T) {
	all := newTurns()
	var inside [3]atomic.Int32
	var wait sync.WaitGroup
	for n := range 60 {
		wait.Go(func() {
			a, b := n%3, (n+1)%3
			giveBack, err := all.take(context.Background(), []string{"abc"[a : a+1], "abc"[b : b+1], "abc"[a : a+1]})
			if err != nil {
				t.Error(err)
				return
			}
			if inside[a].Add(1) != 1 || inside[b].Add(1) != 1 {
				t.Error("two have one key")
			}
			inside[a].Add(-1)
			inside[b].Add(-1)
			giveBack()
		})
	}
	wait.Wait()
	require.Empty(t, all.held)
}

// Whoever gives up waiting keeps nothing and stands in nobody's way.
func TestTurnsGivenUp(t *testing.T) {
	all := newTurns()
	giveBack, err := all.take(t.Context(), []string{"b"})
	require.NoError(t, err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = all.take(gone, []string{"a", "b"})
	require.ErrorIs(t, err, context.Canceled)
	other, err := all.take(t.Context(), []string{"a"})
	require.NoError(t, err)
	other()
	giveBack()
	require.Empty(t, all.held)
}

// Only what an index forbids twice makes writers wait: values of unique indexes, never ids or absent fields.
func TestUniqueKeys(t *testing.T) {
	type doc struct {
		ID    string   `json:"id" bson:"_id"`
		Keys  []string `json:"keys,omitempty" bson:"keys,omitempty"`
		Slot  string   `json:"slot,omitempty" bson:"slot,omitempty"`
		Left  string   `json:"left,omitempty" bson:"left,omitempty"`
		Right string   `json:"right" bson:"right"`
		State string   `json:"state" bson:"state"`
	}
	path := func(p ...string) (fields []store.Field) {
		for _, name := range p {
			fields = append(fields, store.Field{Path: name})
		}
		return fields
	}
	s, err := document.NewSchema(store.Collection{Name: "docs", Indexes: []store.Index{
		{Name: "keys", Fields: path("keys"), Unique: true, Array: true},
		{Name: "slot", Fields: path("slot"), Unique: true},
		{Name: "pair", Fields: path("left", "right"), Unique: true},
		{Name: "state", Fields: path("state")},
	}})
	require.NoError(t, err)
	keys := func(d doc) []string {
		raw, err := marshal(d)
		require.NoError(t, err)
		return uniqueKeys(s, []op{{doc: raw}, {}})
	}
	require.Empty(t, keys(doc{ID: "x", State: "open", Right: "r"}))
	require.Len(t, keys(doc{ID: "x", Keys: []string{"a", "b"}, Slot: "s", Left: "l", Right: "r"}), 4)
	require.NotEqual(t, keys(doc{Left: "l", Right: "r"}), keys(doc{Left: "l", Right: "q"}))
	require.Equal(t, keys(doc{ID: "x", Slot: "s"}), keys(doc{ID: "y", Slot: "s"}))
}
