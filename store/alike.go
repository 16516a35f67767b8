package store

import (
	"context"

	"switchboard/chat"
)

// maxAlike bounds how many contacts that share something are looked at: an address that hundreds have proves nothing.
const maxAlike = 50

// Alike lists contacts who might be the same person as this one, by what they share.
func (s *Store) Alike(ctx context.Context, contactID string) ([]chat.Suggestion, error) {
	c, err := s.Contact(ctx, contactID)
	if err != nil {
		return nil, err
	}
	terms := c.Handles()
	if len(terms) == 0 {
		return nil, nil
	}
	found, err := find[chat.Contact](ctx, s.engine, contacts, Query{Where: []Condition{{Path: "terms", Is: In, Value: terms}}, Sort: desc("last_seen_at"), Limit: maxAlike})
	if err != nil {
		return nil, err
	}
	return c.Alike(found), nil
}
