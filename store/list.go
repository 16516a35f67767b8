package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"switchboard/chat"
)

// DefaultLimit and MaxLimit bound how many items one list answers with.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// list answers one page of a query. keep leaves documents out; key gives a document's place in the order, for the cursor.
func list[T any](ctx context.Context, e Engine, collection string, q Query, page chat.PageRequest, keep func(*T) bool, key func(*T) []any) (chat.List[T], error) {
	after, err := decodeCursor(page.Cursor, len(q.Sort)+1)
	if err != nil {
		return chat.List[T]{}, err
	}
	limit := clampLimit(page.Limit)
	q.After, q.Limit = after, limit+1
	found, err := find[T](ctx, e, collection, q)
	if err != nil {
		return chat.List[T]{}, err
	}
	var l chat.List[T]
	if len(found) > limit {
		found = found[:limit]
		l.Next = encodeCursor(key(&found[limit-1]))
	}
	for i := range found {
		if keep == nil || keep(&found[i]) {
			l.Items = append(l.Items, found[i])
		}
	}
	return l, nil
}

func clampLimit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

// A cursor is a JSON array in base64: times as {"t": milliseconds}, everything else as it is.
type cursorTime struct {
	T int64 `json:"t"`
}

func encodeCursor(values []any) string {
	out := make([]any, len(values))
	for i, v := range values {
		if t, ok := v.(time.Time); ok {
			v = cursorTime{t.UnixMilli()}
		}
		out[i] = v
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return "" // values are strings and times only
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor(cursor string, n int) ([]any, error) {
	if cursor == "" {
		return nil, nil
	}
	invalid := fmt.Errorf("store: cursor: %w", chat.ErrInvalid)
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, invalid
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != n {
		return nil, invalid
	}
	values := make([]any, n)
	for i, part := range parts {
		var t cursorTime
		var s string
		switch {
		case json.Unmarshal(part, &s) == nil:
			values[i] = s
		case json.Unmarshal(part, &t) == nil:
			values[i] = time.UnixMilli(t.T).UTC()
		default:
			return nil, invalid
		}
	}
	return values, nil
}

func sortPages(pages []chat.MessagePage) {
	sort.Slice(pages, func(i, j int) bool { return pages[i].From.Compare(pages[j].From) < 0 })
}
