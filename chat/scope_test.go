package chat

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoSeesAConversation(t *testing.T) {
	t.Parallel()
	sales := &User{ID: "ann", Role: RoleAgent, Departments: []string{"sales"}}
	lone := &User{ID: "ben", Role: RoleAgent}
	chief := &User{ID: "cid", Role: RoleSupervisor}
	admin := &User{ID: "dan", Role: RoleAdmin, Departments: []string{"sales"}}
	odd := &User{ID: "eve", Role: "visitor"}
	for _, c := range []struct {
		name         string
		conversation Conversation
		sees         []*User
	}{
		{"without a department: everybody", Conversation{}, []*User{sales, lone, chief, admin, odd}},
		{"without a department, assigned to somebody: still everybody", Conversation{Assignee: "zoe"}, []*User{sales, lone, chief, admin, odd}},
		{"of a department: its members", Conversation{Department: "sales"}, []*User{sales, chief, admin}},
		{"of another department: no agent", Conversation{Department: "legal"}, []*User{chief, admin}},
		{"assigned across departments: its owner", Conversation{Department: "legal", Assignee: "ben"}, []*User{lone, chief, admin}},
		{"offered to a person", Conversation{Department: "legal", Transfer: &Transfer{To: "ben"}}, []*User{lone, chief, admin}},
		{"offered to a department", Conversation{Department: "legal", Transfer: &Transfer{Department: "sales"}}, []*User{sales, chief, admin}},
		{"invited by a tag", Conversation{Department: "legal", Invited: []string{"x", "ben"}}, []*User{lone, chief, admin}},
		{"a department named like a user is no user", Conversation{Department: "ben"}, []*User{chief, admin}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var want []string
			for _, u := range []*User{sales, lone, chief, admin, odd} {
				if s := ScopeOf(u); s.Admits(&c.conversation) {
					got = append(got, u.ID)
				}
			}
			for _, u := range c.sees {
				want = append(want, u.ID)
			}
			require.Equal(t, want, got)
		})
	}
}

func TestAddressFollowsTheConversation(t *testing.T) {
	t.Parallel()
	c := Conversation{Department: "sales", Assignee: "ann", Invited: []string{"ann", "ben"}, Transfer: &Transfer{To: "cid", Department: "legal"}}
	c.Address()
	require.Equal(t, []string{"d:legal", "d:sales", "u:ann", "u:ben", "u:cid"}, c.Audience)
	c.Department, c.Transfer, c.Invited, c.Assignee = "", nil, nil, ""
	c.Address()
	require.Equal(t, []string{"*"}, c.Audience)
}
