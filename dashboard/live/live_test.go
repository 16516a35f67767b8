package live

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/chat"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func change(conversation string) []chat.Change {
	return []chat.Change{{Conversation: conversation, What: []string{"message"}, StoredAt: time.Now(), ReceivedAt: time.Now()}}
}

// page collects what a browser would receive.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
	gone bool
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return 0, errors.New("connection reset")
	}
	return p.text.Write(b)
}

func (p *page) events() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for line := range strings.SplitSeq(p.text.String(), "\n") {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			names = append(names, name)
		}
	}
	return names
}

func (p *page) leave() { p.mu.Lock(); p.gone = true; p.mu.Unlock() }

func open(t *testing.T, hub *Hub) (*page, <-chan error) {
	t.Helper()
	return openAs(t, hub, "ada")
}

func openAs(t *testing.T, hub *Hub, user string) (*page, <-chan error) {
	t.Helper()
	sub, err := hub.Subscribe(user)
	require.NoError(t, err)
	p, done := &page{}, make(chan error, 1)
	go func() { done <- sub.Stream(bufio.NewWriter(p)) }()
	return p, done
}

func TestStreamSendsTheFirstChangeAtOnceAndGathersTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		synctest.Wait()
		for i := range 1000 {
			hub.Publish(change(fmt.Sprintf("c%d", i%40)))
			synctest.Wait()
		}
		require.Equal(t, []string{"hello", "change"}, p.events(), "the first is not held back, the others wait")
		time.Sleep(hub.gather())
		synctest.Wait()
		require.Equal(t, []string{"hello", "change", "change"}, p.events(), "999 changes travel together")
		require.Contains(t, p.text.String(), `"mark":"one:1000"`)
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestTheMorePagesTheMoreIsGathered(t *testing.T) {
	t.Parallel()
	hub := NewHub("one", nil)
	require.Equal(t, gather, hub.gather())
	for i := range 1000 {
		sub, err := hub.Subscribe(fmt.Sprint("u", i))
		require.NoError(t, err)
		defer sub.Close()
	}
	require.Equal(t, gather+20*time.Millisecond, hub.gather())
}

func TestStreamAsksForResyncWhenTooMuchChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		hub.Publish([]chat.Change{{}})
		time.Sleep(hub.gather())
		var many []chat.Change
		for i := range maxIDs + 1 {
			many = append(many, change(fmt.Sprint(i))...)
		}
		hub.Publish(many)
		time.Sleep(hub.gather())
		require.Equal(t, []string{"hello", "resync", "resync"}, p.events())
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestStreamSaysHowOldAChangeIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		c := change("c1")
		time.Sleep(300 * time.Millisecond)
		c[0].StoredAt = time.Now()
		time.Sleep(100 * time.Millisecond)
		hub.Publish(c)
		synctest.Wait()
		require.Contains(t, p.text.String(), `{"mark":"one:1","conversations":["c1"],"list":true,"age":400,"stored":100}`)
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestStreamSaysWhomAChangeIsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		synctest.Wait()
		hub.Publish([]chat.Change{{Conversation: "c1", For: []string{"ben", "eve"}}, {Conversation: "c1", For: []string{"ben"}}})
		synctest.Wait()
		require.Contains(t, p.text.String(), `"for":["ben","eve"]`)
		hub.Close()
		require.NoError(t, <-done)
	})
}

// What somebody has read is told to their own pages alone, and does not make a page think that it has missed something.
func TestWhatIsReadConcernsItsReaderOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		ada, first := openAs(t, hub, "ada")
		again, second := openAs(t, hub, "ada")
		ben, third := openAs(t, hub, "ben")
		synctest.Wait()
		before := hub.Mark()
		hub.Publish([]chat.Change{{Conversation: "c1", Read: true, By: "ada"}})
		synctest.Wait()
		for _, p := range []*page{ada, again} {
			require.Equal(t, []string{"hello", "read"}, p.events())
			require.Contains(t, p.text.String(), `"conversations":["c1"]`)
		}
		require.Equal(t, []string{"hello"}, ben.events())
		require.Equal(t, before, hub.Mark())
		hub.Close()
		for _, done := range []<-chan error{first, second, third} {
			require.NoError(t, <-done)
		}
	})
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	t.Run("when the browser is gone, at the next heartbeat", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			reg := prometheus.NewPedanticRegistry()
			hub := NewHub("one", reg)
			p, done := open(t, hub)
			synctest.Wait()
			require.InDelta(t, 1, testutil.ToFloat64(hub.clients), 0)
			p.leave()
			require.Error(t, <-done)
			require.Zero(t, testutil.ToFloat64(hub.clients))
		})
	})
	t.Run("when its lifetime is over", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			hub := NewHub("one", nil)
			started := time.Now()
			p, done := open(t, hub)
			require.NoError(t, <-done)
			require.Equal(t, lifetime, time.Since(started))
			require.Contains(t, p.events(), "ping")
			require.Equal(t, "bye", p.events()[len(p.events())-1], "the browser need not think that something is wrong")
		})
	})
}

func TestHubDropsAndCountsASubscriberThatDoesNotKeepUp(t *testing.T) {
	t.Parallel()
	hub := NewHub("one", nil)
	slow, err := hub.Subscribe("")
	require.NoError(t, err)
	quick, err := hub.Subscribe("")
	require.NoError(t, err)
	for range buffer + 1 {
		hub.Publish(change("c"))
		<-quick.Signals()
	}
	got := 0
	for range slow.Signals() { // ends, because the hub closed it
		got++
	}
	require.Equal(t, buffer, got)
	require.InDelta(t, 1, testutil.ToFloat64(hub.dropped), 0)
	require.InDelta(t, 1, testutil.ToFloat64(hub.clients), 0, "the quick one stays")
	slow.Close()
	quick.Close()
	require.Zero(t, testutil.ToFloat64(hub.clients))
}

func TestHubClosed(t *testing.T) {
	t.Parallel()
	hub := NewHub("one", nil)
	sub, err := hub.Subscribe("")
	require.NoError(t, err)
	hub.Close()
	hub.Close()
	_, open := <-sub.Signals()
	require.False(t, open)
	sub.Close()
	hub.Publish(change("c"))
	_, err = hub.Subscribe("")
	require.ErrorIs(t, err, chat.ErrUnavailable)
}

func TestMarkMovesWithEveryPublish(t *testing.T) {
	t.Parallel()
	hub := NewHub("a", nil)
	before := hub.Mark()
	hub.Publish(nil)
	require.Equal(t, before, hub.Mark())
	hub.Publish(change("c"))
	require.Equal(t, "a:1", hub.Mark())
	require.NotEqual(t, NewHub("b", nil).Mark(), before, "another process has another mark")
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	hub := NewHub("one", nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				sub, err := hub.Subscribe("")
				if err != nil {
					return
				}
				hub.Publish(change("c"))
				sub.Close()
			}
		})
	}
	all.Wait()
	require.Zero(t, testutil.ToFloat64(hub.clients))
}
