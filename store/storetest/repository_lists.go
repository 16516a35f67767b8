package storetest

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

func ledgerSum(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	events := story()
	bad := events[0]
	bad.ID, bad.Kind, bad.Reason, bad.Position.Offset = chat.EventID("bad"), chat.KindUnreadable, "malformed", 5000
	events = append(events, bad)
	for range 2 {
		apply(t, repo, events...)
		var receipts []chat.Receipt
		for _, e := range events {
			receipts = append(receipts, chat.Receipt{Position: e.Position, Channel: e.Channel, ReceivedAt: e.ReceivedAt, Elements: 1})
		}
		_, err := repo.Apply(t.Context(), nil, receipts...)
		require.NoError(t, err)
		sum, err := repo.LedgerSummary(t.Context(), time.Time{}, time.Time{})
		require.NoError(t, err)
		require.EqualValues(t, len(events), sum.Received)
		require.EqualValues(t, 1, sum.Duplicate)
		require.EqualValues(t, 1, sum.Ignored)
		require.EqualValues(t, 1, sum.Quarantined)
		require.Equal(t, sum.Received, sum.Applied+sum.Duplicate+sum.Ignored+sum.Quarantined)
		require.Equal(t, sum.Summary, sum.Channels[chat.WhatsApp])
	}
	from := base.Add(1005 * time.Second)
	part, err := repo.LedgerSummary(t.Context(), from, from.Add(2*time.Minute))
	require.NoError(t, err)
	require.EqualValues(t, part.Received, part.Applied+part.Duplicate+part.Ignored+part.Quarantined)
	require.Positive(t, part.Received)
	require.Less(t, part.Received, int64(len(events)))
}

