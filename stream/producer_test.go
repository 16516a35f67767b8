package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/chat"
	"switchboard/stream"
)

const inbound = "switchboard.inbound"

// stored reads the whole inbound topic past the code under test's consumer group.
func stored(t *testing.T, f *fake) *sink {
	t.Helper()
	cfg := f.config()
	cfg.Group, cfg.Partitions = fmt.Sprint("reader", rand.Int64()), 0
	l, _ := open(t, cfg)
	want := int64(0)
	for _, p := range f.PartitionInfos(inbound) {
		want += p.HighWatermark
	}
	s := newSink()
	stop := consume(t, l, s.handle)
	eventually(t, "everything is read", func() bool { return int64(len(s.all())) == want })
	stop()
	return s
}

func TestProduceErrorsAreRetriedInPlace(t *testing.T) {
	t.Parallel()
	for _, kind := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.NotEnoughReplicas, kerr.LeaderNotAvailable, kerr.KafkaStorageError,
		kerr.UnknownTopicOrPartition, kerr.CorruptMessage, kerr.ThrottlingQuotaExceeded,
	} {
		t.Run(kind.Message, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, 1)
			l, _ := open(t, f.config())
			h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: kind, Count: 3})
			write(t, l, parcel("a", "1"))
			require.Equal(t, 3, h.Hits())
			require.Equal(t, 1, stored(t, f).count("1"))
		})
	}
}

func TestALostAcknowledgementMeansMaybeTwice(t *testing.T) {
	t.Parallel()
	for _, kind := range []*kerr.Error{kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend} {
		t.Run(kind.Message, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, 1)
			l, _ := open(t, f.config())
			f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: kind})
			write(t, l, parcel("a", "1"))
			require.Equal(t, 2, stored(t, f).count("1"))
		})
	}
}

func TestABrokerThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	f.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, true })
	write(t, l, parcel("a", "1"))
	require.Equal(t, 1, stored(t, f).count("1"))
}

func TestACutConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	f.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, errors.New("cut"), true })
	write(t, l, parcel("a", "1"))
	require.Equal(t, 1, stored(t, f).count("1"))
}

func TestALeaderThatMovesIsFound(t *testing.T) {
	t.Parallel()
	f := newFake(t, 3)
	l, _ := open(t, f.config())
	write(t, l, parcel("a", "1"))
	for p := range int32(3) {
		require.NoError(t, f.MoveTopicPartition(inbound, p, (f.LeaderFor(inbound, p)+1)%3))
	}
	start := time.Now()
	write(t, l, parcel("a", "2"), parcel("b", "3"), parcel("c", "4"))
	require.Less(t, time.Since(start), 4*time.Second)
	require.Equal(t, 4, stored(t, f).distinct())
}

func TestAMissingLeaderIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	write(t, l, parcel("a", "1"))
	h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: inbound, Err: kerr.LeaderNotAvailable, Count: -1})
	require.NoError(t, h.Wait(t.Context(), 2), "the client has asked again")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, l.Append(ctx, []chat.Parcel{parcel("a", "2")}), chat.ErrUnavailable)
	time.AfterFunc(300*time.Millisecond, h.Remove)
	write(t, l, parcel("a", "3"))
	require.Equal(t, 1, stored(t, f).count("3"))
}

func TestRefusalsAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, kind := range []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.UnknownServerError, kerr.PolicyViolation} {
		t.Run(kind.Message, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, 1)
			l, _ := open(t, f.config())
			h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: kind, Count: -1})
			start := time.Now()
			require.ErrorIs(t, l.Append(t.Context(), []chat.Parcel{parcel("a", "1")}), chat.ErrUnavailable)
			require.Less(t, time.Since(start), time.Second)
			require.Equal(t, 1, h.Hits())
			h.Remove()
			write(t, l, parcel("a", "2"))
		})
	}
}

func TestABatchThatIsTooLargeIsSplit(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions = 1
	l, _ := open(t, cfg)
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: kerr.MessageTooLarge, Count: 2})
	parcels := make([]chat.Parcel, 9)
	for i := range parcels {
		parcels[i] = parcel("a", fmt.Sprintf("0/%d", i))
	}
	write(t, l, parcels...)
	s := stored(t, f)
	require.Equal(t, 9, s.distinct())
	require.Len(t, s.all(), 9)
	requireOrder(t, s.all())
}

func TestARecordTheBrokerFindsTooLargeIsRefusedAlone(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions = 1
	l, reg := open(t, cfg)
	f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: kerr.MessageTooLarge})
	require.ErrorIs(t, l.Append(t.Context(), []chat.Parcel{parcel("a", "1")}), chat.ErrTooLarge)
	require.Equal(t, 1.0, metric(t, reg, "switchboard_produce_records_total", "result", "too_large"))
	write(t, l, parcel("a", "2"))
}

