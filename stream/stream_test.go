package stream_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/stream"
)

func TestParcelsTravelThroughTheLog(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, reg := open(t, cfg)
		s := newSink()
		consume(t, l, s.handle)
		want := parcel("a", "1")
		want.Client = chat.Client{IP: "192.0.2.1", UserAgent: "ua", Mobile: "?1", Platform: "p", Model: "m", Brands: "b", Origin: "https://shop.example"}
		write(t, l, want, parcel("b", "2"))
		eventually(t, "both arrive", func() bool { return s.distinct() == 2 })
		for _, got := range s.all() {
			if got.Key != "a" {
				continue
			}
			got.Position = chat.Position{}
			require.Empty(t, cmp.Diff(want, got))
		}
		require.Equal(t, 2.0, metric(t, reg, "switchboard_produce_records_total", "result", "ok"))
		require.Equal(t, 0.0, metric(t, reg, "switchboard_produce_queue_bytes"))
	})
}

func TestOrderPerKeyIsKept(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		s := newSink()
		consume(t, l, s.handle)
		const keys, each = 20, 40
		var writers sync.WaitGroup
		for k := range keys {
			writers.Go(func() {
				for i := range each {
					p := parcel(fmt.Sprintf("key-%d", k), fmt.Sprintf("%d/%d", k, i))
					if err := l.Append(t.Context(), []chat.Parcel{p}); err != nil {
						t.Errorf("append: %v", err)
						return
					}
				}
			})
		}
		writers.Wait()
		eventually(t, "all arrive", func() bool { return s.distinct() == keys*each })
		requireOrder(t, s.all())
	})
}

// requireOrder checks that the first occurrences of "key/number" values count up per key.
func requireOrder(t *testing.T, parcels []chat.Parcel) {
	t.Helper()
	next := make(map[string]int)
	for _, p := range parcels {
		var k, i int
		_, err := fmt.Sscanf(string(p.Value), "%d/%d", &k, &i)
		require.NoError(t, err)
		if i >= next[p.Key] {
			require.Equal(t, next[p.Key], i, "first occurrence out of order for %s", p.Key)
			next[p.Key] = i + 1
		}
	}
}

func TestOneBatchKeepsItsOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		s := newSink()
		consume(t, l, s.handle)
		parcels := make([]chat.Parcel, 1200)
		for i := range parcels {
			parcels[i] = parcel("one", fmt.Sprintf("0/%d", i))
		}
		write(t, l, parcels...)
		eventually(t, "all arrive", func() bool { return s.distinct() == len(parcels) })
		requireOrder(t, s.all())
	})
}

func TestLargeParcelsFit(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, reg := open(t, cfg)
		s := newSink()
		consume(t, l, s.handle)
		body := bytes.Repeat([]byte("x"), 4<<20)
		large := parcel("large", "")
		large.Value = body
		write(t, l, parcel("large", "before"), large, parcel("large", "after"))
		medium := make([]chat.Parcel, 6)
		for i := range medium {
			medium[i] = parcel("large", "")
			medium[i].Value = append(bytes.Repeat([]byte("y"), 700<<10), byte('0'+i))
		}
		write(t, l, medium...)
		eventually(t, "all arrive", func() bool { return s.distinct() == 9 })
		require.Positive(t, s.count(string(body))) // on a busy machine a rebalance may hand it out twice

		large.Value = make([]byte, 6<<20)
		err := l.Append(t.Context(), []chat.Parcel{parcel("large", "never"), large})
		require.ErrorIs(t, err, chat.ErrTooLarge)
		require.Equal(t, 2.0, metric(t, reg, "switchboard_produce_records_total", "result", "too_large"))
	})
}

func TestOffsetsSurviveARestartOfTheConsumer(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		first := newSink()
		stop := consume(t, l, first.handle)
		for i := range 50 {
			write(t, l, parcel(fmt.Sprint(i), fmt.Sprint(i)))
		}
		eventually(t, "all arrive", func() bool { return first.distinct() == 50 })
		stop()
		write(t, l, parcel("new", "new"))
		second := newSink()
		consume(t, l, second.handle)
		eventually(t, "the new one arrives", func() bool { return second.count("new") == 1 })
		require.Equal(t, 1, second.distinct(), "a clean stop commits what was handled")
	})
}

func TestTwoConsumersShareThePartitions(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		other, _ := open(t, cfg)
		s := newSink()
		var mu sync.Mutex
		busy := map[string]bool{}
		by := func(name string) stream.Handler {
			return func(ctx context.Context, p int, parcels []chat.Parcel) error {
				mu.Lock()
				busy[name] = true
				mu.Unlock()
				return s.handle(ctx, p, parcels)
			}
		}
		stop := consume(t, l, by("first"))
		consume(t, other, by("second"))
		sent := 0
		eventually(t, "both work", func() bool {
			for range 10 {
				write(t, l, parcel(fmt.Sprint(sent), fmt.Sprint(sent)))
				sent++
			}
			mu.Lock()
			defer mu.Unlock()
			return busy["first"] && busy["second"]
		})
		stop()
		for range 50 {
			write(t, l, parcel(fmt.Sprint(sent), fmt.Sprint(sent)))
			sent++
		}
		eventually(t, "the one left reads everything", func() bool { return s.distinct() == sent })
	})
}

