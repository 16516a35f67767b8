package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func wireAttacks() []attack {
	return []attack{
		{"smuggled requests", smuggling},
		{"trailers", trailers},
		{"broken requests", brokenRequests},
		{"oversized headers", oversizedHeaders},
		{"hosts and addresses", hosts},
		{"pipelines", pipelines},
		{"expectations", expectations},
	}
}

// silence is how long a connection without an answer counts as having said everything.
const silence = 700 * time.Millisecond

const post = "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n"

// smuggling: whatever a proxy in front of us makes of a request, it must not be able to hide a second one from one of us. Either
// the request is refused and the connection closed, or the connection ends with its answer.
func smuggling(t *testing.T, s *server) {
	const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	const chunked = "Transfer-Encoding: chunked\r\n"
	for name, request := range map[string]string{
		"length, then chunked":      "Content-Length: 4\r\n" + chunked + "\r\n0\r\n\r\n",
		"chunked, then length":      chunked + "Content-Length: 40\r\n\r\n0\r\n\r\n",
		"two lengths":               "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
		"twice the same length":     "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
		"list of lengths":           "Content-Length: 0, 0\r\n\r\n",
		"length with a sign":        "Content-Length: +0\r\n\r\n",
		"negative length":           "Content-Length: -1\r\n\r\n",
		"hexadecimal length":        "Content-Length: 0x0\r\n\r\n",
		"length beyond numbers":     "Content-Length: 99999999999999999999999\r\n\r\n",
		"space before colon":        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"space before colon of CL":  "Content-Length : 5\r\n\r\n",
		"space before the name":     " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"tab before the name":       "\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"continued line":            "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"continued other line":      "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"unknown coding":            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings":               "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":             "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
		"chunked, then identity":    chunked + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
		"quoted coding":             "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
		"vertical tab":              "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
		"control in a value":        "X: a\x00b\r\nContent-Length: 0\r\n\r\n",
		"carriage return in value":  "X: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
		"no colon":                  "Transfer-Encoding chunked\r\nContent-Length: 0\r\n\r\n",
		"extension":                 chunked + "\r\n2;a=b\r\n{}\r\n0\r\n\r\n",
		"extension with line feed":  chunked + "\r\n2;\n{}\r\n{}\r\n0\r\n\r\n",
		"bare line feeds in chunks": chunked + "\r\n2\n{}\n0\n\n",
		"chunk of 2^64":             chunked + "\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n",
		"chunk beyond 2^64":         chunked + "\r\n1000000000000000000000\r\n{}\r\n0\r\n\r\n",
		"negative chunk":            chunked + "\r\n-2\r\n{}\r\n0\r\n\r\n",
		"chunk with prefix":         chunked + "\r\n0x2\r\n{}\r\n0\r\n\r\n",
		"chunk of words":            chunked + "\r\nzz\r\n{}\r\n0\r\n\r\n",
		"chunk longer than said":    chunked + "\r\n1\r\n{}\r\n0\r\n\r\n",
		"chunked, unread":           chunked + "\r\n400\r\n" + strings.Repeat("x", 1024) + "\r\n0\r\n\r\n",
	} {
		got := s.exchange(t, post+request+hidden, silence)
		require.Len(t, got, 1, "%s: one answer, and the connection is over", name)
		mustRefuse(t, got[0], name, http.StatusBadRequest, http.StatusUnauthorized)
		require.True(t, got[0].closes, name)
	}
	old := s.exchange(t, "POST /webhooks/whatsapp HTTP/1.0\r\nHost: x\r\n"+chunked+"\r\n0\r\n\r\n"+hidden, silence)
	require.Len(t, old, 1)
	large := strings.Repeat("x", 200_000) // refused before it is read: what is left must not become requests
	got := s.exchange(t, post+"Content-Length: 9000000\r\n\r\n"+hidden+large, silence)
	require.Len(t, got, 1)
	mustRefuse(t, got[0], "too large", http.StatusRequestEntityTooLarge)
	s.mustHandleGood(t)
}

// trailers come after the body and would stand behind what a proxy wrote into the header: a way around it.
func trailers(t *testing.T, s *server) {
	body := `{"inbox_id":"` + widgetInbox + `"}`
	for name, announced := range map[string]string{"announced": "Trailer: Origin\r\n", "not announced": ""} {
		for _, trailer := range []string{"Origin: " + shopOrigin, "X-Forwarded-For: 81.2.69.142", "X-Hub-Signature-256: sha256=00", "Content-Length: 7", "Host: evil"} {
			request := "POST /webhooks/webwidget/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" + announced +
				fmt.Sprintf("\r\n%x\r\n%s\r\n0\r\n%s\r\n\r\n", len(body), body, trailer)
			got := s.exchange(t, request, silence)
			require.Len(t, got, 1, name)
			mustRefuse(t, got[0], name+", "+trailer, http.StatusBadRequest)
		}
	}
}

