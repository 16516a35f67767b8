package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchboard/chat"
	"switchboard/dashboard"
	"switchboard/store"
)

// defaultAdmin signs in where no e-mail is configured.
const defaultAdmin = "admin@switchboard.local"

// firstAdmin makes the configured administrator when it is missing, or, where none is configured and there is no user at
// all, one with a password that is shown once.
func firstAdmin(ctx context.Context, s *store.Store, c *config, say func(string, ...any)) error {
	if c.AdminEmail != "" {
		if _, err := s.UserByEmail(ctx, c.AdminEmail); !errors.Is(err, chat.ErrNotFound) {
			return err // there already, and not worth hashing a password for
		}
		err := addUser(ctx, s, newUser{Email: c.AdminEmail, Name: "Administrator", Role: chat.RoleAdmin, Password: string(c.AdminPassword)})
		if errors.Is(err, chat.ErrConflict) {
			return nil
		}
		return err
	}
	users, err := s.Users(ctx)
	if err != nil || len(users) > 0 {
		return err
	}
	password := dashboard.NewPassword()
	err = addUser(ctx, s, newUser{Email: defaultAdmin, Name: "Administrator", Role: chat.RoleAdmin, Password: password})
	if errors.Is(err, chat.ErrConflict) {
		return nil // another process was faster and shows its password
	}
	if err != nil {
		return err
	}
	say("\n  First start. Sign in as   %s\n             with password   %s\n  It is shown this once; add people with `switchboard user add`.\n\n", defaultAdmin, password)
	return nil
}

// A newUser is somebody who will sign in.
type newUser struct {
	Email, Name, Password string
	Role                  chat.Role
}

// isEmail tells whether a person may sign in with it: an address alone, without a name.
func isEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}

func addUser(ctx context.Context, s *store.Store, u newUser) error {
	if !isEmail(u.Email) {
		return fmt.Errorf("%q is not an e-mail address: write it as sam@example.com", u.Email)
	}
	hash, err := dashboard.HashPassword(u.Password)
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Email, err)
	}
	name := strings.TrimSpace(u.Name)
	if name == "" {
		name, _, _ = strings.Cut(u.Email, "@")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("user %s: %w", u.Email, err)
	}
	return s.CreateUser(ctx, chat.User{
		ID: id.String(), Email: u.Email, Name: name, Role: u.Role, PasswordHash: hash, CreatedAt: time.Now().UTC().Truncate(time.Millisecond),
	})
}