// spread gives a parcel for each partition.
func spreadOver(f *fake, partitions int) []chat.Parcel {
	var parcels []chat.Parcel
	for i := 0; len(parcels) < partitions; i++ {
		p := parcel(fmt.Sprint("key", i), fmt.Sprint("spread", i))
		if stream.PartitionOf(p.Key, partitions) == len(parcels) {
			parcels = append(parcels, p)
		}
	}
	return parcels
}

func TestAllPartitionsOfACallMustSucceed(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	parcels := spreadOver(f, 3)
	h := f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Partitions: []int32{1}, Err: kerr.NotEnoughReplicas, Count: -1})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, l.Append(ctx, parcels), chat.ErrUnavailable)
	write(t, l, parcels[0], parcels[2])
	h.Remove()
	write(t, l, parcels...)
	require.GreaterOrEqual(t, stored(t, f).count(string(parcels[1].Value)), 1)
}

func TestAnOutageIsAnsweredQuicklyAndEnds(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, reg := open(t, f.config())
	write(t, l, parcel("a", "before"))
	f.cutOff()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, l.Append(ctx, []chat.Parcel{parcel("a", "ghost")}), chat.ErrUnavailable)

	through := make(chan struct{})
	go func() { // somebody keeps trying, so that one call is always under way
		defer close(through)
		for l.Append(context.Background(), []chat.Parcel{parcel("a", "probe")}) != nil {
			<-time.After(5 * time.Millisecond)
		}
	}()
	eventually(t, "others are refused at once", func() bool {
		start := time.Now()
		err := l.Append(t.Context(), []chat.Parcel{parcel("a", "refused")})
		return errors.Is(err, chat.ErrUnavailable) && time.Since(start) < 50*time.Millisecond
	})
	f.comeBack()
	back := time.Now()
	<-through
	require.Less(t, time.Since(back), 5*time.Second)
	write(t, l, parcel("a", "after"))
	require.Equal(t, 0.0, metric(t, reg, "switchboard_produce_queue_bytes"))
	s := stored(t, f)
	require.Equal(t, 1, s.count("before"))
	require.GreaterOrEqual(t, s.count("after"), 1)
	require.Zero(t, s.count("refused"))
}

// blockProduce keeps produce requests from being answered until release is called.
func blockProduce(f *fake) (blocked <-chan struct{}, release func()) {
	hit, free := make(chan struct{}, 100), make(chan struct{})
	f.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		hit <- struct{}{}
		f.SleepControl(func() { <-free })
		return nil, nil, false
	})
	return hit, sync.OnceFunc(func() { close(free) })
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions, cfg.MaxQueuedBytes, cfg.RequestTimeout = 1, 5000, 20*time.Second
	l, reg := open(t, cfg)
	hit, release := blockProduce(f)
	defer release()
	var waiting sync.WaitGroup
	send := func(i int) {
		waiting.Go(func() {
			if err := l.Append(t.Context(), []chat.Parcel{parcel("a", fmt.Sprint(i))}); err != nil {
				t.Errorf("append %d: %v", i, err)
			}
		})
	}
	send(0)
	<-hit
	for i := 1; i < 4; i++ {
		send(i)
	}
	var queued float64
	eventually(t, "they are queued", func() bool {
		queued = metric(t, reg, "switchboard_produce_queue_bytes")
		return queued > 800
	})
	start := time.Now()
	big := parcel("a", "")
	big.Value = make([]byte, 4500)
	require.ErrorIs(t, l.Append(t.Context(), []chat.Parcel{big}), chat.ErrUnavailable)
	require.Less(t, time.Since(start), time.Second)
	release()
	waiting.Wait()
	require.Equal(t, 0.0, metric(t, reg, "switchboard_produce_queue_bytes"))
	require.NoError(t, l.Append(t.Context(), []chat.Parcel{big}), "there is room again")
}

func TestACallerWhoGivesUpIsWithdrawn(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions, cfg.RequestTimeout = 1, 20*time.Second
	l, reg := open(t, cfg)
	hit, release := blockProduce(f)
	defer release()
	first := make(chan error, 1)
	go func() { first <- l.Append(t.Context(), []chat.Parcel{parcel("a", "first")}) }()
	<-hit
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := l.Append(ctx, []chat.Parcel{parcel("a", "withdrawn"), parcel("b", "withdrawn too")})
	require.ErrorIs(t, err, chat.ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 2.0, metric(t, reg, "switchboard_produce_records_total", "result", "expired"))
	release()
	require.NoError(t, <-first)
	write(t, l, parcel("a", "last"))
	s := stored(t, f)
	require.Equal(t, 2, s.distinct())
	require.Zero(t, s.count("withdrawn"))
}

