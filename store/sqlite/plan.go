package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/store"
	"switchboard/store/document"
)

// A way is how a statement meets a condition. SQLite keeps no statistics here and cannot weigh them itself.
type way int

const (
	asWritten way = iota // SQLite chooses
	start                // so few documents that they are looked up first, and the others conditions tried on them
	beside               // tried on documents that another condition or the order leads to; of an array: against a set made once
	each                 // of an array: looked up for each such document, where the set would be large
)

// Bounds of what counts as few and as many (measured at 100,000 documents: a row that is looked up costs 1 to 5 µs, a set
// 0.3 µs for each element, an entry walked over 0.1 µs and one looked up for each 2 µs).
const (
	fewAt   = 500
	manyAt  = 8000   // for a list, which is over after a page
	countAt = 20_000 // for a count, which goes on much longer
	inAt    = 2000   // of a list of values
)

// A plan is the ways of a query's conditions, by their number in Where.
type plan struct {
	ways    []way
	started bool // one of them is start: nothing else leads, not even the order
}

func (p *plan) way(i int) way {
	switch {
	case i < len(p.ways) && p.ways[i] != asWritten:
		return p.ways[i]
	case p.started:
		return beside
	default:
		return asWritten
	}
}

// weigh counts, up to a bound, the documents for which conditions on arrays and lists of values hold. Those of a rare label, or
// of a small department, are looked up and sorted; otherwise the order's index is walked until enough documents are found.
func (e *Engine) weigh(ctx context.Context, t *table, q store.Query, many int) (plan, error) {
	p := plan{ways: make([]way, len(q.Where))}
	if q.Limit == 0 || len(q.Where) == 0 {
		return p, nil
	}
	led, err := e.led(ctx, t, q, &p)
	if err != nil {
		return p, err
	}
	first, fewest := -1, fewAt
	for i, c := range q.Where {
		index, array := t.Array(c.Path)
		switch {
		case !array || c.Is == store.Exists:
			continue
		case led && c.Is != store.Prefix:
			p.ways[i] = each
			continue
		}
		n, err := e.entries(ctx, t, q.Where, index, c, many)
		if err != nil {
			return p, err
		}
		if p.ways[i] = beside; n >= many && c.Is != store.Prefix {
			p.ways[i] = each
		}
		if n < fewest && !led {
			first, fewest = i, n
		}
	}
	if first >= 0 {
		p.ways[first], p.started = start, true
	}
	return p, nil
}

// entries counts the entries of an array's index that a condition holds for, up to a bound.
func (e *Engine) entries(ctx context.Context, t *table, where []store.Condition, index store.Index, c store.Condition, most int) (int, error) {
	b := builder{table: t, all: where}
	if err := b.entries(index, c); err != nil {
		return 0, failure("find", err)
	}
	return e.bounded(ctx, t.side(index), &b, most)
}

// led reports whether a condition that is no array's leads to few documents, so that the rest is tried on them. It also marks
// conditions that lead to so many that they had better not.
func (e *Engine) led(ctx context.Context, t *table, q store.Query, p *plan) (bool, error) {
	where := q.Where
	if err := e.unordered(ctx, t, q, p); err != nil {
		return false, err
	}
	led, arrays := false, slices.ContainsFunc(where, func(c store.Condition) bool { _, array := t.Array(c.Path); return array })
	for i, c := range where {
		equal := c.Is == store.Equal && arrays
		switch {
		case c.Path == document.ID && (equal || c.Is == store.In):
			led = true
			continue
		case !equal && c.Is != store.In || !t.leads(c.Path):
			continue
		}
		b := builder{table: t}
		if err := b.compare(quote(column(c.Path)), c); err != nil {
			return false, failure("find", err)
		}
		n, err := e.bounded(ctx, t.name(), &b, inAt)
		if err != nil {
			return false, err
		}
		if n < fewAt {
			led = true
		}
		if c.Is == store.In && n == inAt {
			p.ways[i] = beside
		}
	}
	return led, nil
}

// unordered keeps conditions from leading that hold for many documents which no index has in the query's order: all of them
// would be sorted for one page.
func (e *Engine) unordered(ctx context.Context, t *table, q store.Query, p *plan) error {
	if len(q.Sort) == 0 || !t.leads(q.Sort[0].Path) {
		return nil
	}
	for i, c := range q.Where {
		if c.Is != store.Equal || !t.leads(c.Path) || t.ordered(c.Path, q) {
			continue
		}
		b := builder{table: t}
		if err := b.compare(quote(column(c.Path)), c); err != nil {
			return failure("find", err)
		}
		n, err := e.bounded(ctx, t.name(), &b, manyAt)
		if err != nil {
			return err
		}
		if n == manyAt {
			p.ways[i] = beside
		}
	}
	return nil
}

// ordered says whether an index begins with fields that the query asks to equal something, the path among them, and goes on
// with its order.
func (t *table) ordered(path string, q store.Query) bool {
	equal := func(field store.Field) bool {
		return slices.ContainsFunc(q.Where, func(c store.Condition) bool { return c.Path == field.Path && c.Is == store.Equal })
	}
	return slices.ContainsFunc(t.Indexes, func(index store.Index) bool {
		n := slices.IndexFunc(index.Fields, func(f store.Field) bool { return f.Path == q.Sort[0].Path })
		return !index.Array && n > 0 && !slices.ContainsFunc(index.Fields[:n], func(f store.Field) bool { return !equal(f) }) &&
			slices.ContainsFunc(index.Fields[:n], func(f store.Field) bool { return f.Path == path })
	})
}

// bounded tells about how many documents conditions select, up to a bound: as many as a moment ago.
func (e *Engine) bounded(ctx context.Context, from string, b *builder, most int) (int, error) {
	text := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE %s LIMIT %d)", from, strings.Join(b.where, " AND "), most)
	n, err := e.estimates.of(fmt.Sprint(text, b.arguments), func() (int64, error) { return e.reader.count(ctx, text, b.arguments) })
	if err != nil {
		return 0, failure("find", err)
	}
	return int(n), nil
}

// query is the text of a checked query without a cursor.
func (t *table) query(q store.Query, p plan) (string, []any, error) {
	b := builder{table: t, all: q.Where, started: p.started}
	for i, c := range q.Where {
		if err := b.condition(c, p.way(i)); err != nil {
			return "", nil, err
		}
	}
	if q.Limit == 0 || len(q.Sort) == 0 || len(q.Where) == 0 {
		return b.selected("doc", q.Sort, q.Limit), b.arguments, nil
	}
	// What has to be sorted is sorted without the documents.
	inner := b.selected("n", q.Sort, q.Limit)
	outer := builder{table: t, where: []string{"n IN (" + inner + ")"}}
	return outer.selected("doc", q.Sort, 0), b.arguments, nil
}

// counting is the text that counts up to a limit what a checked filter selects, where it need not look at documents: for one
// condition on an array, and none but those that its index holds beside it.
func (t *table) counting(filter []store.Condition, limit int64) (text string, arguments []any, ok bool) {
	b := builder{table: t, all: filter}
	var side string
	for _, c := range filter {
		index, array := t.Array(c.Path)
		switch {
		case !array:
			continue
		case side != "" || c.Is != store.Equal && c.Is != store.In || b.entries(index, c) != nil || len(b.where) != len(filter):
			return "", nil, false
		}
		side = t.side(index)
	}
	if side == "" || limit <= 0 {
		return "", nil, false
	}
	return fmt.Sprintf("SELECT count(*) FROM (SELECT DISTINCT n FROM %s WHERE %s LIMIT %d)", side, strings.Join(b.where, " AND "), limit), b.arguments, true
}
