package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

func (s Suite) basics(t *testing.T) {
	e := s.engine(t)
	require.Empty(t, get(t, e, "a", "b"))
	a, b := sample(1), sample(2)
	a.Keys, b.Keys = []string{"k1", "k2"}, []string{}
	must(t, e, insert(a), insert(b))
	require.Empty(t, cmp.Diff(map[string]item{a.ID: a, b.ID: b}, get(t, e, a.ID, "missing", b.ID, a.ID)))

	next := a
	next.Version, next.State, next.Keys, next.Tags, next.Waiting = 2, "closed", nil, []string{"x"}, time.Time{}
	must(t, e, replace(1, next))
	require.Empty(t, cmp.Diff(map[string]item{a.ID: next}, get(t, e, a.ID)))
	require.Equal(t, []string{a.ID}, ids(find(t, e, store.Query{Where: []store.Condition{{Path: "tags", Is: store.Equal, Value: "x"}}})))

	must(t, e, remove(a.ID), remove("missing"))
	require.Empty(t, cmp.Diff(map[string]item{b.ID: b}, get(t, e, a.ID, b.ID)))
	require.Empty(t, find(t, e, store.Query{Where: []store.Condition{{Path: "tags", Is: store.Equal, Value: "x"}}}))
	must(t, e, insert(a)) // the id is free again
	require.NoError(t, e.Ping(t.Context()))
	results, err := e.Write(t.Context(), items, nil)
	require.NoError(t, err)
	require.Empty(t, results)
}

func (s Suite) stale(t *testing.T) {
	e := s.engine(t)
	a := sample(1)
	must(t, e, insert(a))
	next := a
	next.Version = 2
	must(t, e, replace(1, next))
	late := a
	late.Version, late.State = 2, "late"
	require.ErrorIs(t, write(t, e, replace(1, late))[0], store.ErrVersion)
	early := a
	early.Version = 8
	require.ErrorIs(t, write(t, e, replace(7, early))[0], store.ErrVersion)
	require.Empty(t, cmp.Diff(next, get(t, e, a.ID)[a.ID]))

	gone := sample(2)
	gone.Version = 5
	require.ErrorIs(t, write(t, e, replace(4, gone))[0], store.ErrVersion)
	require.Empty(t, get(t, e, gone.ID), "a deleted document must not come back")
}

func duplicateOf(t *testing.T, err error, index string) {
	t.Helper()
	var duplicate *store.DuplicateError
	require.ErrorAs(t, err, &duplicate)
	require.Equal(t, index, duplicate.Index)
}

func (s Suite) unique(t *testing.T) {
	e := s.engine(t)
	a := sample(1)
	a.Keys, a.Slot, a.Left, a.Right = []string{"k1", "k2"}, "s", "l", "r"
	must(t, e, insert(a))
	for _, c := range []struct {
		index  string
		change func(*item)
	}{
		{"_id", func(i *item) { i.ID = a.ID }},
		{"_id", func(i *item) { i.ID, i.Keys = a.ID, a.Keys }},
		{"keys", func(i *item) { i.Keys = []string{"k0", "k2"} }},
		{"slot", func(i *item) { i.Slot = "s" }},
		{"pair", func(i *item) { i.Left, i.Right = "l", "r" }},
	} {
		b := sample(2)
		c.change(&b)
		duplicateOf(t, write(t, e, insert(b))[0], c.index)
		if c.index == "_id" {
			continue
		}
		plain := sample(3)
		must(t, e, insert(plain))
		b.ID, b.Version = plain.ID, 2
		duplicateOf(t, write(t, e, replace(1, b))[0], c.index)
		require.Empty(t, cmp.Diff(plain, get(t, e, plain.ID)[plain.ID]), "a refused replacement changes nothing")
		must(t, e, remove(plain.ID))
	}
	require.Len(t, find(t, e, store.Query{}), 1)

	// What a replacement gives up is free, what it keeps is not.
	next := a
	next.Version, next.Keys, next.Slot, next.Left = 2, []string{"k2", "k3", "k3"}, "", ""
	must(t, e, replace(1, next))
	b := sample(2)
	b.Keys, b.Slot, b.Left, b.Right = []string{"k1"}, "s", "l", "r"
	must(t, e, insert(b))
	c := sample(4)
	c.Keys = []string{"k3"}
	duplicateOf(t, write(t, e, insert(c))[0], "keys")
	must(t, e, remove(a.ID))
	must(t, e, insert(c))
}

