package store

import (
	"context"

	"switchboard/chat"
)

// Notify keeps notifications. One that is there already stays as it is.
func (s *Store) Notify(ctx context.Context, list []chat.Notification) error {
	for i := range list {
		n := list[i]
		n.Version = 1
		if err := insertOnce(ctx, s.engine, notifications, n.ID, &n); err != nil {
			return err
		}
	}
	return nil
}

// Notifications lists what a user was told and has not opened, newest first.
func (s *Store) Notifications(ctx context.Context, user string, page chat.PageRequest) (chat.List[chat.Notification], error) {
	q := Query{Where: []Condition{{Path: "user_id", Is: Equal, Value: user}}, Sort: desc("created_at")}
	return list(ctx, s.engine, notifications, q, page, nil, func(n *chat.Notification) []any { return []any{n.CreatedAt, n.ID} })
}

// CountNotifications counts what a user has not opened, up to 1,000.
func (s *Store) CountNotifications(ctx context.Context, user string) (int64, error) {
	n, err := s.engine.Count(ctx, notifications, []Condition{{Path: "user_id", Is: Equal, Value: user}}, countLimit)
	if err != nil {
		return 0, failure("count notifications", err)
	}
	return n, nil
}

// OpenNotifications removes what a user was told about a conversation, or everything when conversationID is empty, and says
// how many there were.
func (s *Store) OpenNotifications(ctx context.Context, user, conversationID string) (int, error) {
	where := []Condition{{Path: "user_id", Is: Equal, Value: user}}
	if conversationID != "" {
		where = append(where, Condition{Path: "conversation_id", Is: Equal, Value: conversationID})
	}
	found, err := find[chat.Notification](ctx, s.engine, notifications, Query{Where: where, Only: []string{"user_id"}})
	if err != nil {
		return 0, err
	}
	writes := make([]Write, 0, len(found))
	for i := range found {
		writes = append(writes, Write{Op: Delete, ID: found[i].ID})
	}
	return len(found), write(ctx, s.engine, notifications, writes)
}
