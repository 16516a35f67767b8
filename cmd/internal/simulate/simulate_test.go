package simulate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is the other end: it checks signatures and remembers what it took.
type gateway struct {
	t        *testing.T
	mu       sync.Mutex
	bodies   map[string][]string // by path
	header   []http.Header
	refuse   atomic.Int64 // how many requests to refuse
	status   atomic.Int64 // with what
	visitors atomic.Int64
}

func newGateway(t *testing.T) (*gateway, string) {
	t.Helper()
	g := &gateway{t: t, bodies: map[string][]string{}}
	g.status.Store(http.StatusServiceUnavailable)
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return g, s.URL
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if r.URL.Path == "/webhooks/webwidget/sessions" {
		fmt.Fprintf(w, `{"visitor_id":"visitor-%d","session_id":"session"}`, g.visitors.Add(1))
		return
	}
	if g.refuse.Add(-1) >= 0 {
		w.WriteHeader(int(g.status.Load()))
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bodies[r.URL.Path] = append(g.bodies[r.URL.Path], string(body))
	g.header = append(g.header, r.Header)
	if strings.HasSuffix(r.URL.Path, "webwidget") {
		return
	}
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	if r.Header.Get("X-Hub-Signature-256") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func everything(target string) Config {
	return Config{
		Target: target, WhatsApp: WhatsApp{"secret", []Number{{"880000000000001", "+12025550100", "990000000000001"}, {"880000000000002", "+12025550199", "990000000000002"}}},
		Instagram: Instagram{"secret", []string{"17840000000000001"}}, WebWidget: WebWidget{[]Widget{{"wgt", "secret", "https://shop.example"}}},
		Contacts: 30, Seed: 42, Keep: true, Senders: 4, Retry: 20 * time.Millisecond,
	}
}

// play runs until the gateway has taken some webhooks.
func play(t *testing.T, cfg Config, enough func(Summary) bool) (*Simulator, Summary) {
	t.Helper()
	s, err := New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan Summary, 1)
	go func() { done <- s.Run(ctx) }()
	for !enough(s.Progress()) {
		select {
		case sum := <-done:
			return s, sum
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	return s, <-done
}

func accepted(n int64) func(Summary) bool {
	return func(s Summary) bool { return s.Accepted >= n }
}

func TestTrafficIsSignedAndOfAllKinds(t *testing.T) {
	t.Parallel()
	g, target := newGateway(t)
	s, sum := play(t, everything(target), accepted(3000))
	require.NoError(t, sum.Err)
	require.Empty(t, sum.Refused)
	require.Zero(t, sum.GivenUp)
	for _, c := range []chat.Channel{chat.WhatsApp, chat.Instagram, chat.WebWidget} {
		require.Positive(t, sum.Channels[c])
	}
	require.Equal(t, sum.Updates, sum.Channels[chat.WhatsApp]+sum.Channels[chat.Instagram]+sum.Channels[chat.WebWidget])
	all := strings.Join(g.bodies["/webhooks/whatsapp"], "\n")
	for _, want := range []string{`"type":"text"`, `"type":"image"`, `"voice":true`, `"type":"reaction"`, `"type":"edit"`, `"type":"revoke"`, `"statuses"`, `"read"`, `"message_echoes"`, `"context"`, `"type":"location"`} {
		require.Contains(t, all, want)
	}
	all = strings.Join(g.bodies["/webhooks/instagram"], "\n")
	for _, want := range []string{`"is_echo":true`, `"message_edit"`, `"reaction"`, `"is_deleted":true`, `"read"`, `"attachments"`, `"reply_to"`, `"postback"`} {
		require.Contains(t, all, want)
	}
	all = strings.Join(g.bodies["/webhooks/webwidget"], "\n")
	for _, want := range []string{`"session.started"`, `"page.viewed"`, `"prechat.submitted"`, `"contact.identified"`, `"message.created"`, `"user_hash"`} {
		require.Contains(t, all, want)
	}
	ids := map[string]bool{}
	for _, messages := range s.Record() {
		for i, m := range messages {
			require.False(t, ids[m.ID], "message ids are unique")
			ids[m.ID] = true
			require.False(t, i > 0 && m.At.Before(messages[i-1].At))
		}
	}
	require.Greater(t, len(ids), 1000)
}

func TestNumbersAreFromRangesForFiction(t *testing.T) {
	t.Parallel()
	fiction := regexp.MustCompile(`^(1[2-9]\d\d55501\d\d|447700900\d{3}|3363998\d{4}|49176040690\d\d|467017406\d\d|61491570\d{3}|551190000\d{4})$`)
	c := newCast(7)
	seen := map[string]bool{}
	without := 0
	for n := range 5000 {
		p := c.persona(n)
		if p.phone == "" {
			without++
			continue
		}
		require.Regexp(t, fiction, p.phone)
		require.False(t, seen[p.phone], "%s is given out twice", p.phone)
		seen[p.phone] = true
	}
	require.Positive(t, without, "some people are known by a BSUID alone")
	require.Greater(t, len(seen), 1000)
}

func TestRefusedWebhooksAreRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int64{503, 500, 429} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			g, target := newGateway(t)
			g.status.Store(status)
			g.refuse.Store(20)
			_, sum := play(t, everything(target), accepted(50))
			require.EqualValues(t, 20, sum.Refused[int(status)])
			require.GreaterOrEqual(t, sum.Retries, int64(20))
			require.EqualValues(t, sum.Posted, sum.Accepted+20)
		})
	}
}