func (s Suite) absentUnique(t *testing.T) {
	e := s.engine(t)
	var writes []store.Write
	for n, keys := range [][]string{nil, nil, {}, {}} {
		i := sample(n)
		i.Keys, i.Right = keys, "r"
		writes = append(writes, insert(i))
	}
	must(t, e, writes...)
	require.Len(t, find(t, e, store.Query{}), 4)
}

func (s Suite) independent(t *testing.T) {
	e := s.engine(t)
	a, b, taken := sample(1), sample(2), sample(3)
	taken.Keys = []string{"k"}
	must(t, e, insert(a), insert(b), insert(taken))
	next, wrong, clash, fresh, huge, bad := a, b, sample(4), sample(5), sample(6), sample(7)
	next.Version, wrong.Version, clash.Keys, huge.Blob, bad.Blob = 2, 9, []string{"k"}, strings.Repeat("x", 17<<20), "\xff"
	results := write(t, e, insert(clash), replace(1, next), insert(huge), replace(8, wrong), insert(bad), remove(taken.ID), insert(fresh), insert(a))
	duplicateOf(t, results[7], "_id")
	require.ErrorIs(t, results[2], store.ErrDocumentTooLarge)
	require.ErrorIs(t, results[3], store.ErrVersion)
	require.ErrorIs(t, results[4], chat.ErrInvalid)
	require.NoError(t, errors.Join(results[1], results[5], results[6]))
	want := []string{next.ID, b.ID, fresh.ID}
	if results[0] == nil { // there is no order between the writes: taken may have been removed before
		want = append(want, clash.ID)
	} else {
		duplicateOf(t, results[0], "keys")
	}
	require.ElementsMatch(t, want, ids(find(t, e, store.Query{})))

	twin := sample(8)
	results = write(t, e, insert(twin), insert(twin), insert(twin))
	require.Equal(t, 1, succeeded(results), "the same document three times in one batch")
}

func succeeded(results []error) int {
	n := 0
	for _, err := range results {
		if err == nil {
			n++
		}
	}
	return n
}

func (s Suite) contradictions(t *testing.T) {
	e := s.engine(t)
	a := sample(1)
	must(t, e, insert(a))
	type anonymous struct {
		Name string `json:"name" bson:"name"`
	}
	type unversioned struct {
		ID string `json:"id" bson:"_id"`
	}
	other := sample(2)
	for i, err := range write(t, e,
		store.Write{Op: store.Insert, ID: "another id", Doc: &other},
		store.Write{Op: store.Insert, ID: "x", Doc: &anonymous{}},
		store.Write{Op: store.Insert, ID: "x"},
		store.Write{Op: store.Insert, ID: "", Doc: &item{}},
		store.Write{ID: other.ID, Doc: &other},
		store.Write{Op: store.Replace, ID: "x", Version: 1, Doc: &unversioned{ID: "x"}},
		replace(1, a), // the same version again would not be seen as a change by anybody
		store.Write{Op: store.Delete, ID: strings.Repeat("x", document.MaxID+1)},
		store.Write{Op: store.Insert, ID: other.ID, Doc: other},
	) {
		require.ErrorIs(t, err, chat.ErrInvalid, i)
	}
	must(t, e, store.Write{Op: store.Insert, ID: "x", Doc: &unversioned{ID: "x"}})
	require.Len(t, find(t, e, store.Query{}), 2)
}

