package dashboard

import (
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

// example fills a route's pattern with things that exist, where the test knows some.
func (r route) example() string {
	known := strings.NewReplacer(":conversation", talkID, ":contact", anaID, ":note", "none", ":field", "name", ":user", benID, "*", "app.css").Replace(r.path)
	return regexp.MustCompile(`:[a-z_]+\??`).ReplaceAllString(known, "x")
}

func TestEveryRouteAsksWhoIsCalling(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	public := map[string]bool{"GET /static/*": true, "GET /login": true, "POST /login": true, "GET /login/sso": true, "GET /login/sso/callback": true}
	for _, r := range s.d.routes() {
		name := r.method + " " + r.path
		require.Equal(t, public[name], r.role == "", "%s: a route without sign-in must be in the test's short list", name)
		if r.role == "" {
			continue
		}
		s.cookie = ""
		got := s.do(r.method, r.example(), nil)
		require.Equal(t, http.StatusSeeOther, got.StatusCode, name)
		require.True(t, strings.HasPrefix(got.Header.Get("Location"), "/login"), name)

		got = s.do(r.method, r.example(), nil, "Accept", "text/html, text/event-stream", "HX-Request", "true", "HX-Current-URL", "http://example.com/inbox?view=mine")
		require.Equal(t, http.StatusUnauthorized, got.StatusCode, name)
		require.Equal(t, "/login?next=%2Finbox%3Fview%3Dmine", got.Header.Get("HX-Redirect"), "htmx is told to go, not redirected into a fragment")

		s.cookie = "cookie-of-nobody-known"
		require.Equal(t, http.StatusSeeOther, s.do(r.method, r.example(), nil).StatusCode, name)
	}
}

func TestEveryChangeNeedsTheTokenAndOurOwnPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, r := range s.d.routes() {
		if r.method != fiber.MethodPost {
			continue
		}
		name := r.method + " " + r.path
		for why, headers := range map[string][]string{
			"cross-site":     {"Sec-Fetch-Site", "cross-site"},
			"same-site":      {"Sec-Fetch-Site", "same-site"},
			"foreign origin": {"Origin", "https://evil.example"},
			"null origin":    {"Origin", "null"},
		} {
			got := s.do(r.method, r.example(), values("csrf", csrf, "value", "x", "seen", "9"), headers...)
			require.Equal(t, http.StatusForbidden, got.StatusCode, "%s, %s", name, why)
		}
		got := s.do(r.method, r.example(), values("csrf", csrf), "Content-Type", "text/plain")
		require.Equal(t, http.StatusUnsupportedMediaType, got.StatusCode, name)
		got = s.do(r.method, r.example(), values("csrf", csrf), "Content-Encoding", "gzip")
		require.Equal(t, http.StatusUnsupportedMediaType, got.StatusCode, name)
		if r.role == "" {
			continue
		}
		require.Equal(t, http.StatusForbidden, s.do(r.method, r.example(), values("value", "x", "seen", "9")).StatusCode, "%s: no token", name)
		require.Equal(t, http.StatusForbidden, s.do(r.method, r.example(), values("csrf", "wrong", "value", "x", "seen", "9")).StatusCode, "%s: wrong token", name)
		require.Equal(t, http.StatusForbidden, s.do(r.method, r.example(), values("csrf", secretToken, "value", "x", "seen", "9")).StatusCode, "%s: the bare token", name)
	}
	require.Empty(t, s.store.published, "nothing was changed")
	require.Contains(t, s.store.logins, loginID(s.cookie), "nobody was signed out")
}

func TestRoleTooLow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.store.users[adaID]
	u.Role = "visitor"
	s.store.users[adaID] = u
	for _, r := range s.d.routes() {
		if r.role != "" && r.method == fiber.MethodGet {
			require.Equal(t, http.StatusForbidden, s.get(r.example()).StatusCode, r.path)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	t.Run("after two weeks without a request", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.now = noon.Add(idleTime - time.Minute)
		got := s.get("/inbox")
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Equal(t, s.now.Add(idleTime), s.store.logins[loginID(s.cookie)].ExpiresAt, "a request prolongs it")
		require.Contains(t, got.Header.Get("Set-Cookie"), "switchboard="+s.cookie)
		s.now = s.now.Add(idleTime)
		require.Equal(t, http.StatusSeeOther, s.get("/inbox").StatusCode)
	})
	t.Run("when the user is disabled or gone", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		u := s.store.users[adaID]
		u.DisabledAt = noon
		s.store.users[adaID] = u
		require.Equal(t, http.StatusSeeOther, s.get("/inbox").StatusCode)
		delete(s.store.users, adaID)
		require.Equal(t, http.StatusSeeOther, s.get("/inbox").StatusCode)
	})
	t.Run("at sign-out", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		got := s.post("/logout")
		require.Equal(t, "/login", got.Header.Get("Location"))
		require.NotContains(t, s.store.logins, loginID(s.cookie))
		require.Equal(t, http.StatusSeeOther, s.get("/inbox").StatusCode)
	})
	t.Run("but not when the store cannot be reached", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.store.fail = chat.ErrUnavailable
		require.Equal(t, http.StatusServiceUnavailable, s.get("/inbox").StatusCode)
	})
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/inbox?view=mine": "/inbox?view=mine", "/contacts/1#x": "/contacts/1#x", "": "-", "inbox": "-", "//evil.example": "-", "/\\evil.example": "-",
		"https://evil.example": "-", "javascript:alert(1)": "-", "/a\r\nSet-Cookie: x": "-", "/\t/evil.example": "-", "/%2f%2fevil.example": "/%2f%2fevil.example",
	} {
		require.Equal(t, want, localPath(address, "-"), "%q", address)
	}
}

func TestTokensLookDifferentEveryTime(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, mask("secret"), mask("secret"))
	require.Equal(t, []byte("secret"), unmask(mask("secret")))
	for _, bad := range []string{"", "zz", "abc", "00"} {
		require.NotEqual(t, []byte("secret"), unmask(bad))
	}
}

func TestPagesTravelCompressed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get("/inbox", "Accept-Encoding", "gzip")
	require.Equal(t, "gzip", got.Header.Get("Content-Encoding"))
	r, err := gzip.NewReader(strings.NewReader(got.body))
	require.NoError(t, err)
	page, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Contains(t, string(page), "<!doctype html>")
	require.Less(t, len(page), 60<<10)
	require.Less(t, len(got.body), 12<<10)
	require.Contains(t, strings.Join(got.Header.Values("Vary"), ","), "Accept-Encoding")
	require.Empty(t, s.get("/inbox").Header.Get("Content-Encoding"))
}
