package embedded

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fullShare is the share of a partition's bytes that unread records may take. The rest absorbs what is in flight between
// two sweeps.
const fullShare = 0.75

const ageInterval = 5 * time.Minute

// A topic is one of ours with what is kept of it.
type topic struct {
	name       string
	partitions int
	bytes      int64 // per partition
	age        time.Duration
	consumed   bool // read by the group: nothing uncommitted may go
}

func topicsOf(cfg Config) []topic {
	return []topic{
		{name: cfg.TopicPrefix + "inbound", partitions: cfg.Partitions, bytes: cfg.RetentionBytes, age: cfg.Retention, consumed: true},
		{name: cfg.TopicPrefix + "quarantine", partitions: 1, bytes: cfg.RetentionBytes, age: max(cfg.Retention, 30*24*time.Hour)},
		{name: cfg.TopicPrefix + "changes", partitions: 1, bytes: 8 << 20, age: time.Hour},
	}
}

// retention deletes what is old or too much, instead of kfake's own retention, and knows how full the inbound topic is.
type retention struct {
	broker *Broker
	group  string
	topics []topic

	lastAge time.Time // only the sweep touches it

	mu     sync.RWMutex
	unread []float64 // per inbound partition: bytes the group has not committed, as a share of what is kept
}

func newRetention(b *Broker, group string, topics []topic) *retention {
	return &retention{broker: b, group: group, topics: topics}
}

func (r *retention) run(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			r.sweep(ctx, now)
		}
	}
}

// sweep applies retention once.
func (r *retention) sweep(ctx context.Context, now time.Time) {
	committed := r.committed()
	byAge := now.Sub(r.lastAge) >= ageInterval
	if byAge {
		r.lastAge = now
	}
	for _, t := range r.topics {
		infos := r.broker.cluster.PartitionInfos(t.name)
		var aged map[int32]int64
		if byAge {
			aged = r.offsetsAt(ctx, t, now.Add(-t.age), len(infos))
		}
		unread := make([]float64, len(infos))
		for _, info := range infos {
			limit := info.HighWatermark
			if t.consumed {
				limit = max(committed[t.name][info.Partition].Offset, info.LogStartOffset)
				unread[info.Partition] = float64(bytesFrom(info, limit)) / float64(t.bytes)
			}
			r.trim(t.name, info, max(excess(info, t.bytes), aged[info.Partition]), limit)
		}
		if t.consumed {
			r.mu.Lock()
			r.unread = unread
			r.mu.Unlock()
		}
	}
}

func (r *retention) committed() map[string]map[int32]kfake.GroupCommit {
	if info := r.broker.cluster.GroupInfo(r.group); info != nil {
		return info.Commits
	}
	return nil
}

// trim deletes the records before the offset, but never beyond the limit, and never the last one: an emptied partition
// would forget its offsets in a crash.
func (r *retention) trim(name string, info *kfake.PartitionInfo, before, limit int64) {
	before = min(before, limit, info.HighWatermark-1)
	if before <= info.LogStartOffset {
		return
	}
	if err := r.broker.cluster.DeleteRecords(name, info.Partition, before); err != nil {
		r.broker.log.Warn("retention failed", "topic", name, "partition", info.Partition, "err", err)
	}
}

// bytesFrom estimates the bytes of the records from the offset on; records of one partition are alike enough over many.
func bytesFrom(info *kfake.PartitionInfo, offset int64) int64 {
	records := info.HighWatermark - info.LogStartOffset
	if records <= 0 {
		return 0
	}
	return int64(float64(info.NumBytes) * float64(info.HighWatermark-offset) / float64(records))
}

// excess is the offset before which the partition should end to fit into limit bytes.
func excess(info *kfake.PartitionInfo, limit int64) int64 {
	records := info.HighWatermark - info.LogStartOffset
	if records <= 0 || info.NumBytes <= limit {
		return 0
	}
	drop := float64(records) * float64(info.NumBytes-limit) / float64(info.NumBytes)
	return info.LogStartOffset + int64(drop) + 1
}

// offsetsAt finds the first offset that is not older than the time, per partition; partitions it cannot tell are left out.
func (r *retention) offsetsAt(ctx context.Context, t topic, at time.Time, partitions int) map[int32]int64 {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	offsets, err := r.listOffsets(ctx, t.name, at, partitions)
	if err != nil && ctx.Err() == nil {
		r.broker.log.Warn("retention by age failed", "topic", t.name, "err", err)
	}
	return offsets
}

func (r *retention) listOffsets(ctx context.Context, name string, at time.Time, partitions int) (map[int32]int64, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(r.broker.Addrs()...), kgo.Dialer(r.broker.Dial))
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	defer client.Close()
	req := kmsg.NewPtrListOffsetsRequest()
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = name
	for p := range partitions {
		rp := kmsg.NewListOffsetsRequestTopicPartition()
		rp.Partition, rp.Timestamp = int32(p), at.UnixMilli()
		rt.Partitions = append(rt.Partitions, rp)
	}
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	offsets := make(map[int32]int64, partitions)
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			switch {
			case p.ErrorCode != 0:
			case p.Offset < 0: // everything is older
				offsets[p.Partition] = int64(1)<<62 - 1
			default:
				offsets[p.Partition] = p.Offset
			}
		}
	}
	return offsets, nil
}

func (r *retention) full(partition int) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return partition >= 0 && partition < len(r.unread) && r.unread[partition] >= fullShare
}

func (r *retention) headroom() float64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	room := 1.0
	for _, u := range r.unread {
		room = min(room, 1-u/fullShare)
	}
	return max(room, 0)
}
