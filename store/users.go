package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"switchboard/chat"
)

// CreateUser adds a user; an e-mail that is taken is chat.ErrConflict.
func (s *Store) CreateUser(ctx context.Context, u chat.User) error {
	u.Email, u.Version = strings.ToLower(u.Email), 1
	err := write(ctx, s.engine, users, []Write{{Op: Insert, ID: u.ID, Doc: &u}})
	if errors.Is(err, errAgain) {
		return fmt.Errorf("store: a user with this e-mail exists: %w", chat.ErrConflict)
	}
	return err
}

// User returns one user.
func (s *Store) User(ctx context.Context, id string) (chat.User, error) {
	return one[chat.User](ctx, s.engine, users, id)
}

// UserByEmail returns the user with this e-mail, in any case.
func (s *Store) UserByEmail(ctx context.Context, email string) (chat.User, error) {
	found, err := find[chat.User](ctx, s.engine, users, Query{Where: []Condition{{Path: "email", Is: Equal, Value: strings.ToLower(email)}}, Limit: 1})
	if err != nil {
		return chat.User{}, err
	}
	if len(found) == 0 {
		return chat.User{}, fmt.Errorf("store: user: %w", chat.ErrNotFound)
	}
	return found[0], nil
}

// Users lists all users by e-mail.
func (s *Store) Users(ctx context.Context) ([]chat.User, error) {
	return find[chat.User](ctx, s.engine, users, Query{Sort: asc("email")})
}

// UpdateUser is compare-and-swap: edit may run more than once.
func (s *Store) UpdateUser(ctx context.Context, id string, edit func(*chat.User) error) (chat.User, error) {
	return update(ctx, s.engine, users, id, func(u *chat.User) *int64 { return &u.Version }, edit)
}

// CreateLogin remembers a signed-in browser.
func (s *Store) CreateLogin(ctx context.Context, l chat.Login) error {
	l.Version = 1
	return write(ctx, s.engine, logins, []Write{{Op: Insert, ID: l.ID, Doc: &l}})
}

// Login returns one login that has not expired.
func (s *Store) Login(ctx context.Context, id string) (chat.Login, error) {
	l, err := one[chat.Login](ctx, s.engine, logins, id)
	if err == nil && !s.now().Before(l.ExpiresAt) {
		return chat.Login{}, fmt.Errorf("store: login expired: %w", chat.ErrNotFound)
	}
	return l, err
}

// UpdateLogin is compare-and-swap: edit may run more than once.
func (s *Store) UpdateLogin(ctx context.Context, id string, edit func(*chat.Login) error) (chat.Login, error) {
	return update(ctx, s.engine, logins, id, func(l *chat.Login) *int64 { return &l.Version }, edit)
}

// DeleteLogin signs a browser out; one that is gone is no error.
func (s *Store) DeleteLogin(ctx context.Context, id string) error {
	return write(ctx, s.engine, logins, []Write{{Op: Delete, ID: id}})
}

const settingsID = "workspace"

// Settings returns the workspace's settings; defaults when none were saved.
func (s *Store) Settings(ctx context.Context) (chat.Settings, error) {
	v, err := one[chat.Settings](ctx, s.engine, settings, settingsID)
	if errors.Is(err, chat.ErrNotFound) {
		return chat.Settings{ID: settingsID}, nil
	}
	return v, err
}

// UpdateSettings is compare-and-swap: edit gets the newest settings and may run more than once.
func (s *Store) UpdateSettings(ctx context.Context, edit func(*chat.Settings) error) (chat.Settings, error) {
	var doc chat.Settings
	err := again(ctx, func() (err error) {
		if doc, err = s.Settings(ctx); err != nil {
			return err
		}
		if err := edit(&doc); err != nil {
			return err
		}
		doc.Version++
		w := Write{Op: Replace, ID: settingsID, Version: doc.Version - 1, Doc: &doc}
		if doc.Version == 1 {
			w.Op = Insert
		}
		return write(ctx, s.engine, settings, []Write{w})
	})
	return doc, err
}
