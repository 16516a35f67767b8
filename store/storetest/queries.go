package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// orders are all declared orders, both ways.
func orders() [][]store.Field {
	var all [][]store.Field
	for _, paths := range [][]string{{}, {"seen_at"}, {"rank"}, {"name"}, {"waiting_since"}, {"place.country"}, {"flag", "rank"}, {"team", "state", "rank"}, {"id"}} {
		all = append(all, up(paths...), down(paths...))
	}
	return all
}

func (s Suite) paging(t *testing.T) {
	e := s.engine(t)
	var m model
	var writes []store.Write
	for n := range 1000 {
		i := sample(n)
		writes = append(writes, insert(i))
		m.items = append(m.items, i)
	}
	must(t, e, writes...)
	for _, where := range [][]store.Condition{nil, {{Path: "state", Is: store.Equal, Value: "open"}}} {
		for _, sort := range orders() {
			for _, limit := range []int{37, 400} {
				name := fmt.Sprintf("%v by %v, %d a page", where, sort, limit)
				want := ids(m.find(store.Query{Where: where, Sort: sort}))
				require.Empty(t, cmp.Diff(want, walk(t, e, items, store.Query{Where: where, Sort: sort, Limit: limit})), name)
			}
		}
	}
}

// walk reads a query to its end, page by page.
func walk(t *testing.T, e store.Engine, collection string, q store.Query) []string {
	t.Helper()
	var all []string
	for {
		page, err := collect[item](func(d store.Decode) error { return e.Find(t.Context(), collection, q, d) })
		require.NoError(t, err)
		all = append(all, ids(page)...)
		if len(page) < q.Limit {
			return all
		}
		require.Len(t, page, q.Limit)
		q.After = cursor(page[len(page)-1], q.Sort)
	}
}

// cursor is what the repository makes of the last document of a page.
func cursor(i item, sort []store.Field) []any {
	var after []any
	for _, f := range sort {
		after = append(after, raw(i, f.Path))
	}
	return append(after, i.ID)
}

func (s Suite) conditions(t *testing.T) {
	e := s.engine(t)
	var m model
	var writes []store.Write
	for n := range 300 {
		i := sample(n)
		i.Keys = []string{fmt.Sprint("key-", n), fmt.Sprint("schlüssel-", n%10, "-", n)}
		writes = append(writes, insert(i))
		m.items = append(m.items, i)
	}
	must(t, e, writes...)
	seen := day().Add(3 * time.Second)
	for _, where := range [][]store.Condition{
		{{Path: "state", Is: store.Equal, Value: "open"}},
		{{Path: "state", Is: store.In, Value: []string{"open", "closed", "nothing"}}},
		{{Path: "state", Is: store.In, Value: []string{}}},
		{{Path: "team", Is: store.Exists, Value: true}},
		{{Path: "team", Is: store.Exists, Value: false}},
		{{Path: "waiting_since", Is: store.Exists, Value: true}, {Path: "state", Is: store.Equal, Value: "open"}},
		{{Path: "name", Is: store.Prefix, Value: "ad"}},
		{{Path: "name", Is: store.Prefix, Value: "А"}},
		{{Path: "name", Is: store.Prefix, Value: ""}},
		{{Path: "name", Is: store.Prefix, Value: "Ad"}, {Path: "flag", Is: store.Equal, Value: true}},
		{{Path: "rank", Is: store.Less, Value: int64(0)}},
		{{Path: "rank", Is: store.LessOrEqual, Value: int64(0)}},
		{{Path: "rank", Is: store.Greater, Value: int64(3)}, {Path: "rank", Is: store.LessOrEqual, Value: int64(7)}},
		{{Path: "seen_at", Is: store.GreaterOrEqual, Value: seen}},
		{{Path: "seen_at", Is: store.Greater, Value: seen}},
		{{Path: "seen_at", Is: store.Equal, Value: seen.In(time.FixedZone("far", 9*3600))}},
		{{Path: "waiting_since", Is: store.Less, Value: day().Add(5 * time.Hour)}},
		{{Path: "waiting_since", Is: store.Greater, Value: day().Add(5 * time.Hour)}},
		{{Path: "place.country", Is: store.Equal, Value: "BR"}},
		{{Path: "tags", Is: store.Equal, Value: "tag-3"}},
		{{Path: "tags", Is: store.Equal, Value: "tag-3"}, {Path: "tags", Is: store.Equal, Value: "tag-4"}},
		{{Path: "tags", Is: store.In, Value: []string{"tag-1", "tag-5"}}},
		{{Path: "tags", Is: store.Exists, Value: true}},
		{{Path: "tags", Is: store.Exists, Value: false}},
		{{Path: "tags", Is: store.Equal, Value: "tag-3"}, {Path: "state", Is: store.Equal, Value: "open"}},
		{{Path: "keys", Is: store.Prefix, Value: "schlüssel-3"}},
		{{Path: "keys", Is: store.Prefix, Value: "key-1"}, {Path: "keys", Is: store.Prefix, Value: "schlüssel-3"}},
		{{Path: "keys", Is: store.Equal, Value: "key-17"}},
		{{Path: "id", Is: store.In, Value: ids(m.items[:5])}},
		{{Path: "id", Is: store.Greater, Value: "item-5000"}},
		{{Path: "state", Is: store.Equal, Value: chat.State("open")}},
		{{Path: "state", Is: store.In, Value: []chat.State{"open"}}},
		{{Path: "flag", Is: store.Equal, Value: false}, {Path: "rank", Is: store.Equal, Value: 2}},
	} {
		same(t, e, &m, store.Query{Where: where})
		same(t, e, &m, store.Query{Where: where, Sort: down("seen_at"), Limit: 10})
		all := int64(len(m.find(store.Query{Where: where})))
		for _, limit := range []int64{0, 1, 10, 1000} {
			n, err := e.Count(t.Context(), items, where, limit)
			require.NoError(t, err)
			want := all
			if limit > 0 {
				want = min(want, limit)
			}
			require.Equal(t, want, n, "%v", where)
		}
	}
}

