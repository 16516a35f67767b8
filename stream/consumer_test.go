package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/chat"
	"switchboard/stream"
)

func TestAFailingHandlerGetsTheSameBatchAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions = 1
	l, _ := open(t, cfg)
	parcels := make([]chat.Parcel, 20)
	for i := range parcels {
		parcels[i] = parcel("a", fmt.Sprintf("0/%d", i))
	}
	write(t, l, parcels...)
	s := newSink()
	var calls atomic.Int64
	consume(t, l, func(ctx context.Context, p int, batch []chat.Parcel) error {
		if calls.Add(1) <= 4 {
			require.Equal(t, "0/0", string(batch[0].Value), "nothing is skipped")
			return errors.New("the database is away")
		}
		return s.handle(ctx, p, batch)
	})
	eventually(t, "all are handled", func() bool { return s.distinct() == 20 })
	require.Len(t, s.all(), 20)
	requireOrder(t, s.all())
}

func TestAConsumerThatDiesIsReplaced(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	w := newWire(f.network)
	doomed, _ := open(t, f.configOver(w))
	s := newSink()
	stopDoomed := consume(t, doomed, s.handle)
	write(t, l, spreadOver(f, 3)...)
	eventually(t, "it works", func() bool { return s.distinct() == 3 })
	survivor := newSink()
	consume(t, l, survivor.handle)
	_, err := f.WaitGroupStable(t.Context(), "switchboard", 2)
	require.NoError(t, err)
	w.cutOff() // no goodbye: as after kill -9
	for i := range 30 {
		write(t, l, parcel(fmt.Sprint(i), fmt.Sprint("after", i)))
	}
	start := time.Now()
	eventually(t, "the survivor reads all that follows", func() bool {
		for i := range 30 {
			if survivor.count(fmt.Sprint("after", i)) == 0 {
				return false
			}
		}
		return true
	})
	require.Less(t, time.Since(start), testSession+4*time.Second)
	stopDoomed()
}

func TestGroupErrorsAreSurvived(t *testing.T) {
	t.Parallel()
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.OffsetCommit, kmsg.OffsetFetch, kmsg.FindCoordinator, kmsg.Fetch, kmsg.ListOffsets} {
		for _, kind := range []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.UnknownServerError} {
			t.Run(key.Name()+"/"+kind.Message, func(t *testing.T) {
				t.Parallel()
				f := newFake(t, 1)
				l, _ := open(t, f.config())
				for i := range 10 {
					write(t, l, parcel(fmt.Sprint(i), fmt.Sprint(i)))
				}
				h := f.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: kind, Count: 2})
				defer h.Remove()
				s := newSink()
				stop := consume(t, l, s.handle)
				eventually(t, "all are handled", func() bool { return s.distinct() == 10 })
				require.NoError(t, h.Wait(t.Context(), 1), "the fault was met")
				write(t, l, parcel("after", "after"))
				eventually(t, "what comes after it too", func() bool { return s.count("after") > 0 })
				eventually(t, "all is committed", func() bool { return committedRecords(f) == 11 })
				stop()
			})
		}
	}
}

func committedRecords(f *fake) int64 {
	info := f.GroupInfo("switchboard")
	if info == nil {
		return 0
	}
	n := int64(0)
	for _, c := range info.Commits[inbound] {
		n += c.Offset
	}
	return n
}

// kafka-go takes an error for "nothing committed" there, and would read everything again.
func TestAFailedOffsetFetchDoesNotStartOver(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	for i := range 10 {
		write(t, l, parcel(fmt.Sprint(i), fmt.Sprint(i)))
	}
	stop := consume(t, l, newSink().handle)
	eventually(t, "all is committed", func() bool { return committedRecords(f) == 10 })
	stop()
	write(t, l, parcel("new", "new"))
	h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.CoordinatorLoadInProgress, Count: 4})
	s := newSink()
	consume(t, l, s.handle)
	eventually(t, "the new one arrives", func() bool { return s.count("new") == 1 })
	require.Equal(t, 4, h.Hits())
	require.Equal(t, 1, s.distinct())
}

func TestACrashBetweenHandlingAndCommitMeansAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	w := newWire(f.network)
	l, _ := open(t, f.config())
	doomed, _ := open(t, f.configOver(w))
	h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.CoordinatorNotAvailable, Count: -1})
	first := newSink()
	stop := consume(t, doomed, first.handle)
	parcels := spreadOver(f, 3)
	write(t, l, parcels...)
	eventually(t, "all are handled", func() bool { return first.distinct() == 3 })
	require.NoError(t, h.Wait(t.Context(), 1), "a commit was tried")
	w.cutOff()
	stop()
	h.Remove()
	second := newSink()
	consume(t, l, second.handle)
	eventually(t, "all come again", func() bool { return second.distinct() == 3 })
}

