package hostile

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loginAttacks run against a server behind a trusted proxy, so that each can come from addresses of its own.
func loginAttacks() []attack {
	return []attack{
		{"guessing passwords", guessing},
		{"guessing passwords at once", guessingAtOnce},
		{"guessing e-mail addresses", guessingAddresses},
		{"session fixation", fixation},
		{"cookies", cookies},
		{"open redirects", openRedirects},
		{"sign-in from another site", foreignSignIn},
		{"monstrous credentials", monstrousCredentials},
		{"chains of proxies", proxyChains},
	}
}

func (s *server) guess(t *testing.T, from, email, password string, headers ...string) reply {
	t.Helper()
	s.mustStaySecret(email)
	return s.send(t, http.MethodPost, "/login", credentials(email, password, ""), append([]string{"Content-Type", formType, "X-Forwarded-For", from}, headers...)...)
}

func guessing(t *testing.T, s *server) {
	const guesser = "81.2.69.10"
	slowed := false
	for i := 0; i < 30 && !slowed; i++ {
		// What a guesser puts in front of the list is not believed: it does not make him somebody else.
		r := s.guess(t, fmt.Sprintf("10.0.0.%d, %s", i, guesser), adminEmail, fmt.Sprintf("guess-%d", i))
		require.Contains(t, []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, r.status)
		require.Empty(t, r.header.Values("Set-Cookie"))
		require.NotContains(t, r.body, fmt.Sprintf("guess-%d", i), "a password is never shown")
		if slowed = r.status == http.StatusTooManyRequests; slowed {
			require.NotEmpty(t, r.header.Get("Retry-After"))
		}
	}
	require.True(t, slowed, "30 wrong passwords in a row")
	require.Equal(t, http.StatusSeeOther, s.guess(t, "81.2.69.11", adminEmail, adminPassword).status, "the owner at another address is not locked out")
	require.Equal(t, http.StatusSeeOther, s.guess(t, "81.2.69.11", strings.ToUpper(adminEmail), adminPassword).status)
	require.Equal(t, http.StatusUnprocessableEntity, s.guess(t, guesser, "colleague@hostile.example", "x").status, "a colleague at the guesser's address can still try")
}

// guessingAtOnce: guesses that are under way together must not all find the slate clean, nor keep everybody else out.
func guessingAtOnce(t *testing.T, s *server) {
	const n = 150
	statuses := make([]int, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			r, err := s.try(http.MethodPost, "/login", credentials(adminEmail, fmt.Sprintf("at-once-%d", i), ""), "Content-Type", formType, "X-Forwarded-For", "81.2.69.20")
			if err == nil {
				statuses[i] = r.status
			}
		})
	}
	all.Wait()
	tried := 0
	for _, status := range statuses {
		require.Contains(t, []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, status)
		if status == http.StatusUnprocessableEntity {
			tried++
		}
	}
	require.LessOrEqual(t, tried, 10, "that many of %d simultaneous guesses were tried", n)
	require.Equal(t, http.StatusSeeOther, s.guess(t, "81.2.69.21", adminEmail, adminPassword).status)
}

// guessingAddresses: neither words nor time tell whether somebody has an account. Without the dummy hash the fastest answers differ
// by a factor of twenty and more, however long one looks; with it, they come together as soon as the machine has a quiet moment.
func guessingAddresses(t *testing.T, s *server) {
	const nobody = "nobody@hostile.example"
	try := func(email string, network, i int) (time.Duration, string) {
		begun := time.Now()
		r := s.guess(t, fmt.Sprintf("81.%d.%d.%d", network, i/200, i%200), email, "wrong")
		took := time.Since(begun)
		require.Equal(t, http.StatusUnprocessableEntity, r.status)
		return took, strings.ReplaceAll(r.body, email, "")
	}
	known, unknown, i := time.Hour, time.Hour, 0
	eventually(t, "answers to known and unknown addresses take the same time", func() bool {
		a, knownBody := try(adminEmail, 10, i)
		b, unknownBody := try(nobody, 11, i)
		require.Equal(t, knownBody, unknownBody)
		known, unknown, i = min(known, a), min(unknown, b), i+1
		return i >= 8 && known < 5*unknown && unknown < 5*known
	})
}

