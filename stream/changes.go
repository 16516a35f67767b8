package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

// maxBehind is how many changes a reader catches up with. Beyond it one resync is cheaper for everybody.
const maxBehind = 10_000

// Changes gives this instance every change that is published from now on, from all partitions, until ctx ends; then it
// returns nil. It survives broker outages. Whenever changes may have been missed, handle gets a single zero chat.Change: fetch
// everything you show. handle is never called by two goroutines at once and must be quick.
func (l *Log) Changes(ctx context.Context, handle func([]chat.Change)) error {
	if l.cfg.Alone {
		l.direct.follow(ctx, handle)
		return nil
	}
	f := &follower{log: l, handle: handle}
	var running sync.WaitGroup
	for p := range l.topics.changes.partitions {
		running.Go(func() { f.run(ctx, p) })
	}
	running.Wait()
	return nil
}

type follower struct {
	log *Log

	mu     sync.Mutex
	handle func([]chat.Change)
}

func (f *follower) run(ctx context.Context, partition int) {
	offset, failures := int64(-1), 0
	for first := true; ctx.Err() == nil; {
		if offset < 0 {
			end, err := f.end(ctx, partition)
			if err == nil {
				offset = end
				if !first || failures > 0 {
					f.resync()
				}
				first, failures = false, 0
				continue
			}
			failures = f.stumble(ctx, failures, partition, err)
			continue
		}
		h, err := fetch(ctx, f.log.client, f.log.topics.changes.name, partition, offset, fetchMaxBytes)
		switch {
		case errors.Is(err, kafka.OffsetOutOfRange):
			offset = -1
			pause(ctx, shortestPause)
		case err != nil:
			failures = f.stumble(ctx, failures, partition, err)
		case h.end-h.next > maxBehind:
			offset, failures = -1, 0
		default:
			failures = 0
			f.emit(h.messages)
			offset = h.next
		}
	}
}

// stumble waits after a failure, and tells of an outage once.
func (f *follower) stumble(ctx context.Context, failures, partition int, err error) int {
	if failures == 3 && ctx.Err() == nil {
		f.log.log.Warn("cannot read changes, dashboards are stale", "partition", partition, "err", err)
	}
	pause(ctx, backoff(failures))
	return failures + 1
}

func (f *follower) end(ctx context.Context, partition int) (int64, error) {
	list, err := extents(ctx, f.log.client, f.log.topics.changes)
	if err != nil {
		return 0, err
	}
	return list[partition].end, nil
}

func (f *follower) resync() {
	f.log.metrics.resyncs.Inc()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handle([]chat.Change{{}})
}

func (f *follower) emit(messages []message) {
	changes := make([]chat.Change, 0, len(messages))
	for i := range messages {
		c, err := decodeChange(&messages[i])
		if err != nil {
			f.log.log.Warn("a change makes no sense, resyncing", "err", err)
			f.resync()
			continue
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handle(changes)
}

// A direct is the way of changes within one process. What is published while nobody follows is gone, as it is for a reader
// that begins at the topic's end.
type direct struct {
	mu     sync.Mutex
	handle func([]chat.Change)
}

func (d *direct) publish(changes []chat.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.handle != nil && len(changes) > 0 {
		d.handle(changes)
	}
}

func (d *direct) follow(ctx context.Context, handle func([]chat.Change)) {
	d.set(handle)
	<-ctx.Done()
	d.set(nil)
}

func (d *direct) set(handle func([]chat.Change)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handle = handle
}
