package hostile

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func screenAttacks() []attack {
	return []attack{
		{"screens without sign-in", screensWithoutSignIn},
		{"path tricks", pathTricks},
		{"admin endpoints", adminEndpoints},
		{"static files", staticFiles},
		{"changes without a token", changesWithoutToken},
		{"searches", searches},
	}
}

const policyStart = "default-src 'none'; script-src 'self'; style-src 'self'"

// mustBeSecured checks the headers of a page.
func mustBeSecured(t *testing.T, r reply, name string) {
	t.Helper()
	policy := r.header.Get("Content-Security-Policy")
	require.True(t, strings.HasPrefix(policy, policyStart), "%s: %q", name, policy)
	for _, must := range []string{"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		require.Contains(t, policy, must, name)
	}
	require.NotContains(t, policy, "unsafe", name)
	require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"), name)
	require.Equal(t, "DENY", r.header.Get("X-Frame-Options"), name)
	require.Equal(t, "same-origin", r.header.Get("Referrer-Policy"), name)
	require.Empty(t, r.header.Get("Server"), name)
}

func screens() []string {
	const id = "00000000000000000000000000000001"
	return []string{
		"/", "/inbox", "/inbox?view=mine&q=x", "/inbox/" + id, "/inbox/" + id + "/messages", "/inbox/" + id + "/panel", "/contacts", "/contacts?q=x", "/contacts/" + id, "/contacts/" + id + "/fields/name", "/events",
	}
}

func changes(conversation, contact string) []string {
	c, p := "/inbox/"+conversation, "/contacts/"+contact
	return []string{
		"/logout", c + "/read", c + "/panel", c + "/state", c + "/assignee", c + "/priority", c + "/labels", c + "/labels/remove", c + "/attributes", c + "/attributes/remove",
		p + "/fields/name", p + "/fields/phone", p + "/labels", p + "/labels/remove", p + "/attributes", p + "/attributes/remove",
	}
}

func screensWithoutSignIn(t *testing.T, s *server) {
	cookies := []string{
		"", "switchboard=", "switchboard=guess", "switchboard=" + strings.Repeat("a", 4000), "switchboard=../../x", "switchboard=%00", "switchboard='; DROP TABLE logins; --", "switchboard={\"$ne\":1}",
		"__Host-switchboard=x", "switchboard=" + mac(secretKey, "admin"), "switchboard=" + apiToken, "switchboard=" + secretKey, "session=admin; user=1; role=admin",
	}
	for _, cookie := range cookies {
		for _, path := range screens() {
			r := s.send(t, http.MethodGet, path, nil, "Cookie", cookie, "Authorization", "Bearer "+apiToken)
			require.Equal(t, http.StatusSeeOther, r.status, path)
			require.True(t, strings.HasPrefix(r.header.Get("Location"), "/login"), path)
			require.Less(t, len(r.body), 200, path)
			mustBeSecured(t, r, path)

			r = s.send(t, http.MethodGet, path, nil, "Cookie", cookie, "HX-Request", "true", "HX-Current-URL", "https://evil.example/x?y=z")
			require.Equal(t, http.StatusUnauthorized, r.status, path)
			require.True(t, strings.HasPrefix(r.header.Get("HX-Redirect"), "/login"), r.header.Get("HX-Redirect"))
			require.NotContains(t, r.header.Get("HX-Redirect"), "evil")
		}
		r := s.send(t, http.MethodGet, "/events", nil, "Cookie", cookie, "Accept", "text/event-stream")
		require.Equal(t, http.StatusUnauthorized, r.status, "a stream is not redirected")
		require.NotContains(t, r.body, "hello")
	}
	for _, path := range changes("1", "1") {
		r := s.send(t, http.MethodPost, path, strings.NewReader("csrf=&value=x&seen=0"), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, http.StatusSeeOther, r.status, path)
	}
}

