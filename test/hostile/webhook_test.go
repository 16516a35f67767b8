package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func webhookAttacks() []attack {
	return []attack{
		{"signatures", signatures},
		{"unsigned bodies of every kind", unsigned},
		{"too large", tooLarge},
		{"content encodings", encodings},
		{"signed nonsense", signedNonsense},
		{"keys that look alike", lookalikes},
		{"exact ids", exactIDs},
		{"handshakes", handshakes},
		{"paths and methods of webhooks", webhookPaths},
		{"content types", contentTypes},
	}
}

func signatures(t *testing.T, s *server) {
	const secretWord = "signature-test-phone-12025550133"
	s.mustStaySecret(secretWord)
	body := whatsappText("12025550133", "wamid.signature", "Sig Nature", secretWord)
	good := "sha256=" + mac(appSecret, body)
	for name, headers := range map[string][]string{
		"none":                   nil,
		"empty":                  {"X-Hub-Signature-256", ""},
		"no prefix":              {"X-Hub-Signature-256", good[7:]},
		"another prefix":         {"X-Hub-Signature-256", "sha1=" + good[7:]},
		"sha1 header":            {"X-Hub-Signature", "sha1=" + good[7:47]},
		"of another body":        {"X-Hub-Signature-256", "sha256=" + mac(appSecret, body+" ")},
		"of another secret":      {"X-Hub-Signature-256", "sha256=" + mac("guess", body)},
		"of the empty secret":    {"X-Hub-Signature-256", "sha256=" + mac("", body)},
		"of the verify token":    {"X-Hub-Signature-256", "sha256=" + mac(verifyToken, body)},
		"cut":                    {"X-Hub-Signature-256", good[:len(good)-2]},
		"too long":               {"X-Hub-Signature-256", good + "00"},
		"not hexadecimal":        {"X-Hub-Signature-256", "sha256=" + strings.Repeat("zz", 32)},
		"two, good first":        {"X-Hub-Signature-256", good, "X-Hub-Signature-256", "sha256=" + strings.Repeat("0", 64)},
		"two, good last":         {"X-Hub-Signature-256", "sha256=" + strings.Repeat("0", 64), "X-Hub-Signature-256", good},
		"two, both good":         {"X-Hub-Signature-256", good, "X-Hub-Signature-256", good},
		"two in one":             {"X-Hub-Signature-256", good + ", " + good},
		"a widget's":             {"webhook-id", "1", "webhook-timestamp", "1", "webhook-signature", "v1,AAAA"},
		"in another header":      {"X-Signature", good},
		"huge":                   {"X-Hub-Signature-256", "sha256=" + strings.Repeat("0", 10_000)},
		"of a body not unpacked": {"X-Hub-Signature-256", "sha256=" + mac(appSecret, "")},
	} {
		for _, channel := range []string{"whatsapp", "instagram"} {
			r := s.send(t, http.MethodPost, "/webhooks/"+channel, strings.NewReader(body), headers...)
			mustRefuse(t, r, channel+", "+name, http.StatusUnauthorized)
			require.NotContains(t, r.body, secretWord)
		}
	}
	previous := s.send(t, http.MethodPost, "/webhooks/whatsapp", strings.NewReader(body), "X-Hub-Signature-256", "sha256="+mac(oldSecret, body))
	require.Equal(t, http.StatusOK, previous.status, "the previous secret stays good")
	s.mustHandleGood(t)
}

// unsigned sends everything that would cost something if it were read, from nobody in particular.
func unsigned(t *testing.T, s *server) {
	for name, body := range nonsense() {
		for _, channel := range []string{"whatsapp", "instagram"} {
			mustRefuse(t, s.send(t, http.MethodPost, "/webhooks/"+channel, strings.NewReader(body)), channel+", "+name, http.StatusUnauthorized)
		}
	}
}

