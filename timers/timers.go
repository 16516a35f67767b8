// Package timers brings back what was put off: snoozed conversations whose time has come, and offered ones that nobody
// answered.
package timers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"switchboard/chat"
)

// Conversations finds what is due and changes it by compare-and-swap.
type Conversations interface {
	DueConversations(ctx context.Context, at time.Time, limit int) ([]string, error)
	UpdateConversation(ctx context.Context, id string, edit func(*chat.Conversation) error) (chat.Conversation, error)
}

// Publisher tells all open dashboards of all processes that documents changed.
type Publisher interface {
	Publish(ctx context.Context, changes []chat.Change) error
}

const (
	interval = 2 * time.Second // between two looks
	batch    = 100             // of each kind in one look
	patience = 30 * time.Second
)

// Timers looks for what is due. Any number of processes may run it on one store: what one has brought back the others find
// done. Nothing is kept in memory, so a restart forgets nothing.
type Timers struct {
	store   Conversations
	changes Publisher
	log     *slog.Logger
	metrics metrics
	failing bool
}

type metrics struct {
	back   *prometheus.CounterVec
	failed prometheus.Counter
	late   prometheus.Histogram
}

// New prepares the timers; reg may be nil.
func New(store Conversations, changes Publisher, log *slog.Logger, reg prometheus.Registerer) *Timers {
	f := promauto.With(reg)
	t := &Timers{store: store, changes: changes, log: log.With("component", "timers"), metrics: metrics{
		back:   f.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_timers_total", Help: "Conversations brought back because a time had come."}, []string{"what"}),
		failed: f.NewCounter(prometheus.CounterOpts{Name: "switchboard_timers_failures_total", Help: "Looks for what is due that failed and are repeated."}),
		late: f.NewHistogram(prometheus.HistogramOpts{
			Name: "switchboard_timers_lateness_seconds", Help: "From the time something was put off until to the moment it was back.", Buckets: []float64{1, 2, 5, 10, 30, 60, 300, 1800, 3600},
		}),
	}}
	for _, what := range []string{"woken", "returned"} {
		t.metrics.back.WithLabelValues(what)
	}
	return t
}

// Run looks for what is due until ctx ends. A store that cannot be used is asked again at the next look.
func (t *Timers) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		t.attempt(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// attempt is one look. A failure is logged when it begins and when it is over, not at every look in between.
func (t *Timers) attempt(ctx context.Context) {
	look, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := t.look(look)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		t.metrics.failed.Inc()
		if !t.failing {
			t.log.Warn("what is due cannot be brought back, trying again", "err", err)
		}
		t.failing = true
	case t.failing:
		t.failing = false
		t.log.Info("what is due is brought back again")
	}
}

// look brings back everything that is due by now. One conversation that cannot be changed keeps no other from coming back.
func (t *Timers) look(ctx context.Context) error {
	for {
		ids, err := t.store.DueConversations(ctx, time.Now().UTC(), batch)
		if err != nil {
			return fmt.Errorf("timers: look for what is due: %w", err)
		}
		var failed error
		done := 0
		for _, id := range ids {
			if err := t.bringBack(ctx, id); err != nil {
				failed = err
				continue
			}
			done++
		}
		if failed != nil || len(ids) < batch || done == 0 {
			return failed
		}
	}
}

// errDone stops an edit that somebody else has made already.
var errDone = errors.New("timers: nothing to bring back")

func (t *Timers) bringBack(ctx context.Context, id string) error {
	var what []string
	var due, at time.Time
	c, err := t.store.UpdateConversation(ctx, id, func(c *chat.Conversation) error {
		at, due = time.Now().UTC(), c.Due()
		if what = c.BringBack(at); due.IsZero() || due.After(at) {
			return errDone
		}
		return nil
	})
	if errors.Is(err, errDone) || errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("timers: bring back %s: %w", id, err)
	}
	for _, w := range what {
		t.metrics.back.WithLabelValues(w).Inc()
	}
	t.metrics.late.Observe(at.Sub(due).Seconds())
	change := chat.Change{Conversation: c.ID, Contact: c.ContactID, Channel: c.Channel, Account: c.Account, What: []string{"conversation"}, StoredAt: at}
	if err := t.changes.Publish(ctx, []chat.Change{change}); err != nil {
		t.log.Warn("a conversation came back but was not announced", "conversation", c.ID, "err", err)
	}
	return nil
}
