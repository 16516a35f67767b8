package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// lastAdmin: however administrators demote and disable each other, one who may sign in remains.
func lastAdmin(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	for i := range 6 {
		require.NoError(t, repo.CreateUser(t.Context(), chat.User{ID: fmt.Sprint("u", i), Email: fmt.Sprintf("u%d@example.com", i), Name: "x", Role: chat.RoleAdmin, CreatedAt: base}))
	}
	parallel(t, 6, func(n int) error {
		_, err := repo.ChangeUser(t.Context(), fmt.Sprint("u", n), func(u *chat.User) error {
			if n%2 == 0 {
				u.Disable(base)
				return nil
			}
			u.Role = chat.RoleAgent
			return nil
		})
		if _, refused := chat.IsInput(err); refused {
			return nil
		}
		return err
	})
	users, err := repo.Users(t.Context())
	require.NoError(t, err)
	var left []string
	for i := range users {
		if users[i].Administers() {
			left = append(left, users[i].ID)
		}
	}
	require.NotEmpty(t, left)
	for _, id := range left[1:] {
		_, err := repo.ChangeUser(t.Context(), id, func(u *chat.User) error { u.Disable(base); return nil })
		require.NoError(t, err)
	}
	_, err = repo.ChangeUser(t.Context(), left[0], func(u *chat.User) error { u.Role = chat.RoleSupervisor; return nil })
	require.ErrorIs(t, err, chat.ErrInvalid)
	u, err := repo.User(t.Context(), left[0])
	require.NoError(t, err)
	require.True(t, u.Administers())
}

// loginsOfAUser lists where one person is signed in, newest first.
func loginsOfAUser(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	now := time.Now()
	for i := range 5 {
		user, expires := "ann", now.Add(time.Hour)
		if i == 3 {
			user = "ben"
		}
		if i == 4 {
			expires = now.Add(-time.Hour)
		}
		require.NoError(t, repo.CreateLogin(t.Context(), chat.Login{ID: fmt.Sprint("l", i), UserID: user, CreatedAt: now.Add(time.Duration(i) * time.Minute), ExpiresAt: expires}))
	}
	found, err := repo.LoginsOf(t.Context(), "ann")
	require.NoError(t, err)
	var ids []string
	for _, l := range found {
		ids = append(ids, l.ID)
	}
	require.Equal(t, []string{"l2", "l1", "l0"}, ids)
}

// departmentGoes: its conversations move, closed ones too, and open offers to it go back.
func departmentGoes(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	var events []chat.Event
	for i := range 40 {
		events = append(events, s.text(person{phone: fmt.Sprintf("+1202555%04d", i)}, fmt.Sprintf("m%d", i), i, "text"))
	}
	apply(t, repo, events...)
	list, err := repo.Conversations(t.Context(), chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: chat.PageRequest{Limit: 100}})
	require.NoError(t, err)
	for i, c := range list.Items {
		_, err := repo.UpdateConversation(t.Context(), c.ID, func(c *chat.Conversation) error {
			switch i % 4 {
			case 0:
				c.Department = "sales"
			case 1:
				c.Department = "sales"
				return c.SetState(chat.StateClosed, "x", base)
			case 2:
				c.Transfer = &chat.Transfer{From: "ann", Department: "sales", At: base, ExpiresAt: base}
			}
			return nil
		})
		require.NoError(t, err)
	}
	n, err := repo.DepartmentSize(t.Context(), "sales")
	require.NoError(t, err)
	require.EqualValues(t, 30, n)
	moved, more, err := repo.LeaveDepartment(t.Context(), "sales", chat.Department{ID: "legal", Name: "Legal"}, "Ada")
	require.NoError(t, err)
	require.Equal(t, 30, moved)
	require.False(t, more)
	n, err = repo.DepartmentSize(t.Context(), "sales")
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = repo.DepartmentSize(t.Context(), "legal")
	require.NoError(t, err)
	require.EqualValues(t, 20, n)
	offered, err := repo.Conversation(t.Context(), list.Items[2].ID)
	require.NoError(t, err)
	require.Nil(t, offered.Transfer)
	require.Equal(t, "ann", offered.Assignee)
}