// endless gives n bytes of JSON text, its size unknown beforehand.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), e.n)]
	for i := range p {
		p[i] = ' '
	}
	e.n -= len(p)
	return len(p), nil
}

func tooLarge(t *testing.T, s *server) {
	const size = 5 << 20
	large := strings.Repeat("x", size)
	for _, path := range []string{"/webhooks/whatsapp", "/webhooks/instagram", "/webhooks/webwidget", "/webhooks/webwidget/sessions", "/login", "/nowhere"} {
		mustRefuse(t, s.send(t, http.MethodPost, path, strings.NewReader(large), signed(large)...), path+", announced", http.StatusRequestEntityTooLarge)
		mustRefuse(t, s.send(t, http.MethodPost, path, &endless{size}, fromShop()...), path+", chunked", http.StatusRequestEntityTooLarge)
	}
	for name, headers := range map[string]string{
		"announced":          "Content-Length: 5000000\r\n",
		"announced and more": "Content-Length: 9223372036854775807\r\n",
	} {
		got := s.exchange(t, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n"+headers+"\r\n"+strings.Repeat("x", 20_000), patience)
		require.Len(t, got, 1, name)
		mustRefuse(t, got[0], name, http.StatusRequestEntityTooLarge, http.StatusBadRequest)
	}
	// 4 MiB are not too large: an account's history comes like this.
	body := `{"object":"whatsapp_business_account","entry":[],"padding":"`
	body += strings.Repeat("x", 4<<20-len(body)-2) + `"}`
	s.accepted(t, "whatsapp", body, signed(body)...)
	s.mustHandleGood(t)
}

func encodings(t *testing.T, s *server) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, err := io.Copy(w, &endless{50 << 20})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	plain := whatsappText("12025550134", "wamid.encoding", "Enc Oding", "encoded")
	for _, encoding := range []string{"gzip", "deflate", "br", "zstd", "identity", "GZIP", "gzip, gzip", "x", "*"} {
		for _, body := range []string{bomb.String(), plain, "", "\x1f\x8b\x08broken"} {
			for _, channel := range []string{"whatsapp", "instagram", "webwidget", "webwidget/sessions"} {
				r := s.send(t, http.MethodPost, "/webhooks/"+channel, strings.NewReader(body), fromShop(append(signed(body), "Content-Encoding", encoding)...)...)
				mustRefuse(t, r, channel+", "+encoding, http.StatusUnsupportedMediaType)
			}
		}
		r := s.send(t, http.MethodPost, "/login", strings.NewReader(bomb.String()), "Content-Encoding", encoding, "Content-Type", "application/x-www-form-urlencoded")
		mustRefuse(t, r, "login, "+encoding, http.StatusUnsupportedMediaType)
	}
	// A bomb that does not say what it is, is a body like others.
	bytes := bomb.String()
	got := s.verdicts(t, s.accepted(t, "whatsapp", bytes, signed(bytes)...))
	require.Equal(t, "quarantined", got[0].Verdict)
}

