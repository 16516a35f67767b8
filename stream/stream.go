// Package stream is the log between the webhook and everything else: Kafka, real or embedded, through kafka-go.
//
// Append is durable when it returns nil; Consume hands records to a handler in order, per partition, and commits after the
// handler is done; Changes tells every instance what to repaint. Delivery is at least once: a lost answer, a late original
// after its retry, a crash before a commit or two consumers overlapping for a moment in a rebalance all give a record
// twice, so whoever handles parcels must be idempotent. Nothing here ever skips a record silently.
package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

// Config says which cluster, which topics and which bounds. Only Brokers is required.
type Config struct {
	Brokers []string
	TLS     *tls.Config // nil: plain text
	SASL    SASL

	// Dial replaces the network; the embedded broker is reached through it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ClientID     string        // default "switchboard"
	TopicPrefix  string        // default "switchboard."
	Group        string        // default "switchboard"
	Partitions   int           // of the inbound topic: 0 takes what exists and creates DefaultPartitions
	Replication  int           // 0 takes what exists and creates with three replicas, or as many as there are brokers
	CreateTopics bool          // create what is missing
	Retention    time.Duration // of the inbound topic when it is created; default 7 days

	MaxQueuedBytes   int64         // not yet acknowledged parcels; Append refuses beyond. Default 64 MiB
	MaxQueuedRecords int64         // default 100,000
	AppendTimeout    time.Duration // for contexts without a deadline; default 5 s
	RequestTimeout   time.Duration // one produce attempt; default 3 s

	SessionTimeout time.Duration // after which a vanished consumer's partitions move; default 10 s
	DrainTimeout   time.Duration // for the batch in the handler's hands when its partition goes away; default 3 s
	StallTimeout   time.Duration // without progress although there are records, until the consumer is rebuilt; default 30 s

	// Alone says that no other process reads or writes this cluster (embedded). Changes then go to this process's own reader
	// directly: they are news for open dashboards, worth nothing after a restart, and need no disk on their way.
	Alone bool

	// Full reports partitions of the inbound topic that must not take more (embedded: what is unread must never be dropped).
	Full func(partition int) bool
}

// DefaultPartitions of the inbound topic when it is created.
const DefaultPartitions = 6

func (c Config) withDefaults() Config {
	for _, s := range []struct {
		field *string
		value string
	}{{&c.ClientID, "switchboard"}, {&c.TopicPrefix, "switchboard."}, {&c.Group, "switchboard"}} {
		if *s.field == "" {
			*s.field = s.value
		}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.AppendTimeout, 5 * time.Second},
		{&c.RequestTimeout, 3 * time.Second},
		{&c.SessionTimeout, 10 * time.Second},
		{&c.DrainTimeout, 3 * time.Second},
		{&c.StallTimeout, 30 * time.Second},
		{&c.Retention, 7 * 24 * time.Hour},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.MaxQueuedBytes == 0 {
		c.MaxQueuedBytes = 64 << 20
	}
	if c.MaxQueuedRecords == 0 {
		c.MaxQueuedRecords = 100_000
	}
	return c
}

// A Log is the open log. Its methods may be called from any number of goroutines; Consume and Changes once each.
type Log struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	client  *kafka.Client
	link    *link
	topics  topics

	inbound, quarantine, changes *producer
	direct                       direct // instead of the topic of changes, when nobody else is there

	ready readiness
	stop  context.CancelFunc // ends the producers at once
	once  sync.Once
}

// Open connects, checks the three topics (and creates the missing ones when allowed) and starts the producers. While no
// broker answers it keeps trying until ctx ends, at most 30 s. Its errors name what to change.
func Open(ctx context.Context, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Log, error) {
	cfg = cfg.withDefaults()
	link, err := newLink(cfg)
	if err != nil {
		return nil, err
	}
	l := &Log{cfg: cfg, log: log.With("component", "stream"), link: link, client: link.client(), metrics: newMetrics(reg)}
	checkCtx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	checker := &checker{cfg: cfg, client: l.client}
	problems, err := checker.check(checkCtx)
	if err != nil {
		link.close()
		return nil, err
	}
	for _, p := range problems {
		l.log.Warn("topic settings weaken the promises", "topic", p.Topic, "problem", p.What, "fix", p.Fix)
	}
	l.topics = checker.topics
	l.startProducers()
	return l, nil
}

// sideBytes bounds what quarantine and changes may queue each. They have their own bounds so that a flood of webhooks
// cannot keep the worker from putting a poisoned record away.
const sideBytes = 16 << 20

