package store

import (
	"context"
	"slices"
	"time"

	"switchboard/chat"
)

// DueConversations lists the ids of conversations that wait for a time which has come by at: snoozed until then, or offered
// until then. The longest due come first; at most limit of each kind.
func (s *Store) DueConversations(ctx context.Context, at time.Time, limit int) ([]string, error) {
	var ids []string
	for _, path := range []string{"snoozed_until", "transfer.expires_at"} {
		found, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
			Where: []Condition{{Path: path, Is: Exists, Value: true}, {Path: path, Is: LessOrEqual, Value: at.UTC()}}, Sort: asc(path), Limit: limit, Only: []string{"state"},
		})
		if err != nil {
			return nil, err
		}
		for i := range found {
			if !slices.Contains(ids, found[i].ID) {
				ids = append(ids, found[i].ID)
			}
		}
	}
	return ids, nil
}
