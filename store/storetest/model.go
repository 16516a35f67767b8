package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/store"
)

// A model does in memory, as plainly as can be, what an engine promises.
type model struct{ items []item }

// raw is a field's Go value; value is nil where the document does not have the field.
func raw(i item, path string) any {
	switch path {
	case "id":
		return i.ID
	case "state":
		return i.State
	case "team":
		return i.Team
	case "rank":
		return i.Rank
	case "flag":
		return i.Flag
	case "seen_at":
		return i.Seen
	case "waiting_since":
		return i.Waiting
	case "name":
		return i.Name
	case "place.country":
		return i.Place.Country
	case "slot":
		return i.Slot
	case "left":
		return i.Left
	case "right":
		return i.Right
	default:
		panic("model: no field " + path)
	}
}

func value(i item, path string) any {
	v := raw(i, path)
	switch path {
	case "team", "waiting_since", "name", "place.country", "slot", "left":
		if v == "" || v == (time.Time{}) {
			return nil
		}
	}
	return v
}

func compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, fmt.Sprint(b))
	case int64:
		return cmp.Compare(a, integer(b))
	case bool:
		return map[[2]bool]int{{false, true}: -1, {true, false}: 1}[[2]bool{a, b.(bool)}]
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		panic(fmt.Sprintf("model: %T", a))
	}
}

func integer(v any) int64 {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v.(int64)
}

func matches(i item, c store.Condition) bool {
	switch c.Path {
	case "keys":
		return slices.ContainsFunc(i.Keys, func(k string) bool { return holds(k, c) }) || c.Is == store.Exists && c.Value == false && len(i.Keys) == 0
	case "tags":
		return slices.ContainsFunc(i.Tags, func(k string) bool { return holds(k, c) }) || c.Is == store.Exists && c.Value == false && len(i.Tags) == 0
	default:
		return holds(value(i, c.Path), c)
	}
}

func holds(v any, c store.Condition) bool {
	if c.Is == store.Exists {
		return (v != nil) == c.Value.(bool)
	}
	if v == nil {
		return false
	}
	switch c.Is {
	case store.Equal:
		return compare(v, c.Value) == 0
	case store.In:
		return strings.Contains(fmt.Sprintf("%q", c.Value), fmt.Sprintf("%q", v))
	case store.Less:
		return compare(v, c.Value) < 0
	case store.LessOrEqual:
		return compare(v, c.Value) <= 0
	case store.Greater:
		return compare(v, c.Value) > 0
	case store.GreaterOrEqual:
		return compare(v, c.Value) >= 0
	case store.Prefix:
		return strings.HasPrefix(v.(string), c.Value.(string))
	default:
		panic("model: comparison")
	}
}

// before is the order of a sort, the id last.
func before(a, b item, sort []store.Field) int {
	desc := false
	for _, f := range sort {
		desc = f.Desc
		if c := compare(value(a, f.Path), value(b, f.Path)); c != 0 {
			if desc {
				return -c
			}
			return c
		}
	}
	if desc {
		return strings.Compare(b.ID, a.ID)
	}
	return strings.Compare(a.ID, b.ID)
}

// find keeps to queries without a cursor; pages are pieces of what it returns.
func (m *model) find(q store.Query) []item {
	var found []item
	for _, i := range m.items {
		if !slices.ContainsFunc(q.Where, func(c store.Condition) bool { return !matches(i, c) }) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b item) int { return before(a, b, q.Sort) })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found
}

var errDuplicate = errors.New("duplicate")

// write is what one write of its own comes to.
func (m *model) write(w store.Write) error {
	at := slices.IndexFunc(m.items, func(i item) bool { return i.ID == w.ID })
	if w.Op == store.Delete {
		if at >= 0 {
			m.items = slices.Delete(m.items, at, at+1)
		}
		return nil
	}
	doc := *w.Doc.(*item)
	switch {
	case w.Op == store.Insert && at >= 0:
		return errDuplicate
	case w.Op == store.Replace && (at < 0 || m.items[at].Version != w.Version):
		return store.ErrVersion
	}
	for _, other := range m.items {
		if other.ID != w.ID && clash(doc, other) {
			return errDuplicate
		}
	}
	if at >= 0 {
		m.items[at] = doc
	} else {
		m.items = append(m.items, doc)
	}
	return nil
}

func clash(a, b item) bool {
	return a.Slot != "" && a.Slot == b.Slot || a.Left != "" && a.Left == b.Left && a.Right == b.Right ||
		slices.ContainsFunc(a.Keys, func(k string) bool { return slices.Contains(b.Keys, k) })
}

