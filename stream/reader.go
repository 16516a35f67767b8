package stream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

// maxBatch bounds the parcels given to the handler at once.
const maxBatch = 2000

// Waits between attempts of the handler.
const (
	shortestHandlePause = 100 * time.Millisecond
	longestHandlePause  = 5 * time.Second
)

// A reader hands one partition's records to the handler for one generation.
type reader struct {
	log       *Log
	topic     topic
	partition int
	start     int64
	handle    Handler
	mark      func(offset int64)

	// For the watchdog.
	position  atomic.Int64 // the next record to fetch
	handled   atomic.Int64
	committed atomic.Int64
	handling  atomic.Bool
}

// run reads until ctx ends. The handler has a context of its own, which ends a little later.
func (r *reader) run(ctx, handleCtx context.Context) {
	offset, ok := r.begin(ctx)
	if !ok {
		return
	}
	failures := 0
	for ctx.Err() == nil {
		r.position.Store(offset)
		h, err := fetch(ctx, r.log.client, r.topic.name, r.partition, offset, fetchMaxBytes)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafka.OffsetOutOfRange):
			offset = r.reset(ctx, offset)
			pause(ctx, shortestPause)
		case err != nil:
			if failures++; failures == 3 { // a leader that moves is no news
				r.log.log.Warn("cannot read the log, trying on", "topic", r.topic.name, "partition", r.partition, "offset", offset, "err", err)
			}
			pause(ctx, backoff(failures))
		default:
			failures = 0
			if !r.deliver(ctx, handleCtx, h) {
				return
			}
			offset = h.next
		}
	}
}

// begin finds where to start. It goes to the first record only when it is certain that the group has committed nothing.
func (r *reader) begin(ctx context.Context) (int64, bool) {
	for attempt := 0; ; attempt++ {
		offset, err := r.resolve(ctx)
		if err == nil {
			r.position.Store(offset)
			r.handled.Store(offset)
			r.committed.Store(offset)
			return offset, true
		}
		if ctx.Err() == nil && attempt == 3 {
			r.log.log.Warn("cannot find the start of a partition, trying on", "topic", r.topic.name, "partition", r.partition, "err", err)
		}
		if !pause(ctx, backoff(attempt)) {
			return 0, false
		}
	}
}

func (r *reader) resolve(ctx context.Context) (int64, error) {
	if r.start >= 0 {
		return r.start, nil
	}
	offsets, err := committed(ctx, r.log.client, r.log.cfg.Group, r.topic)
	if err != nil {
		return 0, err
	}
	if offsets[r.partition] >= 0 {
		return offsets[r.partition], nil
	}
	list, err := extents(ctx, r.log.client, r.topic)
	if err != nil {
		return 0, err
	}
	return list[r.partition].first, nil
}

// reset goes on at the earliest record when the log really does not have the offset any more: records were lost, or the
// log was replaced. It is loud because nothing else would tell.
func (r *reader) reset(ctx context.Context, offset int64) int64 {
	list, err := extents(ctx, r.log.client, r.topic)
	if err != nil {
		return offset
	}
	e := list[r.partition]
	if e.first <= offset && offset <= e.end {
		return offset // a replica that lags behind said so
	}
	r.log.metrics.truncated.Inc()
	r.log.log.Error("the log has lost the records to be read next, going on at the earliest", "topic", r.topic.name,
		"partition", r.partition, "wanted", offset, "first", e.first, "end", e.end, "lost_at_most", max(0, e.first-offset))
	return e.first
}

// deliver gives a haul to the handler in batches; false when the partition went away before all of it was handled.
func (r *reader) deliver(ctx, handleCtx context.Context, h haul) bool {
	for messages := h.messages; len(messages) > 0; {
		if ctx.Err() != nil {
			return false
		}
		n := min(len(messages), maxBatch)
		parcels := make([]chat.Parcel, n)
		for i := range parcels {
			parcels[i] = decodeParcel(&messages[i], r.partition)
		}
		if !r.insist(ctx, handleCtx, parcels) {
			return false
		}
		r.done(messages[n-1].offset + 1)
		messages = messages[n:]
	}
	if h.next > r.handled.Load() { // a hole in the log counts as read
		r.done(h.next)
	}
	return true
}

func (r *reader) done(offset int64) {
	r.handled.Store(offset)
	r.mark(offset)
}

// insist repeats a batch until the handler is done with it or the partition is ours no more.
func (r *reader) insist(ctx, handleCtx context.Context, parcels []chat.Parcel) bool {
	r.handling.Store(true)
	defer r.handling.Store(false)
	for attempt, wait := 0, shortestHandlePause; ; attempt++ {
		err := r.handle(handleCtx, r.partition, parcels)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if attempt == 0 {
			r.log.log.Warn("batch was not applied, repeating it", "partition", r.partition, "offset", parcels[0].Position.Offset,
				"records", len(parcels), "err", err)
		}
		if !pause(ctx, spread(wait)) {
			return false
		}
		wait = min(2*wait, longestHandlePause)
	}
}
