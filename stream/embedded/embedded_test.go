package embedded_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/chat"
	"switchboard/stream"
	"switchboard/stream/embedded"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("EMBEDDED_TEST_HOLD"); dir != "" {
		hold(dir)
	}
	goleak.VerifyTestMain(m)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func start(t *testing.T, cfg embedded.Config) *embedded.Broker {
	t.Helper()
	b, err := embedded.Open(cfg, quiet())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func open(t *testing.T, b *embedded.Broker) *stream.Log {
	t.Helper()
	cfg := stream.Config{Brokers: b.Addrs(), Dial: b.Dial, Full: b.Full, SessionTimeout: 6 * time.Second}
	l, err := stream.Open(t.Context(), cfg, quiet(), nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = l.Close(ctx)
	})
	return l
}

func parcel(key, value string) chat.Parcel {
	return chat.Parcel{Channel: chat.WebWidget, Key: key, Value: []byte(value), ReceivedAt: time.UnixMilli(1_800_000_000_000).UTC()}
}

// reader runs a consumer and collects what it gets.
func reader(t *testing.T, l *stream.Log) (got func() map[string]int, stop func()) {
	t.Helper()
	var mu sync.Mutex
	seen := make(map[string]int)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- l.Consume(ctx, func(_ context.Context, _ int, parcels []chat.Parcel) error {
			mu.Lock()
			defer mu.Unlock()
			for _, p := range parcels {
				seen[string(p.Value[:min(len(p.Value), 20)])]++
			}
			return nil
		}, func(context.Context) error { return nil })
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(seen)
	}, stop
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	require.Eventually(t, check, 20*time.Second, 10*time.Millisecond, what)
}

func TestASecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	b := start(t, embedded.Config{Dir: dir, Partitions: 1})
	_, err := embedded.Open(embedded.Config{Dir: dir}, quiet())
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "in use")
	require.ErrorContains(t, err, fmt.Sprint("pid ", os.Getpid()))
	require.ErrorContains(t, err, "SWITCHBOARD_DATA_DIR")
	require.NoError(t, b.Close())
	start(t, embedded.Config{Dir: dir})
}

func TestADirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := embedded.Open(embedded.Config{Dir: filepath.Join(file, "dir")}, quiet())
	require.ErrorContains(t, err, "embedded broker")
	_, err = embedded.Open(embedded.Config{}, quiet())
	require.ErrorContains(t, err, "no directory")
}

func TestNothingListensOnTheMachine(t *testing.T) {
	b := start(t, embedded.Config{Dir: t.TempDir(), Partitions: 1})
	sockets := func() string {
		out := ""
		for _, name := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Skipf("this system does not show its sockets: %v", err)
			}
			out += string(data)
		}
		return out
	}
	require.NotContains(t, sockets(), fmt.Sprintf(":%04X 00000000:0000 0A", 9092))
	conn, err := b.Dial(t.Context(), "tcp", b.Addrs()[0])
	require.NoError(t, err)
	require.Equal(t, "pipe", conn.LocalAddr().Network())
	require.NoError(t, conn.Close())
}

func TestRecordsAndOffsetsSurviveARestart(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir(), Partitions: 2}
	b := start(t, cfg)
	l := open(t, b)
	for i := range 10 {
		require.NoError(t, l.Append(t.Context(), []chat.Parcel{parcel(fmt.Sprint(i), fmt.Sprint("old", i))}))
	}
	got, stop := reader(t, l)
	eventually(t, "all are read", func() bool { return len(got()) == 10 })
	stop()
	require.NoError(t, l.Append(t.Context(), []chat.Parcel{parcel("k", "unread")}))
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, b.Close())

	b = start(t, cfg)
	l = open(t, b)
	got, _ = reader(t, l)
	eventually(t, "the unread one comes", func() bool { return got()["unread"] == 1 })
	require.Len(t, got(), 1, "what was committed does not come again")
}

// hold writes parcels until it is killed, and prints each acknowledged one.
func hold(dir string) {
	b, err := embedded.Open(embedded.Config{Dir: dir, Partitions: 1, NoSync: os.Getenv("EMBEDDED_TEST_NOSYNC") != ""}, quiet())
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	l, err := stream.Open(ctx, stream.Config{Brokers: b.Addrs(), Dial: b.Dial}, quiet(), nil)
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		if err := l.Append(ctx, []chat.Parcel{parcel("k", fmt.Sprint(i))}); err != nil {
			panic(err)
		}
		fmt.Println(i)
	}
}

