package stream

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

const lagInterval = 10 * time.Second

// A PartitionLag is what the group has not committed of one partition.
type PartitionLag struct {
	Topic     string
	Partition int
	Committed int64 // -1: nothing yet
	First     int64
	End       int64
	Records   int64
	Oldest    time.Time // when the oldest of them was written; zero when there is none
}

// Lag asks the brokers how far the group is, whether or not a consumer runs.
func (l *Log) Lag(ctx context.Context) ([]PartitionLag, error) {
	t := l.topics.inbound
	list, err := extents(ctx, l.client, t)
	if err != nil {
		return nil, err
	}
	offsets, err := committed(ctx, l.client, l.cfg.Group, t)
	if err != nil {
		return nil, err
	}
	lags := make([]PartitionLag, t.partitions)
	for p, e := range list {
		next := max(offsets[p], e.first)
		if offsets[p] > e.end {
			next = e.first // the consumer will have to start over
		}
		lags[p] = PartitionLag{Topic: t.name, Partition: p, Committed: offsets[p], First: e.first, End: e.end, Records: e.end - next}
		if lags[p].Records == 0 {
			continue
		}
		if lags[p].Oldest, err = l.writtenAt(ctx, t, p, next); err != nil {
			return nil, err
		}
	}
	return lags, nil
}

// writtenAt reads the time of the first record from the offset on.
func (l *Log) writtenAt(ctx context.Context, t topic, partition int, offset int64) (time.Time, error) {
	h, err := fetch(ctx, l.client, t.name, partition, offset, 1) // one byte: the broker sends one batch all the same
	if errors.Is(err, kafka.OffsetOutOfRange) {
		return time.Time{}, nil // retention was faster
	}
	if err != nil || len(h.messages) == 0 {
		return time.Time{}, err
	}
	return h.messages[0].time, nil
}

// RunLag keeps the lag metrics up to date until ctx ends; then it returns nil.
func (l *Log) RunLag(ctx context.Context) error {
	ticker := time.NewTicker(lagInterval)
	defer ticker.Stop()
	failing := false
	for {
		err := l.measureLag(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			l.metrics.lagErrors.Inc()
			if !failing {
				l.log.Warn("cannot read the consumer lag, trying on", "err", err)
			}
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (l *Log) measureLag(ctx context.Context, now time.Time) error {
	lags, err := l.Lag(ctx)
	if err != nil {
		return err
	}
	for _, lag := range lags {
		partition := strconv.Itoa(lag.Partition)
		seconds := 0.0
		if !lag.Oldest.IsZero() {
			seconds = max(0, now.Sub(lag.Oldest).Seconds())
		}
		l.metrics.lagRecords.WithLabelValues(lag.Topic, partition).Set(float64(lag.Records))
		l.metrics.lagSeconds.WithLabelValues(lag.Topic, partition).Set(seconds)
	}
	return nil
}

// readiness remembers the last answer for a moment, so that probes cost the brokers little.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

const (
	readyFor     = 2 * time.Second
	readyTimeout = 2 * time.Second
)

// Ready reports whether the leaders of all partitions of the inbound topic answer. An answer holds for two seconds.
func (l *Log) Ready(ctx context.Context) error {
	l.ready.mu.Lock()
	defer l.ready.mu.Unlock()
	if time.Since(l.ready.at) < readyFor {
		return l.ready.err
	}
	// The answer is for others too: a probe that hangs up must not make it an error.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	_, err := extents(ctx, l.client, l.topics.inbound)
	l.ready.at, l.ready.err = time.Now(), err
	return err
}
