package store

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"switchboard/chat"
)

// ChangeUser is UpdateUser for edits of roles and of who may sign in: one that leaves no administrator is taken back, and is
// chat.LastAdmin. So it is too when two administrators demote each other at the same moment.
func (s *Store) ChangeUser(ctx context.Context, id string, edit func(*chat.User) error) (chat.User, error) {
	var before chat.User
	after, err := s.UpdateUser(ctx, id, func(u *chat.User) error {
		before = *u
		return edit(u)
	})
	if err != nil || !before.Administers() || after.Administers() {
		return after, err
	}
	all, err := s.Users(ctx)
	if err != nil {
		return after, err
	}
	for i := range all {
		if all[i].Administers() {
			return after, nil
		}
	}
	_, err = s.UpdateUser(ctx, id, func(u *chat.User) error {
		u.Role, u.DisabledAt = before.Role, before.DisabledAt
		return nil
	})
	if err != nil {
		return after, err
	}
	return chat.User{}, chat.LastAdmin()
}

// LoginsOf lists where a user is signed in, newest first.
func (s *Store) LoginsOf(ctx context.Context, userID string) ([]chat.Login, error) {
	found, err := find[chat.Login](ctx, s.engine, logins, Query{Where: []Condition{{Path: "user_id", Is: Equal, Value: userID}}})
	if err != nil {
		return nil, err
	}
	var live []chat.Login
	for i := range found {
		if s.now().Before(found[i].ExpiresAt) {
			live = append(live, found[i])
		}
	}
	slices.SortFunc(live, func(a, b chat.Login) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return live, nil
}

// How many conversations leave a department in one call, and how many at a time.
const (
	leaveMost     = 2000
	leaveParallel = 8
)

// LeaveDepartment moves the conversations of a department to another one, or to none, and takes back open offers to it. It
// moves at most 2,000 and reports whether there are more.
func (s *Store) LeaveDepartment(ctx context.Context, from string, to chat.Department, by string) (moved int, more bool, err error) {
	found, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
		Where: []Condition{{Path: "audience", Is: Equal, Value: chat.DepartmentKey(from)}}, Limit: leaveMost + 1, Only: []string{"contact_id"},
	})
	if err != nil {
		return 0, false, err
	}
	if more = len(found) > leaveMost; more {
		found = found[:leaveMost]
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(leaveParallel)
	var mu sync.Mutex
	for i := range found {
		work.Go(func() error {
			_, err := s.UpdateConversation(ctx, found[i].ID, func(c *chat.Conversation) error {
				c.LeaveDepartment(from, to, by, s.now())
				return nil
			})
			if err == nil {
				mu.Lock()
				moved++
				mu.Unlock()
			}
			return err
		})
	}
	err = work.Wait()
	return moved, more, err
}

// DepartmentSize counts the conversations of a department, closed ones and those offered to it included, up to 1,000.
func (s *Store) DepartmentSize(ctx context.Context, id string) (int64, error) {
	n, err := s.engine.Count(ctx, conversations, []Condition{{Path: "audience", Is: Equal, Value: chat.DepartmentKey(id)}}, countLimit)
	if err != nil {
		return 0, failure("count a department", err)
	}
	return n, nil
}
