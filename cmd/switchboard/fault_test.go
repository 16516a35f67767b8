package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/chat"
	"switchboard/cmd/internal/simulate"
	"switchboard/store"
)

// A flaky engine is away while down is set: between any two calls, and in the middle of a write.
type flaky struct {
	store.Engine
	down   atomic.Bool
	missed atomic.Int64
}

func (f *flaky) away() error {
	if f.down.Load() {
		f.missed.Add(1)
		return fmt.Errorf("test: the database is away: %w", chat.ErrUnavailable)
	}
	return nil
}

func (f *flaky) Get(ctx context.Context, collection string, ids []string, decode store.Decode) error {
	if err := f.away(); err != nil {
		return err
	}
	return f.Engine.Get(ctx, collection, ids, decode)
}

func (f *flaky) Find(ctx context.Context, collection string, q store.Query, decode store.Decode) error {
	if err := f.away(); err != nil {
		return err
	}
	return f.Engine.Find(ctx, collection, q, decode)
}

// Write does what it was asked and then says that it failed, every other time: the caller cannot know.
func (f *flaky) Write(ctx context.Context, collection string, writes []store.Write) ([]error, error) {
	if f.down.Load() && f.missed.Load()%2 == 0 {
		if results, err := f.Engine.Write(ctx, collection, writes); err != nil {
			return results, err
		}
	}
	if err := f.away(); err != nil {
		return nil, err
	}
	return f.Engine.Write(ctx, collection, writes)
}

// WriteAll may be cut off between two groups.
func (f *flaky) WriteAll(ctx context.Context, groups []store.Group) (int, error) {
	return store.WriteInOrder(ctx, f, groups)
}

func (f *flaky) Ping(ctx context.Context) error {
	if err := f.away(); err != nil {
		return err
	}
	return f.Engine.Ping(ctx)
}

// P5: while the database is away webhooks are taken; when it is back everything is stored once.
func TestDatabaseAwayForAWhile(t *testing.T) { databaseAwayForAWhile(t, settings(t)) }

func databaseAwayForAWhile(t *testing.T, environment map[string]string) {
	broken := &flaky{}
	h := open(t, environment, func(a *App) {
		broken.Engine = a.engine
		a.engine = broken
	})
	h.awaitReady(t)
	s, stop := playing(t, h.base, simulate.Config{Contacts: 30, Senders: 8, Rate: 200, Duplicates: 0.05, Batch: 3})
	eventually(t, "traffic", 20*time.Second, func() bool { return s.Progress().Accepted > 50 })
	for range 3 {
		broken.down.Store(true)
		before, missed := s.Progress(), broken.missed.Load()
		eventually(t, "webhooks taken without a database", 30*time.Second, func() bool {
			return s.Progress().Accepted > before.Accepted+60 && broken.missed.Load() > missed+3
		})
		require.Equal(t, before.Refused, s.Progress().Refused, "no webhook is refused because the database is away")
		eventually(t, "the worker to be called not ready", 10*time.Second, func() bool {
			status, _ := h.get(t, "http://"+h.adminL.Addr().String()+"/readyz?role=worker")
			return status == http.StatusServiceUnavailable
		})
		status, body := h.get(t, "http://"+h.adminL.Addr().String()+"/readyz?role=gateway")
		require.Equal(t, http.StatusOK, status, body)
		broken.down.Store(false)
		eventually(t, "recovery", 30*time.Second, func() bool { return s.Progress().Accepted > before.Accepted+100 })
	}
	stop()
	requireEveryMessageOnce(t, h, s.Record())
}

