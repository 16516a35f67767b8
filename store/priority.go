package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"switchboard/chat"
)

// priorities lists the conditions of the order by priority, most pressing first. Normal is kept as the empty word.
func priorities() []Condition {
	return []Condition{
		{Path: "priority", Is: Equal, Value: "urgent"},
		{Path: "priority", Is: Equal, Value: "high"},
		{Path: "priority", Is: Exists, Value: false},
		{Path: "priority", Is: Equal, Value: "low"},
	}
}

// byPriority lists the priorities one after the other, each by newest activity: every part is a walk along an index, where an
// order by words would have to be sorted, and an index by rank would cost every write. The cursor says which part it is in.
func (s *Store) byPriority(ctx context.Context, where []Condition, page chat.PageRequest) (chat.List[chat.Conversation], error) {
	part, after, err := priorityCursor(page.Cursor)
	if err != nil {
		return chat.List[chat.Conversation]{}, err
	}
	limit := clampLimit(page.Limit)
	var l chat.List[chat.Conversation]
	for ; part < len(priorities()); part, after = part+1, nil {
		q := Query{
			Where: append(append([]Condition{}, where...), priorities()[part]), Sort: desc("last_activity_at"), Only: rowFields,
			After: after, Limit: limit - len(l.Items) + 1,
		}
		found, err := find[chat.Conversation](ctx, s.engine, conversations, q)
		if err != nil {
			return chat.List[chat.Conversation]{}, err
		}
		for i := range found {
			if len(l.Items) == limit {
				return l, nil
			}
			l.Items = append(l.Items, found[i])
			l.Next = encodeCursor([]any{strconv.Itoa(part), found[i].LastActivityAt, found[i].ID})
		}
	}
	l.Next = ""
	return l, nil
}

// priorityCursor reads where a page begins.
func priorityCursor(cursor string) (part int, after []any, err error) {
	values, err := decodeCursor(cursor, 3)
	if err != nil || values == nil {
		return 0, nil, err
	}
	word, ok1 := values[0].(string)
	at, ok2 := values[1].(time.Time)
	id, ok3 := values[2].(string)
	part, err = strconv.Atoi(word)
	if err != nil || !ok1 || !ok2 || !ok3 || part < 0 || part >= len(priorities()) {
		return 0, nil, fmt.Errorf("store: cursor: %w", chat.ErrInvalid)
	}
	return part, []any{at, id}, nil
}
