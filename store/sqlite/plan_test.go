package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/document"
)

// declaredBeside is declared with a further field beside the array, which some documents do not have.
func declaredBeside() store.Collection {
	return store.Collection{Name: "docs", Indexes: []store.Index{
		{Name: "kind", Fields: []store.Field{{Path: "kind"}}},
		{Name: "body", Fields: []store.Field{{Path: "body"}}},
		{Name: "tags", Fields: []store.Field{{Path: "tags"}, {Path: "body"}}, Array: true},
	}}
}

func besides(t *testing.T) *Engine {
	t.Helper()
	e := open(t, file(t), nil)
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{declaredBeside()}))
	var docs []doc
	for n := range 1200 {
		d := doc{ID: fmt.Sprintf("%04d", n), Version: 1, Kind: fmt.Sprint("k", n%3), Body: []string{"", "open", "open"}[n%3], Tags: []string{"all"}}
		if n%100 == 0 {
			d.Tags = append(d.Tags, "rare")
		}
		docs = append(docs, d)
	}
	put(t, e, docs...)
	return e
}

func TestEveryWayFindsTheSame(t *testing.T) {
	e := besides(t)
	table, err := e.table("docs")
	require.NoError(t, err)
	tags := store.Condition{Path: "tags", Is: store.In, Value: []string{"rare", "nothing"}}
	for name, where := range map[string][]store.Condition{
		"alone":                  {tags},
		"with the field beside":  {tags, {Path: "body", Is: store.Equal, Value: "open"}},
		"with another field":     {tags, {Path: "kind", Is: store.Equal, Value: "k1"}},
		"with the field without": {tags, {Path: "body", Is: store.Exists, Value: false}},
	} {
		q := store.Query{Where: where, Sort: []store.Field{{Path: "kind"}, {Path: "id"}}, Limit: 100}
		want := found(t, e, where...)
		require.NotEmpty(t, want, name)
		for _, w := range []way{asWritten, start, beside, each} {
			text, arguments, err := table.query(q, plan{ways: []way{w}, started: w == start})
			require.NoError(t, err)
			var got []string
			_, err = e.read(t.Context(), text, arguments, nil, func(fill func(any) error) error {
				var d doc
				err := fill(&d)
				got = append(got, d.ID)
				return err
			})
			require.NoError(t, err)
			slices.Sort(got)
			require.Equal(t, want, got, "%s, way %d", name, w)
		}
	}
}

func TestWeighing(t *testing.T) {
	e := besides(t)
	table, err := e.table("docs")
	require.NoError(t, err)
	all, rare := store.Condition{Path: "tags", Is: store.Equal, Value: "all"}, store.Condition{Path: "tags", Is: store.Equal, Value: "rare"}
	one, most := store.Condition{Path: "id", Is: store.Equal, Value: "0007"}, store.Condition{Path: "body", Is: store.Equal, Value: "open"}
	for name, c := range map[string]struct {
		where []store.Condition
		many  int
		want  []way
	}{
		"few are looked up":                      {[]store.Condition{rare}, 1000, []way{start}},
		"the order leads where there are more":   {[]store.Condition{all}, 5000, []way{beside}},
		"no set is made of many":                 {[]store.Condition{all}, 1000, []way{each}},
		"the fewest lead":                        {[]store.Condition{all, rare}, 5000, []way{beside, start}},
		"an id leads better":                     {[]store.Condition{one, all}, 5000, []way{asWritten, each}},
		"what stands beside the element, counts": {[]store.Condition{most, all}, 1000, []way{asWritten, beside}},
	} {
		p, err := e.weigh(t.Context(), table, store.Query{Where: c.where, Limit: 10}, c.many)
		require.NoError(t, err)
		require.Equal(t, c.want, p.ways, name)
	}
	p, err := e.weigh(t.Context(), table, store.Query{Where: []store.Condition{all}}, 1)
	require.NoError(t, err)
	require.Equal(t, []way{asWritten}, p.ways, "everything is read without a limit")
}