// common asks for what so many documents have that an engine may better answer in another way.
func (s Suite) common(t *testing.T) {
	e := s.Open(t, "main")
	few := store.Collection{Name: "few", Indexes: []store.Index{
		{Name: "tags", Fields: up("tags", "state"), Array: true}, {Name: "state", Fields: up("state")}, {Name: "seen", Fields: down("seen_at")}, {Name: "name", Fields: up("name")},
	}}
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{few}))
	var m model
	var writes []store.Write
	for n := range 2200 {
		i := sample(n)
		i.ID, i.Tags = fmt.Sprintf("common-%04d", n*7919%2203), append(i.Tags, "all", "also")
		if n < 5 {
			i.Tags = append(i.Tags, "rare")
		}
		if n%2 == 0 {
			i.State = "even"
		}
		writes = append(writes, insert(i))
		m.items = append(m.items, i)
	}
	results, err := e.Write(t.Context(), few.Name, writes)
	require.NoError(t, err)
	require.Equal(t, len(writes), succeeded(results))
	all := store.Condition{Path: "tags", Is: store.Equal, Value: "all"}
	for _, where := range [][]store.Condition{
		{all},
		{all, {Path: "state", Is: store.Equal, Value: "even"}},
		{all, {Path: "tags", Is: store.Equal, Value: "rare"}},
		{{Path: "tags", Is: store.Prefix, Value: "al"}},
		{{Path: "tags", Is: store.In, Value: []string{"all", "also", "tag-1"}}, all},
		{{Path: "state", Is: store.In, Value: []string{"open", "pending", "closed", "even"}}},
		{{Path: "state", Is: store.In, Value: []string{"even", "open", "closed"}}, all, {Path: "tags", Is: store.Exists, Value: true}},
	} {
		for _, sort := range [][]store.Field{down("seen_at"), up("name")} {
			want := ids(m.find(store.Query{Where: where, Sort: sort}))
			require.Empty(t, cmp.Diff(want, walk(t, e, few.Name, store.Query{Where: where, Sort: sort, Limit: 1500})), "%v by %v", where, sort)
		}
	}
}

// same compares a query's result with the model's.
func same(t require.TestingT, e store.Engine, m *model, q store.Query) {
	found, err := collect[item](func(d store.Decode) error { return e.Find(ctxOf(t), items, q, d) })
	require.NoError(t, err, "%+v", q)
	if diff := cmp.Diff(m.find(q), found); diff != "" {
		require.Fail(t, "engine and model differ", "%+v\n%s", q, diff)
	}
}

