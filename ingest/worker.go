package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"switchboard/channels"
	"switchboard/chat"
)

// WorkerConfig is what the worker needs.
type WorkerConfig struct {
	Source     Source
	Channels   *channels.Set
	Applier    Applier
	Quarantine Quarantiner
	Notify     Notifier
	Places     Places
	IPPolicy   func(context.Context) string // what becomes of visitors' addresses (see geo.ApplyPolicy); asked for every batch
	Logger     *slog.Logger
	Metrics    prometheus.Registerer // nil: not registered
	Now        func() time.Time
}

// A Worker reads the log and has it stored. Batches of different partitions run at the same time, those of one partition
// one after the other.
type Worker struct {
	source     Source
	set        *channels.Set
	applier    Applier
	quarantine Quarantiner
	notifier   Notifier
	places     Places
	ipPolicy   func(context.Context) string
	logger     *slog.Logger
	metrics    *workerMetrics
	storing    *semaphore.Weighted // events that are being read and stored
	now        func() time.Time
}

// maxStoring bounds how many events are read and stored at the same time, of all partitions together. Each holds itself and the
// conversation it touches in memory: usual batches are small and never meet this, but behind an outage every partition has full
// ones, and during one they wait.
const maxStoring = 2 * maxApply

// NewWorker checks the configuration and makes a worker.
func NewWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Source == nil || cfg.Channels == nil || cfg.Applier == nil || cfg.Quarantine == nil || cfg.Notify == nil || cfg.Places == nil || cfg.IPPolicy == nil || cfg.Logger == nil {
		return nil, errors.New("ingest: worker needs a source, channels, an applier, a quarantine, a notifier, places, an address policy and a logger")
	}
	w := &Worker{
		source: cfg.Source, set: cfg.Channels, applier: cfg.Applier, quarantine: cfg.Quarantine, notifier: cfg.Notify,
		places: cfg.Places, ipPolicy: cfg.IPPolicy, logger: cfg.Logger.With("component", "worker"),
		metrics: newWorkerMetrics(cfg.Metrics, cfg.Channels.Channels()), storing: semaphore.NewWeighted(maxStoring), now: cfg.Now,
	}
	if w.now == nil {
		w.now = time.Now
	}
	return w, nil
}

// Run works until ctx ends; it returns nil on a clean stop.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.source.Consume(ctx, w.handle, w.applier.Sync); err != nil && ctx.Err() == nil {
		return fmt.Errorf("ingest: worker: %w", err)
	}
	return nil
}

// maxApply bounds how many events are stored in one go.
const maxApply = 500

// handle takes one batch through. It returns an error only when the same batch should come again: the store, or the
// quarantine, does not answer.
func (w *Worker) handle(ctx context.Context, partition int, parcels []chat.Parcel) error {
	policy := w.ipPolicy(ctx)
	for from := 0; from < len(parcels); {
		next, err := w.part(ctx, parcels, from, policy)
		if err != nil {
			w.metrics.batches.WithLabelValues("retry").Inc()
			return fmt.Errorf("ingest: partition %d: %w", partition, err)
		}
		w.metrics.batches.WithLabelValues("stored").Inc()
		from = next
	}
	return nil
}

// part reads and stores some of the parcels, when there is room for them, and says where to go on.
func (w *Worker) part(ctx context.Context, parcels []chat.Parcel, from int, policy string) (next int, err error) {
	room := int64(min(len(parcels)-from, maxApply)) // nearly every record is one event
	if err := w.storing.Acquire(ctx, room); err != nil {
		return from, fmt.Errorf("wait for room: %w", err)
	}
	defer w.storing.Release(room)
	r, next := w.take(parcels, from, policy)
	return next, w.store(ctx, r)
}

// A reading is the events of some parcels and the parcels they came from.
type reading struct {
	events   []chat.Event
	origin   []*chat.Parcel // of the event at the same index
	receipts []chat.Receipt // one for each parcel
}

// take reads parcels from index from on, whole ones, until there are about maxApply events.
func (w *Worker) take(parcels []chat.Parcel, from int, policy string) (reading, int) {
	var r reading
	i := from
	for ; i < len(parcels) && len(r.events) < maxApply; i++ {
		p := &parcels[i]
		events := w.read(p, policy)
		for _, e := range events {
			r.events, r.origin = append(r.events, e), append(r.origin, p)
		}
		r.receipts = append(r.receipts, receipt(p, len(events)))
	}
	return r, i
}

// receipt says what intake counted in a parcel; where it could not tell, what was read.
func receipt(p *chat.Parcel, read int) chat.Receipt {
	n := p.Elements
	if n <= 0 {
		n = read
	}
	return chat.Receipt{Position: p.Position, Channel: p.Channel, ReceivedAt: p.ReceivedAt, Elements: n}
}

// store quarantines what could not be read, applies everything and announces the changes.
func (w *Worker) store(ctx context.Context, r reading) error {
	w.metrics.batchSize.Observe(float64(len(r.receipts)))
	if err := w.setAside(ctx, unreadable(r)); err != nil {
		return err
	}
	out, err := w.apply(ctx, r)
	w.announce(ctx, out.Changes) // also of what was stored before a failure: it will not be reported again
	if err != nil {
		return err
	}
	w.metrics.stored(out, w.now())
	return nil
}

// unreadable lists what the adapters could not read.
func unreadable(r reading) []chat.Quarantined {
	var items []chat.Quarantined
	for i := range r.events {
		if r.events[i].Kind == chat.KindUnreadable {
			items = append(items, quarantined(r.origin[i], &r.events[i]))
		}
	}
	return items
}

func quarantined(p *chat.Parcel, e *chat.Event) chat.Quarantined {
	q := chat.Quarantined{Parcel: *p, EventID: e.ID, Reason: e.Reason, Detail: e.Detail, Bytes: e.Raw}
	if len(q.Bytes) == 0 {
		q.Bytes = p.Value
	}
	return q
}

// setAside writes to the quarantine before the ledger says so: a crash in between repeats the record, and readers of the
// quarantine know it by its event id.
func (w *Worker) setAside(ctx context.Context, items []chat.Quarantined) error {
	if len(items) == 0 {
		return nil
	}
	if err := w.quarantine.Quarantine(ctx, items); err != nil {
		return fmt.Errorf("quarantine %d elements: %w", len(items), err)
	}
	for i := range items {
		w.metrics.quarantined.WithLabelValues(string(items[i].Parcel.Channel), w.metrics.reasons.word(items[i].Reason)).Inc()
	}
	return nil
}

// announce is best effort: dashboards that miss a change catch up when they reconnect.
func (w *Worker) announce(ctx context.Context, changes []chat.Change) {
	if len(changes) == 0 {
		return
	}
	if err := w.notifier.Publish(ctx, changes); err != nil && ctx.Err() == nil {
		w.metrics.notify.Inc()
		w.logger.Warn("changes could not be announced, dashboards will lag", "changes", len(changes), "err", err)
	}
}