func (l *Log) startProducers() {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	open := func(t topic, budget *budget, full func(int) bool) *producer {
		p := newProducer(l.client, t, budget, l.metrics, l.log)
		p.appendTimeout, p.requestTimeout = l.cfg.AppendTimeout, l.cfg.RequestTimeout
		if full != nil {
			p.full = full
		}
		p.start(ctx)
		return p
	}
	l.inbound = open(l.topics.inbound, &budget{maxBytes: l.cfg.MaxQueuedBytes, maxRecords: l.cfg.MaxQueuedRecords}, l.cfg.Full)
	l.quarantine = open(l.topics.quarantine, &budget{maxBytes: sideBytes, maxRecords: l.cfg.MaxQueuedRecords}, nil)
	l.changes = open(l.topics.changes, &budget{maxBytes: sideBytes, maxRecords: l.cfg.MaxQueuedRecords}, nil)
}

// Append writes the parcels to the inbound topic, in this order per key, and returns nil when all in-sync replicas have
// them. Any error means "maybe written": the platform redelivers, and whoever applies parcels recognises the second copy.
// Errors wrap chat.ErrUnavailable (the log cannot take it, too much is queued, the deadline passed) or chat.ErrTooLarge.
//
// The parcels' Values are copied, once; they are the caller's again when Append returns.
func (l *Log) Append(ctx context.Context, parcels []chat.Parcel) error {
	records := make([]*record, len(parcels))
	for i := range parcels {
		records[i] = encodeParcel(&parcels[i])
	}
	return l.inbound.write(ctx, records)
}

// Quarantine writes records that could not be understood or applied, with their reason. It promises what Append does.
func (l *Log) Quarantine(ctx context.Context, items []chat.Quarantined) error {
	records := make([]*record, len(items))
	for i := range items {
		records[i] = encodeQuarantined(&items[i])
	}
	return l.quarantine.write(ctx, records)
}

// Publish tells every instance that documents changed. It promises what Append does.
func (l *Log) Publish(ctx context.Context, changes []chat.Change) error {
	if l.cfg.Alone {
		l.direct.publish(changes)
		return nil
	}
	records := make([]*record, len(changes))
	for i := range changes {
		r, err := encodeChange(&changes[i])
		if err != nil {
			return err
		}
		records[i] = r
	}
	return l.changes.write(ctx, records)
}

// Quarantined reads quarantined records, oldest first, starting at after (the zero value: at the oldest), at most limit. It
// also gives the position to go on from; when nothing came, everything has been read.
func (l *Log) Quarantined(ctx context.Context, after chat.Position, limit int) ([]chat.Quarantined, chat.Position, error) {
	t := l.topics.quarantine
	list, err := extents(ctx, l.client, t)
	if err != nil {
		return nil, after, err
	}
	var items []chat.Quarantined
	for p := int(after.Partition); p < t.partitions; p++ {
		offset := list[p].first
		if p == int(after.Partition) {
			offset = max(offset, after.Offset)
		}
		for offset < list[p].end && len(items) < limit {
			h, err := fetch(ctx, l.client, t.name, p, offset, fetchMaxBytes)
			if err != nil {
				return nil, after, err
			}
			for i := 0; i < len(h.messages) && len(items) < limit; i++ {
				items = append(items, decodeQuarantined(&h.messages[i]))
				offset = h.messages[i].offset + 1
			}
			if len(items) < limit {
				offset = h.next
			}
		}
		after = chat.Position{Partition: int32(p), Offset: offset}
		if len(items) == limit {
			break
		}
	}
	return items, after, nil
}

// Partitions is the number of partitions of the inbound topic.
func (l *Log) Partitions() int { return l.topics.inbound.partitions }

// Close refuses new records, writes out what is queued until ctx ends, and disconnects. Consume, Changes and RunLag end
// with their own contexts, before.
func (l *Log) Close(ctx context.Context) error {
	var err error
	l.once.Do(func() {
		producers := []*producer{l.inbound, l.quarantine, l.changes}
		for _, p := range producers {
			p.close()
		}
		flushed := make(chan struct{})
		go func() {
			defer close(flushed)
			for _, p := range producers {
				p.wait()
			}
		}()
		select {
		case <-flushed:
		case <-ctx.Done():
			err = fmt.Errorf("stream: close: records were not flushed: %w", errors.Join(chat.ErrUnavailable, ctx.Err()))
		}
		l.stop()
		<-flushed
		l.link.close()
	})
	return err
}