func (s Suite) only(t *testing.T) {
	e := s.engine(t)
	i := sample(3)
	i.Body, i.Notes, i.Keys = "hello", []note{{Text: `with "quotes" } and ] {`, By: "x"}}, []string{"k"}
	must(t, e, insert(i))
	for _, c := range []struct {
		only []string
		want item
	}{
		{nil, i},
		{[]string{"id"}, item{ID: i.ID, Version: 1}},
		{[]string{"state", "notes"}, item{ID: i.ID, Version: 1, State: i.State, Notes: i.Notes}},
		{[]string{"keys", "seen_at", "place", "nothing"}, item{ID: i.ID, Version: 1, Keys: i.Keys, Seen: i.Seen, Place: i.Place}},
	} {
		found := find(t, e, store.Query{Only: c.only})
		require.Empty(t, cmp.Diff([]item{c.want}, found))
	}
}

func (s Suite) search(t *testing.T) {
	e := s.engine(t)
	texts := map[string][]string{
		"a": {"The quick brown fox", "jumps over"},
		"b": {"Café crème in SÃO PAULO", "naïve Straße"},
		"c": {"brown bears; quick-witted foxes", "don't"},
		"d": {"заказ №42: Йогурт", "12 345"},
		"e": {"東京で寿司を食べる", "emoji 😀 here"},
		"f": {"mail bob@example.com or http://shop.example/x?y=1", "under_score"},
	}
	for id, t2 := range texts {
		must(t, e, insert(item{ID: id, Version: 1, Body: t2[0], Notes: []note{{Text: t2[1]}, {By: "hidden"}}}))
	}
	lookFor := func(text string) []string {
		found, err := collect[item](func(d store.Decode) error {
			return e.Search(t.Context(), items, store.TextQuery{Text: text, Limit: 10}, d)
		})
		require.NoError(t, err)
		return ids(found)
	}
	for text, want := range map[string][]string{
		"quick": {"a", "c"}, "QUICK fox": {"a"}, "fox": {"a"}, "brown quick": {"a", "c"}, "quick jumps": {"a"}, "jumps bears": {}, "fo": {},
		"cafe": {"b"}, "CRÈME": {"b"}, "sao paulo": {"b"}, "São": {"b"}, "naive": {"b"}, "заказ": {"d"}, "ЙОГУРТ": {"d"}, "42": {"d"}, "345": {"d"}, "3": {},
		"東京": {"e"}, "寿司 emoji": {"e"}, "witted": {"c"}, "quick-witted": {"c"}, "example": {"f"}, "bob shop": {"f"}, "score": {"f"}, "hidden": {},
		"": {}, "  ": {}, "!!!": {}, "😀": {}, `"`: {}, `quick" OR "x`: {}, "quick*": {"a", "c"}, "-quick": {"a", "c"}, "NEAR(quick fox)": {}, "$where": {}, "\x00": {}, "\xff": {},
		"quick \x00 fox": {"a"}, "words:quick": {},
	} {
		require.ElementsMatch(t, want, lookFor(text), "%q", text)
	}
	must(t, e, replace(1, item{ID: "a", Version: 2, Body: "slow"}), remove("c"))
	require.Empty(t, lookFor("quick"))
	require.Equal(t, []string{"a"}, lookFor("slow"))
	must(t, e, replace(2, item{ID: "a", Version: 3}))
	require.Empty(t, lookFor("slow"))
	for n := range 12 {
		must(t, e, insert(item{ID: fmt.Sprint("many", n), Version: 1, Body: "common"}))
	}
	require.Len(t, lookFor("common"), 10)
	s.searchPrefix(t, e)
}

