package mongo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/mongo/mongotest"
)

// A write that was done although its answer got lost succeeds when it is sent again; one that somebody overtook does not.
func TestWritesSentAgainAreRecognised(t *testing.T) {
	e := mongotest.Open(t, "again")
	require.NoError(t, e.Ensure(t.Context(), collection()))
	write := func(op store.Op, version int64, d doc) store.Write {
		return store.Write{Op: op, ID: d.ID, Version: version, Doc: &d}
	}
	first := []store.Write{
		write(store.Insert, 0, doc{ID: "a", Version: 1, Text: "mine"}), write(store.Insert, 0, doc{ID: "b", Version: 1}), write(store.Insert, 0, doc{ID: "c", Version: 1}),
	}
	for _, send := range []func() ([]error, error){
		func() ([]error, error) { return e.Write(t.Context(), "docs", first) },
		func() ([]error, error) { return e.SendAgain(t.Context(), "docs", first) },
	} {
		results, err := send()
		require.NoError(t, err)
		require.Equal(t, []error{nil, nil, nil}, results)
	}
	results, err := e.SendAgain(t.Context(), "docs", []store.Write{write(store.Insert, 0, doc{ID: "a", Version: 1, Text: "theirs"})})
	require.NoError(t, err)
	var duplicate *store.DuplicateError
	require.ErrorAs(t, results[0], &duplicate)

	second := []store.Write{write(store.Replace, 1, doc{ID: "a", Version: 2, Text: "mine"}), write(store.Replace, 1, doc{ID: "b", Version: 2, Text: "mine"})}
	results, err = e.Write(t.Context(), "docs", second)
	require.NoError(t, err)
	require.Equal(t, []error{nil, nil}, results)
	_, err = e.Write(t.Context(), "docs", []store.Write{write(store.Replace, 2, doc{ID: "b", Version: 3, Text: "theirs"})})
	require.NoError(t, err)
	results, err = e.SendAgain(t.Context(), "docs", append(second, write(store.Replace, 1, doc{ID: "c", Version: 2}), write(store.Replace, 1, doc{ID: "gone", Version: 2})))
	require.NoError(t, err)
	require.NoError(t, results[0])
	require.ErrorIs(t, results[1], store.ErrVersion)
	require.NoError(t, results[2])
	require.ErrorIs(t, results[3], store.ErrVersion)
}
