package seed_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/cmd/internal/seed"
	"switchboard/store"
	"switchboard/store/sqlite"
)

var until = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func filled(t *testing.T, number uint64) (*store.Store, seed.Result) {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "switchboard.db"), slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close(context.Background())) })
	s, err := store.New(t.Context(), engine, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	told := 0
	result, err := seed.Fill(t.Context(), s, seed.Spec{
		Conversations: 300, Contacts: 60, MessagesPer: 4, Seed: number, Until: until, Labels: []string{"a", "b"}, Progress: func(n int) { told = n },
		Agents: []chat.User{{ID: "u1", Name: "Ada"}, {ID: "u2", Name: "Ben"}}, Departments: []chat.Department{{ID: "sales", Name: "Sales"}},
	})
	require.NoError(t, err)
	require.Equal(t, 300, told)
	return s, result
}

func list(t *testing.T, s *store.Store) []chat.Conversation {
	t.Helper()
	l, err := s.Conversations(t.Context(), chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: chat.PageRequest{Limit: 500}})
	require.NoError(t, err)
	return l.Items
}

func TestSeedingMakesABusyDesk(t *testing.T) {
	t.Parallel()
	s, result := filled(t, 1)
	conversations := list(t, s)
	require.Len(t, conversations, 300)
	states, channels, messages := map[chat.State]int{}, map[chat.Channel]int{}, int64(0)
	for _, c := range conversations {
		states[c.State]++
		channels[c.Channel]++
		messages += c.MessageCount
		require.False(t, c.LastActivityAt.After(until))
	}
	require.Len(t, states, 4, "every state: %v", states)
	require.Len(t, channels, 3, "every channel: %v", channels)
	require.EqualValues(t, result.Messages, messages, "every message is in a conversation")
	require.InDelta(t, 300*4, messages, 600)
	require.Len(t, result.Long, 3)
	long, err := s.Messages(t.Context(), result.Long[0].Conversation, "", 500)
	require.NoError(t, err)
	require.Len(t, long.Items, 80, "a long conversation has older pages")
	found, err := s.SearchMessages(t.Context(), chat.SearchQuery{Text: "order"})
	require.NoError(t, err)
	require.NotEmpty(t, found.Items)
	notes, err := s.SearchNotes(t.Context(), chat.SearchQuery{Text: "invoice company"})
	require.NoError(t, err)
	require.NotEmpty(t, notes.Items)
}

func TestSeededHandOversAreTakenUnlessTheirConversationGoesOn(t *testing.T) {
	t.Parallel()
	s, _ := filled(t, 1)
	var people []string
	for _, c := range list(t, s) {
		people = append(people, c.ContactID)
	}
	found, err := s.Escalations(t.Context(), people, chat.PageRequest{Limit: 500})
	require.NoError(t, err)
	require.Len(t, found.Items, 8, "one of forty, counted from the newest")
	waiting := 0
	for _, e := range found.Items {
		c, err := s.Conversation(t.Context(), e.ConversationID)
		require.NoError(t, err)
		require.NotEmpty(t, e.Reason)
		require.Equal(t, c.ContactID, e.ContactID)
		require.Equal(t, c.State == chat.StateClosed, e.TakenByID != "")
		require.Contains(t, c.Timeline, chat.TimelineEntry{ID: chat.EventID("timeline", e.ID, "escalated"), Type: "escalated", At: e.At, Text: e.Reason})
		if e.TakenByID == "" {
			waiting++
		} else {
			require.True(t, e.TakenAt.Before(c.ClosedAt))
		}
	}
	require.Positive(t, waiting)
	require.Less(t, waiting, len(found.Items))
}

func TestTheSameSeedMakesTheSame(t *testing.T) {
	t.Parallel()
	a, _ := filled(t, 7)
	b, _ := filled(t, 7)
	other, _ := filled(t, 8)
	require.Empty(t, cmp.Diff(list(t, a), list(t, b)))
	require.NotEqual(t, list(t, a)[0].ID, list(t, other)[0].ID)
}

func TestNothingIsNoSeed(t *testing.T) {
	t.Parallel()
	_, err := seed.Fill(t.Context(), nil, seed.Spec{Conversations: 1, Contacts: 0, MessagesPer: 1})
	require.ErrorIs(t, err, chat.ErrInvalid)
}
