package store

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// EditConversations is UpdateConversation for many at once, without what a close removes elsewhere: it is for filling an
// installation. Those that somebody else has written meanwhile are read and edited again.
func (s *Store) EditConversations(ctx context.Context, ids []string, edit func(*chat.Conversation) error) error {
	return editMany(ctx, s.engine, conversations, ids, func(c *chat.Conversation) (string, *int64) { return c.ID, &c.Version }, edit)
}

// EditContacts is UpdateContact for many at once.
func (s *Store) EditContacts(ctx context.Context, ids []string, edit func(*chat.Contact) error) error {
	return editMany(ctx, s.engine, contacts, ids, func(c *chat.Contact) (string, *int64) { return c.ID, &c.Version }, func(c *chat.Contact) error {
		defer c.Reindex()
		return edit(c)
	})
}

// AddNotes is AddNote for many at once.
func (s *Store) AddNotes(ctx context.Context, list []chat.Note) error {
	writes := make([]Write, len(list))
	for i := range list {
		list[i].Version = 1
		writes[i] = Write{Op: Insert, ID: list[i].ID, Doc: &list[i]}
	}
	results, err := s.engine.Write(ctx, notes, writes)
	if err != nil {
		return failure("write to notes", err)
	}
	for _, err := range results {
		if err != nil && !isDuplicate(err) {
			return failure("write to notes", err)
		}
	}
	return nil
}

// Empty reports whether nobody has written yet: there is no contact and no conversation.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	for _, collection := range []string{contacts, conversations} {
		n, err := s.engine.Count(ctx, collection, nil, 1)
		if err != nil {
			return false, failure("count "+collection, err)
		}
		if n > 0 {
			return false, nil
		}
	}
	return true, nil
}

// editMany is compare-and-swap of many documents: each round writes all that are left and keeps those that were beaten.
func editMany[T any](ctx context.Context, e Engine, collection string, ids []string, key func(*T) (string, *int64), edit func(*T) error) error {
	left := unique(append([]string(nil), ids...))
	return again(ctx, func() error {
		docs, err := get[T](ctx, e, collection, left)
		if err != nil {
			return err
		}
		writes := make([]Write, len(docs))
		for i := range docs {
			id, version := key(&docs[i])
			if err := edit(&docs[i]); err != nil {
				return err
			}
			*version++
			writes[i] = Write{Op: Replace, ID: id, Version: *version - 1, Doc: &docs[i]}
		}
		results, err := e.Write(ctx, collection, writes)
		if err != nil {
			return failure("write to "+collection, err)
		}
		left = left[:0]
		for i, err := range results {
			switch {
			case err == nil:
			case isDuplicate(err) || errors.Is(err, ErrVersion):
				left = append(left, writes[i].ID)
			default:
				return fmt.Errorf("store: write to %s: %w", collection, err)
			}
		}
		if len(left) > 0 {
			return errAgain
		}
		return nil
	})
}
