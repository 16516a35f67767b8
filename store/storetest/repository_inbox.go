package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// inboxFilters checks every filter, and that they combine, against conversations that differ in all of them.
func inboxFilters(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	set := func(n int, edit func(*chat.Conversation)) string {
		id := apply(t, repo, s.text(person{phone: fmt.Sprintf("+1202555%04d", n)}, fmt.Sprintf("m%d", n), n, "text")).Entries[0].ConversationID
		_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error { edit(c); return nil })
		require.NoError(t, err)
		return id
	}
	plain := set(0, func(*chat.Conversation) {})
	sales := set(1, func(c *chat.Conversation) { c.Department, c.Labels, c.Flagged = "sales", []string{"new", "vip"}, true })
	urgent := set(2, func(c *chat.Conversation) { c.Department, c.Priority, c.Labels = "sales", "urgent", []string{"vip"} })
	toMe := set(3, func(c *chat.Conversation) {
		c.Transfer = &chat.Transfer{From: "u2", To: "u1", At: base, ExpiresAt: base}
	})
	toUs := set(4, func(c *chat.Conversation) {
		c.Transfer, c.Assignee = &chat.Transfer{From: "u2", Department: "sales", At: base, ExpiresAt: base}, "u2"
	})
	me := &chat.Offer{User: "u1", Departments: []string{"sales", "support"}}
	for name, c := range map[string]struct {
		q    chat.ConversationQuery
		want []string
	}{
		"department":                  {chat.ConversationQuery{Department: "sales"}, []string{sales, urgent}},
		"one label":                   {chat.ConversationQuery{Labels: []string{"vip"}}, []string{sales, urgent}},
		"several labels":              {chat.ConversationQuery{Labels: []string{"vip", "new"}}, []string{sales}},
		"priority":                    {chat.ConversationQuery{Priority: "urgent"}, []string{urgent}},
		"normal priority":             {chat.ConversationQuery{Priority: "normal"}, []string{plain, sales, toMe, toUs}},
		"flagged":                     {chat.ConversationQuery{Flagged: true}, []string{sales}},
		"assignee":                    {chat.ConversationQuery{Assignee: "u2"}, []string{toUs}},
		"offered to me":               {chat.ConversationQuery{OfferedTo: me}, []string{toMe, toUs}},
		"offered to somebody else":    {chat.ConversationQuery{OfferedTo: &chat.Offer{User: "u9"}}, nil},
		"offered and unassigned":      {chat.ConversationQuery{OfferedTo: me, Unassigned: true}, []string{toMe}},
		"named ones":                  {chat.ConversationQuery{IDs: []string{plain, toMe, "gone"}}, []string{plain, toMe}},
		"named and offered":           {chat.ConversationQuery{IDs: []string{plain, toMe}, OfferedTo: me}, []string{toMe}},
		"none named":                  {chat.ConversationQuery{IDs: []string{}}, nil},
		"department, label, priority": {chat.ConversationQuery{State: chat.StateOpen, Department: "sales", Labels: []string{"vip"}, Priority: "urgent", Channel: chat.WhatsApp}, []string{urgent}},
		"nothing fits all":            {chat.ConversationQuery{Department: "sales", Priority: "low"}, nil},
	} {
		for _, sorted := range []chat.ConversationSort{chat.ByActivity, chat.ByPriority, chat.ByCreated} {
			c.q.Sort = sorted
			var got []string
			for _, found := range all(t, func(r chat.PageRequest) (chat.List[chat.Conversation], error) {
				c.q.PageRequest = r
				return repo.Conversations(t.Context(), c.q)
			}) {
				got = append(got, found.ID)
			}
			require.ElementsMatch(t, c.want, got, "%s by %s", name, sorted)
		}
		n, err := repo.CountConversations(t.Context(), c.q)
		require.NoError(t, err)
		require.EqualValues(t, len(c.want), n, name)
	}
}

