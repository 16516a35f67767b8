package document

import (
	"slices"
	"time"
	"unicode/utf8"

	"switchboard/store"
)

// Segments cuts a checked query with a cursor into queries without one. Their results, one after the other, are what lies
// behind the cursor. Each is a plain conjunction, so every one is a single range of the index, on any engine, however deep
// the page; nearly always the first two fill it. Documents in which a sort field is absent come first (ascending) or last.
//
// An empty string, zero time or false in the cursor also stands for "absent", because callers read it from a Go struct.
func Segments(q store.Query) []store.Query {
	q.Sort = withID(q.Sort)
	if len(q.After) == 0 {
		return []store.Query{q}
	}
	after := q.After
	q.After = nil
	var segments []store.Query
	for i, last := range slices.Backward(q.Sort) {
		for _, prefix := range equal(q.Sort[:i], after[:i]) {
			for _, rest := range behind(last, after[i]) {
				segment := q
				segment.Where = slices.Concat(q.Where, prefix, rest)
				segments = append(segments, segment)
			}
		}
	}
	return segments
}

// withID adds the id as last sort field, in the direction of the one before it.
func withID(sort []store.Field) []store.Field {
	if n := len(sort); n > 0 && sort[n-1].Path == ID {
		return sort
	}
	id := store.Field{Path: ID}
	if n := len(sort); n > 0 {
		id.Desc = sort[n-1].Desc
	}
	return append(slices.Clone(sort), id)
}

// equal lists the ways in which the fields can have the cursor's values, in sort order.
func equal(fields []store.Field, values []any) [][]store.Condition {
	ways := [][]store.Condition{nil}
	for i, f := range fields {
		var next [][]store.Condition
		for _, way := range ways {
			for _, c := range same(f, values[i]) {
				next = append(next, slices.Concat(way, []store.Condition{c}))
			}
		}
		ways = next
	}
	return ways
}

func same(f store.Field, v any) []store.Condition {
	absent := store.Condition{Path: f.Path, Is: store.Exists, Value: false}
	if v == nil {
		return []store.Condition{absent}
	}
	is := store.Condition{Path: f.Path, Is: store.Equal, Value: v}
	switch {
	case !lowest(v):
		return []store.Condition{is}
	case f.Desc:
		return []store.Condition{is, absent}
	default:
		return []store.Condition{absent, is}
	}
}

// behind lists the conditions, in order, of which one holds for what sorts behind the value.
func behind(f store.Field, v any) [][]store.Condition {
	switch {
	case v == nil && f.Desc:
		return nil
	case v == nil:
		return [][]store.Condition{{{Path: f.Path, Is: store.Exists, Value: true}}}
	case !f.Desc:
		return [][]store.Condition{{{Path: f.Path, Is: store.Greater, Value: v}}}
	case f.Path == ID:
		return [][]store.Condition{{{Path: f.Path, Is: store.Less, Value: v}}}
	case lowest(v):
		return nil
	default:
		return [][]store.Condition{
			{{Path: f.Path, Is: store.Less, Value: v}},
			{{Path: f.Path, Is: store.Exists, Value: false}},
		}
	}
}

func lowest(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case time.Time:
		return v.IsZero()
	case bool:
		return !v
	default:
		return false
	}
}

// Successor returns the smallest string behind all strings that begin with prefix; ok is false when there is none.
func Successor(prefix string) (next string, ok bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch r {
		case utf8.MaxRune:
			continue
		case 0xD7FF: // the surrogates that follow are no characters
			return prefix + "\uE000", true
		default:
			return prefix + string(r+1), true
		}
	}
	return "", false
}
