package store

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// maxViews bounds how many views one answer lists: what one owner may have, and as many shared ones.
const maxViews = 4 * chat.MaxViews

// Views lists the views a user sees: shared ones first, then their own, each in their order.
func (s *Store) Views(ctx context.Context, user string) ([]chat.SavedView, error) {
	var own, shared []chat.SavedView
	err := together(
		func() (err error) {
			own, err = find[chat.SavedView](ctx, s.engine, views, Query{Where: []Condition{{Path: "owner", Is: Equal, Value: user}}, Limit: maxViews})
			return err
		},
		func() (err error) {
			shared, err = find[chat.SavedView](ctx, s.engine, views, Query{Where: []Condition{{Path: "shared", Is: Equal, Value: true}}, Limit: maxViews})
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	for i := range own {
		if !own[i].Shared {
			shared = append(shared, own[i])
		}
	}
	chat.SortViews(shared)
	return shared, nil
}

// View returns one view.
func (s *Store) View(ctx context.Context, id string) (chat.SavedView, error) {
	return one[chat.SavedView](ctx, s.engine, views, id)
}

// CreateView keeps a view. Of one owner there are at most chat.MaxViews: one more is chat.ErrInvalid.
func (s *Store) CreateView(ctx context.Context, v chat.SavedView) error {
	n, err := s.engine.Count(ctx, views, []Condition{{Path: "owner", Is: Equal, Value: v.Owner}}, chat.MaxViews)
	if err != nil {
		return failure("count views", err)
	}
	if n >= chat.MaxViews {
		return &chat.InputError{Field: "name", Message: fmt.Sprintf("At most %d views are possible. Delete one first.", chat.MaxViews)}
	}
	v.Version = 1
	err = write(ctx, s.engine, views, []Write{{Op: Insert, ID: v.ID, Doc: &v}})
	if errors.Is(err, errAgain) {
		return fmt.Errorf("store: a view with this id exists: %w", chat.ErrConflict)
	}
	return err
}

// UpdateView is compare-and-swap: edit may run more than once. Its error is returned as it is.
func (s *Store) UpdateView(ctx context.Context, id string, edit func(*chat.SavedView) error) (chat.SavedView, error) {
	return update(ctx, s.engine, views, id, func(v *chat.SavedView) *int64 { return &v.Version }, edit)
}

// DeleteView removes a view; one that is gone is no error.
func (s *Store) DeleteView(ctx context.Context, id string) error {
	return write(ctx, s.engine, views, []Write{{Op: Delete, ID: id}})
}
