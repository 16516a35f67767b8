package stream

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
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

// A producer writes one topic: one lane and one goroutine per partition, one request in flight per lane, retried in place so
// that records keep their order. Everything that arrives meanwhile goes into the next request: it waits for nothing when
// idle and makes large batches under load.
type producer struct {
	client        *kafka.Client
	topic         string
	maxBytes      int // of one record
	appendTimeout time.Duration
	budget        *budget
	lanes         []*lane
	full          func(partition int) bool
	log           *slog.Logger
	running       sync.WaitGroup

	seconds                                prometheus.Observer
	queue                                  prometheus.Gauge
	ok, refused, expired, failed, tooLarge prometheus.Counter
}

func newProducer(client *kafka.Client, t topic, b *budget, m *metrics, log *slog.Logger) *producer {
	p := &producer{
		client:        client,
		topic:         t.name,
		maxBytes:      t.maxBytes,
		appendTimeout: 5 * time.Second,
		budget:        b,
		full:          func(int) bool { return false },
		log:           log.With("topic", t.name),
		seconds:       m.produceSeconds.WithLabelValues(t.name),
		queue:         m.produceQueue.WithLabelValues(t.name),
		ok:            m.produceRecords.WithLabelValues(t.name, resultOK),
		refused:       m.produceRecords.WithLabelValues(t.name, resultRefused),
		expired:       m.produceRecords.WithLabelValues(t.name, resultExpired),
		failed:        m.produceRecords.WithLabelValues(t.name, resultFailed),
		tooLarge:      m.produceRecords.WithLabelValues(t.name, resultTooLarge),
	}
	for i := range t.partitions {
		p.lanes = append(p.lanes, newLane(i))
	}
	return p
}

// start runs the lanes until close has been called and everything is written, or ctx ends.
func (p *producer) start(ctx context.Context) {
	for _, l := range p.lanes {
		p.running.Go(func() { p.run(ctx, l) })
	}
}

func (p *producer) close() {
	for _, l := range p.lanes {
		l.close()
	}
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
			return nil, fmt.Errorf("stream: write to %s: record of %d bytes: %w", p.topic, r.size, chat.ErrTooLarge)
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
func (p *producer) settle(r *record, err error) {
	bytes := int64(r.cost())
	p.budget.give(bytes, 1)
	p.queue.Sub(float64(bytes))
	switch {
	case err == nil:
		p.ok.Inc()
	case r.delivery.gone.Load():
		p.expired.Inc()
	case errors.Is(err, chat.ErrTooLarge):
		p.tooLarge.Inc()
	default:
		p.failed.Inc()
	}
	r.delivery.settle(err)
}

// run is a lane's goroutine.
func (p *producer) run(ctx context.Context, l *lane) {
	var batch []*record
	for {
		batch = l.take(batch)
		if len(batch) > 0 {
			p.deliver(ctx, l, batch)
			clear(batch) // do not keep what was written alive
			continue
		}
		if l.finished() {
			return
		}
		<-l.wake
	}
}

// deliver sends a batch until it is written, refused for good, or nobody waits for it any more.
func (p *producer) deliver(ctx context.Context, l *lane, batch []*record) {
	for attempt := 0; ; attempt++ {
		err := p.send(ctx, l.partition, batch)
		switch kind := classify(err); {
		case kind == answerOK, kind == answerRefused:
			p.answered(l)
			p.settleAll(batch, wrapAnswer(p.topic, kind, err))
			return
		case kind == answerTooLarge && len(batch) > 1:
			p.answered(l)
			half := len(batch) / 2
			p.deliver(ctx, l, batch[:half])
			batch, attempt = batch[half:], -1
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

func (p *producer) settleAll(batch []*record, err error) {
	for _, r := range batch {
		p.settle(r, err)
	}
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

// send makes one attempt, within the client's time limit.
func (p *producer) send(ctx context.Context, partition int, batch []*record) error {
	records := make([]kafka.Record, len(batch))
	for i, r := range batch {
		records[i] = kafka.Record{Key: kafka.NewBytes(r.key), Value: kafka.NewBytes(r.value), Headers: r.headers}
	}
	res, err := p.client.Produce(ctx, &kafka.ProduceRequest{
		Topic:        p.topic,
		Partition:    partition,
		RequiredAcks: kafka.RequireAll,
		Records:      kafka.NewRecordReader(records...),
	})
	if err != nil {
		return err
	}
	return res.Error
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
func partitionOf(key []byte, partitions int) int {
	h := fnv.New32a()
	_, _ = h.Write(key) // never fails
	n := int32(h.Sum32()) % int32(partitions)
	if n < 0 {
		n = -n
	}
	return int(n)
}