// A page of a list must not cost a look at everything of a channel.
func TestManyAreNotSortedForAPage(t *testing.T) {
	e := open(t, file(t), nil)
	index := func(name string, paths ...string) store.Index {
		i := store.Index{Name: name}
		for _, p := range paths {
			i.Fields = append(i.Fields, store.Field{Path: p})
		}
		return i
	}
	indexes := []store.Index{index("kind", "kind"), index("body", "body")}
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{{Name: "docs", Indexes: indexes}}))
	docs := make([]doc, manyAt+10)
	for n := range docs {
		docs[n] = doc{ID: fmt.Sprintf("%04d", n), Version: 1, Kind: []string{"many", "few"}[n/manyAt], Body: "open"}
	}
	put(t, e, docs...)
	plain, err := e.table("docs")
	require.NoError(t, err)
	schema, err := document.NewSchema(store.Collection{Name: "docs", Indexes: append(indexes, index("kind_body", "kind", "body"))})
	require.NoError(t, err)
	kind := func(value string) store.Condition {
		return store.Condition{Path: "kind", Is: store.Equal, Value: value}
	}
	for name, c := range map[string]struct {
		table *table
		where store.Condition
		sort  string
		want  way
	}{
		"many, and the order has an index": {plain, kind("many"), "body", beside},
		"few are sorted":                   {plain, kind("few"), "body", asWritten},
		"an order that has no index":       {plain, kind("many"), "at", asWritten},
		"an index has them in order":       {newTable(schema), kind("many"), "body", asWritten},
	} {
		p, err := e.weigh(t.Context(), c.table, store.Query{Where: []store.Condition{c.where}, Sort: []store.Field{{Path: c.sort}}, Limit: 10}, manyAt)
		require.NoError(t, err)
		require.Equal(t, []way{c.want}, p.ways, name)
	}
}

func TestEstimatesAreBelievedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e estimates
		n, counted := int64(7), 0
		ask := func(key string) int64 {
			got, err := e.of(key, func() (int64, error) { counted++; return n, nil })
			require.NoError(t, err)
			return got
		}
		require.EqualValues(t, 7, ask("a"))
		n = 8
		require.EqualValues(t, 7, ask("a"))
		require.EqualValues(t, 8, ask("b"))
		time.Sleep(estimateLife)
		require.EqualValues(t, 8, ask("a"))
		require.Equal(t, 3, counted)
		for i := range 2 * maxEstimates {
			ask(fmt.Sprint(i))
		}
		ask(strings.Repeat("x", maxEstimated+1))
		require.LessOrEqual(t, len(e.kept), maxEstimates)
		for key := range e.kept {
			require.LessOrEqual(t, len(key), maxEstimated)
		}
		_, err := e.of("c", func() (int64, error) { return 0, context.Canceled })
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 8, ask("c"), "a failure is not remembered")
	})
}

func TestCountsOfOneArrayReadNoDocument(t *testing.T) {
	e := besides(t)
	table, err := e.table("docs")
	require.NoError(t, err)
	both := store.Condition{Path: "tags", Is: store.In, Value: []string{"all", "rare"}}
	open, other := store.Condition{Path: "body", Is: store.Equal, Value: "open"}, store.Condition{Path: "kind", Is: store.Equal, Value: "k1"}
	for _, c := range []struct {
		filter []store.Condition
		alone  bool
	}{
		{[]store.Condition{both}, true},
		{[]store.Condition{open, both}, true},
		{[]store.Condition{{Path: "body", Is: store.Exists, Value: false}, both}, true},
		{[]store.Condition{{Path: "body", Is: store.Exists, Value: true}, both}, false},
		{[]store.Condition{both, other}, false},
		{[]store.Condition{both, both}, false},
		{[]store.Condition{open}, false},
		{[]store.Condition{open, {Path: "body", Is: store.Equal, Value: "closed"}, both}, false},
	} {
		_, _, ok := table.counting(c.filter, 1000)
		require.Equal(t, c.alone, ok, "%v", c.filter)
		n, err := e.Count(context.Background(), "docs", c.filter, 1000)
		require.NoError(t, err)
		require.EqualValues(t, min(1000, len(found(t, e, c.filter...))), n, "%v", c.filter)
	}
}
