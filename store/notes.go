package store

import (
	"context"
	"errors"

	"switchboard/chat"
)

// AddNote keeps a new note. The same note again changes nothing.
func (s *Store) AddNote(ctx context.Context, n chat.Note) error {
	n.Version = 1
	return insertOnce(ctx, s.engine, notes, n.ID, &n)
}

// Note returns one note, a deleted one as well.
func (s *Store) Note(ctx context.Context, id string) (chat.Note, error) {
	return one[chat.Note](ctx, s.engine, notes, id)
}

// UpdateNote is compare-and-swap: edit may run more than once.
func (s *Store) UpdateNote(ctx context.Context, id string, edit func(*chat.Note) error) (chat.Note, error) {
	return update(ctx, s.engine, notes, id, func(n *chat.Note) *int64 { return &n.Version }, edit)
}

// Notes lists the notes of a person, newest first. A person's notes are those of every contact that was merged into theirs:
// pass all ids. Deleted ones are left out, so a page can be shorter than its limit and still have a next one.
func (s *Store) Notes(ctx context.Context, contactIDs []string, page chat.PageRequest) (chat.List[chat.Note], error) {
	q := Query{Where: []Condition{{Path: "contact_id", Is: In, Value: contactIDs}}, Sort: desc("created_at")}
	return list(ctx, s.engine, notes, q, page,
		func(n *chat.Note) bool { return n.DeletedAt.IsZero() }, func(n *chat.Note) []any { return []any{n.CreatedAt, n.ID} })
}

// insertOnce inserts a document whose id makes it the same wherever it comes from: one that is there already stays as it is.
func insertOnce(ctx context.Context, e Engine, collection, id string, doc any) error {
	err := write(ctx, e, collection, []Write{{Op: Insert, ID: id, Doc: doc}})
	if errors.Is(err, errAgain) {
		return nil
	}
	return err
}