// fixation: the cookie of before the sign-in is worth nothing after it, and a signed-out one nothing for ever.
func fixation(t *testing.T, s *server) {
	const planted = "__Host-switchboard=PLANTEDBYTHEATTACKER0000000000000000000000000000000000"
	r := s.guess(t, "81.2.69.30", adminEmail, adminPassword, "Cookie", planted)
	require.Equal(t, http.StatusSeeOther, r.status)
	first := s.opened(t, r)
	require.NotEqual(t, planted, first.cookie)
	require.Equal(t, http.StatusSeeOther, s.send(t, http.MethodGet, "/inbox", nil, "Cookie", planted).status)

	second := s.opened(t, s.guess(t, "81.2.69.30", adminEmail, adminPassword, "Cookie", first.cookie))
	require.NotEqual(t, first.cookie, second.cookie)
	require.NotEqual(t, first.csrf, second.csrf)
	require.Equal(t, http.StatusSeeOther, s.send(t, http.MethodGet, "/inbox", nil, "Cookie", first.cookie).status, "the login it replaces is over")

	out := s.send(t, http.MethodPost, "/logout", strings.NewReader("csrf="+second.csrf), "Content-Type", formType, "Cookie", second.cookie)
	require.Equal(t, http.StatusSeeOther, out.status)
	require.Equal(t, http.StatusSeeOther, s.send(t, http.MethodGet, "/inbox", nil, "Cookie", second.cookie).status, "a signed-out cookie")
	for _, both := range []string{"; ", ";"} {
		require.Equal(t, http.StatusSeeOther, s.send(t, http.MethodGet, "/inbox", nil, "Cookie", first.cookie+both+second.cookie).status)
	}
}

func cookies(t *testing.T, s *server) {
	l := s.opened(t, s.guess(t, "81.2.69.40", adminEmail, adminPassword))
	require.Equal(t, "__Host-switchboard", l.set.Name, "bound to the host")
	require.True(t, l.set.HttpOnly)
	require.True(t, l.set.Secure)
	require.Contains(t, []http.SameSite{http.SameSiteLaxMode, http.SameSiteStrictMode}, l.set.SameSite)
	require.Equal(t, "/", l.set.Path)
	require.Empty(t, l.set.Domain)
	require.GreaterOrEqual(t, len(l.set.Value), 40)
	page := s.send(t, http.MethodGet, "/inbox", nil, "Cookie", l.cookie)
	mustBeSecured(t, page, "inbox")
	require.Contains(t, page.header.Get("Strict-Transport-Security"), "max-age=")
	require.Contains(t, page.header.Get("Cache-Control"), "no-store")
	require.NotContains(t, page.body, l.set.Value, "the cookie is not for scripts")
	for _, path := range []string{"/contacts", "/inbox?view=closed", "/events"} {
		if path == "/events" {
			continue // a stream, see the floods
		}
		r := s.send(t, http.MethodGet, path, nil, "Cookie", l.cookie)
		require.Contains(t, r.header.Get("Cache-Control"), "no-store", path)
		mustBeSecured(t, r, path)
	}
}

func openRedirects(t *testing.T, s *server) {
	l := s.opened(t, s.guess(t, "81.2.69.50", adminEmail, adminPassword))
	for i, next := range []string{
		"https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example", "javascript:alert(1)", "/\tevil.example", "/\n/evil.example", "%2f%2fevil.example",
		"//evil.example/%2f..", "https:/evil.example", "/%09/evil.example", " //evil.example", "\x00//evil.example", "//evil.example@shop", "data:text/html,x", "evil.example", "/.//evil.example", "/%5cevil.example", "?//evil.example",
		"/inbox\r\nSet-Cookie: a=b", "//0x7f000001/", "/\u2215/evil.example", "/;@evil.example", "//[::1]/", "http://", "/inbox/../..//evil.example",
	} {
		for _, r := range []reply{
			s.send(t, http.MethodPost, "/login", credentials(adminEmail, adminPassword, next), "Content-Type", formType, "X-Forwarded-For", fmt.Sprintf("81.2.70.%d", i)),
			s.send(t, http.MethodGet, "/login?next="+url.QueryEscape(next), nil, "Cookie", l.cookie),
		} {
			require.Equal(t, http.StatusSeeOther, r.status, next)
			mustStayHere(t, r.header.Get("Location"), next)
		}
		form := url.Values{"csrf": {l.csrf}, "return": {next}, "value": {"high"}}.Encode()
		_, conversation := s.someone(t)
		r := s.send(t, http.MethodPost, "/inbox/"+conversation+"/priority", strings.NewReader(form), "Content-Type", formType, "Cookie", l.cookie)
		require.Equal(t, http.StatusSeeOther, r.status, r.body)
		mustStayHere(t, r.header.Get("Location"), next)
	}
}