func TestWhatIsNotDurableIsNotCommitted(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	first := newSink()
	var asked atomic.Int32
	stop := consumeAnd(t, l, first.handle, func(context.Context) error {
		asked.Add(1)
		return errors.New("the disk is full")
	})
	write(t, l, spreadOver(f, 3)...)
	eventually(t, "all are handled, and one tried to commit", func() bool { return first.distinct() == 3 && asked.Load() > 0 })
	stop()
	require.Zero(t, committedRecords(f))
	second := newSink()
	var handledAt atomic.Int32
	stop = consumeAnd(t, l, second.handle, func(context.Context) error {
		handledAt.Store(int32(second.distinct()))
		return nil
	})
	eventually(t, "all come again", func() bool { return second.distinct() == 3 })
	stop()
	require.EqualValues(t, 3, handledAt.Load(), "all was handled before it was made durable")
	require.EqualValues(t, 3, committedRecords(f))
}

func TestLostRecordsAreLoud(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, f *fake){
		"deleted before they were read": func(t *testing.T, f *fake) {
			require.NoError(t, f.DeleteRecords(inbound, 0, 15))
		},
		"committed beyond the end": func(t *testing.T, f *fake) {
			client := direct(t, f.config())
			res, err := client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
				GroupID: "switchboard", GenerationID: -1,
				Topics: map[string][]kafka.OffsetCommit{inbound: {{Partition: 0, Offset: 1000}}},
			})
			require.NoError(t, err)
			require.NoError(t, res.Topics[inbound][0].Error)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, 1)
			cfg := f.config()
			cfg.Partitions = 1
			l, reg := open(t, cfg)
			for i := range 10 {
				write(t, l, parcel("a", fmt.Sprint(i)))
			}
			first := newSink()
			stop := consume(t, l, first.handle)
			eventually(t, "ten are committed", func() bool { return committedRecords(f) == 10 })
			stop()
			for i := 10; i < 20; i++ {
				write(t, l, parcel("a", fmt.Sprint(i)))
			}
			lose(t, f)
			second := newSink()
			consume(t, l, second.handle)
			eventually(t, "it goes on at the earliest", func() bool { return second.count("19") == 1 })
			require.Equal(t, 1.0, metric(t, reg, "switchboard_log_truncated_total"))
			eventually(t, "and commits", func() bool { return committedRecords(f) == 20 })
		})
	}
}

func TestAFalseAlarmAboutOffsetsLosesNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, reg := open(t, f.config())
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: inbound, Err: kerr.OffsetOutOfRange, Count: 3})
	s := newSink()
	consume(t, l, s.handle)
	write(t, l, spreadOver(f, 3)...)
	eventually(t, "all are handled", func() bool { return s.distinct() == 3 })
	require.Len(t, s.all(), 3)
	require.Equal(t, 0.0, metric(t, reg, "switchboard_log_truncated_total"))
}

func TestABatchInHandIsFinishedAtStop(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	write(t, l, parcel("a", "1"))
	started, finish := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- l.Consume(ctx, func(ctx context.Context, _ int, _ []chat.Parcel) error {
			close(started)
			<-finish
			return ctx.Err()
		}, durable)
	}()
	<-started
	cancel()
	close(finish)
	require.NoError(t, <-done)
	require.EqualValues(t, 1, committedRecords(f), "it was finished and committed")
}

func TestAHandlerThatIsTooSlowIsStopped(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.DrainTimeout = 50 * time.Millisecond
	l, _ := open(t, cfg)
	write(t, l, parcel("a", "1"))
	started := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- l.Consume(ctx, func(ctx context.Context, _ int, _ []chat.Parcel) error {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		}, durable)
	}()
	<-started
	cancel()
	require.NoError(t, <-done)
	require.Zero(t, committedRecords(f))
}

func TestAConsumerStopsWhileTheBrokersAreAway(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	s := newSink()
	stop := consume(t, l, s.handle)
	write(t, l, parcel("a", "1"))
	eventually(t, "it works", func() bool { return s.distinct() == 1 })
	f.cutOff()
	start := time.Now()
	stop()
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestAConsumerComesBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	s := newSink()
	consume(t, l, s.handle)
	write(t, l, parcel("a", "1"))
	eventually(t, "it works", func() bool { return s.distinct() == 1 })
	f.cutOff()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.Error(t, l.Append(ctx, []chat.Parcel{parcel("a", "lost")}))
	f.comeBack()
	eventually(t, "the log takes records again", func() bool {
		return l.Append(t.Context(), []chat.Parcel{parcel("a", "2")}) == nil
	})
	eventually(t, "and they are read", func() bool { return s.count("2") > 0 })
}

