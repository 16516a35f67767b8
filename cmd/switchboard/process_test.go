package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"switchboard/channels/instagram"
	"switchboard/channels/webwidget"
	"switchboard/channels/whatsapp"
	"switchboard/cmd/internal/simulate"
)

// asProcess makes the test binary be the program itself, so that tests can kill it.
const asProcess = "SWITCHBOARD_TEST_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/gofiber/fiber/v2/utils.StartTimeStampUpdater.func1.1"))
}

const (
	testSecret = "test-app-secret"
	testToken  = "test-api-token-0123456789"
	testAdmin  = "admin@example.com"
	testWord   = "test-password-1"
)

func testChannels() channelsFile {
	return channelsFile{
		WhatsApp: &whatsapp.Config{VerifyToken: "verify", AppSecrets: []string{testSecret}, Numbers: []whatsapp.Number{
			{ID: "880000000000001", Phone: "+12025550100", WABA: "990000000000001", Name: "Sales"},
		}},
		Instagram: &instagram.Config{VerifyToken: "verify", AppSecrets: []string{testSecret}, AppID: "123450000000001", Accounts: []instagram.Account{{ID: "17840000000000001", Name: "Shop"}}},
		WebWidget: &webwidget.Config{Widgets: []webwidget.Widget{{ID: "wgt_test_01", Name: "Shop", Secret: "test-widget-secret", RequireIdentity: true, Origins: []string{"https://shop.example"}}}},
	}
}

// settings for a process of its own on free ports.
func settings(t testing.TB, pairs ...string) map[string]string {
	t.Helper()
	m := setting("ADDR", "127.0.0.1:0", "ADMIN_ADDR", "127.0.0.1:0", "DATA_DIR", t.TempDir(), "API_TOKEN", testToken,
		"ADMIN_EMAIL", testAdmin, "ADMIN_PASSWORD", testWord, "SECRET_KEY", strings.Repeat("k", minKey), "TRUSTED_PROXIES", "127.0.0.0/8")
	for i := 0; i < len(pairs); i += 2 {
		m[envPrefix+pairs[i]] = pairs[i+1]
	}
	return m
}

// A house is an App that runs inside the test.
type house struct {
	*App
	stop  context.CancelFunc
	ended chan error
	base  string
	http  *http.Client
}

// open starts an App, with changes made before it runs; the test stops it, or its end does.
func open(t testing.TB, environment map[string]string, change ...func(*App)) *house {
	t.Helper()
	cfg, err := loadConfig(environment)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	app, err := newApp(ctx, cfg, testChannels(), slog.New(slog.DiscardHandler))
	if err != nil {
		stop()
	}
	require.NoError(t, err)
	app.say = func(string, ...any) {}
	for _, c := range change {
		c(app)
	}
	transport := &http.Transport{}
	h := &house{App: app, stop: stop, ended: make(chan error, 1), base: "http://" + app.publicL.Addr().String(), http: &http.Client{
		Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	go func() { h.ended <- app.Run(ctx) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		h.close(t)
	})
	return h
}

// close stops the App and waits; it may be called twice.
func (h *house) close(t testing.TB) {
	t.Helper()
	h.stop()
	select {
	case err := <-h.ended:
		require.NoError(t, err)
		h.ended <- nil
	case <-time.After(20 * time.Second):
		require.Fail(t, "the App did not stop")
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !holds() {
		require.True(t, time.Now().Before(deadline), "waited in vain for: "+what)
		wait(20 * time.Millisecond)
	}
}

func wait(d time.Duration) { <-time.After(d) }

func (h *house) awaitReady(t testing.TB) {
	t.Helper()
	eventually(t, "readiness", 20*time.Second, func() bool {
		status, _ := h.get(t, "http://"+h.adminL.Addr().String()+"/readyz")
		return status == http.StatusOK
	})
}

func (h *house) get(t testing.TB, url string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return h.do(t, req, headers...)
}

func (h *house) post(t testing.TB, path string, body []byte, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+path, strings.NewReader(string(body)))
	require.NoError(t, err)
	return h.do(t, req, headers...)
}

func (h *house) do(t testing.TB, req *http.Request, headers ...string) (int, string) {
	t.Helper()
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.http.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

// webhook posts a signed Meta webhook and gives its request id.
func (h *house) webhook(t testing.TB, channel string, body []byte) string {
	t.Helper()
	status, answer := h.post(t, "/webhooks/"+channel, body, "Content-Type", "application/json", "X-Hub-Signature-256", signed(body))
	require.Equal(t, http.StatusOK, status, answer)
	var accepted struct {
		RequestID string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &accepted))
	return accepted.RequestID
}

func signed(body []byte) string {
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// api asks the JSON API and decodes the items.
func (h *house) api(t testing.TB, path string, into any) {
	t.Helper()
	status, body := h.get(t, h.base+path, "Authorization", "Bearer "+testToken)
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, json.Unmarshal([]byte(body), into))
}

type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

type ledgerEntry struct {
	Verdict        string `json:"verdict"`
	Reason         string `json:"reason"`
	ConversationID string `json:"conversation_id"`
	ContactID      string `json:"contact_id"`
	ContactName    string `json:"contact_name"`
	MessageID      string `json:"message_id"`
	Text           string `json:"text"`
}

// stored waits until the ledger knows n elements of a request.
func (h *house) stored(t testing.TB, requestID string, n int) []ledgerEntry {
	t.Helper()
	var entries listOf[ledgerEntry]
	eventually(t, "the ledger", 20*time.Second, func() bool {
		h.api(t, "/api/v1/ledger?limit=500&request_id="+requestID, &entries)
		return len(entries.Items) >= n
	})
	require.Len(t, entries.Items, n)
	return entries.Items
}

// broker is a Kafka cluster of one that listens on loopback, for tests with several processes.
func broker(t testing.TB) (*kfake.Cluster, string) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, strings.Join(c.ListenAddrs(), ",")
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return raw
}