func TestWrongSecretStopsWithTheReason(t *testing.T) {
	t.Parallel()
	_, target := newGateway(t)
	cfg := everything(target)
	cfg.WhatsApp.Secret, cfg.Instagram.Secret = "another", "another"
	_, sum := play(t, cfg, func(Summary) bool { return false })
	require.ErrorContains(t, sum.Err, "channels file")
	require.Positive(t, sum.GivenUp)
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	target := s.URL
	s.Close()
	_, sum := play(t, everything(target), func(s Summary) bool { return s.Refused[0] > 8 })
	require.Zero(t, sum.Accepted)
	require.Contains(t, sum.Line(), "no answer")
}

func TestDuplicatesAndBatches(t *testing.T) {
	t.Parallel()
	g, target := newGateway(t)
	cfg := everything(target)
	cfg.Duplicates, cfg.Batch, cfg.Contacts = 1, 5, 300
	_, sum := play(t, cfg, accepted(400))
	require.Positive(t, sum.Duplicates)
	require.Greater(t, sum.Updates, sum.Accepted)
	times := map[string]int{}
	for _, bodies := range g.bodies {
		for _, b := range bodies {
			times[b]++
		}
	}
	twice := 0
	for _, n := range times {
		require.LessOrEqual(t, n, 2)
		if n == 2 {
			twice++
		}
	}
	require.Positive(t, twice)
}

func TestLateUpdatesCarryAnOlderTime(t *testing.T) {
	t.Parallel()
	_, target := newGateway(t)
	cfg := everything(target)
	cfg.Reorder = 0.5
	s, _ := play(t, cfg, accepted(500))
	late := 0
	for _, messages := range s.Record() {
		for i := 1; i < len(messages); i++ {
			if messages[i].At.Before(messages[i-1].At) {
				late++
			}
		}
	}
	require.Positive(t, late)
}

func TestRateIsKept(t *testing.T) {
	t.Parallel()
	_, target := newGateway(t)
	cfg := everything(target)
	cfg.Rate, cfg.Duration = 100, 400*time.Millisecond
	_, sum := play(t, cfg, func(Summary) bool { return false })
	require.LessOrEqual(t, sum.Posted, int64(100), "at most the rate and a quarter of a second of catching up")
	require.Positive(t, sum.Posted)
}

func TestBurstFillsThePast(t *testing.T) {
	t.Parallel()
	_, target := newGateway(t)
	cfg := everything(target)
	cfg.WebWidget = WebWidget{} // visitors have no platform time: the gateway's clock places them
	cfg.Rate, cfg.Burst, cfg.Past = 1, 200, 6*time.Hour
	s, sum := play(t, cfg, accepted(200))
	require.Less(t, sum.Elapsed, 20*time.Second)
	oldest, newest := time.Duration(0), 24*time.Hour
	for _, messages := range s.Record() {
		for _, m := range messages {
			oldest, newest = max(oldest, time.Since(m.At)), min(newest, time.Since(m.At))
		}
	}
	require.Greater(t, oldest, 5*time.Hour)
	require.Less(t, newest, time.Hour)
}

func TestVisitorAddressesAreForwardedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for _, forwarded := range []bool{true, false} {
		g, target := newGateway(t)
		cfg := everything(target)
		cfg.WhatsApp, cfg.Instagram, cfg.Forwarded = WhatsApp{}, Instagram{}, forwarded
		play(t, cfg, accepted(20))
		for _, h := range g.header {
			require.Equal(t, forwarded, h.Get("X-Forwarded-For") != "")
			require.Contains(t, h.Get("User-Agent"), "Mozilla/5.0")
			require.Equal(t, "https://shop.example", h.Get("Origin"))
		}
	}
}

func TestSameSeedSamePeople(t *testing.T) {
	t.Parallel()
	a, b := newCast(5), newCast(5)
	for n := range 100 {
		x, y := a.persona(n), b.persona(n)
		x.region, y.region = nil, nil
		require.Equal(t, x, y)
	}
	require.NotEqual(t, newCast(6).persona(1).bsuid, newCast(5).persona(1).bsuid)
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "target")
	_, err = New(Config{Target: "http://127.0.0.1:1"})
	require.ErrorContains(t, err, "channels file")
}

func TestSummaryIsReadable(t *testing.T) {
	t.Parallel()
	s := newStats()
	s.begin(time.Now())
	for range 99 {
		s.answered(200, time.Millisecond)
	}
	s.answered(200, time.Second)
	s.answered(503, 0)
	s.accepted(chat.WhatsApp, 100)
	sum := s.summary(time.Now())
	require.InDelta(t, float64(time.Millisecond), float64(sum.P50), float64(100*time.Microsecond))
	require.InDelta(t, float64(time.Millisecond), float64(sum.P99), float64(100*time.Microsecond))
	require.Contains(t, sum.String(), "100 whatsapp")
	require.Contains(t, sum.Line(), "503: 1")
	raw, err := json.Marshal(sum)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"accepted":1`)
}
