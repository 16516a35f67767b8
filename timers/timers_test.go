package timers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// memory is a store with the promises the timers rely on: compare-and-swap, and finding what is due.
type memory struct {
	mu        sync.Mutex
	all       map[string]chat.Conversation
	broken    error  // every call fails with it
	stuck     string // this one cannot be changed
	writes    int
	published []chat.Change
}

func (m *memory) DueConversations(_ context.Context, at time.Time, limit int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id, c := range m.all {
		if due := c.Due(); !due.IsZero() && !due.After(at) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, m.broken
}

func (m *memory) UpdateConversation(_ context.Context, id string, edit func(*chat.Conversation) error) (chat.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.all[id]
	if m.broken != nil || id == m.stuck {
		return c, errors.Join(m.broken, chat.ErrUnavailable)
	}
	if err := edit(&c); err != nil {
		return c, err
	}
	m.writes++
	m.all[id] = c
	return c, nil
}

func (m *memory) Publish(_ context.Context, changes []chat.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.published = append(m.published, changes...)
	return nil
}

func (m *memory) look(id string) chat.Conversation {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[id]
}

// snoozed makes n conversations that sleep for an hour.
func snoozed(t *testing.T, n int) *memory {
	t.Helper()
	m := &memory{all: map[string]chat.Conversation{}}
	for i := range n {
		c := chat.Conversation{ID: fmt.Sprint("c", i), ContactID: "p", State: chat.StateOpen}
		require.NoError(t, c.Snooze(time.Now().Add(time.Hour), "Ada", time.Now()))
		m.all[c.ID] = c
	}
	return m
}

// run starts n timers over one store, as n processes would.
func run(t *testing.T, m *memory, n int) []*Timers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	var list []*Timers
	for range n {
		timers := New(m, m, slog.New(slog.DiscardHandler), nil)
		list = append(list, timers)
		wait.Go(func() { require.NoError(t, timers.Run(ctx)) })
	}
	t.Cleanup(func() { cancel(); wait.Wait() })
	return list
}

func TestTimeWakesASnoozedConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := snoozed(t, 1)
		timers := run(t, m, 1)
		time.Sleep(time.Hour - time.Minute)
		synctest.Wait()
		require.Equal(t, chat.StateSnoozed, m.look("c0").State)
		time.Sleep(time.Minute + interval)
		synctest.Wait()
		require.Equal(t, chat.StateOpen, m.look("c0").State)
		require.Len(t, m.published, 1, "open dashboards are told")
		require.Equal(t, "c0", m.published[0].Conversation)
		require.InDelta(t, 1, testutil.ToFloat64(timers[0].metrics.back.WithLabelValues("woken")), 0)
		time.Sleep(time.Hour)
		require.Equal(t, 1, m.writes, "nothing is written where nothing is due")
	})
}

func TestAnOfferNobodyAnswersComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := chat.Conversation{ID: "c", State: chat.StateOpen}
		require.NoError(t, c.Offer(chat.Transfer{From: "u-ada", To: "u-bo", ToName: "Bo"}, time.Minute, time.Now()))
		m := &memory{all: map[string]chat.Conversation{"c": c}}
		timers := run(t, m, 1)
		time.Sleep(time.Minute + interval)
		synctest.Wait()
		require.Nil(t, m.look("c").Transfer)
		require.Equal(t, "u-ada", m.look("c").Assignee)
		require.InDelta(t, 1, testutil.ToFloat64(timers[0].metrics.back.WithLabelValues("returned")), 0)
	})
}

func TestSeveralProcessesBringEachBackOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := snoozed(t, 3*batch)
		run(t, m, 4)
		time.Sleep(time.Hour + interval)
		synctest.Wait()
		require.Equal(t, 3*batch, m.writes)
		for id, c := range m.all {
			require.Equal(t, chat.StateOpen, c.State, id)
			require.Len(t, c.Timeline, 2, "snoozed, woken")
		}
	})
}

func TestAStoreThatFailsIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := snoozed(t, 1)
		m.broken = chat.ErrUnavailable
		timers := run(t, m, 1)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Positive(t, testutil.ToFloat64(timers[0].metrics.failed))
		m.mu.Lock()
		m.broken = nil
		m.mu.Unlock()
		time.Sleep(interval)
		synctest.Wait()
		require.Equal(t, chat.StateOpen, m.look("c0").State)
	})
}

func TestOneThatCannotBeChangedHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := snoozed(t, 3)
		m.stuck = "c1"
		run(t, m, 1)
		time.Sleep(time.Hour + interval)
		synctest.Wait()
		require.Equal(t, chat.StateOpen, m.look("c0").State)
		require.Equal(t, chat.StateSnoozed, m.look("c1").State)
		require.Equal(t, chat.StateOpen, m.look("c2").State)
	})
}
