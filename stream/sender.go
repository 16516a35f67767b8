package stream

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"
)

// A load is what goes to one broker in one request: the next records of the lanes it leads. A request costs both sides about
// as much as dozens of records, so one for all lanes beats one for each.
type load struct {
	leader  int32
	lanes   []*lane
	batches [][]*record // of the lanes
	bytes   int
}

// run sends what waits, until close has been called and everything is written.
func (p *producer) run(ctx context.Context) {
	for !p.finished() {
		for _, load := range p.loads(ctx) {
			p.running.Go(func() { p.carry(ctx, load) })
		}
		<-p.wake
		runtime.Gosched() // callers that are about to hand something over come along; alone, nothing is waited for
	}
}

func (p *producer) finished() bool {
	return !slices.ContainsFunc(p.lanes, func(l *lane) bool { return !l.finished() })
}

// loads takes what can be sent now: of each lane that has records and nothing under way, unless its leader is busy with a
// request. What comes in the meantime makes up the next one.
func (p *producer) loads(ctx context.Context) []*load {
	leaders := p.leaders(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*load
	p.turn++ // when there is too much for one request, another lane comes first each time
	for i := range p.lanes {
		l := p.lanes[(p.turn+i)%len(p.lanes)]
		leader := leaders.of(l.partition)
		at := slices.IndexFunc(list, func(c *load) bool { return c.leader == leader })
		if p.busy[leader] || at >= 0 && list[at].bytes > maxRequestBytes {
			continue
		}
		batch, bytes := l.take()
		if len(batch) == 0 {
			continue
		}
		if at < 0 {
			at, list = len(list), append(list, &load{leader: leader})
		}
		list[at].add(l, batch, bytes)
	}
	for _, c := range list {
		p.busy[c.leader] = true
	}
	return list
}

func (c *load) add(l *lane, batch []*record, bytes int) {
	c.lanes, c.batches = append(c.lanes, l), append(c.batches, batch)
	c.bytes += bytes
}

// carry sends a load. A lane whose answer is not a plain yes goes on by itself, see deliver; the others do not wait for it.
func (p *producer) carry(ctx context.Context, c *load) {
	for i, err := range p.send(ctx, c.lanes, c.batches) {
		l, batch := c.lanes[i], c.batches[i]
		if err != nil {
			p.running.Go(func() {
				p.deliver(ctx, l, batch, err)
				l.done()
				p.signal()
			})
			continue
		}
		p.answered(l)
		p.settleAll(batch, nil)
		recycle(batch)
		l.done()
	}
	p.mu.Lock()
	delete(p.busy, c.leader)
	p.mu.Unlock()
	p.signal()
}

// signal says that there may be something to send.
func (p *producer) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// leaders are the topic's partitions as the transport knows them; it looks them up again by itself. When it knows nothing,
// each partition is asked for by itself.
type leaders []metadata.ResponsePartition

func (p *producer) leaders(ctx context.Context) leaders {
	res, err := p.client.Transport.RoundTrip(ctx, p.client.Addr, &metadata.Request{TopicNames: []string{p.topic}})
	if known, ok := res.(*metadata.Response); err == nil && ok && len(known.Topics) == 1 {
		return known.Topics[0].Partitions
	}
	return nil
}

// of is a partition's leader, or a number of its own that no broker has.
func (l leaders) of(partition int) int32 {
	for i := range l {
		if l[i].PartitionIndex == int32(partition) && l[i].LeaderID >= 0 {
			return l[i].LeaderID
		}
	}
	return int32(-1 - partition)
}

// send makes one attempt for the batches of some lanes with one leader, and gives the outcome of each.
func (p *producer) send(ctx context.Context, lanes []*lane, batches [][]*record) []error {
	ctx, cancel := context.WithTimeout(ctx, p.requestTimeout)
	defer cancel()
	now, partitions := time.Now(), make([]rawproduce.RequestPartition, len(lanes))
	for i, l := range lanes {
		partitions[i] = rawproduce.RequestPartition{
			Partition: int32(l.partition), RecordSet: protocol.RawRecordSet{Reader: encodeBatch(batches[i], now)},
		}
	}
	res, err := p.client.Transport.RoundTrip(ctx, p.client.Addr, &rawproduce.Request{
		Acks:    int16(kafka.RequireAll),
		Timeout: int32(p.requestTimeout.Milliseconds() / 2), // what the broker may wait for replicas: less than we wait for it
		Topics:  []rawproduce.RequestTopic{{Topic: p.topic, Partitions: partitions}},
	})
	answers, _ := res.(*produce.Response)
	outcomes := make([]error, len(lanes))
	for i, l := range lanes {
		outcomes[i] = err
		if err == nil {
			outcomes[i] = outcome(answers, l.partition)
		}
	}
	return outcomes
}

// sendOne makes one attempt for one lane alone.
func (p *producer) sendOne(ctx context.Context, l *lane, batch []*record) error {
	return p.send(ctx, []*lane{l}, [][]*record{batch})[0]
}

// outcome is what an answer says about a partition.
func outcome(res *produce.Response, partition int) error {
	if res != nil {
		for _, t := range res.Topics {
			for i := range t.Partitions {
				switch a := &t.Partitions[i]; {
				case a.Partition != int32(partition):
				case a.ErrorCode == 0:
					return nil
				default:
					return fmt.Errorf("partition %d: %w %s", partition, kafka.Error(a.ErrorCode), a.ErrorMessage)
				}
			}
		}
	}
	return fmt.Errorf("partition %d: %w", partition, protocol.ErrNoPartition)
}
