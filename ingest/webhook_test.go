package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/channels"
	"switchboard/chat"
)

func refusing(err error) func(*channels.Request) (string, error) {
	return func(*channels.Request) (string, error) { return "", err }
}

func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	const shop = "https://shop.example"
	tests := []struct {
		name     string
		meta     platform
		widget   platform
		log      error
		method   string
		path     string
		header   map[string]string
		body     string
		status   int
		contains string
		headers  map[string]string // "" means: must be absent
	}{
		{name: "accepted", method: "POST", path: "/webhooks/whatsapp", body: `{"a":1}`, status: 200, contains: `"request_id":"`, headers: map[string]string{"Content-Type": "application/json"}},
		{name: "no content type is no matter for a relay", method: "POST", path: "/webhooks/whatsapp", header: map[string]string{"Content-Type": "text/plain"}, body: "x", status: 200},
		{name: "handshake", method: "GET", path: "/webhooks/whatsapp?hub.challenge=000123&hub.verify_token=right%2Btoken%2F%3D%26", status: 200, contains: "000123", headers: map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}},
		{name: "handshake refused", method: "GET", path: "/webhooks/whatsapp?hub.challenge=1&hub.verify_token=wrong", status: 403, contains: "request_id"},
		{name: "handshake without a query", method: "GET", path: "/webhooks/whatsapp", status: 403},
		{name: "signature", meta: platform{verify: refusing(chat.ErrUnauthenticated)}, method: "POST", path: "/webhooks/whatsapp", body: "x", status: 401, contains: "signature"},
		{name: "origin", widget: platform{verify: refusing(chat.ErrForbidden)}, method: "POST", path: "/webhooks/webwidget", header: map[string]string{"Content-Type": "application/json", "Origin": "https://evil.example"}, body: "{}", status: 403, headers: map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}},
		{name: "widget input", widget: platform{verify: refusing(wrapped("text is longer than 10,000 characters"))}, method: "POST", path: "/webhooks/webwidget", header: map[string]string{"Content-Type": "application/json", "Origin": shop}, body: "{}", status: 422, contains: "10,000 characters", headers: map[string]string{"Access-Control-Allow-Origin": shop}},
		{name: "rate", widget: platform{verify: refusing(chat.ErrTooMany)}, method: "POST", path: "/webhooks/webwidget", header: map[string]string{"Content-Type": "application/json", "Origin": shop}, body: "{}", status: 429, headers: map[string]string{"Retry-After": "2", "Access-Control-Expose-Headers": "Retry-After"}},
		{name: "widget content type", method: "POST", path: "/webhooks/webwidget", header: map[string]string{"Content-Type": "text/plain", "Origin": shop}, body: "{}", status: 415},
		{name: "content encoding", method: "POST", path: "/webhooks/whatsapp", header: map[string]string{"Content-Encoding": "gzip"}, body: "x", status: 415, contains: "Content-Encoding"},
		{name: "empty body", method: "POST", path: "/webhooks/whatsapp", status: 400, contains: "empty"},
		{name: "log away", log: chat.ErrUnavailable, method: "POST", path: "/webhooks/whatsapp", body: "x", status: 503, headers: map[string]string{"Retry-After": "2"}},
		{name: "log fails in an unknown way", log: errors.New("disk on fire at 10.0.0.7"), method: "POST", path: "/webhooks/whatsapp", body: "x", status: 503},
		{name: "too large for the log", log: chat.ErrTooLarge, method: "POST", path: "/webhooks/whatsapp", body: "x", status: 413},
		{name: "unexpected", meta: platform{verify: refusing(errors.New("secret internals"))}, method: "POST", path: "/webhooks/whatsapp", body: "x", status: 500, contains: "internal error"},
		{name: "adapter panics", meta: platform{verify: func(*channels.Request) (string, error) { panic("secret internals") }}, method: "POST", path: "/webhooks/whatsapp", body: "x", status: 500, contains: "internal error"},
		{name: "unknown path", method: "POST", path: "/webhooks/telegram", body: "x", status: 404, contains: "request_id"},
		{name: "trailing slash", method: "POST", path: "/webhooks/whatsapp/", body: "x", status: 404},
		{name: "case", method: "POST", path: "/webhooks/WhatsApp", body: "x", status: 404},
		{name: "unknown method", method: "DELETE", path: "/webhooks/whatsapp", status: 405, headers: map[string]string{"Allow": "GET, POST"}},
		{name: "widget has no handshake", method: "GET", path: "/webhooks/webwidget", status: 405, headers: map[string]string{"Allow": "POST, OPTIONS"}},
		{name: "preflight", method: "OPTIONS", path: "/webhooks/webwidget", header: map[string]string{"Origin": shop, "Access-Control-Request-Method": "POST"}, status: 204, headers: map[string]string{"Access-Control-Allow-Origin": shop, "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type", "Vary": "Origin"}},
		{name: "preflight of a stranger", method: "OPTIONS", path: "/webhooks/webwidget/sessions", header: map[string]string{"Origin": "https://evil.example"}, status: 403, headers: map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}},
		{name: "preflight of a sandbox", method: "OPTIONS", path: "/webhooks/webwidget", header: map[string]string{"Origin": "null"}, status: 403, headers: map[string]string{"Access-Control-Allow-Origin": ""}},
		{name: "session", method: "POST", path: "/webhooks/webwidget/sessions", header: map[string]string{"Content-Type": "application/json", "Origin": shop}, body: `{"inbox_id":"w"}`, status: 200, contains: `"visitor_id":"visitor-1","session_id":"session-1"`, headers: map[string]string{"Access-Control-Allow-Origin": shop, "Cache-Control": "no-store"}},
		{name: "session by GET", method: "GET", path: "/webhooks/webwidget/sessions", status: 405},
		{name: "sessions of a relay", method: "POST", path: "/webhooks/whatsapp/sessions", status: 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.meta.name, tt.widget.name = chat.WhatsApp, chat.WebWidget
			log := &memoryLog{err: tt.log}
			app := gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{tt.meta}, &widget{platform: tt.widget})})
			req := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			for k, v := range tt.header {
				req.Header.Set(k, v)
			}
			res, err := app.Test(req)
			require.NoError(t, err)
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, res.StatusCode, string(body))
			require.Contains(t, string(body), tt.contains)
			for k, v := range tt.headers {
				require.Equal(t, v, res.Header.Get(k), k)
			}
			for _, internal := range []string{"internals", "10.0.0.7", "ingest:"} {
				require.NotContains(t, string(body), internal)
			}
			if tt.status >= 400 {
				require.Equal(t, "application/json", res.Header.Get("Content-Type"))
				var answer struct {
					Error     string `json:"error"`
					RequestID string `json:"request_id"`
				}
				require.NoError(t, json.Unmarshal(body, &answer))
				require.NotEmpty(t, answer.Error)
				require.NoError(t, uuid.Validate(answer.RequestID))
				require.Empty(t, log.all(), "a refused request must not reach the log")
			}
		})
	}
}