func pathTricks(t *testing.T, s *server) {
	session := s.signIn(t)
	for _, path := range []string{
		"//inbox", "/inbox/", "/INBOX", "/Inbox", "/%69nbox", "/inbox%2f", "/./inbox", "/x/../inbox", "/inbox/..", "/inbox/../contacts", "/inbox/%2e%2e/contacts", "/inbox;a", "/inbox%00", "/inbox.html",
		"/contacts/", "//contacts", "/contacts/..%2f..%2fetc%2fpasswd", "/contacts/%00", "/contacts/{id}", "/contacts/$ne", "/contacts/%7b%22$ne%22:1%7d", "/inbox/%ff%fe", "/inbox/" + strings.Repeat("a", 5000),
		"/contacts/1/fields/password_hash", "/contacts/1/fields/_id", "/contacts/1/fields/..", "/api", "/api/", "/api/v1", "/api/v2/contacts", "/static", "/static/", "/.env", "/.git/config", "/debug/vars",
		"/inbox/1/messages/", "/inbox//messages", "/login/", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cwindows", "/inbox/1/state", "/contacts/1/labels",
	} {
		for _, headers := range [][]string{nil, {"Cookie", session.cookie}} {
			r := s.send(t, http.MethodGet, path, nil, headers...)
			if location := r.header.Get("Location"); r.status == http.StatusSeeOther { // an address of a screen with an odd id
				require.True(t, strings.HasPrefix(location, "/login") && headers == nil || strings.HasPrefix(location, "/contacts/1?edit="), "%s leads to %s", path, location)
				continue
			}
			mustRefuse(t, r, path, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnauthorized, http.StatusUnprocessableEntity)
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace, "BREW"} {
		for _, path := range []string{"/", "/inbox", "/login", "/contacts", "/static/app.js", "/events"} {
			r := s.send(t, method, path, nil, "Cookie", session.cookie)
			mustRefuse(t, r, method+" "+path, http.StatusMethodNotAllowed, http.StatusNotFound)
			require.NotContains(t, r.body, session.cookie)
		}
	}
}

// adminEndpoints: what operators see stays on their listener, and the screens stay off it.
func adminEndpoints(t *testing.T, s *server) {
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile?seconds=1", "/metrics/", "//metrics", "/%6detrics"} {
		mustRefuse(t, s.send(t, http.MethodGet, path, nil, "Host", strings.TrimPrefix(s.admin, "http://"), "X-Forwarded-For", "127.0.0.1", "X-Original-URL", "/metrics"), path, http.StatusNotFound)
	}
	for _, path := range []string{"/inbox", "/login", "/webhooks/whatsapp", "/api/v1/contacts"} {
		res, err := s.http.Get(s.admin + path)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusNotFound, res.StatusCode, path)
	}
	for _, secret := range s.secrets() {
		require.NotContains(t, s.fromAdmin(t, "/metrics"), secret)
		require.NotContains(t, s.fromAdmin(t, "/readyz"), secret)
		require.NotContains(t, s.fromAdmin(t, "/debug/pprof/cmdline"), secret)
	}
}

func staticFiles(t *testing.T, s *server) {
	for _, path := range []string{
		"/static/..%2fstatic.go", "/static/../static.go", "/static/static.go", "/static/%2e%2e/go.mod", "/static//app.js", "/static/..\\x", "/static/app.js%00.css", "/static/../data/secret.key",
		"/static/....//....//etc/passwd", "/static/" + strings.Repeat("../", 50) + "etc/passwd", "/static/js", "/static/vendor/", "/static/app.js?../../x", "/STATIC/app.js",
	} {
		mustRefuse(t, s.send(t, http.MethodGet, path, nil), path, http.StatusNotFound)
	}
	page := s.send(t, http.MethodGet, "/login", nil)
	_, rest, found := strings.Cut(page.body, `<script src="`)
	require.True(t, found)
	script, _, _ := strings.Cut(rest, `"`)
	for _, encoding := range []string{"", "gzip", "br", "gzip;q=0", "*", strings.Repeat("gzip,", 1000), "../../etc/passwd"} {
		r := s.send(t, http.MethodGet, script, nil, "Accept-Encoding", encoding, "Range", "bytes=0-18446744073709551615", "If-None-Match", "*")
		require.Contains(t, []int{http.StatusOK, http.StatusNotModified}, r.status, encoding)
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
	}
}

