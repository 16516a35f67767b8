package store

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"switchboard/chat"
)

// Measure returns the engine with every call timed and its failures counted. reg may be nil. One result per write that says
// "duplicate" or "stale" is an answer, not a failure, and so is a call whose caller gave up.
func Measure(e Engine, reg prometheus.Registerer) Engine {
	f := promauto.With(reg)
	m := &measured{
		Engine: e,
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "switchboard_store_operation_duration_seconds", Help: "How long a call of the store's engine took.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 18),
		}, []string{"engine", "operation"}),
		errors: f.NewCounterVec(prometheus.CounterOpts{
			Name: "switchboard_store_operation_errors_total", Help: "Calls of the store's engine that failed.",
		}, []string{"engine", "operation"}),
	}
	for _, operation := range []string{"ensure", "get", "find", "count", "search", "write", "write_all", "explain", "ping", "sync"} {
		m.duration.WithLabelValues(e.Name(), operation)
		m.errors.WithLabelValues(e.Name(), operation)
	}
	return m
}

type measured struct {
	Engine
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
}

func (m *measured) observe(operation string, started time.Time, err error) {
	m.duration.WithLabelValues(m.Name(), operation).Observe(time.Since(started).Seconds())
	if err != nil && !errors.Is(err, context.Canceled) {
		m.errors.WithLabelValues(m.Name(), operation).Inc()
	}
}

func (m *measured) Ensure(ctx context.Context, collections []Collection) error {
	started := time.Now()
	err := m.Engine.Ensure(ctx, collections)
	m.observe("ensure", started, err)
	return err
}

func (m *measured) Get(ctx context.Context, collection string, ids []string, decode Decode) error {
	started := time.Now()
	err := m.Engine.Get(ctx, collection, ids, decode)
	m.observe("get", started, err)
	return err
}

func (m *measured) Find(ctx context.Context, collection string, q Query, decode Decode) error {
	started := time.Now()
	err := m.Engine.Find(ctx, collection, q, decode)
	m.observe("find", started, err)
	return err
}

func (m *measured) Count(ctx context.Context, collection string, filter []Condition, limit int64) (int64, error) {
	started := time.Now()
	n, err := m.Engine.Count(ctx, collection, filter, limit)
	m.observe("count", started, err)
	return n, err
}

func (m *measured) Search(ctx context.Context, collection string, q TextQuery, decode Decode) error {
	started := time.Now()
	err := m.Engine.Search(ctx, collection, q, decode)
	m.observe("search", started, err)
	return err
}

func (m *measured) Write(ctx context.Context, collection string, writes []Write) ([]error, error) {
	started := time.Now()
	results, err := m.Engine.Write(ctx, collection, writes)
	m.observe("write", started, err)
	return results, err
}

func (m *measured) WriteAll(ctx context.Context, groups []Group) (int, error) {
	started := time.Now()
	done, err := m.Engine.WriteAll(ctx, groups)
	if answered(err) {
		m.observe("write_all", started, nil)
	} else {
		m.observe("write_all", started, err)
	}
	return done, err
}

func (m *measured) Sync(ctx context.Context) error {
	started := time.Now()
	err := m.Engine.Sync(ctx)
	m.observe("sync", started, err)
	return err
}

// answered tells a write's own outcome from a failure of the engine.
func answered(err error) bool {
	return errors.Is(err, ErrVersion) || errors.Is(err, ErrDocumentTooLarge) || errors.Is(err, chat.ErrInvalid) || isDuplicate(err)
}

func (m *measured) Explain(ctx context.Context, collection string, q Query) (string, error) {
	started := time.Now()
	index, err := m.Engine.Explain(ctx, collection, q)
	m.observe("explain", started, err)
	return index, err
}

func (m *measured) Ping(ctx context.Context) error {
	started := time.Now()
	err := m.Engine.Ping(ctx)
	m.observe("ping", started, err)
	return err
}