// A database that answers but refuses (wrong password, missing rights) does not end a process that takes webhooks, and is
// used as soon as somebody has mended it.
func TestDatabaseRefusesAtTheStart(t *testing.T) {
	broken := &refusing{}
	broken.refuse.Store(true)
	h := open(t, settings(t), func(a *App) {
		broken.Engine = a.engine
		a.engine = broken
	})
	admin := "http://" + h.adminL.Addr().String()
	eventually(t, "the reason", 20*time.Second, func() bool {
		status, body := h.get(t, admin+"/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "not authorized")
	})
	id := h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json"))
	broken.refuse.Store(false)
	h.awaitReady(t)
	require.Equal(t, "applied", h.stored(t, id, 1)[0].Verdict)
}

// refusing is an engine whose server does not let us in.
type refusing struct {
	store.Engine
	refuse atomic.Bool
}

func (r *refusing) Ensure(ctx context.Context, collections []store.Collection) error {
	if r.refuse.Load() {
		return errors.New("test: not authorized")
	}
	return r.Engine.Ensure(ctx, collections)
}

// playing runs a simulation until stop is called or the test ends.
func playing(t testing.TB, target string, cfg simulate.Config) (*simulate.Simulator, func()) {
	t.Helper()
	s := newTraffic(t, target, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	stop := func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return s, stop
}

// P1: while the broker is away webhooks are answered with 503; when it is back they are taken again, and nothing that was
// acknowledged is missing.
func TestBrokerAwayForAWhile(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := ln.Addr().(*net.TCPAddr).Port
	require.NoError(t, ln.Close())
	dir := t.TempDir()
	start := func() *kfake.Cluster {
		c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites())
		require.NoError(t, err)
		return c
	}
	cluster := start()
	t.Cleanup(func() { cluster.Close() })
	h := open(t, settings(t, "KAFKA_BROKERS", fmt.Sprintf("127.0.0.1:%d", port)))
	h.awaitReady(t)
	s, stop := playing(t, h.base, simulate.Config{Contacts: 30, Senders: 8, Rate: 200, Duplicates: 0.05})
	eventually(t, "traffic", 20*time.Second, func() bool { return s.Progress().Accepted > 100 })
	cluster.Close()
	eventually(t, "503", 30*time.Second, func() bool { return s.Progress().Refused[http.StatusServiceUnavailable] > 5 })
	body := fixture(t, "whatsapp_text.json")
	status, answer := h.post(t, "/webhooks/whatsapp", body, "Content-Type", "application/json", "X-Hub-Signature-256", signed(body))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, answer, "127.0.0.1", "nothing internal is told")
	before := s.Progress().Accepted
	cluster = start()
	eventually(t, "recovery", 60*time.Second, func() bool { return s.Progress().Accepted > before+100 })
	stop()
	requireEveryMessageOnce(t, h, s.Record())
}

// Bad input costs nothing, says what is wrong, and a good webhook is taken right after it.
func TestBadInput(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	good := fixture(t, "whatsapp_text.json")
	deep := []byte(strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000))
	invalid := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"990000000000001","changes":[{"field":"messages","value":"` + "\xff\xfe\xed\xa0\x80" + `"}]}]}`)
	const path, kind, signature = "/webhooks/whatsapp", "Content-Type", "X-Hub-Signature-256"
	tests := []struct {
		name    string
		body    []byte
		headers []string
		want    []int
	}{
		{"no signature", good, []string{kind, "application/json"}, []int{401, 403}},
		{"wrong signature", good, []string{signature, signed([]byte("another body"))}, []int{401, 403}},
		{"signature of another scheme", good, []string{signature, strings.Replace(signed(good), "sha256", "sha1", 1)}, []int{401, 403}},
		{"empty body", nil, []string{signature, signed(nil)}, []int{400}},
		{"compressed", good, []string{signature, signed(good), "Content-Encoding", "gzip"}, []int{415}},
		{"deep nesting", deep, []string{signature, signed(deep)}, []int{200}},
		{"invalid UTF-8", invalid, []string{signature, signed(invalid)}, []int{200}},
		{"not JSON", []byte("hello"), []string{signature, signed([]byte("hello"))}, []int{200}},
		{"null", []byte("null"), []string{signature, signed([]byte("null"))}, []int{200}},
		{"wrong content type", good, []string{signature, signed(good), kind, "image/png"}, []int{200}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := h.post(t, path, tt.body, tt.headers...)
			require.Contains(t, tt.want, status, answer)
			require.Contains(t, answer, "request_id")
			if status == http.StatusOK {
				var accepted struct {
					RequestID string `json:"request_id"`
				}
				require.NoError(t, unmarshal(answer, &accepted))
				require.NotEmpty(t, h.stored(t, accepted.RequestID, 1), "what is authentic leaves a trace")
			}
			h.webhook(t, "whatsapp", good)
		})
	}
}