// mustStayHere reads an address as browsers do: backslashes are slashes, tabs and line ends are not there.
func mustStayHere(t *testing.T, location, next string) {
	t.Helper()
	location = strings.NewReplacer("\\", "/", "\t", "", "\r", "", "\n", "").Replace(strings.TrimSpace(location))
	require.True(t, strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//"), "%q leads to %q", next, location)
}

// foreignSignIn: no other site signs a browser in under an account of its choice.
func foreignSignIn(t *testing.T, s *server) {
	for name, headers := range map[string][]string{
		"foreign origin": {"Origin", "https://evil.example"}, "null origin": {"Origin", "null"}, "other site": {"Sec-Fetch-Site", "cross-site"}, "sister site": {"Sec-Fetch-Site", "same-site"},
	} {
		r := s.guess(t, "81.2.69.60", adminEmail, adminPassword, headers...)
		mustRefuse(t, r, name, http.StatusForbidden)
		require.Empty(t, r.header.Values("Set-Cookie"), name)
	}
	for _, contentType := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x"} {
		r := s.send(t, http.MethodPost, "/login", credentials(adminEmail, adminPassword, ""), "Content-Type", contentType, "X-Forwarded-For", "81.2.69.61")
		mustRefuse(t, r, contentType, http.StatusUnsupportedMediaType)
	}
}

func monstrousCredentials(t *testing.T, s *server) {
	long := strings.Repeat("a", 1<<20)
	for i, c := range [][2]string{
		{"", ""},
		{adminEmail, ""},
		{"", adminPassword},
		{long, "x"},
		{adminEmail, long},
		{adminEmail, adminPassword + "\x00"},
		{adminEmail + "\x00", adminPassword},
		{"\xff\xfe", "\xff"},
		{`{"$ne":""}`, `{"$ne":""}`},
		{"' OR 1=1 --", "' OR 1=1 --"},
		{adminEmail + "\n" + adminEmail, adminPassword},
		{"<script>alert(1)</script>", "x"},
		{strings.Repeat("é", 100_000), "x"},
	} {
		r := s.guess(t, fmt.Sprintf("81.2.71.%d", i), c[0], c[1])
		require.Equal(t, http.StatusUnprocessableEntity, r.status)
		require.Empty(t, r.header.Values("Set-Cookie"))
		require.NotContains(t, r.body, "<script>alert")
		require.Less(t, len(r.body), 20<<10, "what was sent is not sent back at length")
	}
	many := strings.Repeat("email=a&", 100_000) + "password=x"
	r := s.send(t, http.MethodPost, "/login", strings.NewReader(many), "Content-Type", formType, "X-Forwarded-For", "81.2.71.200")
	require.Equal(t, http.StatusUnprocessableEntity, r.status)
}

// proxyChains: the visitor is who the trusted proxy saw; what was in the list before it says anything.
func proxyChains(t *testing.T, s *server) {
	for name, c := range map[string]struct {
		want    string
		headers []string
	}{
		"one hop":            {"81.2.69.142", []string{"X-Forwarded-For", "81.2.69.142"}},
		"spoofed in front":   {"81.2.69.142", []string{"X-Forwarded-For", "8.8.8.8, 1.1.1.1, 81.2.69.142"}},
		"two headers":        {"81.2.69.142", []string{"X-Forwarded-For", "8.8.8.8", "X-Forwarded-For", "81.2.69.142"}},
		"trusted in between": {"81.2.69.142", []string{"X-Forwarded-For", "8.8.8.8, 81.2.69.142, 127.0.0.1"}},
		"with a port":        {"81.2.69.142", []string{"X-Forwarded-For", "81.2.69.142:1234"}},
		"nonsense":           {"127.0.0.1", []string{"X-Forwarded-For", "8.8.8.8, <script>"}},
		"an empty end":       {"127.0.0.1", []string{"X-Forwarded-For", "8.8.8.8,"}},
		"other headers":      {"127.0.0.1", []string{"X-Real-IP", "8.8.8.8", "Forwarded", "for=8.8.8.8"}},
		"endless":            {"81.2.69.142", []string{"X-Forwarded-For", strings.Repeat("8.8.8.8, ", 1000) + "81.2.69.142"}},
	} {
		require.Equal(t, c.want, s.sessionIP(t, c.headers...), name)
	}
}