// changesWithoutToken: what another site can make a browser send changes nothing.
func changesWithoutToken(t *testing.T, s *server) {
	session := s.signIn(t)
	contact, conversation := s.someone(t)
	other := s.signIn(t)
	form := func(csrf string) string {
		return url.Values{"csrf": {csrf}, "value": {"taken over"}, "seen": {"0"}, "label": {"taken-over"}, "key": {"taken"}, "tab": {"contact"}, "was": {""}}.Encode()
	}
	for _, path := range changes(conversation, contact) {
		try := func(name, body string, headers ...string) {
			if len(headers) == 0 || headers[0] != "Content-Type" {
				headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
			}
			r := s.send(t, http.MethodPost, path, strings.NewReader(body), append(headers, "Cookie", session.cookie)...)
			mustRefuse(t, r, path+", "+name, http.StatusForbidden, http.StatusUnsupportedMediaType)
		}
		try("no token", form(""))
		try("wrong token", form("guess"))
		try("another login's token", form(other.csrf))
		try("token cut", form(session.csrf[:len(session.csrf)-1]))
		try("wrong header", form(""), "X-CSRF-Token", "guess")
		try("foreign origin", form(session.csrf), "Origin", "https://evil.example")
		try("null origin", form(session.csrf), "Origin", "null")
		try("origin like ours", form(session.csrf), "Origin", s.base+".evil.example")
		try("other site", form(session.csrf), "Sec-Fetch-Site", "cross-site")
		try("sister site", form(session.csrf), "Sec-Fetch-Site", "same-site")
		try("as text", form(session.csrf), "Content-Type", "text/plain")
		try("as JSON", `{"csrf":"`+session.csrf+`"}`, "Content-Type", "application/json")
		try("as multipart", form(session.csrf), "Content-Type", "multipart/form-data; boundary=x")
		r := s.send(t, http.MethodGet, path+"?"+form(session.csrf), nil, "Cookie", session.cookie, "X-HTTP-Method-Override", "POST")
		require.NotContains(t, r.body, "taken over", path)
	}
	var stored struct {
		Name    string `json:"name"`
		Version int64  `json:"version"`
	}
	s.api(t, "/api/v1/contacts/"+contact, &stored)
	require.NotContains(t, stored.Name, "taken over")
	require.Equal(t, http.StatusOK, s.send(t, http.MethodGet, "/inbox", nil, "Cookie", session.cookie).status, "nobody signed anybody out")
}

// searches puts what query languages would obey into every parameter of the lists.
func searches(t *testing.T, s *server) {
	session := s.signIn(t)
	for _, bad := range []string{
		`"`, `'`, `"" OR 1`, `NEAR(a b, 5)`, `a*`, `*`, `^`, `-`, `(((((`, `col:x`, `{"$where":"1"}`, `%`, `_`, `\`, "\x00", "\xff\xfe", `'; DROP TABLE contacts; --`, strings.Repeat("a ", 5000), strings.Repeat("(", 3000),
		strings.Repeat(`"`, 999), "AND OR NOT", "<script>alert(1)</script>", "\u202e", strings.Repeat("é", 2000),
	} {
		q := url.QueryEscape(bad)
		for _, path := range []string{
			"/inbox?q=" + q, "/inbox?view=" + q + "&channel=" + q + "&label=" + q + "&sort=" + q, "/inbox?after=" + q, "/contacts?q=" + q, "/contacts?channel=" + q + "&label=" + q + "&country=" + q + "&sort=" + q,
			"/contacts?after=" + q, "/inbox?q=x&after=" + q, "/inbox?limit=" + q + "&count=" + q + "&before=" + q,
		} {
			if len(path) > 14_000 {
				continue // the header would be refused before
			}
			for _, htmx := range []string{"", "true"} {
				r := s.send(t, http.MethodGet, path, nil, "Cookie", session.cookie, "HX-Request", htmx)
				require.Contains(t, []int{http.StatusOK, http.StatusUnprocessableEntity}, r.status, "%s", path[:min(len(path), 80)])
				require.NotContains(t, r.body, "<script>alert")
				require.NotRegexp(t, `(?i)sqlite|syntax error|fts5|no such column`, r.body)
			}
		}
	}
}
