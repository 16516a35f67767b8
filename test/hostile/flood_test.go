package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func floods() []attack {
	return []attack{{"announced bodies", announcedBodies}, {"idle connections", idleConnections}, {"streams", streams}, {"storm of bad requests", storm}}
}

// slowAttacks last as long as the server's patience, so they run beside the others.
func slowAttacks() []attack {
	return []attack{{"drips", drips}, {"readers that do not read", slowReaders}}
}

// connect opens up to n connections, or the share of them that this process may have.
func (s *server) connect(t *testing.T, n, share int) []net.Conn {
	t.Helper()
	n = min(n, openFiles()/share)
	all := make([]net.Conn, 0, n)
	t.Cleanup(func() {
		for _, c := range all {
			_ = c.Close() // many have been closed by the other side
		}
	})
	for len(all) < n {
		c, err := net.DialTimeout("tcp", s.addr, patience)
		require.NoError(t, err)
		all = append(all, c)
	}
	return all
}

// drips sends headers and bodies a byte at a time, from many connections. Others are served meanwhile, and the drips are over
// when a request's time is, however busily they drip.
func drips(t *testing.T, s *server) {
	body := whatsappText("12025550141", "wamid.drip", "Drip Drop", "dripping")
	s.mustStaySecret("12025550141", "Drip Drop")
	starts := []string{
		"POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nX: ",
		post + fmt.Sprintf("X-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n", mac(appSecret, body), len(body)),
		post + "Content-Length: 4194304\r\n\r\n" + strings.Repeat("x", 10_000),
		post + "Transfer-Encoding: chunked\r\n\r\n",
		"GET /login HTTP/1.1\r\nHos",
		"P",
		"",
	}
	conns := s.connect(t, 420, 8)
	begun := time.Now()
	var all sync.WaitGroup
	lasted := make([]time.Duration, len(conns))
	for i, c := range conns {
		all.Go(func() {
			drip(c, starts[i%len(starts)])
			lasted[i] = time.Since(begun)
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	served := 0
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
			s.mustHandleGood(t)
			served++
		}
	}
	require.Positive(t, served)
	for i, d := range lasted {
		require.Less(t, d, 2*patience, "drip %d: %q was let go on", i, starts[i%len(starts)])
	}
}

// drip writes a byte every 100 ms until the server ends it.
func drip(c net.Conn, start string) {
	if _, err := io.WriteString(c, start); err != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c) //nolint:errcheck // any end is an end
		close(gone)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(2 * patience)
	for {
		select {
		case <-gone:
			return
		case <-end:
			_ = c.Close() // it was let go on
			<-gone
			return
		case <-tick.C:
			if start == "" {
				continue // says nothing at all
			}
			if _, err := c.Write([]byte("1")); err != nil {
				<-gone
				return
			}
		}
	}
}

// announcedBodies: 80 bytes of header must not cost 4 MiB, and bodies that do come must not all be held at once.
func announcedBodies(t *testing.T, s *server) {
	before := s.usage(t)
	conns := s.connect(t, 1000, 8)
	for _, c := range conns {
		_, err := io.WriteString(c, post+"Content-Length: 4194304\r\n\r\n"+strings.Repeat("x", 9000))
		require.NoError(t, err)
	}
	s.mustHandleGood(t)
	now := s.usage(t)
	require.Less(t, now.memory-before.memory, float64(600<<20), "%d connections that announce 4 MiB", len(conns))
	megabyte := []byte(strings.Repeat("x", 1<<20))
	for _, c := range conns[:min(len(conns), 300)] {
		require.NoError(t, c.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
		_, _ = c.Write(megabyte) //nolint:errcheck // the server may have had enough
	}
	s.mustHandleGood(t)
	require.Less(t, s.usage(t).memory-before.memory, float64(800<<20), "300 bodies of a megabyte each, none of them complete")
}

func idleConnections(t *testing.T, s *server) {
	before := s.usage(t)
	conns := s.connect(t, 10_000, 2)
	for _, c := range conns[:len(conns)/2] {
		_, err := io.WriteString(c, post+"Content-Length: 2\r\n\r\n{}")
		require.NoError(t, err)
	}
	s.mustHandleGood(t)
	require.Less(t, s.usage(t).memory-before.memory, float64(len(conns))*100_000+600<<20, "%d idle connections", len(conns))
}

// slowReaders ask for much and take nothing. Their connections must end, or they would be all there are.
func slowReaders(t *testing.T, s *server) {
	page := s.send(t, http.MethodGet, "/login", nil)
	_, rest, found := strings.Cut(page.body, `<script src="`)
	require.True(t, found)
	script, _, _ := strings.Cut(rest, `"`)
	const asked = 600
	conns := s.connect(t, 20, 8)
	for _, c := range conns {
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4096))
		_, err := io.WriteString(c, strings.Repeat("GET "+script+" HTTP/1.1\r\nHost: x\r\n\r\n", asked))
		require.NoError(t, err)
	}
	s.mustHandleGood(t)
	blocked := func() int {
		return strings.Count(s.fromAdmin(t, "/debug/pprof/goroutine?debug=2"), "(*lingeringConn).Write(")
	}
	eventually(t, "readers hold the server up", func() bool { return blocked() >= len(conns)/2 })
	eventually(t, "readers that do not read are let go", func() bool { return blocked() == 0 })
	s.mustHandleGood(t)
	got := 0
	r := bufio.NewReader(conns[0])
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			break
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			break
		}
		got++
	}
	require.Less(t, got, asked)
}

// streams: one agent's browser may open some streams, not all there are, and a signed-out one none.
func streams(t *testing.T, s *server) {
	session := s.signIn(t)
	conns := s.connect(t, 200, 8)
	for _, c := range conns {
		_, err := io.WriteString(c, "GET /events HTTP/1.1\r\nHost: x\r\nCookie: "+session.cookie+"\r\n\r\n")
		require.NoError(t, err)
	}
	for _, c := range conns {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusTooManyRequests}, res.StatusCode)
	}
	s.mustHandleGood(t)
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
	eventually(t, "streams of browsers that are gone end", func() bool { return s.metric(t, "switchboard_sse_clients") <= 1 })
}

// storm sends many bad requests at once from a few connections.
func storm(t *testing.T, s *server) {
	const n, workers = 200, 16
	deep := strings.Repeat("[", 100_000)
	var all sync.WaitGroup
	failures := make([]error, workers)
	for i := range workers {
		all.Go(func() {
			for k := range n {
				var r reply
				var err error
				switch k % 4 {
				case 0:
					r, err = s.try(http.MethodPost, "/webhooks/whatsapp", strings.NewReader(deep))
				case 1:
					r, err = s.try(http.MethodPost, "/webhooks/webwidget", strings.NewReader(deep), fromShop()...)
				case 2:
					r, err = s.try(http.MethodGet, fmt.Sprintf("/inbox/%d", k), nil)
				default:
					r, err = s.try(http.MethodGet, fmt.Sprintf("/api/v1/contacts/%d", k), nil)
				}
				if err != nil || r.status >= 500 && r.status != http.StatusServiceUnavailable { // large bodies wait their turn
					failures[i] = fmt.Errorf("request %d: status %d: %w", k, r.status, err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	s.mustHandleGood(t)
}