func (s Suite) increments(t *testing.T) {
	e := s.engine(t)
	a := sample(1)
	a.Rank = 0
	must(t, e, insert(a))
	ctx := bounded(t)
	parallel(t, 50, func(int) error {
		for {
			found, err := collect[item](func(d store.Decode) error { return e.Get(ctx, items, []string{a.ID}, d) })
			if err != nil {
				return err
			}
			next := found[0]
			next.Rank++
			next.Version++
			results, err := e.Write(ctx, items, []store.Write{replace(next.Version-1, next)})
			if err != nil {
				return err
			}
			if !errors.Is(results[0], store.ErrVersion) {
				return results[0]
			}
		}
	})
	last := get(t, e, a.ID)[a.ID]
	require.EqualValues(t, 50, last.Rank)
	require.EqualValues(t, 51, last.Version)
}

func (s Suite) sameKey(t *testing.T) {
	e := s.engine(t)
	ctx := bounded(t)
	for round := range 5 {
		shared := fmt.Sprint("shared-", round)
		var mu sync.Mutex
		var winners []string
		parallel(t, 50, func(n int) error {
			i := sample(50*round + n)
			i.Keys = []string{fmt.Sprint("own-", n, "-", round), shared}
			results, err := e.Write(ctx, items, []store.Write{insert(i)})
			if err != nil {
				return err
			}
			if _, ok := errors.AsType[*store.DuplicateError](results[0]); ok {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			winners = append(winners, i.ID)
			return results[0]
		})
		require.Len(t, winners, 1)
		require.Equal(t, winners, ids(find(t, e, store.Query{Where: []store.Condition{{Path: "keys", Is: store.Equal, Value: shared}}})))
	}
}

// parallel runs n functions at once and waits for all.
func parallel(t *testing.T, n int, run func(int) error) {
	t.Helper()
	failures := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { failures[i] = run(i) })
	}
	wait.Wait()
	require.NoError(t, errors.Join(failures...))
}

func (s Suite) reopen(t *testing.T) {
	first := s.engine(t)
	kept := map[string]item{}
	for n := range 50 {
		i := sample(n)
		i.Keys, i.Body = []string{fmt.Sprint("k", n)}, fmt.Sprintf("word%d", n)
		must(t, first, insert(i))
		kept[i.ID] = i
	}
	require.NoError(t, first.Close(t.Context()))

	second := s.engine(t) // the same database
	require.Len(t, find(t, second, store.Query{}), 50)
	for id, want := range kept {
		require.Empty(t, cmp.Diff(want, get(t, second, id)[id]))
	}
	clash := sample(60)
	clash.Keys = []string{"k7"}
	duplicateOf(t, write(t, second, insert(clash))[0], "keys")
	found, err := collect[item](func(d store.Decode) error {
		return second.Search(t.Context(), items, store.TextQuery{Text: "word7", Limit: 10}, d)
	})
	require.NoError(t, err)
	require.Equal(t, []string{sample(7).ID}, ids(found))
}

func (s Suite) large(t *testing.T) {
	e := s.engine(t)
	fits, tooLarge := sample(1), sample(2)
	fits.Blob, tooLarge.Blob = strings.Repeat("y", 15_900_000), strings.Repeat("y", 17<<20)
	results := write(t, e, insert(fits), insert(tooLarge))
	require.NoError(t, results[0])
	require.ErrorIs(t, results[1], store.ErrDocumentTooLarge)
	found := get(t, e, fits.ID, tooLarge.ID)
	require.Len(t, found, 1)
	require.Equal(t, fits.Blob, found[fits.ID].Blob)
	bigger := fits
	bigger.Version, bigger.Blob = 2, tooLarge.Blob
	require.ErrorIs(t, write(t, e, replace(1, bigger))[0], store.ErrDocumentTooLarge)
	must(t, e, remove(fits.ID))
}