func TestCloseWritesWhatIsQueued(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Partitions, cfg.RequestTimeout = 1, 20*time.Second
	l, reg := open(t, cfg)
	hit, release := blockProduce(f)
	defer release()
	results := make(chan error, 20)
	for i := range 20 {
		go func() { results <- l.Append(t.Context(), []chat.Parcel{parcel("a", fmt.Sprint(i))}) }()
	}
	<-hit
	eventually(t, "all are queued", func() bool { return metric(t, reg, "switchboard_produce_queue_bytes") > 20*270 })
	closed := make(chan error, 1)
	go func() { closed <- l.Close(t.Context()) }()
	eventually(t, "new ones are refused", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := l.Append(ctx, []chat.Parcel{parcel("a", "late")})
		return errors.Is(err, chat.ErrUnavailable) && ctx.Err() == nil
	})
	release()
	for range 20 {
		require.NoError(t, <-results)
	}
	require.NoError(t, <-closed)
	require.NoError(t, l.Close(t.Context()), "twice is fine")
	require.Equal(t, 20, stored(t, f).distinct())
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	l, _ := open(t, f.config())
	f.cutOff()
	result := make(chan error, 1)
	go func() { result <- l.Append(context.Background(), []chat.Parcel{parcel("a", "1")}) }()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	require.ErrorIs(t, l.Close(ctx), chat.ErrUnavailable)
	require.ErrorIs(t, <-result, chat.ErrUnavailable)
}

func TestAFullPartitionIsRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t, 1)
	cfg := f.config()
	cfg.Full = func(p int) bool { return p == 1 }
	l, _ := open(t, cfg)
	parcels := spreadOver(f, 3)
	require.ErrorIs(t, l.Append(t.Context(), parcels[1:2]), chat.ErrUnavailable)
	write(t, l, parcels[0], parcels[2])
}

// TestNothingIsLostOrReordered sends numbered parcels of several people while everything goes wrong that can, and repeats
// what was refused, as a platform does.
func TestNothingIsLostOrReordered(t *testing.T) {
	t.Parallel()
	f := newFake(t, 3)
	cfg := f.config()
	cfg.RequestTimeout = 300 * time.Millisecond
	l, _ := open(t, cfg)
	s := newSink()
	consume(t, l, s.handle)

	const keys = 8
	stop := make(chan struct{})
	var sent atomic.Int64
	var writers sync.WaitGroup
	for k := range keys {
		writers.Go(func() { insist(t, l, k, &sent, stop) })
	}
	start := time.Now()
	trouble(f, func() bool {
		return time.Since(start) < 3*time.Second || sent.Load() < 100 && time.Since(start) < 30*time.Second
	})
	close(stop)
	writers.Wait()
	total := int(sent.Load())
	require.GreaterOrEqual(t, total, 100)
	// A join that was cut off can leave a member in the group of whom nobody hears again, and this broker does not always time
	// it out, as Kafka does. Whoever joins makes it count its members anew.
	second, _ := open(t, cfg)
	consume(t, second, s.handle)
	eventually(t, "all arrive", func() bool { return s.distinct() == total })
	requireOrder(t, s.all())
	t.Logf("%d parcels acknowledged, %d read", total, len(s.all()))
}

// insist sends one person's parcels, each until it is acknowledged, and counts them.
func insist(t *testing.T, l *stream.Log, key int, sent *atomic.Int64, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 400*time.Millisecond)
			err := l.Append(ctx, []chat.Parcel{parcel(fmt.Sprint("key", key), fmt.Sprintf("%d/%d", key, i))})
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, chat.ErrUnavailable) {
				t.Errorf("append: %v", err)
				return
			}
			<-time.After(10 * time.Millisecond) // a platform waits before it comes again
		}
		sent.Add(1)
	}
}

// trouble makes things go wrong for as long as goOn says.
func trouble(f *fake, goOn func() bool) {
	errs := []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.NotEnoughReplicas, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend,
		kerr.LeaderNotAvailable, kerr.UnknownServerError,
	}
	var silence atomic.Bool // a request is going to stay without an answer
	fault := f.Fault()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for ; goOn(); <-tick.C {
		fault.Remove() // one trouble at a time: more than there are attempts would pile up
		switch rand.IntN(8) {
		case 0:
			f.ShufflePartitionLeaders()
		case 1:
			f.cutOff()
			f.comeBack()
		case 2:
			if silence.CompareAndSwap(false, true) {
				f.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
					silence.Store(false)
					return nil, nil, true
				})
			}
		case 3:
			fault = f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: errs[rand.IntN(3)], Count: 2})
		case 4:
			fault = f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.CoordinatorNotAvailable})
		default:
			fault = f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: inbound, Err: errs[rand.IntN(len(errs))], Count: 1 + rand.IntN(3)})
		}
	}
	fault.Remove()
}