// random lets the engine and the model do the same, one write or a page at a time.
func (s Suite) random(t *testing.T) {
	e := s.engine(t)
	rapid.Check(t, func(r *rapid.T) {
		left, err := collect[item](func(d store.Decode) error { return e.Find(t.Context(), items, store.Query{}, d) })
		require.NoError(r, err)
		var writes []store.Write
		for _, i := range left {
			writes = append(writes, remove(i.ID))
		}
		_, err = e.Write(t.Context(), items, writes)
		require.NoError(r, err)
		var m model
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			if rapid.IntRange(0, 3).Draw(r, "step") > 0 {
				randomWrite(t, r, e, &m)
			} else {
				randomRead(r, e, &m)
			}
		}
		same(r, e, &m, store.Query{})
	})
}

func randomWrite(t *testing.T, r *rapid.T, e store.Engine, m *model) {
	doc := drawItem(r)
	w := store.Write{Op: store.Op(rapid.IntRange(1, 3).Draw(r, "op")), ID: doc.ID, Doc: &doc}
	if w.Op == store.Replace {
		w.Version = rapid.Int64Range(1, 3).Draw(r, "version")
		doc.Version = w.Version + 1
	}
	if w.Op == store.Delete {
		w.Doc = nil
	}
	want := m.write(w)
	results, err := e.Write(t.Context(), items, []store.Write{w})
	require.NoError(r, err)
	var duplicate *store.DuplicateError
	switch {
	case errors.Is(want, errDuplicate):
		require.ErrorAs(r, results[0], &duplicate)
	case want != nil:
		require.ErrorIs(r, results[0], want)
	default:
		require.NoError(r, results[0])
	}
}

func drawItem(r *rapid.T) item {
	letters := []string{"", "a", "A", "b", "ab", "é", "𝒳", "￿", "~"}
	text := func(name string) string { return rapid.SampledFrom(letters).Draw(r, name) }
	list := func(name string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(letters), 0, 2, rapid.ID).Draw(r, name)
	}
	i := item{
		ID: rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "é"}).Draw(r, "id"), Version: 1, State: text("state"), Team: text("team"), Name: text("name"), Slot: text("slot"),
		Left: text("left"), Right: text("right"), Rank: rapid.Int64Range(-2, 2).Draw(r, "rank"), Flag: rapid.Bool().Draw(r, "flag"), Keys: list("keys"),
		Seen: day().Add(time.Duration(rapid.IntRange(0, 3).Draw(r, "seen")) * time.Millisecond), Place: place{Country: text("country")},
	}
	if tags := list("tags"); len(tags) > 0 {
		i.Tags = tags
	}
	if rapid.Bool().Draw(r, "waits") {
		i.Waiting = i.Seen.Add(time.Hour)
	}
	return i
}

// randomRead walks a random query page by page.
func randomRead(r *rapid.T, e store.Engine, m *model) {
	other := drawItem(r)
	var where []store.Condition
	for range rapid.IntRange(0, 2).Draw(r, "conditions") {
		path := rapid.SampledFrom([]string{"state", "team", "rank", "flag", "seen_at", "waiting_since", "name", "place.country", "id", "keys", "tags"}).Draw(r, "path")
		where = append(where, drawCondition(r, path, other))
	}
	q := store.Query{Where: where, Sort: rapid.SampledFrom(orders()).Draw(r, "sort")}
	want := m.find(q)
	q.Limit = rapid.IntRange(1, 4).Draw(r, "limit")
	for from := 0; ; from += q.Limit {
		found, err := collect[item](func(d store.Decode) error { return e.Find(ctxOf(r), items, q, d) })
		require.NoError(r, err)
		to := min(len(want), from+q.Limit)
		require.Equal(r, ids(want[min(from, to):to]), ids(found), "%+v", q)
		if len(found) < q.Limit {
			return
		}
		q.After = cursor(found[len(found)-1], q.Sort)
	}
}

func drawCondition(r *rapid.T, path string, like item) store.Condition {
	if path == "keys" || path == "tags" {
		v := rapid.SampledFrom([]string{"a", "A", "ab", "é", "", "z"}).Draw(r, "element")
		return rapid.SampledFrom([]store.Condition{
			{Path: path, Is: store.Equal, Value: v},
			{Path: path, Is: store.Prefix, Value: v},
			{Path: path, Is: store.In, Value: []string{v, "b"}},
			{Path: path, Is: store.Exists, Value: v == "a"},
		}).Draw(r, "condition")
	}
	v := raw(like, path)
	choices := []store.Condition{{Path: path, Is: store.Equal, Value: v}, {Path: path, Is: store.Exists, Value: true}, {Path: path, Is: store.Exists, Value: false}}
	if text, ok := v.(string); ok {
		choices = append(choices, store.Condition{Path: path, Is: store.Prefix, Value: text}, store.Condition{Path: path, Is: store.In, Value: []string{text, "a"}})
	}
	if _, ok := v.(bool); !ok {
		for is := store.Less; is <= store.GreaterOrEqual; is++ {
			choices = append(choices, store.Condition{Path: path, Is: is, Value: v})
		}
	}
	return rapid.SampledFrom(choices).Draw(r, "condition")
}

// ctxOf is the context of a test or a property.
func ctxOf(t require.TestingT) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}

func cancelledContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}
