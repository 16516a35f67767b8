package storetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// scopedLists: what a scope leaves in a list and in a count is what it admits one by one.
func scopedLists(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	var events []chat.Event
	for i := range 60 {
		events = append(events, s.text(person{phone: fmt.Sprintf("+1202555%04d", i)}, fmt.Sprintf("m%d", i), i, "text"))
	}
	apply(t, repo, events...)
	stranger, err := repo.CountConversations(t.Context(), chat.ConversationQuery{Scope: chat.Scope{User: "zoe"}})
	require.NoError(t, err)
	require.EqualValues(t, 60, stranger, "what has just come in is everybody's")
	list := func(q chat.ConversationQuery) []chat.Conversation {
		return all(t, func(r chat.PageRequest) (chat.List[chat.Conversation], error) {
			q.PageRequest = r
			return repo.Conversations(t.Context(), q)
		})
	}
	for i, c := range list(chat.ConversationQuery{Sort: chat.ByOldest}) {
		_, err := repo.UpdateConversation(t.Context(), c.ID, func(c *chat.Conversation) error {
			c.Department = []string{"", "sales", "legal"}[i%3]
			c.Assignee = []string{"", "", "ann", "ben"}[i%4]
			switch {
			case i%5 == 1:
				c.Transfer = &chat.Transfer{From: "x", To: "ben", At: base, ExpiresAt: base}
			case i%5 == 2:
				c.Transfer = &chat.Transfer{From: "x", Department: "sales", At: base, ExpiresAt: base}
			case i%7 == 3:
				c.Invited = []string{"ann"}
			}
			return nil
		})
		require.NoError(t, err)
	}
	everything := list(chat.ConversationQuery{})
	require.Len(t, everything, 60)
	for name, scope := range map[string]chat.Scope{
		"everything": {}, "ann of sales": {User: "ann", Departments: []string{"sales"}}, "ben of nothing": {User: "ben"},
		"a stranger of two": {User: "zoe", Departments: []string{"legal", "sales"}}, "a stranger of an unknown one": {User: "zoe", Departments: []string{"gone"}},
	} {
		admitted, unassigned := map[string]bool{}, 0
		for i := range everything {
			if scope.Admits(&everything[i]) {
				admitted[everything[i].ID] = true
				if everything[i].Assignee == "" {
					unassigned++
				}
			}
		}
		for _, sorted := range []chat.ConversationSort{chat.ByActivity, chat.ByWaiting, chat.ByCreated} {
			got := list(chat.ConversationQuery{Scope: scope, Sort: sorted})
			require.Len(t, got, len(admitted), "%s, by %s", name, sorted)
			for i := range got {
				require.True(t, admitted[got[i].ID], name)
			}
		}
		require.Len(t, list(chat.ConversationQuery{Scope: scope, Unassigned: true}), unassigned, name)
		require.EqualValues(t, len(admitted), countOpen(t, repo, chat.ConversationQuery{Scope: scope}), name)
		require.EqualValues(t, unassigned, countOpen(t, repo, chat.ConversationQuery{Scope: scope, Unassigned: true}), name)
	}
}

func countOpen(t *testing.T, repo *store.Store, q chat.ConversationQuery) int64 {
	t.Helper()
	q.State = chat.StateOpen
	n, err := repo.CountConversations(t.Context(), q)
	require.NoError(t, err)
	return n
}
