package hostile

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func mac(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// signed is the header Meta would send with a body.
func signed(body string) []string {
	return []string{"X-Hub-Signature-256", "sha256=" + mac(appSecret, body)}
}

// rawMAC signs the head of a token with the hash its algorithm names; SHA-256 where it names none we know.
func rawMAC(header, secret, head string) []byte {
	kind := sha256.New
	switch {
	case strings.Contains(header, "512"):
		kind = sha512.New
	case strings.Contains(header, "384"):
		kind = sha512.New384
	}
	h := hmac.New(kind, []byte(secret))
	h.Write([]byte(head))
	return h.Sum(nil)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be encoded
	}
	return string(b)
}

// whatsapp wraps what stands in messages[]. name is JSON.
func whatsapp(wa, name, messages string) string {
	return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"12025550100","phone_number_id":"%s"},"contacts":[{"profile":{"name":%s},"wa_id":"%s"}],"messages":[%s]}}]}]}`,
		whatsappNumber, name, wa, messages)
}

func whatsappText(wa, id, name, text string) string {
	return whatsapp(wa, quoted(name), fmt.Sprintf(`{"from":"%s","id":%s,"timestamp":"%d","type":"text","text":{"body":%s}}`, wa, quoted(id), time.Now().Unix(), quoted(text)))
}

// instagram wraps one event; event is what stands next to sender and recipient.
func instagram(igsid, event string) string {
	now := time.Now().UnixMilli()
	return fmt.Sprintf(`{"object":"instagram","entry":[{"id":"%s","time":%d,"messaging":[{"sender":{"id":"%s"},"recipient":{"id":"%s"},"timestamp":%d,%s}]}]}`,
		instagramAccount, now, igsid, instagramAccount, now, event)
}

// internals are words that only our own code and its libraries would say.
var internals = regexp.MustCompile(`(?i)goroutine |\.go:\d|/root/|/home/|/tmp/|/usr/|panic|runtime error|stack|cannot unmarshal|invalid character|unexpected end|strconv|` +
	`sqlite|mongo|kafka|fasthttp|fiber|\bEOF\b|hostile-|<nil>|0x[0-9a-f]{6}|context deadline`)

// mustRefuse checks an error answer: the status, and that it is small, tells a request id, and nothing of the inside.
func mustRefuse(t *testing.T, r reply, name string, statuses ...int) {
	t.Helper()
	require.Contains(t, statuses, r.status, "%s: %s", name, r.body)
	require.NotRegexp(t, internals, r.body, name)
	require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"), name)
	require.Contains(t, r.header.Get("Cache-Control"), "no-store", name)
	require.Empty(t, r.header.Get("Server"), name)
	if strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		mustBeErrorPage(t, r, name)
		return
	}
	require.Less(t, len(r.body), 512, name)
	require.Equal(t, "application/json", r.header.Get("Content-Type"), name)
	var told struct {
		Error     string `json:"error"`
		RequestID string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &told), "%s: %s", name, r.body)
	require.NotEmpty(t, told.Error, name)
	require.GreaterOrEqual(t, len(told.RequestID), 10, name)
}

func mustBeErrorPage(t *testing.T, r reply, name string) {
	t.Helper()
	require.Less(t, len(r.body), 8<<10, name)
	require.Regexp(t, `Request <code>\w+</code>`, r.body, name)
	require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'", name)
}

// accepted sends a body and gives the request id of its 200.
func (s *server) accepted(t *testing.T, channel, body string, headers ...string) string {
	t.Helper()
	r := s.send(t, http.MethodPost, "/webhooks/"+channel, strings.NewReader(body), headers...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var told struct {
		RequestID string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &told))
	require.NotEmpty(t, told.RequestID)
	return told.RequestID
}

// mustHandleGood is the good request after the bad ones: it must be applied.
func (s *server) mustHandleGood(t *testing.T) {
	t.Helper()
	text := "a good message " + rand.Text()
	s.mustStaySecret(text, "Good Guest", "12025550177")
	body := whatsappText("12025550177", "wamid."+rand.Text(), "Good Guest", text)
	got := s.verdicts(t, s.accepted(t, "whatsapp", body, signed(body)...))
	applied := 0
	for _, e := range got {
		require.Contains(t, []string{"applied", "duplicate"}, e.Verdict, e.Reason) // a log under pressure may say it twice
		require.Equal(t, text, e.Text)
		if e.Verdict == "applied" {
			applied++
		}
	}
	require.Equal(t, 1, applied)
}

// A visitor is a widget's session.
type visitor struct {
	ID      string `json:"visitor_id"`
	Session string `json:"session_id"`
}

func fromShop(more ...string) []string {
	return append([]string{"Content-Type", "application/json", "Origin", shopOrigin}, more...)
}

func (s *server) visitor(t *testing.T, headers ...string) visitor {
	t.Helper()
	r := s.send(t, http.MethodPost, "/webhooks/webwidget/sessions", strings.NewReader(`{"inbox_id":"`+widgetInbox+`"}`), fromShop(headers...)...)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var v visitor
	require.NoError(t, json.Unmarshal([]byte(r.body), &v))
	s.mustStaySecret(v.Session)
	return v
}

// widget is a message of a visitor. more stands among the visitor's fields.
func (v visitor) widget(inbox, text, more string) string {
	return fmt.Sprintf(`{"v":1,"inbox_id":"%s","event":"message.created","event_id":"%s","visitor":{"id":"%s","session_id":"%s"%s},"message":{"client_id":"%s","type":"text","text":%s}}`,
		inbox, rand.Text(), v.ID, v.Session, more, rand.Text(), quoted(text))
}