// priorityOrder: urgent, high, normal, low, each by newest activity, over pages of every size.
func priorityOrder(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	ranks := []string{"low", "", "urgent", "high", ""}
	for n := range 23 {
		id := apply(t, repo, s.text(person{phone: fmt.Sprintf("+1202555%04d", n)}, fmt.Sprintf("m%d", n), n, "text")).Entries[0].ConversationID
		_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error { return c.SetPriority(ranks[n%len(ranks)], "Agent", base) })
		require.NoError(t, err)
	}
	order := []string{"urgent", "high", "", "low"}
	for _, size := range []int{1, 4, 5, 7, 50} {
		var got []chat.Conversation
		for r, first := (chat.PageRequest{Limit: size}), true; first || r.Cursor != ""; first = false {
			l, err := repo.Conversations(t.Context(), chat.ConversationQuery{State: chat.StateOpen, Sort: chat.ByPriority, PageRequest: r})
			require.NoError(t, err)
			require.LessOrEqual(t, len(l.Items), size)
			got, r.Cursor = append(got, l.Items...), l.Next
		}
		require.Len(t, got, 23, "pages of %d", size)
		require.True(t, slices.IsSortedFunc(got, func(a, b chat.Conversation) int {
			if d := slices.Index(order, a.Priority) - slices.Index(order, b.Priority); d != 0 {
				return d
			}
			return b.LastActivityAt.Compare(a.LastActivityAt)
		}), "pages of %d", size)
	}
	for _, bad := range []string{"x", "WyI5Iix7InQiOjF9LCJhIl0", "WyItMSIseyJ0IjoxfSwiYSJd"} { // part 9, part -1
		_, err := repo.Conversations(t.Context(), chat.ConversationQuery{Sort: chat.ByPriority, PageRequest: chat.PageRequest{Cursor: bad}})
		require.ErrorIs(t, err, chat.ErrInvalid)
	}
}

// savedViews: everybody sees their own and shared ones, in order.
func savedViews(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	ctx := t.Context()
	boss, agent := &chat.User{ID: "u1", Role: chat.RoleSupervisor}, &chat.User{ID: "u2", Role: chat.RoleAgent}
	create := func(id string, owner *chat.User, order int) {
		v, err := chat.NewView(id, "View "+id, owner, chat.ViewFilter{State: chat.StateOpen, Labels: []string{"vip"}}, order, base)
		require.NoError(t, err)
		require.NoError(t, repo.CreateView(ctx, v))
	}
	names := func(user string) []string {
		list, err := repo.Views(ctx, user)
		require.NoError(t, err)
		var ids []string
		for _, v := range list {
			ids = append(ids, v.ID)
		}
		return ids
	}
	create("b", agent, 1)
	create("a", agent, 0)
	create("s", boss, 0)
	require.Equal(t, []string{"a", "b"}, names("u2"))
	require.Equal(t, []string{"s"}, names("u1"))
	_, err := repo.UpdateView(ctx, "s", func(v *chat.SavedView) error { return v.Share(true, boss) })
	require.NoError(t, err)
	require.Equal(t, []string{"s", "a", "b"}, names("u2"), "shared ones first")
	v, err := repo.View(ctx, "s")
	require.NoError(t, err)
	require.Equal(t, []string{"vip"}, v.Filter.Labels)
	require.ErrorIs(t, repo.CreateView(ctx, v), chat.ErrConflict)
	require.NoError(t, repo.DeleteView(ctx, "a"))
	require.NoError(t, repo.DeleteView(ctx, "a"))
	require.Equal(t, []string{"s", "b"}, names("u2"))
	_, err = repo.View(ctx, "a")
	require.ErrorIs(t, err, chat.ErrNotFound)
	for n := range chat.MaxViews - 1 {
		create(fmt.Sprint("more", n), agent, n)
	}
	err = repo.CreateView(ctx, chat.SavedView{ID: "too many", Owner: "u2", Name: "x"})
	require.ErrorIs(t, err, chat.ErrInvalid)
}