func TestAStalledConsumerIsRebuilt(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kfake.Fault{
		"commits fail":   {Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.CoordinatorNotAvailable, Count: -1},
		"no group":       {Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.CoordinatorNotAvailable, Count: -1},
		"fetches starve": {Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.KafkaStorageError, Count: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, 1)
			cfg := f.config()
			cfg.StallTimeout, cfg.SessionTimeout = 500*time.Millisecond, 500*time.Millisecond
			l, reg := open(t, cfg)
			write(t, l, parcel("a", "1"))
			h := f.Fault(fault)
			s := newSink()
			consume(t, l, s.handle)
			eventually(t, "it is rebuilt", func() bool { return metric(t, reg, "switchboard_consumer_rebuilds_total") > 0 })
			h.Remove()
			eventually(t, "and works", func() bool { return s.count("1") > 0 && committedRecords(f) == 1 })
		})
	}
}

func TestASlowHandlerIsNoStall(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.StallTimeout = 200 * time.Millisecond
	l, reg := open(t, cfg)
	write(t, l, parcel("a", "1"))
	finish := make(chan struct{})
	var once sync.Once
	started := make(chan struct{})
	s := newSink()
	consume(t, l, func(ctx context.Context, p int, parcels []chat.Parcel) error {
		once.Do(func() { close(started) })
		<-finish
		return s.handle(ctx, p, parcels)
	})
	<-started
	write(t, l, parcel("a", "2"))
	h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Observe: true, Count: -1})
	require.NoError(t, h.Wait(t.Context(), 60), "the watchdog has looked often")
	close(finish)
	eventually(t, "both are handled", func() bool { return s.distinct() == 2 })
	require.Equal(t, 0.0, metric(t, reg, "switchboard_consumer_rebuilds_total"))
}

func TestAddedPartitionsAreRead(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	s := newSink()
	consume(t, l, s.handle)
	write(t, l, parcel("a", "1"))
	eventually(t, "it works", func() bool { return s.distinct() == 1 })
	client := direct(t, f.config())
	res, err := client.CreatePartitions(t.Context(), &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: inbound, Count: 5}}})
	require.NoError(t, err)
	require.NoError(t, res.Errors[inbound])
	eventually(t, "the new partition takes records", func() bool {
		rec := kafka.Record{Key: kafka.NewBytes([]byte("k")), Value: kafka.NewBytes([]byte("added"))}
		res, err := client.Produce(t.Context(), &kafka.ProduceRequest{Topic: inbound, Partition: 4, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(rec)})
		return err == nil && res.Error == nil
	})
	eventually(t, "and they are read", func() bool { return s.count("added") > 0 }) // a rebalance may hand them out twice
}

func TestAfterAGapEverythingIsToBeFetched(t *testing.T) {
	t.Parallel()
	const changes = "switchboard.changes"
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	w := newWire(f.network)
	viewer, reg := open(t, f.configOver(w))
	s := follow(t, viewer)
	n := 0
	eventually(t, "it follows", func() bool {
		n++
		require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: fmt.Sprint("c", n)}}))
		return s.has("c")
	})
	w.cutOff()
	require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "during"}}))
	w.comeBack()
	eventually(t, "an outage alone loses nothing", func() bool { return s.has("during") })
	require.Zero(t, s.resyncs())

	w.cutOff()
	require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "missed"}}))
	require.NoError(t, f.DeleteRecords(changes, 0, -1))
	require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "missed too"}}))
	w.comeBack()
	eventually(t, "a gap is told", func() bool { return s.resyncs() == 1 })
	eventually(t, "and it goes on", func() bool {
		require.NoError(t, l.Publish(t.Context(), []chat.Change{{Conversation: "next"}}))
		return s.has("next")
	})
	require.False(t, s.has("missed"))
	require.Equal(t, 1.0, metric(t, reg, "switchboard_changes_resyncs_total"))
}

func TestNotReadyWhenABrokerIsAway(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	f.cutOff()
	require.Error(t, l.Ready(t.Context()))
	f.comeBack()
	require.Error(t, l.Ready(t.Context()), "an answer holds for a moment")
	eventually(t, "ready again", func() bool { return l.Ready(t.Context()) == nil })
}

func TestLagErrorsAreCounted(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, reg := open(t, f.config())
	f.cutOff()
	runLag(t, l)
	eventually(t, "they are counted", func() bool { return metric(t, reg, "switchboard_consumer_lag_errors_total") == 1 })
}

var _ stream.Handler = (*sink)(nil).handle