// searchPrefix: the last word may be cut off, and pages go back in time without doubles or gaps.
func (s Suite) searchPrefix(t *testing.T, e store.Engine) {
	begins := func(text, after string, limit int) []string {
		found, err := collect[item](func(d store.Decode) error {
			return e.Search(t.Context(), items, store.TextQuery{Text: text, Prefix: true, After: after, Limit: limit}, d)
		})
		require.NoError(t, err)
		var list []string
		for _, i := range found {
			list = append(list, i.ID)
		}
		return list
	}
	for text, want := range map[string][]string{
		"caf": {"b"}, "CAFÉ cr": {"b"}, "ca cr": nil, "ca": {"b"}, "c": nil, "cr ": nil, "creme str": {"b"}, "йог": {"d"}, "food": nil, "東": {"e"}, "em": {"e"}, `"em`: {"e"}, `"em*`: nil,
		"em*": nil, "ema OR em": nil, strings.Repeat("x", 2000): nil, strings.Repeat("caf ", 500): nil, "\x00": nil,
	} {
		require.ElementsMatch(t, want, begins(text, "", 0), "%q", text)
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var want []string
	for n := range 11 {
		id := fmt.Sprintf("paged%02d", n)
		must(t, e, insert(item{ID: id, Version: 1, Body: "turning pages", Seen: day.Add(time.Duration(n/2) * time.Hour)}))
		want = append(want, id)
	}
	slices.Reverse(want)
	for _, size := range []int{1, 3, 4, 20} {
		var got []string
		for after := ""; ; {
			page := begins("pages turn", after, size)
			got = append(got, page...)
			if len(page) < size {
				break
			}
			after = page[len(page)-1]
		}
		require.Equal(t, want, got, "pages of %d", size)
	}
	require.Empty(t, begins("turn", "gone", 5), "behind what is gone there is nothing")
}

func (s Suite) undeclared(t *testing.T) {
	e := s.engine(t)
	nothing := func(func(any) error) error { return nil }
	for _, q := range []store.Query{
		{Where: []store.Condition{{Path: "body", Is: store.Equal, Value: "x"}}},
		{Where: []store.Condition{{Path: "$where", Is: store.Equal, Value: "x"}}},
		{Where: []store.Condition{{Path: `state" = "state" OR "x`, Is: store.Equal, Value: "x"}}},
		{Where: []store.Condition{{Path: "state", Is: store.Equal, Value: map[string]string{"$gt": ""}}}},
		{Where: []store.Condition{{Path: "state", Is: store.Equal, Value: nil}}},
		{Where: []store.Condition{{Path: "state", Is: store.In, Value: "x"}}},
		{Where: []store.Condition{{Path: "state", Is: store.Equal, Value: []string{"x"}}}},
		{Where: []store.Condition{{Path: "state", Is: store.Prefix, Value: int64(1)}}},
		{Where: []store.Condition{{Path: "state", Is: store.Equal, Value: "\xff"}}},
		{Where: []store.Condition{{Path: "tags", Is: store.Less, Value: "x"}}},
		{Where: []store.Condition{{Path: "state", Is: 99, Value: "x"}}},
		{Sort: up("body")},
		{Sort: up("tags")},
		{Sort: up("rank"), After: []any{int64(1)}},
		{Sort: up("rank"), After: []any{struct{}{}, "x"}},
	} {
		require.ErrorIs(t, e.Find(t.Context(), items, q, nothing), chat.ErrInvalid, "%+v", q)
	}
	require.ErrorIs(t, e.Find(t.Context(), "nowhere", store.Query{}, nothing), chat.ErrInvalid)
	require.ErrorIs(t, e.Get(t.Context(), "nowhere", []string{"x"}, nothing), chat.ErrInvalid)
	require.ErrorIs(t, e.Search(t.Context(), "nowhere", store.TextQuery{Text: "x", Limit: 1}, nothing), chat.ErrInvalid)
	_, err := e.Write(t.Context(), "nowhere", []store.Write{remove("x")})
	require.ErrorIs(t, err, chat.ErrInvalid)
	_, err = e.Count(t.Context(), "nowhere", nil, 0)
	require.ErrorIs(t, err, chat.ErrInvalid)
	for _, c := range []store.Collection{
		{Name: "Bad Name"},
		{Name: ""},
		{Name: "x", Text: []string{"$x"}},
		{Name: "x", ExpireAfter: "a b"},
		{Name: "x", Indexes: []store.Index{{Name: "i"}}},
		{Name: "x", Indexes: []store.Index{{Name: "i", Fields: up("a", "b"), Array: true, Unique: true}}},
		{Name: "x", Indexes: []store.Index{{Name: "i", Fields: up("a")}, {Name: "i", Fields: up("b")}}},
		{Name: "x", Indexes: []store.Index{{Name: "i", Fields: up(`a"`)}}},
		{Name: "x", Indexes: []store.Index{{Name: "i", Fields: up("a")}, {Name: "j", Fields: up("a"), Array: true}}},
	} {
		require.ErrorIs(t, e.Ensure(t.Context(), []store.Collection{c}), chat.ErrInvalid, "%+v", c)
	}
}

func (s Suite) explain(t *testing.T) {
	e := s.engine(t)
	var writes []store.Write
	for n := range 500 {
		i := sample(n)
		i.Keys = []string{fmt.Sprint("k", n)}
		i.Slot = fmt.Sprint("s", n)
		writes = append(writes, insert(i))
	}
	must(t, e, writes...)
	equal := func(path string, v any) []store.Condition {
		return []store.Condition{{Path: path, Is: store.Equal, Value: v}}
	}
	for index, q := range map[string]store.Query{
		"keys":            {Where: equal("keys", "k7")},
		"slot":            {Where: equal("slot", "s7")},
		"state_seen":      {Where: equal("state", "open"), Sort: down("seen_at"), Limit: 50},
		"team_state_rank": {Where: append(equal("team", "team-1"), equal("state", "open")...), Sort: up("rank"), Limit: 50},
		"country":         {Where: equal("place.country", "BR"), Limit: 50},
		"tags":            {Where: []store.Condition{{Path: "tags", Is: store.Prefix, Value: "tag-1"}}},
		"_id":             {Where: equal("id", "x")},
	} {
		used, err := e.Explain(t.Context(), items, q)
		require.NoError(t, err)
		require.Equal(t, index, used)
	}
	used, err := e.Explain(t.Context(), items, store.Query{
		Where: equal("state", "open"), Sort: down("seen_at"), After: []any{day(), "x"}, Limit: 50,
	})
	require.NoError(t, err)
	require.Equal(t, "state_seen", used, "the next page")
	for index, q := range map[string]store.Query{
		"seen":    {Sort: down("seen_at"), Limit: 50},
		"waiting": {Where: []store.Condition{{Path: "waiting_since", Is: store.Exists, Value: true}}, Sort: up("waiting_since"), Limit: 50},
		"name":    {Sort: down("name"), Limit: 50},
	} {
		used, err := e.Explain(t.Context(), items, q)
		require.NoError(t, err)
		if !s.SortsWithoutIndex {
			require.Equal(t, index, used)
		}
	}
	_, err = e.Explain(t.Context(), items, store.Query{Sort: up("body")})
	require.ErrorIs(t, err, chat.ErrInvalid)
}

func (s Suite) ensure(t *testing.T) {
	collections := []store.Collection{declaration(), {Name: "plain"}, {Name: "expiring", ExpireAfter: "seen_at"}}
	engines := []store.Engine{s.Open(t, "shared"), s.Open(t, "shared"), s.Open(t, "shared")}
	parallel(t, 9, func(n int) error { return engines[n%3].Ensure(t.Context(), collections) })
	for n, e := range engines {
		must(t, e, insert(sample(n)))
	}
	require.NoError(t, engines[0].Ensure(t.Context(), collections))
	for _, e := range engines {
		require.Len(t, find(t, e, store.Query{}), 3)
	}
	// A collection that is declared anew keeps its documents and finds them by the new index.
	again := declaration()
	again.Indexes = append(again.Indexes, store.Index{Name: "right", Fields: up("right")})
	require.NoError(t, engines[0].Ensure(t.Context(), []store.Collection{again}))
	require.Len(t, find(t, engines[0], store.Query{Where: []store.Condition{{Path: "right", Is: store.Equal, Value: ""}}}), 3)
	require.Len(t, find(t, engines[0], store.Query{Where: []store.Condition{{Path: "tags", Is: store.Exists, Value: true}}}), 2)
}

func (s Suite) cancelled(t *testing.T) {
	e := s.engine(t)
	must(t, e, insert(sample(1)))
	ctx, cancel := cancelledContext(t)
	cancel()
	nothing := func(func(any) error) error { return nil }
	_, writeErr := e.Write(ctx, items, []store.Write{insert(sample(2))})
	_, countErr := e.Count(ctx, items, nil, 0)
	for _, err := range []error{writeErr, countErr, e.Find(ctx, items, store.Query{}, nothing), e.Get(ctx, items, []string{"x"}, nothing), e.Ping(ctx)} {
		require.ErrorIs(t, err, ctx.Err())
	}
	require.Len(t, find(t, e, store.Query{}), 1)
}

func (s Suite) decodeError(t *testing.T) {
	e := s.engine(t)
	must(t, e, insert(sample(1)), insert(sample(2)), insert(sample(3)))
	enough, calls := errors.New("enough"), 0
	stop := func(func(any) error) error { calls++; return enough }
	require.ErrorIs(t, e.Find(t.Context(), items, store.Query{}, stop), enough)
	require.ErrorIs(t, e.Get(t.Context(), items, []string{sample(1).ID, sample(2).ID}, stop), enough)
	require.Equal(t, 2, calls)
	var wrong struct {
		State int64 `json:"state" bson:"state"`
	}
	err := e.Find(t.Context(), items, store.Query{Limit: 1}, func(fill func(any) error) error { return fill(&wrong) })
	require.Error(t, err)
	require.Len(t, find(t, e, store.Query{}), 3)
}