func brokenRequests(t *testing.T, s *server) {
	for name, request := range map[string]string{
		"another protocol":        "GET / FOO/9.9\r\n\r\n",
		"no version":              "GET /\r\n\r\n",
		"HTTP/0.9":                "GET /inbox\r\n",
		"HTTP/2":                  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TLS":                     "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("a", 100) + "\r\n\r\n",
		"unknown method":          "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
		"no method":               " / HTTP/1.1\r\nHost: x\r\n\r\n",
		"line feed in address":    "GET /a\nb HTTP/1.1\r\nHost: x\r\n\r\n",
		"return in address":       "GET /login?next=/a\rSet-Cookie:a=b HTTP/1.1\r\nHost: x\r\n\r\n",
		"space in address":        "GET /login /inbox HTTP/1.1\r\nHost: x\r\n\r\n",
		"NUL in address":          "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
		"returns instead of ends": "GET / HTTP/1.1\rHost: x\r\r\r\n\r\n",
	} {
		got := s.exchange(t, request, silence)
		require.Len(t, got, 1, name)
		mustRefuse(t, got[0], name, http.StatusBadRequest, http.StatusMethodNotAllowed)
	}
	for _, request := range []string{"\x00\x00\x00", "\r\n\r\n\r\n", "GET", "GET / HTTP/1.1\r\nHost"} { // not even a request: any end will do
		for _, r := range s.exchange(t, request, silence) {
			mustRefuse(t, r, request, http.StatusBadRequest, http.StatusRequestTimeout)
		}
	}
}

func oversizedHeaders(t *testing.T, s *server) {
	for name, request := range map[string]string{
		"one header":     post + "X: " + strings.Repeat("a", 40_000) + "\r\n\r\n",
		"many headers":   post + strings.Repeat("a: b\r\n", 5_000) + "\r\n",
		"long address":   "GET /" + strings.Repeat("a", 40_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"long query":     "GET /inbox?q=" + strings.Repeat("%41", 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"large cookie":   "GET /inbox HTTP/1.1\r\nHost: x\r\nCookie: switchboard=" + strings.Repeat("a", 40_000) + "\r\n\r\n",
		"large host":     "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 40_000) + "\r\n\r\n",
		"without end":    post + "X: " + strings.Repeat("a", 40_000),
		"many cookies":   "GET /inbox HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("a=b; ", 8_000) + "\r\n\r\n",
		"endless method": strings.Repeat("A", 40_000) + " / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		got := s.exchange(t, request, silence)
		if len(got) == 0 {
			continue // the reset of a connection with unread bytes may overtake the answer
		}
		require.Len(t, got, 1, name)
		mustRefuse(t, got[0], name, http.StatusRequestHeaderFieldsTooLarge, http.StatusBadRequest)
	}
	s.mustHandleGood(t)
}

func hosts(t *testing.T, s *server) {
	for _, host := range []string{"evil.example", "evil.example:80", "localhost", "127.0.0.1:1", "[::1]", "a@b", "x/../y", "x/metrics?", "x\\y", "x#", "<script>"} {
		for _, path := range []string{"/login", "/inbox", "/login?next=/inbox"} {
			for _, r := range s.exchange(t, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: javascript\r\nX-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\nConnection: close\r\n\r\n", patience) {
				require.Contains(t, []int{http.StatusOK, http.StatusSeeOther, http.StatusBadRequest}, r.status, host)
				require.NotContains(t, r.body, "evil.example", host)
				require.NotContains(t, r.body, "<script>", host)
				if location := r.header.Get("Location"); location != "" {
					require.True(t, strings.HasPrefix(location, "/login"), "%s: %s", host, location)
				}
			}
		}
	}
	absolute := s.exchange(t, "GET http://evil.example/inbox HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", patience)
	require.Len(t, absolute, 1)
	require.NotContains(t, absolute[0].header.Get("Location")+absolute[0].body, "evil.example")
	tunnel := s.exchange(t, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n", patience)
	require.Len(t, tunnel, 1)
	require.GreaterOrEqual(t, tunnel[0].status, 400)
	for _, value := range []string{"a\r\nSet-Cookie: evil=1", "a%0d%0aSet-Cookie:%20evil=1", "a\u560d\u560aSet-Cookie: evil=1"} {
		for _, name := range []string{"Origin", "HX-Current-URL", "X-Request-Id", "Accept", "Cookie", "User-Agent", "Referer"} {
			for _, path := range []string{"/login?next=" + strings.NewReplacer("\r", "%0d", "\n", "%0a", " ", "%20").Replace(value), "/inbox", "/webhooks/webwidget"} {
				got := s.exchange(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\nHX-Request: true\r\n"+name+": "+value+"\r\nConnection: close\r\n\r\n", patience)
				for _, r := range got {
					require.Empty(t, r.header.Values("Set-Cookie"), "%s %s", path, name)
					require.NotContains(t, r.header.Get("X-Request-Id"), "evil", "a request id is ours")
				}
			}
		}
	}
}

// pipelines: answers come in order, one for each request, also when one of them is refused.
func pipelines(t *testing.T, s *server) {
	const n = 200
	got := s.exchange(t, strings.Repeat(post+"Content-Length: 2\r\n\r\n{}", n)+"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", patience)
	require.Len(t, got, n+1)
	for _, r := range got[:n] {
		mustRefuse(t, r, "pipelined", http.StatusUnauthorized)
	}
	require.Equal(t, http.StatusOK, got[n].status)
	got = s.exchange(t, post+"Content-Length: 20000\r\n\r\n"+strings.Repeat("x", 20_000)+"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", patience)
	require.Len(t, got, 2, "a large body is read to its end, and no further")
	require.Equal(t, http.StatusOK, got[1].status)
}

func expectations(t *testing.T, s *server) {
	body := whatsappText("12025550138", "wamid.expected", "Ex Pected", "expected")
	got := s.exchange(t, post+"Expect: 100-continue\r\nConnection: close\r\nX-Hub-Signature-256: sha256="+mac(appSecret, body)+fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s", len(body), body), patience)
	require.Len(t, got, 1)
	require.Equal(t, http.StatusOK, got[0].status)
	for _, r := range s.exchange(t, "GET /events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n", silence) {
		require.NotEqual(t, http.StatusSwitchingProtocols, r.status)
	}
}
