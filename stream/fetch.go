package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	fetchWait     = 250 * time.Millisecond // the long poll of an idle partition; records are answered at once
	fetchMaxBytes = 1 << 20                // of each partition, held while the store is away
	fetchTimeout  = 10 * time.Second       // one answer, network included
	askTimeout    = 5 * time.Second        // questions about offsets
)

// A message is one record as it was read; its bytes are its own.
type message struct {
	offset  int64
	time    time.Time
	key     []byte
	value   []byte
	headers []kafka.Header
}

// A haul is what one fetch brought. next is where to go on: it can be ahead of the last message where the log has holes
// (compaction, transaction markers).
type haul struct {
	messages []message
	next     int64
	end      int64
}

// fetch reads from the offset on, waiting a moment for records when there are none.
func fetch(ctx context.Context, client *kafka.Client, topic string, partition int, offset, maxBytes int64) (haul, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	res, err := client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: maxBytes, MaxWait: fetchWait,
	})
	if err != nil {
		return haul{}, fmt.Errorf("fetch %s/%d: %w", topic, partition, err)
	}
	if res.Error != nil {
		return haul{}, fmt.Errorf("fetch %s/%d: %w", topic, partition, res.Error)
	}
	h := haul{next: offset, end: res.HighWatermark}
	if err := h.read(res.Records, offset); err != nil {
		return haul{}, fmt.Errorf("read %s/%d: %w", topic, partition, err)
	}
	return h, nil
}

// read goes through the batches one by one instead of through the stream, which hides those without records: without
// them a partition that ends in one would be fetched for ever at the same offset.
func (h *haul) read(records kafka.RecordReader, from int64) error {
	stream, ok := records.(*protocol.RecordStream)
	if !ok {
		return h.readBatch(records, from, true)
	}
	for _, batch := range stream.Records {
		_, control := batch.(*protocol.ControlBatch)
		if err := h.readBatch(batch, from, !control); err != nil {
			return err
		}
	}
	if len(stream.Records) > 0 && h.next == from {
		// The batches begin with the one that covers this offset and none of them has it: it does not exist.
		h.next++
	}
	return nil
}

func (h *haul) readBatch(batch kafka.RecordReader, from int64, keep bool) error {
	for {
		rec, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		m, err := own(rec)
		if err != nil {
			return fmt.Errorf("offset %d: %w", rec.Offset, err)
		}
		if m.offset < from { // a batch is sent whole, from its beginning
			continue
		}
		h.next = max(h.next, m.offset+1)
		if keep {
			h.messages = append(h.messages, m)
		}
	}
}

// own copies a record out of kafka-go's pages and gives them back.
func own(rec *kafka.Record) (message, error) {
	m := message{offset: rec.Offset, time: rec.Time, headers: rec.Headers}
	var keyErr, valueErr error
	if rec.Key != nil {
		m.key, keyErr = kafka.ReadAll(rec.Key)
		keyErr = errors.Join(keyErr, rec.Key.Close())
	}
	if rec.Value != nil {
		m.value, valueErr = kafka.ReadAll(rec.Value)
		valueErr = errors.Join(valueErr, rec.Value.Close())
	}
	return m, errors.Join(keyErr, valueErr)
}

// An extent is what a partition holds: offsets from first up to but without end.
type extent struct{ first, end int64 }

// extents asks the leaders of all partitions of a topic, so it also tells whether they answer.
func extents(ctx context.Context, client *kafka.Client, t topic) ([]extent, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	requests := make([]kafka.OffsetRequest, 0, 2*t.partitions)
	for p := range t.partitions {
		requests = append(requests, kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
	}
	res, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{t.name: requests}})
	if err != nil {
		return nil, fmt.Errorf("list offsets of %s: %w", t.name, err)
	}
	list, seen := make([]extent, t.partitions), 0
	for _, p := range res.Topics[t.name] {
		if p.Error != nil {
			return nil, fmt.Errorf("list offsets of %s/%d: %w", t.name, p.Partition, p.Error)
		}
		if p.Partition >= 0 && p.Partition < len(list) {
			list[p.Partition] = extent{first: p.FirstOffset, end: p.LastOffset}
			seen++
		}
	}
	if seen != t.partitions {
		return nil, fmt.Errorf("list offsets of %s: %d of %d partitions answered", t.name, seen, t.partitions)
	}
	return list, nil
}

// committed reads the group's offsets; -1 where there is none. kafka-go's group membership takes an error in this answer
// for "nothing committed", which would read the whole log again, so it is asked here as well.
func committed(ctx context.Context, client *kafka.Client, group string, t topic) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	partitions := make([]int, t.partitions)
	for p := range partitions {
		partitions[p] = p
	}
	res, err := offsetFetch(ctx, client, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{t.name: partitions}})
	if err != nil && !errors.Is(err, kafka.GroupIdNotFound) { // a group that nobody has joined yet
		return nil, fmt.Errorf("fetch offsets of group %s: %w", group, err)
	}
	list := make([]int64, t.partitions)
	for p := range list {
		list[p] = -1
	}
	if err != nil {
		return list, nil
	}
	for _, p := range res.Topics[t.name] {
		if p.Error != nil {
			return nil, fmt.Errorf("fetch offsets of group %s, partition %d: %w", group, p.Partition, p.Error)
		}
		if p.Partition >= 0 && p.Partition < len(list) {
			list[p.Partition] = p.CommittedOffset
		}
	}
	return list, nil
}

// offsetFetch waits for a coordinator: a new cluster has none until somebody asks for it, and it moves.
func offsetFetch(ctx context.Context, client *kafka.Client, req *kafka.OffsetFetchRequest) (*kafka.OffsetFetchResponse, error) {
	for attempt := 0; ; attempt++ {
		res, err := client.OffsetFetch(ctx, req)
		if err == nil {
			err = res.Error
		}
		if err == nil || !isAny(err, kafka.GroupCoordinatorNotAvailable, kafka.NotCoordinatorForGroup, kafka.GroupLoadInProgress) {
			return res, err
		}
		if !pause(ctx, backoff(attempt)) {
			return nil, err
		}
	}
}

func isAny(err error, codes ...kafka.Error) bool {
	for _, code := range codes {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
