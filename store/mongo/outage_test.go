package mongo_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/mongo"
	"switchboard/store/mongo/mongotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A wire carries connections to a server and can be cut.
type wire struct {
	target string
	addr   string

	mu          sync.Mutex
	listener    net.Listener
	connections map[net.Conn]bool
	wait        sync.WaitGroup
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	w := &wire{target: target, addr: "127.0.0.1:0"}
	w.join(t)
	t.Cleanup(w.cut)
	return w
}

// join listens, on the same port as before.
func (w *wire) join(t *testing.T) {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", w.addr)
	require.NoError(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addr, w.listener, w.connections = l.Addr().String(), l, map[net.Conn]bool{}
	w.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.wait.Go(func() { w.carry(c) })
		}
	})
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", w.target)
	if err != nil {
		return
	}
	defer server.Close()
	w.mu.Lock()
	if w.listener == nil {
		w.mu.Unlock()
		return
	}
	w.connections[client], w.connections[server] = true, true
	w.mu.Unlock()
	w.wait.Go(func() {
		defer client.Close()
		if _, err := io.Copy(client, server); err != nil {
			return // either side was cut
		}
	})
	if _, err := io.Copy(server, client); err != nil {
		return // either side was cut
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	for c := range w.connections {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.wait.Wait()
}

func collection() []store.Collection { return []store.Collection{{Name: "docs"}} }

type doc struct {
	ID      string `json:"id" bson:"_id"`
	Version int64  `json:"version" bson:"version"`
	Text    string `json:"text" bson:"text"`
}

func open(t *testing.T, uri string) *mongo.Engine {
	t.Helper()
	e, err := mongo.Open(t.Context(), uri, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	return e
}

// everyCall makes each call that needs the server, all at once.
func everyCall(e *mongo.Engine) []error {
	ctx := context.Background()
	nothing := func(func(any) error) error { return nil }
	calls := []func() error{
		func() error { return e.Ping(ctx) },
		func() error { _, err := e.Count(ctx, "docs", nil, 0); return err },
		func() error {
			_, err := e.Write(ctx, "docs", []store.Write{{Op: store.Insert, ID: "x", Doc: &doc{ID: "x"}}})
			return err
		},
		func() error { _, err := e.Explain(ctx, "docs", store.Query{}); return err },
		func() error { return e.Get(ctx, "docs", []string{"x"}, nothing) },
		func() error { return e.Find(ctx, "docs", store.Query{}, nothing) },
		func() error { return e.Ensure(ctx, collection()) },
	}
	failures := make([]error, len(calls))
	var wait sync.WaitGroup
	for n, call := range calls {
		wait.Go(func() { failures[n] = call() })
	}
	wait.Wait()
	return failures
}

func TestLostServerIsSaidPromptlyAndFoundAgain(t *testing.T) {
	u, err := url.Parse(mongotest.URI(t))
	require.NoError(t, err)
	mongotest.Open(t, "outage") // drops the database at the end
	w := newWire(t, u.Host)
	u.Host = w.addr
	u.Path = "/" + mongotest.Database(t, "outage")
	e := open(t, u.String())
	require.NoError(t, e.Ensure(t.Context(), collection()))
	require.NoError(t, e.Ping(t.Context()))

	w.cut()
	started := time.Now()
	for n, err := range everyCall(e) {
		require.ErrorIs(t, err, chat.ErrUnavailable, "call %d", n)
	}
	require.Less(t, time.Since(started), 15*time.Second)

	w.join(t)
	require.Eventually(t, func() bool { return e.Ping(context.Background()) == nil }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, errors.Join(everyCall(e)...))
}

func TestOpenNeedsNoServerButASensibleURI(t *testing.T) {
	e := open(t, "mongodb://user:secret-password@127.0.0.1:1/?serverSelectionTimeoutMS=50")
	require.NoError(t, e.Close(t.Context()))
	for _, uri := range []string{"", "http://x", "mongodb://", "mongodb://user:secret-password@127.0.0.1:x/", "mongodb://user:secret-password@h/?w=-1"} {
		_, err := mongo.Open(t.Context(), uri, slog.New(slog.DiscardHandler), nil)
		require.ErrorIs(t, err, chat.ErrInvalid, uri)
		require.NotContains(t, err.Error(), "secret-password")
	}
}

// What a server or the driver say about a document must not carry what it holds.
func TestErrorsDoNotQuoteDocuments(t *testing.T) {
	e := mongotest.Open(t, "quotes")
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{{Name: "docs", Indexes: []store.Index{{Name: "text", Fields: []store.Field{{Path: "text"}}, Unique: true}}}}))
	const secret = "+12025550143 private words"
	for range 2 {
		results, err := e.Write(t.Context(), "docs", []store.Write{
			{Op: store.Insert, ID: "a", Doc: &doc{ID: "a", Text: secret}},
			{Op: store.Insert, ID: "b", Doc: &doc{ID: "b", Text: secret}},
			{Op: store.Insert, ID: "c", Doc: &doc{ID: "c", Text: secret + "\xff"}},
		})
		require.NoError(t, err)
		for _, err := range results {
			if err != nil {
				require.NotContains(t, err.Error(), "2025550143")
				require.NotContains(t, err.Error(), "private")
			}
		}
	}
	var wrong struct {
		Text int64 `bson:"text"`
	}
	err := e.Find(t.Context(), "docs", store.Query{}, func(fill func(any) error) error { return fill(&wrong) })
	require.Error(t, err)
	require.NotContains(t, err.Error(), "private")
}
