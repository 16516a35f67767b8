package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"switchboard/chat"
)

var (
	errClosed  = errors.New("the log is closed")
	errTooMuch = errors.New("too much is queued")
	errFull    = errors.New("too much in the log waits to be read")
)

// Waits between attempts. They sum up to more than the metadata's age within a caller's patience, so that a moved leader is
// found.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 500 * time.Millisecond
)

// A producer writes one topic: one lane per partition, one batch in flight per lane, retried in place so that records keep
// their order, and one request in flight per leader. Everything that arrives meanwhile goes into the next request: it waits
// for nothing when idle and makes large batches under load.
type producer struct {
	client         *kafka.Client
	topic          string
	maxBytes       int // of one record
	appendTimeout  time.Duration
	requestTimeout time.Duration
	budget         *budget
	lanes          []*lane
	full           func(partition int) bool
	log            *slog.Logger
	running        sync.WaitGroup
	wake           chan struct{} // one token: there may be something to send

	mu   sync.Mutex
	busy map[int32]bool // leaders with a request under way
	turn int

	seconds                                prometheus.Observer
	queue                                  prometheus.Gauge
	ok, refused, expired, failed, tooLarge prometheus.Counter
}

func newProducer(client *kafka.Client, t topic, b *budget, m *metrics, log *slog.Logger) *producer {
	p := &producer{
		client:         client,
		topic:          t.name,
		maxBytes:       t.maxBytes,
		appendTimeout:  5 * time.Second,
		requestTimeout: 3 * time.Second,
		budget:         b,
		full:           func(int) bool { return false },
		log:            log.With("topic", t.name),
		wake:           make(chan struct{}, 1),
		busy:           map[int32]bool{},
		seconds:        m.produceSeconds.WithLabelValues(t.name),
		queue:          m.produceQueue.WithLabelValues(t.name),
		ok:             m.produceRecords.WithLabelValues(t.name, resultOK),
		refused:        m.produceRecords.WithLabelValues(t.name, resultRefused),
		expired:        m.produceRecords.WithLabelValues(t.name, resultExpired),
		failed:         m.produceRecords.WithLabelValues(t.name, resultFailed),
		tooLarge:       m.produceRecords.WithLabelValues(t.name, resultTooLarge),
	}
	for i := range t.partitions {
		p.lanes = append(p.lanes, newLane(i))
	}
	return p
}

// start sends until close has been called and everything is written. Once ctx has ended nothing is tried again.
func (p *producer) start(ctx context.Context) { p.running.Go(func() { p.run(ctx) }) }

func (p *producer) close() {
	for _, l := range p.lanes {
		l.close()
	}
	p.signal()
}

func (p *producer) wait() { p.running.Wait() }

// write queues the records and waits until all are durable.
func (p *producer) write(ctx context.Context, records []*record) error {
	if len(records) == 0 {
		return nil
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.appendTimeout)
		defer cancel()
	}
	start := time.Now()
	if err := ctx.Err(); err != nil {
		p.refused.Add(float64(len(records)))
		return unavailable(p.topic, err)
	}
	d, err := p.enqueue(records, start)
	if err != nil {
		return err
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return p.abandon(d, records, ctx.Err())
	}
	if err := d.result(); err != nil {
		return err
	}
	p.seconds.Observe(time.Since(start).Seconds())
	return nil
}

func unavailable(topic string, cause error) error {
	return fmt.Errorf("stream: write to %s: %w: %w", topic, chat.ErrUnavailable, cause)
}

// enqueue takes all of the records or none.
func (p *producer) enqueue(records []*record, now time.Time) (*delivery, error) {
	n, bytes := int64(len(records)), int64(0)
	for _, r := range records {
		if r.cost() > p.maxBytes {
			p.tooLarge.Add(float64(n))
			return nil, fmt.Errorf("stream: write to %s: record of %d bytes: %w", p.topic, len(r.wire), chat.ErrTooLarge)
		}
		r.lane = p.lanes[partitionOf(r.key, len(p.lanes))]
		bytes += int64(r.cost())
	}
	if err := p.admit(records, now); err != nil {
		p.refused.Add(float64(n))
		return nil, unavailable(p.topic, err)
	}
	if !p.budget.take(bytes, n) {
		p.refused.Add(float64(n))
		return nil, unavailable(p.topic, errTooMuch)
	}
	p.queue.Add(float64(bytes))
	d := newDelivery(len(records))
	for _, r := range records {
		r.delivery = d
		if err := r.lane.push(r); err != nil {
			p.settle(r, unavailable(p.topic, err))
		}
	}
	p.signal()
	return d, nil
}

func (p *producer) admit(records []*record, now time.Time) error {
	for _, r := range records {
		if err := r.lane.refusal(now); err != nil {
			return err
		}
		if p.full(r.lane.partition) {
			return errFull
		}
	}
	return nil
}

