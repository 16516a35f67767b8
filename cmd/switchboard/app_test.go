package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/cmd/internal/simulate"
)

// The whole way: a webhook becomes a contact and a conversation, in the API and on an agent's screen.
func TestWebhookToScreen(t *testing.T) { webhookToScreen(t, settings(t)) }

func webhookToScreen(t *testing.T, environment map[string]string) {
	h := open(t, environment)
	h.awaitReady(t)
	entries := h.stored(t, h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json")), 1)
	require.Equal(t, "applied", entries[0].Verdict)
	require.Equal(t, "Ada Quill", entries[0].ContactName)

	var contact struct {
		Name    string `json:"name"`
		Phone   string `json:"phone"`
		Country string `json:"country"`
	}
	h.api(t, "/api/v1/contacts/"+entries[0].ContactID, &contact)
	require.Equal(t, "Ada Quill", contact.Name)
	require.Equal(t, "+12025550143", contact.Phone)
	var conversation struct {
		Session struct {
			Geo struct {
				Source string `json:"source"`
			} `json:"geo"`
		} `json:"session"`
	}
	h.api(t, "/api/v1/conversations/"+entries[0].ConversationID, &conversation)
	require.Equal(t, "phone", conversation.Session.Geo.Source)

	again := h.stored(t, h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json")), 1)
	require.Equal(t, "duplicate", again[0].Verdict)
	require.Equal(t, entries[0].ConversationID, again[0].ConversationID)

	cookie := h.signIn(t, testAdmin, testWord)
	_, inbox := h.get(t, h.base+"/inbox", "Cookie", cookie)
	require.Contains(t, inbox, "Ada Quill")
	_, thread := h.get(t, h.base+"/inbox/"+entries[0].ConversationID, "Cookie", cookie)
	require.Contains(t, thread, entries[0].Text)

	var sum struct {
		Received, Applied, Duplicate, Ignored, Quarantined int64
	}
	h.api(t, "/api/v1/ledger/summary", &sum)
	require.EqualValues(t, 2, sum.Received)
	require.Equal(t, sum.Received, sum.Applied+sum.Duplicate+sum.Ignored+sum.Quarantined)
}

// signIn gives the cookie of somebody who signed in.
func (h *house) signIn(t *testing.T, email, password string) string {
	t.Helper()
	form := url.Values{"email": {email}, "password": {password}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+"/login", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := h.http.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusSeeOther, res.StatusCode)
	require.NotEmpty(t, res.Cookies())
	return res.Cookies()[0].Name + "=" + res.Cookies()[0].Value
}

func TestUnknownAccountIsAcceptedAndVisible(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	body := strings.ReplaceAll(string(fixture(t, "whatsapp_text.json")), "880000000000001", "880000000000999")
	entries := h.stored(t, h.webhook(t, "whatsapp", []byte(body)), 1)
	require.Equal(t, "quarantined", entries[0].Verdict)
	require.NotEmpty(t, entries[0].Reason)
}

func TestRolesInSeparateProcesses(t *testing.T) {
	_, addrs := broker(t)
	data := t.TempDir()
	front := open(t, settings(t, "KAFKA_BROKERS", addrs, "ROLES", "gateway"))
	front.awaitReady(t)
	requestID := front.webhook(t, "instagram", fixture(t, "instagram_text.json"))
	status, _ := front.get(t, front.base+"/inbox")
	require.Equal(t, http.StatusServiceUnavailable, status, "a gateway has no screens")

	back := open(t, settings(t, "KAFKA_BROKERS", addrs, "ROLES", "worker,dashboard", "DATA_DIR", data))
	back.awaitReady(t)
	require.Equal(t, "applied", back.stored(t, requestID, 1)[0].Verdict)
	status, _ = back.post(t, "/webhooks/instagram", fixture(t, "instagram_text.json"))
	require.NotEqual(t, http.StatusOK, status, "without the gateway role no webhook is taken")
}

// P5: webhooks are taken while the database is not there at all.
func TestGatewayNeedsNoDatabase(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := ln.Addr().String()
	require.NoError(t, ln.Close())
	_, addrs := broker(t)
	h := open(t, settings(t, "KAFKA_BROKERS", addrs, "MONGO_URI", "mongodb://"+nobody+"/x?serverSelectionTimeoutMS=100&connectTimeoutMS=100"))
	admin := "http://" + h.adminL.Addr().String()
	eventually(t, "the gateway", 20*time.Second, func() bool {
		status, _ := h.get(t, admin+"/readyz?role=gateway")
		return status == http.StatusOK
	})
	h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json"))
	status, body := h.get(t, admin+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, `"log":{"ready":true}`)
	require.Contains(t, body, `"store":{"ready":false`)
	status, _ = h.get(t, h.base+"/login")
	require.Equal(t, http.StatusServiceUnavailable, status)
	status, _ = h.get(t, admin+"/healthz")
	require.Equal(t, http.StatusOK, status)
}

// A stop under traffic takes less than five seconds, and what was acknowledged is there after the next start.
func TestStopLosesNothing(t *testing.T) {
	environment := settings(t)
	h := open(t, environment)
	h.awaitReady(t)
	s := newTraffic(t, h.base, simulate.Config{Contacts: 30, Senders: 8, Duplicates: 0.1})
	ctx, cancel := context.WithCancel(t.Context())
	var playing sync.WaitGroup
	playing.Go(func() { s.Run(ctx) })
	eventually(t, "traffic", 20*time.Second, func() bool { return s.Progress().Accepted > 100 })
	stream, err := h.openStream(t)
	require.NoError(t, err)
	begun := time.Now()
	h.close(t)
	require.Less(t, time.Since(begun), 5*time.Second)
	_, err = io.Copy(io.Discard, stream) // an open live stream neither holds the stop up nor stays open
	require.NoError(t, err)
	require.NoError(t, stream.Close())
	cancel()
	playing.Wait()

	h = open(t, environment)
	h.awaitReady(t)
	requireEveryMessageOnce(t, h, s.Record())
}

// openStream opens the live stream of a signed-in browser.
func (h *house) openStream(t *testing.T) (io.ReadCloser, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.base+"/events", nil)
	require.NoError(t, err)
	req.Header.Set("Cookie", h.signIn(t, testAdmin, testWord))
	res, err := h.http.Do(req)
	if err != nil {
		return nil, err
	}
	require.Equal(t, http.StatusOK, res.StatusCode)
	return res.Body, nil
}

func TestTakenPortIsToldBeforeAnythingOpens(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	cfg, err := loadConfig(settings(t, "ADDR", ln.Addr().String()))
	require.NoError(t, err)
	_, err = newApp(t.Context(), cfg, testChannels(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "SWITCHBOARD_ADDR")
}

func TestDataDirectoryIsForOneProcess(t *testing.T) {
	environment := settings(t)
	open(t, environment)
	cfg, err := loadConfig(environment)
	require.NoError(t, err)
	_, err = newApp(t.Context(), cfg, testChannels(), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "in use by")
}

// A sender whose body is refused while it still writes can read why.
func TestRefusedSenderReadsTheAnswer(t *testing.T) {
	h := open(t, settings(t))
	status, body := h.post(t, "/webhooks/whatsapp", make([]byte, 5<<20), "Content-Type", "application/json")
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Contains(t, body, "request_id")
}

func TestVisitorsAreWhereTheirAddressIs(t *testing.T) {
	h := open(t, settings(t, "IP_POLICY", "truncated"))
	h.awaitReady(t)
	const origin = "https://shop.example"
	status, answer := h.post(t, "/webhooks/webwidget/sessions", []byte(`{"inbox_id":"wgt_test_01"}`), "Content-Type", "application/json", "Origin", origin)
	require.Equal(t, http.StatusOK, status, answer)
	var visitor struct {
		VisitorID string `json:"visitor_id"`
		SessionID string `json:"session_id"`
	}
	require.NoError(t, unmarshal(answer, &visitor))
	body := fmt.Sprintf(`{"v":1,"inbox_id":"wgt_test_01","event":"message.created","event_id":"e1","sent_at":%q,"visitor":{"id":%q,"session_id":%q},"message":{"client_id":"c1","type":"text","text":"hi"}}`,
		time.Now().UTC().Format(time.RFC3339), visitor.VisitorID, visitor.SessionID)
	status, answer = h.post(t, "/webhooks/webwidget", []byte(body), "Content-Type", "application/json", "Origin", origin,
		"X-Forwarded-For", "6.6.6.6, 84.128.7.9", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
	require.Equal(t, http.StatusOK, status, answer)
	var accepted struct {
		RequestID string `json:"request_id"`
	}
	require.NoError(t, unmarshal(answer, &accepted))
	entry := h.stored(t, accepted.RequestID, 1)[0]
	var conversation struct {
		Session struct {
			IP  string `json:"ip"`
			Geo struct {
				Country, Source string
			} `json:"geo"`
			Device struct{ Browser, OS string } `json:"device"`
		} `json:"session"`
	}
	h.api(t, "/api/v1/conversations/"+entry.ConversationID, &conversation)
	require.Equal(t, "84.128.7.0", conversation.Session.IP)
	require.Equal(t, "DE", conversation.Session.Geo.Country)
	require.Equal(t, "ip", conversation.Session.Geo.Source)
	require.Equal(t, "Firefox 145", conversation.Session.Device.Browser)
}