func TestAcknowledgedRecordsSurviveAKill(t *testing.T) {
	for _, mode := range []string{"", "nosync"} {
		t.Run("mode "+mode, func(t *testing.T) {
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "EMBEDDED_TEST_HOLD="+dir, "EMBEDDED_TEST_NOSYNC="+mode)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			acked := 0
			for acked < 60 {
				var n int
				_, err := fmt.Fscanln(out, &n)
				require.NoError(t, err)
				acked = n + 1
			}
			require.NoError(t, cmd.Process.Kill())
			for {
				var n int
				if _, err := fmt.Fscanln(out, &n); err != nil {
					break
				}
				acked = n + 1
			}
			require.Error(t, cmd.Wait())

			l := open(t, start(t, embedded.Config{Dir: dir}))
			got, _ := reader(t, l)
			eventually(t, "all acknowledged ones are there", func() bool {
				seen := got()
				for i := range acked {
					if seen[fmt.Sprint(i)] == 0 {
						return false
					}
				}
				return true
			})
		})
	}
}

// fill appends about so many bytes to the one partition.
func fill(t *testing.T, l *stream.Log, bytes int) {
	t.Helper()
	const size = 16 << 10
	for bytes > 0 {
		batch := make([]chat.Parcel, 0, 32)
		for ; bytes > 0 && len(batch) < cap(batch); bytes -= size {
			p := parcel("k", "")
			p.Value = make([]byte, size)
			batch = append(batch, p)
		}
		require.NoError(t, l.Append(t.Context(), batch))
	}
}

func lag(t *testing.T, l *stream.Log) stream.PartitionLag {
	t.Helper()
	lags, err := l.Lag(t.Context())
	require.NoError(t, err)
	require.Len(t, lags, 1)
	return lags[0]
}

func TestUnreadRecordsAreNeverDroppedAndIntakeStopsBefore(t *testing.T) {
	const room = 4 << 20
	b := start(t, embedded.Config{Dir: t.TempDir(), Partitions: 1, RetentionBytes: room, NoSync: true})
	l := open(t, b)
	require.InDelta(t, 1, b.Headroom(), 0.001)
	fill(t, l, room/2)
	eventually(t, "the room shrinks", func() bool { return b.Headroom() < 0.5 })
	fill(t, l, room/2)
	eventually(t, "it is full", func() bool { return b.Full(0) })
	require.Zero(t, b.Headroom())
	require.ErrorIs(t, l.Append(t.Context(), []chat.Parcel{parcel("k", "no")}), chat.ErrUnavailable)
	before := lag(t, l)
	require.Zero(t, before.First, "nothing was dropped")
	require.Equal(t, before.End, before.Records)

	_, stop := reader(t, l)
	eventually(t, "reading makes room", func() bool { return !b.Full(0) && lag(t, l).Records == 0 })
	require.NoError(t, l.Append(t.Context(), []chat.Parcel{parcel("k", "yes")}))
	fill(t, l, room)
	eventually(t, "what was read is dropped", func() bool { return lag(t, l).First > 0 })
	stop()
	require.False(t, b.Full(7), "a partition that does not exist is not full")
}

func TestRetentionGoesOnAfterARestart(t *testing.T) {
	const room = 2 << 20
	cfg := embedded.Config{Dir: t.TempDir(), Partitions: 1, RetentionBytes: 4 * room, NoSync: true}
	b := start(t, cfg)
	l := open(t, b)
	fill(t, l, 2*room)
	got, stop := reader(t, l)
	eventually(t, "all is read", func() bool { return len(got()) > 0 && lag(t, l).Records == 0 })
	stop()
	require.Zero(t, lag(t, l).First)
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, b.Close())

	cfg.RetentionBytes = room / 2
	b = start(t, cfg)
	l = open(t, b)
	eventually(t, "it is trimmed to the new size", func() bool {
		first := lag(t, l)
		return first.End-first.First <= room/2/(16<<10)+1
	})
	left := lag(t, l)
	require.Greater(t, left.End, left.First, "the last record stays, so that offsets are never forgotten")
}

func TestOldRecordsGoWhenTheyWereRead(t *testing.T) {
	cfg := embedded.Config{Dir: t.TempDir(), Partitions: 1, Retention: time.Millisecond}
	b := start(t, cfg)
	l := open(t, b)
	for i := range 20 {
		require.NoError(t, l.Append(t.Context(), []chat.Parcel{parcel("k", fmt.Sprint(i))}))
	}
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, b.Close())

	b = start(t, cfg)
	l = open(t, b)
	require.EqualValues(t, 20, lag(t, l).Records, "unread ones stay, however old")
	_, stop := reader(t, l)
	eventually(t, "all is read", func() bool { return lag(t, l).Records == 0 })
	stop()
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, b.Close())

	l = open(t, start(t, cfg))
	eventually(t, "read ones go", func() bool { return lag(t, l).First == 19 })
}