func wrapped(text string) error { return errors.Join(errors.New(text), chat.ErrInvalid) }

func TestWhatTheLogGets(t *testing.T) {
	t.Parallel()
	log := &memoryLog{}
	now := time.Date(2026, 10, 5, 9, 0, 0, 123456789, time.FixedZone("x", 3600))
	two := &relay{platform{
		name:   chat.WhatsApp,
		verify: func(r *channels.Request) (string, error) { return "1", nil },
		split: func(body []byte) []chat.Parcel {
			return []chat.Parcel{{Account: "n1", Key: "ada", Elements: 2, Value: body[:3]}, {Account: "n1", Elements: 1, Value: body[3:]}}
		},
	}}
	app := gateway(t, WebhookConfig{Log: log, Channels: set(t, two), Now: func() time.Time { return now }})
	req := httptest.NewRequest("POST", "/webhooks/whatsapp", strings.NewReader("abcdef"))
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	res, err := app.Test(req)
	require.NoError(t, err)
	var answer map[string]string
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	id := answer["request_id"]
	received := time.Date(2026, 10, 5, 8, 0, 0, 123e6, time.UTC)
	require.Equal(t, []chat.Parcel{
		{Channel: chat.WhatsApp, Account: "n1", RequestID: id, ReceivedAt: received, Secret: "1", Key: "ada", Elements: 2, Value: []byte("abc")},
		{Channel: chat.WhatsApp, Account: "n1", RequestID: id, ReceivedAt: received, Secret: "1", Key: id, Elements: 1, Value: []byte("def")},
	}, log.all(), "a relay's own address and user agent must not be taken for the customer's")
}

