package store

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// within is the condition that leaves in a list what a scope admits.
func within(scope chat.Scope) []Condition {
	if scope.Everything() {
		return nil
	}
	return []Condition{{Path: "audience", Is: In, Value: scope.Keys()}}
}

// A milestone says that something was done to all documents, once for ever.
type milestone struct {
	ID      string `json:"id" bson:"_id"`
	Version int64  `json:"version" bson:"version"`
}

const (
	addressedID = "milestone-audience"
	addressStep = 200
)

// address gives conversations that an older version has written their audience. Without it agents would not see them.
func (s *Store) address(ctx context.Context) error {
	_, err := one[milestone](ctx, s.engine, settings, addressedID)
	if !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	any, err := find[chat.Conversation](ctx, s.engine, conversations, Query{Limit: 1, Only: []string{"contact_id"}})
	if err != nil || len(any) == 0 {
		return err
	}
	without := Query{Where: []Condition{{Path: "audience", Is: Exists, Value: false}}, Limit: addressStep, Only: []string{"contact_id"}}
	for {
		batch, err := find[chat.Conversation](ctx, s.engine, conversations, without)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		for i := range batch {
			if _, err := s.UpdateConversation(ctx, batch[i].ID, func(*chat.Conversation) error { return nil }); err != nil {
				return fmt.Errorf("store: address a conversation: %w", err)
			}
		}
	}
	err = write(ctx, s.engine, settings, []Write{{Op: Insert, ID: addressedID, Doc: &milestone{ID: addressedID, Version: 1}}})
	if errors.Is(err, errAgain) {
		return nil // another process has done the same
	}
	return err
}