// abandon withdraws what has not been sent. What is in flight may still be written.
func (p *producer) abandon(d *delivery, records []*record, cause error) error {
	d.gone.Store(true)
	err := unavailable(p.topic, cause)
	for _, r := range records {
		if r.lane.withdraw(r) {
			p.settle(r, err)
		}
	}
	return err
}

// settle ends a record's stay: its bytes are given free and its caller learns the outcome.
func (p *producer) settle(r *record, err error) { p.settleAll([]*record{r}, err) }

func (p *producer) settleAll(batch []*record, err error) {
	bytes, ok := int64(0), 0
	for _, r := range batch {
		bytes += int64(r.cost())
		switch {
		case err == nil:
			ok++
		case r.delivery.gone.Load():
			p.expired.Inc()
		case errors.Is(err, chat.ErrTooLarge):
			p.tooLarge.Inc()
		default:
			p.failed.Inc()
		}
	}
	p.budget.give(bytes, int64(len(batch)))
	p.queue.Sub(float64(bytes))
	p.ok.Add(float64(ok))
	for _, r := range batch {
		r.delivery.settle(err)
	}
}

// deliver goes on with a batch after its first attempt failed, until it is written, refused for good, or nobody waits for it
// any more. It has its partition to itself, in requests of its own.
func (p *producer) deliver(ctx context.Context, l *lane, batch []*record, err error) {
	for attempt := 0; ; attempt++ {
		switch kind := classify(err); {
		case kind == answerOK, kind == answerRefused:
			p.answered(l)
			p.settleAll(batch, wrapAnswer(p.topic, kind, err))
			return
		case kind == answerTooLarge && len(batch) > 1:
			p.answered(l)
			half := len(batch) / 2
			p.deliver(ctx, l, batch[:half], p.sendOne(ctx, l, batch[:half]))
			batch = batch[half:]
			attempt, err = -1, p.sendOne(ctx, l, batch)
			continue
		case kind == answerTooLarge:
			p.answered(l)
			p.settleAll(batch, tooLarge(p.topic, err))
			return
		}
		if l.failing(err, time.Now()) {
			p.log.Warn("log does not take records, retrying", "partition", l.partition, "err", err)
		}
		if !pause(ctx, backoff(attempt)) {
			p.settleAll(batch, unavailable(p.topic, errClosed))
			return
		}
		if batch = p.stillWanted(batch, err); len(batch) == 0 {
			return
		}
		err = p.sendOne(ctx, l, batch)
	}
}

// answered notes that the broker answered, whatever it said.
func (p *producer) answered(l *lane) {
	if d := l.working(time.Now()); d > 0 {
		p.log.Info("log takes records again", "partition", l.partition, "after", d)
	}
}

func wrapAnswer(topic string, kind answer, err error) error {
	if kind == answerOK {
		return nil
	}
	return unavailable(topic, err)
}

// tooLarge is the outcome of a record that the broker refuses even by itself.
func tooLarge(topic string, err error) error {
	if errors.Is(err, kafka.InvalidRecord) {
		return unavailable(topic, err)
	}
	return fmt.Errorf("stream: write to %s: %w: %w", topic, chat.ErrTooLarge, err)
}

// stillWanted drops the records whose callers have given up, so that a returning broker is not flooded with what the
// platforms will send again anyway.
func (p *producer) stillWanted(batch []*record, cause error) []*record {
	kept := batch[:0]
	for _, r := range batch {
		if r.delivery.gone.Load() {
			p.settle(r, unavailable(p.topic, cause))
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// An answer is what a produce attempt means for the batch.
type answer int

const (
	answerOK       answer = iota
	answerRetry           // nothing, or something that passes
	answerRefused         // it will not be taken however often it is sent
	answerTooLarge        // it may be taken in smaller pieces, or without one bad record
)

func classify(err error) answer {
	if err == nil {
		return answerOK
	}
	var code kafka.Error
	if !errors.As(err, &code) {
		return answerRetry // the network, or no leader known
	}
	switch code {
	case kafka.MessageSizeTooLarge, kafka.RecordListTooLarge, kafka.InvalidMessageSize, kafka.InvalidRecord:
		return answerTooLarge
	case kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.InvalidTopic, kafka.InvalidRequiredAcks,
		kafka.UnsupportedVersion, kafka.UnsupportedForMessageFormat, kafka.PolicyViolation, kafka.InvalidTimestamp,
		kafka.Unknown: // Unknown: a full disk, for one. Failing at once lets the platform come back later.
		return answerRefused
	default:
		return answerRetry
	}
}

// backoff doubles with each attempt and is spread, so that lanes and instances do not knock together.
func backoff(attempt int) time.Duration {
	d := longestPause
	if attempt < 4 {
		d = shortestPause << attempt
	}
	return spread(d)
}

// spread takes off up to half.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// partitionOf is kafka.Hash's choice: FNV-1a, signed as Sarama does it.
func partitionOf(key string, partitions int) int {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	n := int32(h) % int32(partitions)
	if n < 0 {
		n = -n
	}
	return int(n)
}