func TestBodiesThatCannotBeCutTravelWhole(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]func([]byte) []chat.Parcel{
		"no element": func([]byte) []chat.Parcel { return nil },
		"panic":      func([]byte) []chat.Parcel { panic("index out of range") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &memoryLog{}
			app := gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp, split: split}})})
			res, err := app.Test(httptest.NewRequest("POST", "/webhooks/whatsapp", strings.NewReader(`{"entry":[]}`)))
			require.NoError(t, err)
			require.Equal(t, 200, res.StatusCode)
			require.Len(t, log.all(), 1)
			require.Equal(t, `{"entry":[]}`, string(log.all()[0].Value))
			require.NotEmpty(t, log.all()[0].Key)
		})
	}
}

func TestBrowserIsDescribedToTheWidget(t *testing.T) {
	t.Parallel()
	log := &memoryLog{}
	var seen *channels.Request
	wdg := &widget{platform: platform{name: chat.WebWidget, verify: func(r *channels.Request) (string, error) { seen = r; return "0", nil }}}
	app := gateway(t, WebhookConfig{Log: log, Channels: set(t, wdg)})
	req := httptest.NewRequest("POST", "/webhooks/webwidget", strings.NewReader("{}"))
	for k, v := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Origin": "https://shop.example", "User-Agent": "Firefox" + strings.Repeat("x", 600),
		"Sec-CH-UA-Platform": `"Linux"`, "Sec-CH-UA-Mobile": "?0", "X-Forwarded-For": "198.51.100.7",
	} {
		req.Header.Set(k, v)
	}
	res, err := app.Test(req)
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
	client := log.all()[0].Client
	require.Equal(t, seen.Client, client)
	require.Equal(t, "198.51.100.7", client.IP)
	require.Len(t, client.UserAgent, 512)
	require.Equal(t, `"Linux"`, client.Platform)
	require.Equal(t, "https://shop.example", client.Origin)
}

func TestOutageIsOneLine(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	log := &memoryLog{err: chat.ErrUnavailable}
	app := gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}}), Logger: textLogger(&lines)})
	post := func() int {
		res, err := app.Test(httptest.NewRequest("POST", "/webhooks/whatsapp", strings.NewReader("+12025550143 hello")))
		require.NoError(t, err)
		return res.StatusCode
	}
	for range 5 {
		require.Equal(t, 503, post())
	}
	log.fail(nil)
	require.Equal(t, 200, post())
	require.Equal(t, 200, post())
	require.Equal(t, 1, strings.Count(lines.String(), "answering 503"))
	require.Equal(t, 1, strings.Count(lines.String(), "takes webhooks again"))
	require.NotContains(t, lines.String(), "12025550143")
}

func TestWebhookMetrics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	meta := &relay{platform{name: chat.WhatsApp, verify: func(r *channels.Request) (string, error) {
		if r.Header("X-Hub-Signature-256") == "" {
			return "", chat.ErrUnauthenticated
		}
		return "0", nil
	}}}
	app := gateway(t, WebhookConfig{Log: &memoryLog{}, Channels: set(t, meta), Metrics: reg})
	for _, signature := range []string{"", "sha256=x", "sha256=x"} {
		req := httptest.NewRequest("POST", "/webhooks/whatsapp", strings.NewReader("x"))
		if signature != "" {
			req.Header.Set("X-Hub-Signature-256", signature)
		}
		_, err := app.Test(req)
		require.NoError(t, err)
	}
	const want = `
# HELP switchboard_signature_failures_total Webhooks whose sender could not be proven.
# TYPE switchboard_signature_failures_total counter
switchboard_signature_failures_total{channel="whatsapp"} 1
# HELP switchboard_webhook_elements_total Elements of accepted webhooks, as counted on intake.
# TYPE switchboard_webhook_elements_total counter
switchboard_webhook_elements_total{channel="whatsapp"} 2
# HELP switchboard_webhook_in_flight Webhook requests the log has not acknowledged yet.
# TYPE switchboard_webhook_in_flight gauge
switchboard_webhook_in_flight 0
`
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(want),
		"switchboard_signature_failures_total", "switchboard_webhook_elements_total", "switchboard_webhook_in_flight"))
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	_, err := NewWebhook(WebhookConfig{})
	require.ErrorContains(t, err, "needs a log")
	_, err = NewWorker(WorkerConfig{})
	require.ErrorContains(t, err, "needs a source")
}
