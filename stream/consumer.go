package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

// A Handler applies parcels of one partition, in order. An error means that nothing of the batch counts as done: the same
// batch comes again, after a pause, for as long as the partition is ours. A poisoned record is therefore the handler's to
// put away. When its context ends it must return soon: the partition is being given to another consumer, or the process
// stops.
type Handler func(ctx context.Context, partition int, parcels []chat.Parcel) error

// Consume joins the group and hands the inbound topic's records to handle, one goroutine per assigned partition, until ctx
// ends; then it finishes the batches in hand (DrainTimeout), commits and leaves the group. Offsets are committed after
// handle returned nil and sync after that, never before: sync makes durable what was handled, for several batches at once and
// beside those that are being handled. Where it fails nothing is committed.
//
// Two consumers can hold the same partition for a moment during a rebalance, and a batch that was handled but not
// committed comes again: handle must be idempotent. A consumer that makes no progress although there are records is thrown
// away and built anew.
func (l *Log) Consume(ctx context.Context, handle Handler, sync func(context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := l.consumeOnce(ctx, handle, sync)
		if !errors.Is(err, errStalled) {
			return err
		}
		l.metrics.rebuilds.Inc()
		l.log.Error("consumer made no progress, building a new one", "err", err)
		pause(ctx, backoff(attempt))
	}
}

// consumeOnce is the life of one group membership: nil when ctx ended it, errStalled when the watchdog did.
func (l *Log) consumeOnce(ctx context.Context, handle Handler, durable func(context.Context) error) error {
	conns := newConnections(l.link.dialer.DialFunc)
	dialer := l.link.dialer
	dialer.DialFunc = conns.dial
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                    l.cfg.Group,
		Brokers:               l.link.brokers,
		Dialer:                &dialer,
		Topics:                []string{l.topics.inbound.name},
		GroupBalancers:        []kafka.GroupBalancer{kafka.RangeGroupBalancer{}, kafka.RoundRobinGroupBalancer{}},
		StartOffset:           kafka.FirstOffset,
		HeartbeatInterval:     min(time.Second, l.cfg.SessionTimeout/3),
		SessionTimeout:        l.cfg.SessionTimeout,
		RebalanceTimeout:      l.cfg.SessionTimeout, // a ghost of ours stalls the group for the smaller of both
		JoinGroupBackoff:      500 * time.Millisecond,
		WatchPartitionChanges: true,
		Timeout:               askTimeout,
	})
	if err != nil {
		return fmt.Errorf("stream: consume: %w", err)
	}
	m := &member{log: l, handle: handle, durable: durable, idleSince: time.Now()}
	memberCtx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { m.watch(memberCtx, cancel) })
	m.follow(memberCtx, group)
	cancel(nil)
	watching.Wait()
	m.leave(group, conns)
	if cause := context.Cause(memberCtx); errors.Is(cause, errStalled) {
		return cause
	}
	return nil
}

// A member is this process in the consumer group: one generation after the other.
type member struct {
	log     *Log
	handle  Handler
	durable func(context.Context) error
	running sync.WaitGroup // goroutines of generations

	mu        sync.Mutex
	current   *generation
	idleSince time.Time // when there is none
}

// follow takes part in one generation after the other until ctx ends.
func (m *member) follow(ctx context.Context, group *kafka.ConsumerGroup) {
	var last string
	for {
		gen, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if err.Error() != last { // the same news once
				m.log.log.Warn("cannot join the consumer group, trying again", "err", err)
			}
			last = err.Error()
			continue
		}
		last = ""
		m.begin(ctx, gen)
	}
}

// begin starts a generation's goroutines. kafka-go waits for them before it joins the next one, so a partition is let go
// before another consumer gets it, as far as the handler obeys its context.
func (m *member) begin(ctx context.Context, kgen *kafka.Generation) {
	g := newGeneration(m, kgen)
	m.log.log.Info("partitions assigned", "generation", kgen.ID, "partitions", g.partitions())
	m.mu.Lock()
	m.current = g
	m.mu.Unlock()
	handleCtx, stopHandlers := context.WithCancel(context.WithoutCancel(ctx))
	for _, r := range g.readers {
		g.reading.Add(1)
		m.start(kgen, func(genCtx context.Context) {
			defer g.reading.Done()
			r.run(genCtx, handleCtx)
		})
	}
	m.start(kgen, func(genCtx context.Context) {
		defer stopHandlers()
		g.commitLoop(genCtx, stopHandlers)
		m.end(g)
	})
}

// start runs a goroutine of the generation with a context that is cheap to derive from, which kafka-go's own is not.
func (m *member) start(kgen *kafka.Generation, run func(context.Context)) {
	m.running.Add(1)
	kgen.Start(func(genCtx context.Context) {
		defer m.running.Done()
		ctx, cancel := context.WithCancel(genCtx)
		defer cancel()
		run(ctx)
	})
}