func TestQuarantineKeepsBytesAndReason(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		p := parcel("a", "whole body")
		p.Position = chat.Position{Partition: 2, Offset: 7}
		items := []chat.Quarantined{
			{Parcel: p, Reason: "unknown_account", Detail: "no such number", Bytes: p.Value},
			{Parcel: p, EventID: "0123", Reason: "too_deep", Bytes: []byte("element")},
		}
		require.NoError(t, l.Quarantine(t.Context(), items))
		got, next, err := l.Quarantined(t.Context(), chat.Position{}, 1)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(items[:1], got))
		got, next, err = l.Quarantined(t.Context(), next, 10)
		require.NoError(t, err)
		items[1].Parcel.Value = nil // the log has it, at its position
		require.Empty(t, cmp.Diff(items[1:], got))
		got, _, err = l.Quarantined(t.Context(), next, 10)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

func TestEveryInstanceSeesEveryChange(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		other, _ := open(t, cfg)
		require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "old"}}))
		seen := [2]*changeSink{follow(t, l), follow(t, other)}
		n := 0
		eventually(t, "both follow", func() bool {
			n++
			require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: fmt.Sprint("c", n), Messages: n, StoredAt: time.UnixMilli(int64(n)).UTC()}}))
			return seen[0].has("c") && seen[1].has("c")
		})
		last := fmt.Sprint("last", n)
		require.NoError(t, other.Publish(t.Context(), []chat.Change{{Conversation: last}, {Conversation: last}}))
		eventually(t, "both see the last", func() bool { return seen[0].has(last) && seen[1].has(last) })
		require.False(t, seen[0].has("old"), "it was published before")
		require.Zero(t, seen[0].resyncs())
	})
}

// A process that has the cluster for itself gets its own changes without the cluster: they arrive before Publish returns and
// while no broker answers.
func TestAloneChangesNeedNoBroker(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Alone = true
	l, _ := open(t, cfg)
	require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "old"}}))
	seen := follow(t, l)
	eventually(t, "it follows", func() bool {
		require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "first"}}))
		return seen.has("first")
	})
	f.cutOff()
	want := chat.Change{Conversation: "second", Contact: "c", What: []string{"message"}, Messages: 2, StoredAt: time.UnixMilli(5).UTC()}
	require.NoError(t, l.Publish(t.Context(), []chat.Change{want, {Conversation: "third"}}))
	require.True(t, seen.has("second"))
	require.True(t, seen.has("third"))
	require.False(t, seen.has("old"), "it was published before")
	require.Zero(t, seen.resyncs())
}

type changeSink struct {
	mu      sync.Mutex
	changes []chat.Change
}

func (s *changeSink) handle(changes []chat.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = append(s.changes, changes...)
}

func (s *changeSink) has(prefix string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.changes {
		if strings.HasPrefix(c.Conversation, prefix) {
			return true
		}
	}
	return false
}

func (s *changeSink) resyncs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.changes {
		if cmp.Equal(c, chat.Change{}) {
			n++
		}
	}
	return n
}

func follow(t *testing.T, l *stream.Log) *changeSink {
	t.Helper()
	s := new(changeSink)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Changes(ctx, s.handle) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

func TestARecordThatMakesNoSenseArrives(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		client := direct(t, cfg)
		bad := [][]kafka.Header{
			nil,
			{{Key: "v", Value: []byte("2")}, {Key: "channel", Value: []byte("whatsapp")}},
			{{Key: "v", Value: []byte("1")}, {Key: "channel", Value: []byte("whatsapp")}, {Key: "received", Value: []byte("noon")}},
			{{Key: "v", Value: []byte("1")}, {Key: "channel", Value: []byte("whatsapp")}, {Key: "elements", Value: []byte("-3")}},
		}
		for i, headers := range bad {
			eventually(t, "it is written", func() bool { // a new topic needs a moment
				rec := kafka.Record{Value: kafka.NewBytes(fmt.Append(nil, "bad", i)), Headers: headers}
				res, err := client.Produce(t.Context(), &kafka.ProduceRequest{
					Topic: prefix(cfg) + "inbound", RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(rec),
				})
				return err == nil && res.Error == nil
			})
		}
		write(t, l, parcel("good", "good"))
		s := newSink()
		consume(t, l, s.handle)
		eventually(t, "all arrive", func() bool { return s.distinct() == len(bad)+1 })
		for _, p := range s.all() {
			if strings.HasPrefix(string(p.Value), "bad") {
				require.Empty(t, p.Channel, "%s", p.Value)
			} else {
				require.Equal(t, chat.WhatsApp, p.Channel)
			}
		}
	})
}

func TestLagIsSeenWithoutAConsumer(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, reg := open(t, cfg)
		before := time.Now().Add(-time.Second)
		for i := range 30 {
			write(t, l, parcel(fmt.Sprint(i), fmt.Sprint(i)))
		}
		lags, err := l.Lag(t.Context())
		require.NoError(t, err)
		require.Len(t, lags, l.Partitions())
		records := int64(0)
		for _, lag := range lags {
			records += lag.Records
			if lag.Records > 0 {
				require.WithinRange(t, lag.Oldest, before, time.Now().Add(time.Second))
			}
		}
		require.EqualValues(t, 30, records)
		runLag(t, l)
		eventually(t, "the metric shows it", func() bool { return metric(t, reg, "switchboard_consumer_lag_records") == 30 })

		s := newSink()
		stop := consume(t, l, s.handle)
		eventually(t, "all arrive", func() bool { return s.distinct() == 30 })
		stop()
		lags, err = l.Lag(t.Context())
		require.NoError(t, err)
		for _, lag := range lags {
			require.Zero(t, lag.Records)
			require.True(t, lag.Oldest.IsZero())
		}
	})
}

func runLag(t *testing.T, l *stream.Log) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.RunLag(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func TestReadyWhenTheLeadersAnswer(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, cfg stream.Config) {
		l, _ := open(t, cfg)
		require.NoError(t, l.Ready(t.Context()))
		require.NoError(t, l.Ready(t.Context()), "from memory")
	})
}