func agentEdits(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	id := apply(t, repo, s.text(ada, "m1", 1, "x")).Entries[0].ContactID
	var wg sync.WaitGroup
	for i := range 20 { // twenty agents add a label each while messages arrive: nothing is lost
		wg.Go(func() {
			_, err := repo.UpdateContact(t.Context(), id, func(c *chat.Contact) error {
				return c.AddLabel(fmt.Sprintf("label-%02d", i), "Ada", base)
			})
			if err != nil {
				t.Error(err)
			}
		})
		message := s.text(ada, fmt.Sprintf("n%d", i), 2+i, "y")
		wg.Go(func() {
			if _, err := repo.Apply(t.Context(), []chat.Event{message}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := repo.Contact(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, c.Labels, 20)
	_, err = repo.UpdateContact(t.Context(), "missing", func(*chat.Contact) error { return nil })
	require.ErrorIs(t, err, chat.ErrNotFound)
}

func lists(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	var events []chat.Event
	for i := range 120 {
		e := s.text(person{phone: fmt.Sprintf("+1202555%04d", i)}, fmt.Sprintf("m%d", i), i/10, "text")
		e.ContactName = fmt.Sprintf("Person P%03d", i%7)
		events = append(events, e)
	}
	apply(t, repo, events...)
	for _, sorted := range []chat.ContactSort{chat.ContactsBySeen, chat.ContactsByName, chat.ContactsByCreated, chat.ContactsByOldest} {
		got := all(t, func(r chat.PageRequest) (chat.List[chat.Contact], error) {
			return repo.Contacts(t.Context(), chat.ContactQuery{Sort: sorted, PageRequest: r})
		})
		ids := map[string]bool{}
		for _, c := range got {
			ids[c.ID] = true
		}
		require.Len(t, got, 120, "sort %s", sorted)
		require.Len(t, ids, 120, "sort %s", sorted)
	}
	for _, sorted := range []chat.ConversationSort{chat.ByActivity, chat.ByWaiting, chat.ByCreated, chat.ByOldest} {
		got := all(t, func(r chat.PageRequest) (chat.List[chat.Conversation], error) {
			return repo.Conversations(t.Context(), chat.ConversationQuery{State: chat.StateOpen, Sort: sorted, PageRequest: r})
		})
		require.Len(t, got, 120, "sort %s", sorted)
		require.NotZero(t, got[0].MessageCount, "a row counts the messages it leaves out")
		require.True(t, sort.SliceIsSorted(got, func(i, j int) bool {
			switch sorted {
			case chat.ByActivity:
				return got[i].LastActivityAt.After(got[j].LastActivityAt)
			case chat.ByWaiting:
				return got[i].Waiting.Before(got[j].Waiting)
			case chat.ByCreated:
				return got[i].CreatedAt.After(got[j].CreatedAt)
			default:
				return got[i].CreatedAt.Before(got[j].CreatedAt)
			}
		}), "sort %s", sorted)
	}
	combined(t, repo)
	found, err := repo.Contacts(t.Context(), chat.ContactQuery{Search: "person P003"})
	require.NoError(t, err)
	require.Len(t, found.Items, 17)
	found, err = repo.Contacts(t.Context(), chat.ContactQuery{Search: "+12025550119"})
	require.NoError(t, err)
	require.Len(t, found.Items, 1)
	for _, bad := range []string{"x", "W10", strings.Repeat("A", 5000)} {
		_, err = repo.Contacts(t.Context(), chat.ContactQuery{PageRequest: chat.PageRequest{Cursor: bad}})
		require.ErrorIs(t, err, chat.ErrInvalid)
	}
	for want, q := range map[int64]chat.ConversationQuery{120: {State: chat.StateOpen, Unassigned: true}, 0: {State: chat.StateOpen, Assignee: "nobody"}} {
		n, err := repo.CountConversations(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
}

// combined: filters of the grid narrow each other down.
func combined(t *testing.T, repo *store.Store) {
	t.Helper()
	people, err := repo.Contacts(t.Context(), chat.ContactQuery{PageRequest: chat.PageRequest{Limit: 20}})
	require.NoError(t, err)
	for i, c := range people.Items {
		_, err := repo.UpdateContact(t.Context(), c.ID, func(c *chat.Contact) error {
			if err := c.SetAttribute("Tier", []string{"Gold", "Silver"}[i%2], "", "Ada", base); err != nil || i >= 4 {
				return err
			}
			return c.AddLabel("vip", "Ada", base)
		})
		require.NoError(t, err)
	}
	newest := people.Items[0].LastSeenAt
	for _, c := range []struct {
		q chat.ContactQuery
		n int
	}{
		{chat.ContactQuery{Attribute: "tier"}, 20},
		{chat.ContactQuery{Attribute: " TIER = gold"}, 10},
		{chat.ContactQuery{Attribute: "tier=go"}, 0},
		{chat.ContactQuery{Attribute: "tier=gold", Label: "vip"}, 2},
		{chat.ContactQuery{Label: "vip", Sort: chat.ContactsByName}, 4},
		{chat.ContactQuery{SeenFrom: newest}, 10},
		{chat.ContactQuery{SeenTo: newest}, 110},
		{chat.ContactQuery{SeenFrom: newest, Attribute: "tier=silver", Channel: chat.WhatsApp}, 5},
	} {
		got := all(t, func(r chat.PageRequest) (chat.List[chat.Contact], error) {
			q := c.q
			q.PageRequest = r
			return repo.Contacts(t.Context(), q)
		})
		require.Len(t, got, c.n, "%+v", c.q)
	}
}

// explained asks the engine how it answers each list that the dashboard and the API show.
func explained(t *testing.T, open func(*testing.T) store.Engine, sortsWithoutIndex bool) {
	e := open(t)
	repo := repository(t, e)
	s := &script{}
	var events []chat.Event
	for i := range 300 {
		events = append(events, s.text(person{phone: fmt.Sprintf("+1202555%04d", i)}, fmt.Sprintf("m%d", i), i, "text"))
	}
	somebody := apply(t, repo, events...).Entries[0].ContactID
	watch := &watched{Engine: e}
	repo = repository(t, watch)
	watch.seen = nil // what the repository asks at its start
	ctx := t.Context()
	page, scope := chat.PageRequest{Limit: 20}, chat.Scope{User: "u1", Departments: []string{"sales"}}
	for _, state := range []chat.State{"", chat.StateOpen} {
		for _, sorted := range []chat.ConversationSort{chat.ByActivity, chat.ByWaiting, chat.ByCreated, chat.ByOldest, chat.ByPriority} {
			_, err := repo.Conversations(ctx, chat.ConversationQuery{State: state, Sort: sorted, PageRequest: page})
			require.NoError(t, err)
		}
		for _, q := range []chat.ConversationQuery{
			{Assignee: "u1"},
			{Unassigned: true},
			{Channel: chat.WhatsApp},
			{Labels: []string{"vip", "new"}},
			{ContactIDs: []string{"a", "b"}},
			{Scope: scope},
			{Scope: scope, Unassigned: true},
			{Scope: scope, ContactIDs: []string{"a"}},
			{Department: "sales"},
			{Priority: "urgent"},
			{Priority: "normal"},
			{Flagged: true},
			{IDs: []string{"a", "b"}},
			{OfferedTo: &chat.Offer{User: "u1", Departments: []string{"sales"}}},
			{Scope: scope, Channel: chat.WhatsApp},
			{Scope: scope, Labels: []string{"vip"}},
			{Scope: scope, Department: "sales"},
			{Scope: scope, Priority: "urgent"},
			{Scope: scope, Priority: "normal"},
			{Scope: scope, Flagged: true},
			{Scope: scope, IDs: []string{"a", "b"}},
			{Scope: scope, Sort: chat.ByWaiting},
			{Scope: scope, Sort: chat.ByCreated},
			{Scope: scope, Sort: chat.ByOldest},
			{Scope: scope, Sort: chat.ByPriority},
		} {
			q.State, q.PageRequest = state, page
			_, err := repo.Conversations(ctx, q)
			require.NoError(t, err)
		}
	}
	for _, q := range []chat.ContactQuery{
		{},
		{Sort: chat.ContactsByName},
		{Sort: chat.ContactsByCreated},
		{Sort: chat.ContactsByOldest},
		{Search: "per"},
		{Channel: chat.WhatsApp},
		{Label: "vip"},
		{Country: "US"},
		{Attribute: "tier"},
		{Attribute: "Tier = Gold"},
		{SeenFrom: base},
		{SeenTo: base},
		{Country: "US", SeenFrom: base, SeenTo: base.Add(time.Hour)},
		{SeenFrom: base, Sort: chat.ContactsByName},
		{Search: "per", Label: "vip", Attribute: "tier=gold", Channel: chat.WhatsApp, Country: "US", SeenFrom: base, Sort: chat.ContactsByCreated},
	} {
		q.PageRequest = page
		_, err := repo.Contacts(ctx, q)
		require.NoError(t, err)
	}
	_, err := repo.Merges(ctx, "a", page)
	require.NoError(t, err)
	_, err = repo.Alike(ctx, somebody)
	require.NoError(t, err)
	for _, q := range []chat.LedgerQuery{{}, {RequestID: "r"}, {Verdict: chat.Quarantine}, {From: base, To: base.Add(time.Hour)}} {
		q.PageRequest = page
		_, err := repo.Ledger(ctx, q)
		require.NoError(t, err)
	}
	internalLists(t, repo)
	require.NoError(t, repo.PersonRecords(ctx, somebody, func(string, any) error { return nil }))
	_, err = repo.PlanErasure(ctx, somebody)
	require.NoError(t, err)
	_, err = repo.Erasures(ctx, page)
	require.NoError(t, err)
	require.NoError(t, repo.Tidy(ctx, time.Now()))
	require.NotEmpty(t, watch.seen)
	for _, q := range watch.seen {
		if sortsWithoutIndex && !selects(q.query.Where) {
			t.Logf("%s sorted by %s: this server sorts", q.collection, q.query.Sort[0].Path)
			continue
		}
		index, err := e.Explain(ctx, q.collection, q.query)
		require.NoError(t, err)
		require.NotEmpty(t, index, "%s %+v is answered by a scan", q.collection, q.query)
	}
}

// selects tells whether a condition leads to documents, rather than only leaving some out on the way along the order.
func selects(where []store.Condition) bool {
	return slices.ContainsFunc(where, func(c store.Condition) bool { return c.Is != store.Exists || c.Value == true })
}

type watched struct {
	store.Engine
	mu   sync.Mutex
	seen []watchedQuery
}

type watchedQuery struct {
	collection string
	query      store.Query
}

func (w *watched) Find(ctx context.Context, c string, q store.Query, d store.Decode) error {
	w.mu.Lock()
	w.seen = append(w.seen, watchedQuery{c, q})
	w.mu.Unlock()
	return w.Engine.Find(ctx, c, q, d)
}