func (m *member) end(g *generation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current == g {
		m.current, m.idleSince = nil, time.Now()
	}
}

// leave closes the membership. A coordinator that does not answer must not hold up a shutdown, so after a while its
// connections are cut.
func (m *member) leave(group *kafka.ConsumerGroup, conns *connections) {
	patience := time.AfterFunc(m.log.cfg.DrainTimeout+2*time.Second, conns.close)
	defer patience.Stop()
	if err := group.Close(); err != nil {
		m.log.log.Warn("leaving the consumer group failed", "err", err)
	}
	m.running.Wait()
	conns.close()
}

// A generation is one assignment of partitions to this member.
type generation struct {
	kgen    *kafka.Generation
	durable func(context.Context) error // see Consume
	log     *slog.Logger
	topic   string
	drain   time.Duration
	readers map[int]*reader
	reading sync.WaitGroup

	dirty chan struct{} // one token: there are offsets to commit
	mu    sync.Mutex
	done  map[int]int64 // handled up to here, not committed yet
}

func newGeneration(m *member, kgen *kafka.Generation) *generation {
	l := m.log
	g := &generation{
		kgen: kgen, durable: m.durable, log: l.log.With("generation", kgen.ID), topic: l.topics.inbound.name, drain: l.cfg.DrainTimeout,
		readers: make(map[int]*reader), dirty: make(chan struct{}, 1), done: make(map[int]int64),
	}
	for _, a := range kgen.Assignments[g.topic] {
		t := l.topics.inbound
		t.partitions = max(t.partitions, a.ID+1) // somebody may have added some
		g.readers[a.ID] = &reader{
			log: l, topic: t, partition: a.ID, start: a.Offset, handle: m.handle,
			mark: func(offset int64) { g.mark(a.ID, offset) },
		}
	}
	return g
}

func (g *generation) partitions() []int {
	list := make([]int, 0, len(g.readers))
	for _, a := range g.kgen.Assignments[g.topic] {
		list = append(list, a.ID)
	}
	return list
}

func (g *generation) mark(partition int, offset int64) {
	g.mu.Lock()
	g.done[partition] = offset
	g.mu.Unlock()
	select {
	case g.dirty <- struct{}{}:
	default:
	}
}

// commitEvery is the pause between two commits. A commit is a write the broker makes durable, in front of the records that
// wait for the same; what a crash loses of it only comes again.
const commitEvery = 100 * time.Millisecond

// commitLoop commits what the readers have handled: the next commit takes everything that was handled since the last one.
// At the end it gives the readers time to finish, stops them, and commits a last time.
func (g *generation) commitLoop(ctx context.Context, stopHandlers func()) {
	for {
		select {
		case <-g.dirty:
			wait := commitEvery
			if !g.commit(ctx) {
				wait = longestPause
			}
			pause(ctx, wait)
		case <-ctx.Done():
			patience := time.AfterFunc(g.drain, stopHandlers)
			g.reading.Wait()
			patience.Stop()
			g.commit(context.WithoutCancel(ctx))
			return
		}
	}
}

// commit keeps what it could not commit for the next time. A commit that never succeeds means redelivery, not loss.
func (g *generation) commit(ctx context.Context) bool {
	g.mu.Lock()
	offsets := g.done
	g.done = make(map[int]int64)
	g.mu.Unlock()
	if len(offsets) == 0 {
		return true
	}
	err := g.durable(ctx)
	if err == nil {
		err = g.kgen.CommitOffsets(map[string]map[int]int64{g.topic: offsets})
	}
	if err == nil {
		for p, offset := range offsets {
			g.readers[p].committed.Store(offset)
		}
		return true
	}
	g.log.Warn("commit failed, records may come again", "err", err)
	g.mu.Lock()
	for p, offset := range offsets {
		if g.done[p] < offset {
			g.done[p] = offset
		}
	}
	g.mu.Unlock()
	select {
	case g.dirty <- struct{}{}:
	default:
	}
	return false
}

// connections are those of one group membership, kept so that they can be cut.
type connections struct {
	next func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

func newConnections(next func(context.Context, string, string) (net.Conn, error)) *connections {
	return &connections{next: next, open: make(map[net.Conn]struct{})}
}

func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.next(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	c.open[conn] = struct{}{}
	return &tracked{Conn: conn, of: c}, nil
}

func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close() // whoever uses it learns
	}
	clear(c.open)
}

type tracked struct {
	net.Conn
	of *connections
}

func (t *tracked) Close() error {
	t.of.mu.Lock()
	delete(t.of.open, t.Conn)
	t.of.mu.Unlock()
	return t.Conn.Close()
}