// nonsense is bodies that are bad in every way that is known to hurt somebody.
func nonsense() map[string]string {
	const deep = 100_000
	wrap := func(messages string) string { return whatsapp("12025550135", `"Non Sense"`, messages) }
	text := func(fields string) string {
		return wrap(`{"from":"12025550135","timestamp":"1791190800","type":"text",` + fields + `}`)
	}
	return map[string]string{
		"no JSON":               "hello",
		"cut off":               `{"object":"whatsapp_business_account","entry":[{"id"`,
		"a string":              `"whatsapp_business_account"`,
		"a number":              "17",
		"null":                  "null",
		"an array":              "[]",
		"an array of bodies":    "[" + text(`"id":"a1","text":{"body":"x"}`) + "]",
		"two bodies":            text(`"id":"b1","text":{"body":"x"}`) + text(`"id":"b2","text":{"body":"x"}`),
		"byte order mark":       "\xef\xbb\xbf" + text(`"id":"c1","text":{"body":"x"}`),
		"UTF-16":                "\xff\xfe{\x00}\x00",
		"deep arrays":           strings.Repeat("[", deep),
		"deep arrays, closed":   strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"deep objects":          strings.Repeat(`{"a":`, deep),
		"deep inside a message": text(`"id":"d1","text":{"body":"x","extra":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + `}`),
		"deep in entry":         `{"object":"whatsapp_business_account","entry":` + strings.Repeat(`[{"changes":`, deep) + strings.Repeat(`}]`, deep) + `}`,
		"deep where a text is":  text(`"id":"d2","text":{"body":` + strings.Repeat(`{"body":`, deep) + "1" + strings.Repeat("}", deep) + `}`),
		"deep unclosed message": text(`"id":"d3","text":` + strings.Repeat("[", deep)),
		"invalid UTF-8":         text("\"id\":\"e1\",\"text\":{\"body\":\"a\xff\xc0\x80\xed\xa0\x80b\"}"),
		"invalid UTF-8 in id":   text("\"id\":\"e2\xff\",\"text\":{\"body\":\"x\"}"),
		"raw NUL":               text("\"id\":\"f1\",\"text\":{\"body\":\"a\x00b\"}"),
		"escaped NUL":           text(`"id":"f2\u0000","text":{"body":"a\u0000b"}`),
		"NULs only":             strings.Repeat("\x00", 1000),
		"lone surrogates":       text(`"id":"g1\ud800","text":{"body":"a\ud800b\udc00\ud83d"}`),
		"control characters":    text(`"id":"g2","text":{"body":"\u0001\u001b[31m\u202e\u2028\u0085"}`),
		"duplicate keys":        text(`"id":"h1","id":"h2","text":{"body":"one"},"text":{"body":"two","body":"three"}`),
		"duplicate entry":       `{"object":"x","object":"whatsapp_business_account","entry":1,"entry":[],"entry":{}}`,
		"operators as keys":     text(`"id":"i1","$where":"sleep(1)","a.b":1,"__proto__":{"admin":true},"text":{"body":"x","$set":{"a":1}}`),
		"operators as values":   text(`"id":{"$ne":null},"text":{"$gt":""}`),
		"number beyond 2^53":    text(`"id":9007199254740993,"text":{"body":9007199254740993}`),
		"huge numbers":          text(`"id":"j1","timestamp":1e400,"text":{"body":-1e9999999999}`),
		"endless number":        text(`"id":"j2","timestamp":` + strings.Repeat("9", 1_000_000) + `,"text":{"body":"x"}`),
		"endless fraction":      text(`"id":"j3","timestamp":0.` + strings.Repeat("0", 500_000) + `1e-99999,"text":{"body":"x"}`),
		"times out of range":    text(`"id":"j4","timestamp":"-9223372036854775808","text":{"body":"x"}`),
		"times far ahead":       text(`"id":"j5","timestamp":"99999999999999999","text":{"body":"x"}`),
		"not numbers":           text(`"id":"j6","timestamp":NaN,"text":{"body":Infinity}`),
		"endless key":           `{"` + strings.Repeat("k", 1_000_000) + `":1}`,
		"empty keys":            text(`"":"","id":"k1","text":{"":"x"}`),
		"endless id":            text(`"id":"` + strings.Repeat("i", 500_000) + `","text":{"body":"x"}`),
		"endless text":          text(`"id":"k2","text":{"body":"` + strings.Repeat("t", 1_000_000) + `"}`),
		"many keys":             `{` + strings.Repeat(`"a":1,`, 200_000) + `"b":2}`,
		"many empty entries":    `{"object":"whatsapp_business_account","entry":[` + strings.Repeat(`{},`, 20_000) + `{}]}`,
		"many nulls":            `{"object":"whatsapp_business_account","entry":[` + strings.Repeat(`null,`, 1_000) + `null]}`,
		"types turned round":    `{"object":["whatsapp_business_account"],"entry":{"0":{"changes":"no"}}}`,
		"messages as an object": whatsapp("12025550135", `{"$gt":""}`, `[[[{"id":{}}]]],7,"x",null,true`),
	}
}

// signedNonsense sends the same with a good signature: it is authentic, so it is taken, and nothing of it is silent.
func signedNonsense(t *testing.T, s *server) {
	s.mustStaySecret("12025550135", "Non Sense")
	for name, body := range nonsense() {
		for _, channel := range []string{"whatsapp", "instagram"} {
			for _, e := range s.verdicts(t, s.accepted(t, channel, body, signed(body)...)) {
				require.Contains(t, []string{"applied", "duplicate", "ignored", "quarantined"}, e.Verdict, "%s, %s", channel, name)
				if e.Verdict != "applied" && e.Verdict != "duplicate" {
					require.NotEmpty(t, e.Reason, "%s, %s", channel, name)
				}
			}
		}
	}
	s.mustHandleGood(t)
}

// lookalikes: JSON keys are told apart by case, whatever encoding/json thinks.
func lookalikes(t *testing.T, s *server) {
	body := whatsapp("12025550136", `"Look Alike"`, `{"FROM":"12025550999","from":"12025550136","From":"12025550998","ID":"wamid.evil","id":"wamid.lookalike","Id":"wamid.evil",`+
		`"timestamp":"1791190800","TIMESTAMP":"1","type":"text","Type":"image","text":{"BODY":"evil","body":"real","Body":"evil"},"TEXT":{"body":"evil"}}`)
	got := s.verdicts(t, s.accepted(t, "whatsapp", body, signed(body)...))
	require.Len(t, got, 1)
	require.Equal(t, entry{
		Verdict: "applied", Kind: "message", ContactKey: "+12025550136", MessageID: "wamid.lookalike", Text: "real",
		ContactID: got[0].ContactID, ConversationID: got[0].ConversationID,
	}, got[0])

	v := s.visitor(t)
	other := s.visitor(t)
	widget := fmt.Sprintf(`{"inbox_id":"%s","event":"message.created","visitor":{"id":"%s","session_id":"%s"},"VISITOR":{"ID":"%s"},"message":{"client_id":"look","text":"alike"}}`,
		widgetInbox, v.ID, v.Session, other.ID)
	r := s.send(t, http.MethodPost, "/webhooks/webwidget", strings.NewReader(widget), fromShop()...)
	if r.status != http.StatusOK {
		mustRefuse(t, r, "somebody else in capitals", http.StatusUnauthorized, http.StatusUnprocessableEntity)
		return
	}
	for _, e := range s.verdicts(t, requestID(t, r)) {
		require.Equal(t, v.ID, e.ContactKey, "the session decides who it is")
	}
}

// exactIDs: numbers beyond 2^53 lose digits in anything that goes through a float.
func exactIDs(t *testing.T, s *server) {
	for _, id := range []string{"9007199254740993", "17841400000000000000001"} {
		body := strings.Replace(instagram(id, `"message":{"mid":`+id+`1,"text":"exact"}`), `{"id":"`+id+`"}`, `{"id":`+id+`}`, 1)
		require.Contains(t, body, `"sender":{"id":`+id+`}`)
		got := s.verdicts(t, s.accepted(t, "instagram", body, signed(body)...))
		require.Len(t, got, 1)
		if got[0].Verdict == "applied" {
			require.Equal(t, id, got[0].ContactKey)
			require.Equal(t, id+"1", got[0].MessageID)
		}
	}
}

func handshakes(t *testing.T, s *server) {
	const challenge = "<script>alert(1)</script>"
	for name, query := range map[string]string{
		"nothing":         "",
		"wrong token":     "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
		"empty token":     "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
		"another mode":    "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=" + verifyToken,
		"two tokens":      "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong&hub.verify_token=" + verifyToken,
		"token as a list": "?hub.mode=subscribe&hub.challenge=1&hub.verify_token[]=" + verifyToken,
		"no challenge":    "?hub.mode=subscribe&hub.verify_token=" + verifyToken,
	} {
		for _, channel := range []string{"whatsapp", "instagram"} {
			mustRefuse(t, s.send(t, http.MethodGet, "/webhooks/"+channel+query, nil), name, http.StatusForbidden)
		}
	}
	r := s.send(t, http.MethodGet, "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=%3Cscript%3Ealert(1)%3C/script%3E&hub.verify_token="+verifyToken, nil)
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, challenge, r.body)
	require.Equal(t, "text/plain; charset=utf-8", r.header.Get("Content-Type"), "a challenge is never a page")
	require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
	split := s.send(t, http.MethodGet, "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=a%0d%0aSet-Cookie:%20a=b&hub.verify_token="+verifyToken, nil)
	require.Empty(t, split.header.Values("Set-Cookie"))
}

func webhookPaths(t *testing.T, s *server) {
	for _, path := range []string{
		"/webhooks", "/webhooks/", "/webhooks/telegram", "/webhooks/whatsapp/", "/webhooks//whatsapp", "/webhooks/WhatsApp", "/webhooks/%77hatsapp", "/webhooks/whatsapp/..",
		"/webhooks/whatsapp%00", "/webhooks/whatsapp%2f", "/webhooks/./whatsapp", "/webhooks/x/../whatsapp", "/WEBHOOKS/whatsapp", "//webhooks/whatsapp", "/webhooks/whatsapp;a=b",
		"/webhooks/webwidget/sessions/", "/webhooks/webwidget/session", "/webhooks/webwidget/sessions/1",
	} {
		body := "{}"
		r := s.send(t, http.MethodPost, path, strings.NewReader(body), signed(body)...)
		mustRefuse(t, r, path, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusForbidden)
		require.NotContains(t, []int{http.StatusUnsupportedMediaType, http.StatusForbidden}, r.status, "%s: somebody took this for an address", path)
	}
	for _, path := range []string{"/webhooks/whatsapp", "/webhooks/instagram", "/webhooks/webwidget", "/webhooks/webwidget/sessions"} {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace} {
			r := s.send(t, method, path, strings.NewReader("{}"), signed("{}")...)
			mustRefuse(t, r, method+" "+path, http.StatusMethodNotAllowed)
			require.Contains(t, r.header.Get("Allow"), http.MethodPost)
		}
		for _, method := range []string{"BREW", "post", "PROPFIND", "A"} {
			mustRefuse(t, s.send(t, method, path, nil), method+" "+path, http.StatusMethodNotAllowed, http.StatusBadRequest)
		}
	}
}

// contentTypes: Meta's bytes are proven by their signature, whatever they are called; a browser's must be what a form cannot send.
func contentTypes(t *testing.T, s *server) {
	body := whatsappText("12025550137", "wamid.type", "Con Tent", "typed")
	v := s.visitor(t)
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/xml", "application/json\t;", "a/b;c=\""} {
		got := s.verdicts(t, s.accepted(t, "whatsapp", body, append(signed(body), "Content-Type", contentType)...))
		require.Contains(t, []string{"applied", "duplicate"}, got[0].Verdict, contentType)
		if strings.HasPrefix(contentType, "application/json") {
			continue
		}
		for path, widget := range map[string]string{"": v.widget(widgetInbox, "typed", ""), "/sessions": `{"inbox_id":"` + widgetInbox + `"}`} {
			r := s.send(t, http.MethodPost, "/webhooks/webwidget"+path, strings.NewReader(widget), "Content-Type", contentType, "Origin", shopOrigin)
			mustRefuse(t, r, contentType, http.StatusUnsupportedMediaType)
		}
	}
}