func unmarshal(text string, into any) error { return json.Unmarshal([]byte(text), into) }

// newTraffic is a simulator that keeps its books, for a house with the test's channels.
func newTraffic(t testing.TB, target string, cfg simulate.Config) *simulate.Simulator {
	t.Helper()
	from, err := simulation(testChannels(), []string{"whatsapp", "instagram", "webwidget"})
	require.NoError(t, err)
	cfg.WhatsApp, cfg.Instagram, cfg.WebWidget = from.WhatsApp, from.Instagram, from.WebWidget
	cfg.Target, cfg.Keep, cfg.Retry, cfg.Seed = target, true, 300*time.Millisecond, uint64(time.Now().UnixNano())
	s, err := simulate.New(cfg)
	require.NoError(t, err)
	return s
}

type storedMessage struct {
	MessageID string    `json:"message_id"`
	Timestamp time.Time `json:"timestamp"`
}

// messages reads all messages of all conversations, by conversation, in display order.
func (h *house) messages(t testing.TB) map[string][]storedMessage {
	t.Helper()
	all := map[string][]storedMessage{}
	for after := ""; ; {
		var page listOf[struct {
			ID string `json:"id"`
		}]
		h.api(t, "/api/v1/conversations?limit=200&after="+url.QueryEscape(after), &page)
		for _, c := range page.Items {
			for from := ""; ; {
				var messages listOf[storedMessage]
				h.api(t, "/api/v1/conversations/"+c.ID+"/messages?limit=200&after="+url.QueryEscape(from), &messages)
				all[c.ID] = append(all[c.ID], messages.Items...)
				if from = messages.Next; from == "" {
					break
				}
			}
		}
		if after = page.Next; after == "" {
			return all
		}
	}
}

// settled waits until the worker has read the whole log.
func (h *house) settled(t testing.TB) {
	t.Helper()
	eventually(t, "the worker to catch up", 60*time.Second, func() bool {
		lags, err := h.stream.Lag(t.Context())
		if err != nil {
			return false
		}
		for _, l := range lags {
			if l.Records > 0 {
				return false
			}
		}
		return true
	})
}

// requireEveryMessageOnce compares what was acknowledged with what is stored: everything, once, in order, and a ledger whose
// sum closes.
func requireEveryMessageOnce(t testing.TB, h *house, acknowledged map[string][]simulate.Message) {
	t.Helper()
	h.settled(t)
	type place struct {
		conversation string
		index        int
	}
	at := map[string]place{}
	for id, messages := range h.messages(t) {
		for i, m := range messages {
			_, twice := at[m.MessageID]
			require.False(t, twice, "message %s is there twice", m.MessageID)
			at[m.MessageID] = place{id, i}
			require.False(t, i > 0 && m.Timestamp.Before(messages[i-1].Timestamp), "conversation %s is not in platform-time order", id)
		}
	}
	total := 0
	for person, messages := range acknowledged {
		var last place
		for _, m := range messages {
			total++
			p, there := at[m.ID]
			require.True(t, there, "acknowledged message %s (%s) is not there", m.ID, m.Channel)
			if last.conversation != "" {
				require.Equal(t, last.conversation, p.conversation, "messages of %s are in two conversations", person)
				require.Less(t, last.index, p.index, "messages of %s are out of order", person)
			}
			last = p
		}
	}
	require.Positive(t, total)
	requireSumCloses(t, h)
	t.Logf("%d acknowledged messages of %d people, all there once and in order", total, len(acknowledged))
}

func requireSumCloses(t testing.TB, h *house) {
	t.Helper()
	var sum struct{ Received, Applied, Duplicate, Ignored, Quarantined int64 }
	h.api(t, "/api/v1/ledger/summary", &sum)
	require.Positive(t, sum.Received)
	require.Equal(t, sum.Received, sum.Applied+sum.Duplicate+sum.Ignored+sum.Quarantined, "%+v", sum)
	require.Zero(t, sum.Quarantined)
}