func (s Suite) manyWrites(t *testing.T) {
	e := s.engine(t)
	const n = 1200
	writes, all := make([]store.Write, n), make([]string, n)
	for i := range writes {
		doc := sample(i)
		doc.ID = fmt.Sprintf("many-%05d", i)
		writes[i], all[i] = insert(doc), doc.ID
	}
	must(t, e, writes...)
	require.Len(t, get(t, e, all...), n)
	for i := range writes {
		doc := sample(i)
		doc.ID, doc.Version, doc.Rank = all[i], 2, 1000
		version := int64(1 - i%2) // every other is stale
		writes[i] = replace(version, doc)
	}
	for i, err := range write(t, e, writes...) {
		if i%2 == 0 {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, store.ErrVersion)
		}
	}
	count, err := e.Count(t.Context(), items, []store.Condition{{Path: "rank", Is: store.Equal, Value: int64(1000)}}, 0)
	require.NoError(t, err)
	require.EqualValues(t, n/2, count)
}

func (s Suite) hostile(t *testing.T) {
	e := s.engine(t)
	for n, text := range []string{
		`'; DROP TABLE items; --`, `"quotes" 'and' ` + "`ticks`", "NUL\x00inside", "\x00", "$where", "{\"$gt\": \"\"}", "a.b.c", "%_*?[]",
		"\u2028\u2029", "😀👩‍👩‍👧", "\U0010FFFF", "\uFFFD", "\ufeff", strings.Repeat("long ", 20_000), "\r\n\t\b\f\\", "</script>", " ", "null", "2026-03-01T12:00:00Z",
	} {
		i := sample(n)
		i.ID, i.Name, i.State, i.Body = fmt.Sprintf("%s-%d", text[:min(len(text), 40)], n), text, text, text
		i.ID = strings.ToValidUTF8(i.ID, "")
		i.Keys, i.Tags = []string{text}, []string{text}
		must(t, e, insert(i))
		require.Empty(t, cmp.Diff(i, get(t, e, i.ID)[i.ID]))
		for _, c := range []store.Condition{
			{Path: "state", Is: store.Equal, Value: text},
			{Path: "keys", Is: store.Equal, Value: text},
			{Path: "name", Is: store.Prefix, Value: text},
			{Path: "tags", Is: store.In, Value: []string{text}},
			{Path: "id", Is: store.Equal, Value: i.ID},
			{Path: "tags", Is: store.Prefix, Value: text},
		} {
			require.Contains(t, ids(find(t, e, store.Query{Where: []store.Condition{c}})), i.ID, "%q %s", text, c.Path)
		}
		_, err := collect[item](func(d store.Decode) error {
			return e.Search(t.Context(), items, store.TextQuery{Text: text, Limit: 5}, d)
		})
		require.NoError(t, err)
	}
	type mapped struct {
		ID     string             `json:"id" bson:"_id"`
		Map    map[string]string  `json:"map,omitempty" bson:"map,omitempty"`
		Number float64            `json:"number" bson:"number"`
		At     time.Time          `json:"at" bson:"at"`
		Deep   map[string]float64 `json:"deep,omitempty" bson:"deep,omitempty"`
	}
	zero := 0.0
	for _, doc := range []mapped{
		{ID: "bad\xff"},
		{ID: "m", Map: map[string]string{"$set": "x"}},
		{ID: "m", Map: map[string]string{"a.b": "x"}},
		{ID: "m", Map: map[string]string{"": "x"}},
		{ID: "m", Map: map[string]string{"a\x00": "x"}},
		{ID: "m", Map: map[string]string{"a": "\xff"}},
		{ID: "m", Number: 1 / zero},
		{ID: "m", Number: zero / zero},
		{ID: "m", At: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{ID: "m", Deep: map[string]float64{"x": -1 / zero}},
	} {
		require.ErrorIs(t, write(t, e, store.Write{Op: store.Insert, ID: doc.ID, Doc: &doc})[0], chat.ErrInvalid, "%+v", doc)
	}
	for _, i := range []item{{ID: "y", State: "\xc3\x28"}, {ID: "y", Keys: []string{"ok", "\x80"}}, {ID: "y", Notes: []note{{Text: "\xed\xa0\x80"}}}} {
		require.ErrorIs(t, write(t, e, insert(i))[0], chat.ErrInvalid)
	}
}
