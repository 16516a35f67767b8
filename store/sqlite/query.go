package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchboard/store"
	"switchboard/store/document"
)

// getChunk bounds how many ids one statement names.
const getChunk = 500

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, collection string, ids []string, decode store.Decode) error {
	t, err := e.table(collection)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		n := min(len(ids), getChunk)
		b := builder{table: t}
		if err := b.condition(store.Condition{Path: document.ID, Is: store.In, Value: ids[:n]}, asWritten); err != nil {
			return failure("get", err)
		}
		if _, err := e.read(ctx, b.selected("doc", nil, 0), b.arguments, nil, decode); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// Find implements store.Engine.
func (e *Engine) Find(ctx context.Context, collection string, q store.Query, decode store.Decode) error {
	t, err := e.table(collection)
	if err != nil {
		return err
	}
	if q, err = t.Query(q); err != nil {
		return fmt.Errorf("sqlite: find: %w", err)
	}
	p, err := e.weigh(ctx, t, q, manyAt)
	if err != nil {
		return err
	}
	left := q.Limit
	for _, segment := range document.Segments(q) {
		segment.Limit = left
		text, arguments, err := t.query(segment, p)
		if err != nil {
			return failure("find", err)
		}
		n, err := e.read(ctx, text, arguments, q.Only, decode)
		if err != nil {
			return err
		}
		if left -= n; q.Limit > 0 && left <= 0 {
			return nil
		}
	}
	return nil
}

// Count implements store.Engine.
func (e *Engine) Count(ctx context.Context, collection string, filter []store.Condition, limit int64) (int64, error) {
	t, err := e.table(collection)
	if err != nil {
		return 0, err
	}
	if filter, err = t.Conditions(filter); err != nil {
		return 0, fmt.Errorf("sqlite: count: %w", err)
	}
	text, arguments, ok := t.counting(filter, limit)
	if !ok {
		if text, arguments, err = e.counted(ctx, t, filter, limit); err != nil {
			return 0, err
		}
	}
	n, err := e.reader.count(ctx, text, arguments)
	if err != nil {
		return 0, failure("count", err)
	}
	return n, nil
}

// counted is the text that counts documents.
func (e *Engine) counted(ctx context.Context, t *table, filter []store.Condition, limit int64) (string, []any, error) {
	p, err := e.weigh(ctx, t, store.Query{Where: filter, Limit: int(limit)}, countAt)
	if err != nil {
		return "", nil, err
	}
	b := builder{table: t, all: filter}
	for i, c := range filter {
		if err := b.condition(c, p.way(i)); err != nil {
			return "", nil, failure("count", err)
		}
	}
	return "SELECT count(*) FROM (" + b.selected("1", nil, int(limit)) + ")", b.arguments, nil
}

// Search implements store.Engine, newest documents first. What another process has written in the last moment may be missing.
func (e *Engine) Search(ctx context.Context, collection string, q store.TextQuery, decode store.Decode) error {
	t, err := e.table(collection)
	if err != nil {
		return err
	}
	whole, begin := document.QueryWords(q.Text, q.Prefix)
	if len(whole) == 0 && begin == "" || len(t.Text) == 0 {
		return nil
	}
	if err := e.writer.indexNow(ctx); err != nil {
		return failure("search", err)
	}
	var terms []string // words hold letters and digits only
	for _, w := range whole {
		terms = append(terms, `"`+w+`"`)
	}
	if begin != "" {
		terms = append(terms, `"`+begin+`"*`)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = -1
	}
	behind, arguments := "", []any{strings.Join(terms, " ")}
	if q.After != "" {
		behind, arguments = " AND w.rowid < (SELECT n FROM "+t.name()+" WHERE id = ?)", append(arguments, q.After)
	}
	_, err = e.read(ctx, "SELECT d.doc FROM "+t.text()+" AS w CROSS JOIN "+t.name()+" AS d ON d.n = w.rowid WHERE w."+t.text()+" MATCH ?"+behind+" ORDER BY w.rowid DESC LIMIT ?",
		append(arguments, limit), nil, decode)
	return err
}

// read hands every document a text selects to decode and returns how many there were.
func (e *Engine) read(ctx context.Context, text string, arguments []any, only []string, decode store.Decode) (int, error) {
	rows, err := e.reader.query(ctx, text, arguments)
	if err != nil {
		return 0, failure("read", err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var doc sql.RawBytes
		if err := rows.Scan(&doc); err != nil {
			return n, failure("read", err)
		}
		n++
		if err := decode(func(into any) error { return fill(into, doc, only) }); err != nil {
			return n, err
		}
	}
	if err := rows.Err(); err != nil {
		return n, failure("read", err)
	}
	return n, nil
}

func fill(into any, doc []byte, only []string) error {
	if len(only) > 0 {
		var err error
		if doc, err = project(doc, only); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(doc, into); err != nil {
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // its own text may quote the document
			return fmt.Errorf("sqlite: field %s does not fit a %s", kind.Field, kind.Type)
		}
		return fmt.Errorf("sqlite: stored document is damaged: %w", err)
	}
	return nil
}

// A builder collects the conditions of a statement. Values are always arguments, never text.
type builder struct {
	table     *table
	all       []store.Condition // of the query, for what array indexes hold beside their elements
	started   bool              // the order must not lead either
	where     []string
	arguments []any
}

func (b *builder) selected(what string, sort []store.Field, limit int) string {
	text := "SELECT " + what + " FROM " + b.table.name()
	if len(b.where) > 0 {
		text += " WHERE " + strings.Join(b.where, " AND ")
	}
	var keys []string
	for _, f := range sort {
		column := b.column(f.Path)
		if b.started {
			column = "+" + column
		}
		keys = append(keys, order(column, f.Desc))
	}
	if len(keys) > 0 {
		text += " ORDER BY " + strings.Join(keys, ", ")
	}
	if limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", limit)
	}
	return text
}

func (b *builder) column(path string) string {
	if path == document.ID {
		return "id"
	}
	return quote(column(path))
}

func (b *builder) condition(c store.Condition, w way) error {
	if index, ok := b.table.Array(c.Path); ok {
		return b.member(index, c, w)
	}
	column := b.column(c.Path)
	if w == beside {
		column = "+" + column // keeps SQLite from starting with this column's index
	}
	return b.compare(column, c)
}

// member turns a condition on an array into one on the documents its side table names.
func (b *builder) member(index store.Index, c store.Condition, w way) error {
	if c.Is == store.Exists {
		b.where = append(b.where, quote(list(c.Path))+map[bool]string{true: " IS NOT NULL", false: " IS NULL"}[c.Value == true])
		return nil
	}
	inner := builder{table: b.table, all: b.all}
	if err := inner.entries(index, c); err != nil {
		return err
	}
	side := b.table.side(index)
	if w == each { // the whole key of an entry, so that none is searched for
		inner.where = append(inner.where, side+".n = "+b.table.name()+".n")
		for _, f := range index.Fields[1:] {
			name := quote(column(f.Path))
			inner.where = append(inner.where, side+"."+name+" = coalesce("+b.table.name()+"."+name+", x'')")
		}
	}
	entries := "(SELECT n FROM " + side + " WHERE " + strings.Join(inner.where, " AND ") + ")"
	switch w {
	case each:
		b.where = append(b.where, "EXISTS "+entries)
	case beside: // the plus keeps SQLite from starting with the set
		b.where = append(b.where, "+n IN "+entries)
	default:
		b.where = append(b.where, "n IN "+entries)
	}
	b.arguments = append(b.arguments, inner.arguments...)
	return nil
}

// entries are the conditions on a side table's own columns: the element, and what the query asks of the fields beside it.
func (b *builder) entries(index store.Index, c store.Condition) error {
	if err := b.compare("key", c); err != nil {
		return err
	}
	for _, f := range index.Fields[1:] {
		for _, other := range b.all {
			none := other.Is == store.Exists && other.Value == false
			if other.Path != f.Path || other.Is != store.Equal && !none {
				continue
			}
			if none {
				other = store.Condition{Is: store.Equal, Value: []byte{}} // how a field that is not there is kept
			}
			if err := b.compare(quote(column(f.Path)), other); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (b *builder) compare(column string, c store.Condition) error {
	switch c.Is {
	case store.Equal:
		b.add(column+" = ?", c.Value)
	case store.Less:
		b.add(column+" < ?", c.Value)
	case store.LessOrEqual:
		b.add(column+" <= ?", c.Value)
	case store.Greater:
		b.add(column+" > ?", c.Value)
	case store.GreaterOrEqual:
		b.add(column+" >= ?", c.Value)
	case store.Exists:
		b.add(column + map[bool]string{true: " IS NOT NULL", false: " IS NULL"}[c.Value == true])
	case store.In:
		return b.in(column, c.Value)
	case store.Prefix:
		return b.prefix(column, c.Value)
	default:
		return fmt.Errorf("unknown comparison %d", c.Is)
	}
	return nil
}

func (b *builder) add(text string, values ...any) {
	b.where = append(b.where, text)
	for _, v := range values {
		b.arguments = append(b.arguments, argument(v))
	}
}

func (b *builder) in(column string, value any) error {
	list, ok := value.([]string)
	if !ok {
		return fmt.Errorf("list expected, not %T", value)
	}
	values := make([]any, 0, len(list))
	for _, s := range list {
		values = append(values, s)
	}
	for n := len(list); n&(n-1) != 0; n++ { // the last again, so that lists of all lengths have few texts
		values = append(values, list[len(list)-1])
	}
	b.add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+")", values...)
	return nil
}

func (b *builder) prefix(column string, value any) error {
	prefix, ok := value.(string)
	if !ok {
		return fmt.Errorf("text expected, not %T", value)
	}
	b.add(column+" >= ?", prefix)
	if next, ok := document.Successor(prefix); ok {
		b.add(column+" < ?", next)
	}
	return nil
}

// argument turns a checked value into what the columns hold.
func argument(v any) any {
	switch v := v.(type) {
	case time.Time:
		return formatTime(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	default:
		return v
	}
}
