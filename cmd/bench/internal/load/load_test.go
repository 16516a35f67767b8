package load_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/cmd/bench/internal/load"
)

const secret = "bench-secret"

// A platformEnd is what a gateway would see.
type platformEnd struct {
	t      *testing.T
	mu     sync.Mutex
	ids    map[string]int
	people map[string]bool
	stall  sync.Once
	pause  time.Duration // once, holding every other request up too
	status func(n int) int
}

type body struct {
	Entry []struct {
		Changes []struct {
			Value struct {
				Messages []struct {
					ID   string `json:"id"`
					From string `json:"from_user_id"`
				} `json:"messages"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

func (p *platformEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.t.Error(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(raw)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); r.Header.Get("X-Hub-Signature-256") != want {
		p.t.Errorf("signature %s, want %s", r.Header.Get("X-Hub-Signature-256"), want)
	}
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		p.t.Error(err)
		return
	}
	m := b.Entry[0].Changes[0].Value.Messages[0]
	p.ids[m.ID]++
	p.people[m.From] = true
	if p.pause > 0 && len(p.ids) == 50 {
		p.stall.Do(func() { time.Sleep(p.pause) }) // the stall under test
	}
	if p.status != nil {
		w.WriteHeader(p.status(len(p.ids)))
	}
}

func run(t *testing.T, p *platformEnd, change func(*load.Spec)) load.Result {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the generator is an epoll loop: it needs Linux")
	}
	p.t, p.ids, p.people = t, map[string]int{}, map[string]bool{}
	server := httptest.NewServer(p)
	defer server.Close()
	spec := load.Spec{
		Address: strings.TrimPrefix(server.URL, "http://"), Secret: secret, Number: "880000000000001", WABA: "990000000000001",
		Run: "T", Connections: 8, Duration: 10 * time.Second, Requests: 400, Contacts: 7, BodySize: 1500,
	}
	change(&spec)
	result, err := load.Run(t.Context(), spec, func(load.Progress) {})
	require.NoError(t, err)
	return result
}

func TestClosedLoopPostsSignedMessagesOfEverybodyOnce(t *testing.T) {
	p := &platformEnd{}
	result := run(t, p, func(*load.Spec) {})
	require.EqualValues(t, 400, result.Sent)
	require.EqualValues(t, 400, result.Accepted)
	require.Len(t, p.ids, 400)
	require.Len(t, p.people, 7)
	require.Equal(t, 400, result.Measured.Answer.Count)
	require.Zero(t, result.Late)
}

func TestEndsWithItsTime(t *testing.T) {
	result := run(t, &platformEnd{}, func(s *load.Spec) {
		s.Requests, s.Warmup, s.Duration = 0, 50*time.Millisecond, 200*time.Millisecond
	})
	require.InDelta(t, .2, result.Measured.Seconds, .15)
	require.Positive(t, result.Measured.Accepted)
	require.Less(t, result.Measured.Accepted, result.Accepted)
	require.Equal(t, result.Sent, result.Accepted)
}

func TestOpenLoopChargesAStallToEverythingThatWaited(t *testing.T) {
	p := &platformEnd{pause: 300 * time.Millisecond}
	result := run(t, p, func(s *load.Spec) { s.Connections, s.Rate, s.Requests = 2, 500, 300 })
	require.Len(t, p.ids, 300)
	require.Equal(t, 300, result.Measured.Answer.Count)
	// 150 requests were due during the stall; only two connections could carry one at a time.
	require.Greater(t, result.Measured.Answer.P90, 20.0)
	require.InDelta(t, 300, result.Measured.Answer.Max, 100)
}

func TestRefusalsAreCountedByStatusAndNotAsAccepted(t *testing.T) {
	result := run(t, &platformEnd{status: func(n int) int {
		if n%4 == 0 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}}, func(*load.Spec) {})
	require.EqualValues(t, 300, result.Accepted)
	require.Equal(t, map[int]int64{503: 100}, result.Refused)
	require.Equal(t, 300, result.Measured.Answer.Count)
}

func TestClosedConnectionsAreReplaced(t *testing.T) {
	p := &platformEnd{}
	closing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		p.ServeHTTP(w, r)
	})
	p.t, p.ids, p.people = t, map[string]int{}, map[string]bool{}
	server := httptest.NewServer(closing)
	defer server.Close()
	result, err := load.Run(t.Context(), load.Spec{
		Address: strings.TrimPrefix(server.URL, "http://"), Secret: secret, Number: "1", WABA: "2", Run: "C",
		Connections: 2, Duration: 10 * time.Second, Requests: 20, Contacts: 1, BodySize: 900,
	}, func(load.Progress) {})
	require.NoError(t, err)
	require.EqualValues(t, 20, result.Sent)
	require.EqualValues(t, 20, result.Accepted+result.Broken)
}

func TestBodiesHaveTheWantedSizeAndARealSignature(t *testing.T) {
	for _, size := range []int{700, 1500, 3000} {
		bodies, err := load.NewBodies(&load.Spec{Address: "127.0.0.1:1", Secret: strings.Repeat("k", 100), Run: "B", Number: "1", WABA: "2", Contacts: 3, BodySize: size})
		require.NoError(t, err)
		var buffer []byte
		for n := range int64(6) {
			buffer, err = bodies.Append(buffer[:0], n, time.Unix(1_790_000_000, 0))
			require.NoError(t, err)
			request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(buffer))))
			require.NoError(t, err)
			raw, err := io.ReadAll(request.Body)
			require.NoError(t, err)
			require.Len(t, raw, size)
			require.True(t, json.Valid(raw))
			mac := hmac.New(sha256.New, []byte(strings.Repeat("k", 100)))
			mac.Write(raw)
			require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), request.Header.Get("X-Hub-Signature-256"))
		}
	}
}

func TestTimesAreExactPercentiles(t *testing.T) {
	all := make([]time.Duration, 0, 1000)
	for i := range 1000 {
		all = append(all, time.Duration(1000-i)*time.Millisecond)
	}
	times := load.TimesOf(all)
	require.Equal(t, load.Times{Count: 1000, P50: 501, P90: 901, P99: 991, P999: 1000, Max: 1000}, times)
	require.Zero(t, load.TimesOf(nil))
}

func BenchmarkAppend(b *testing.B) {
	bodies, err := load.NewBodies(&load.Spec{Secret: secret, Run: "B", Number: "1", WABA: "2", Contacts: 2000, BodySize: 1500})
	require.NoError(b, err)
	var buffer []byte
	for n := int64(0); b.Loop(); n++ {
		if buffer, err = bodies.Append(buffer[:0], n, time.Unix(1_790_000_000, 0)); err != nil {
			b.Fatal(err)
		}
	}
}
