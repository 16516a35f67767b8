package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// withPassword gives Ada a password.
func withPassword(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	hash, err := HashPassword(goodPassword)
	require.NoError(t, err)
	u := s.store.users[adaID]
	u.PasswordHash = hash
	s.store.users[adaID] = u
	return s
}

func (s *site) otherBrowsers(n int) {
	for i := range n {
		id := loginID("other" + strings.Repeat("x", i))
		s.store.logins[id] = chat.Login{ID: id, UserID: adaID, CSRF: "x", UserAgent: "Mozilla/5.0", CreatedAt: noon, ExpiresAt: noon.Add(idleTime)}
	}
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	const next = "a longer password of mine"
	s := withPassword(t)
	s.otherBrowsers(3)
	for _, c := range []struct{ current, password, again, why string }{
		{"wrong", next, next, "not your present password"},
		{goodPassword, next, "other", "not the same both times"},
		{goodPassword, "short", "short", "at least 10"},
		{goodPassword, goodPassword, goodPassword, "another password"},
	} {
		got := s.htmx("/settings/account/password", "current", c.current, "password", c.password, "again", c.again)
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		require.Contains(t, got.body, c.why)
		require.NotContains(t, got.body, next, "no password comes back")
		got = s.post("/settings/account/password", "current", c.current, "password", c.password, "again", c.again)
		require.Contains(t, got.body, c.why)
	}
	require.Len(t, s.store.logins, 4)
	require.Equal(t, http.StatusOK, s.htmx("/settings/account/password", "current", goodPassword, "password", next, "again", next).StatusCode)
	require.Len(t, s.store.logins, 1, "the others are signed out")
	require.Equal(t, http.StatusOK, s.get("/inbox").StatusCode, "this one is not")
	require.Contains(t, s.audited(), "password_changed u-ada")
	s.cookie = ""
	require.Equal(t, http.StatusSeeOther, s.signIn("ada@example.com", next, "192.0.2.7").StatusCode)
}

// Who found an open session must not find the password by trying.
func TestGuessingThePresentPasswordIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := withPassword(t)
	for range freePerPerson {
		require.Contains(t, s.htmx("/settings/account/password", "current", "guess").body, "not your present password")
	}
	got := s.htmx("/settings/account/password", "current", goodPassword, "password", "another long one", "again", "another long one")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "Please wait")
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	s.cookie = ""
	require.Equal(t, http.StatusTooManyRequests, s.signIn("ada@example.com", goodPassword, "192.0.2.1").StatusCode, "both doors share one count")
	require.Len(t, s.store.audited, freePerPerson)
}

func TestSessionsListAndSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.otherBrowsers(2)
	s.asBen()
	bens := loginID(s.cookie)
	s.cookie = "cookie-of-ada"
	s.d.config.Device = func(string) chat.Device { return chat.Device{Type: "mobile", Browser: "Firefox 144", OS: "Android"} }
	page := s.get("/settings/account").body
	require.Contains(t, page, "Firefox 144, Android")
	require.Equal(t, 1, strings.Count(page, "This session"))
	require.Equal(t, 3, strings.Count(page, "sessions__device"), "mine, not Ben's")

	require.Equal(t, http.StatusNotFound, s.htmx("/settings/account/sessions/end", "session", bens).StatusCode, "not somebody else's")
	require.Contains(t, s.store.logins, bens)
	require.Equal(t, http.StatusOK, s.htmx("/settings/account/sessions/end", "session", loginID("other")).StatusCode)
	require.NotContains(t, s.store.logins, loginID("other"))
	require.Equal(t, http.StatusOK, s.htmx("/settings/account/sessions/end", "session", loginID("other")).StatusCode, "it is gone already")
	require.Equal(t, "/settings/account", s.post("/settings/account/sessions/end-others", "return", "/settings/account").Header.Get("Location"))
	require.Len(t, s.store.logins, 2)
	require.Equal(t, http.StatusOK, s.get("/inbox").StatusCode)
	require.Equal(t, []string{"sessions_ended u-ada one", "sessions_ended u-ada all others"}, s.audited())
}

func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Equal(t, http.StatusOK, s.htmx("/settings/account", "name", "Ada A.", "timezone", "Asia/Tokyo", "locale", "de").StatusCode)
	u := s.store.users[adaID]
	require.Equal(t, []string{"Ada A.", "Asia/Tokyo", "de"}, []string{u.Name, u.TimeZone, u.Locale})
	for _, send := range []func(string, ...string) answer{s.htmx, s.post} {
		got := send("/settings/account", "name", "Ada B.", "timezone", "Mars/Base", "locale", "de")
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		require.Contains(t, got.body, "Mars/Base", "what was typed stays")
		require.Contains(t, got.body, "Choose a time zone")
	}
	require.Equal(t, "Ada A.", s.store.users[adaID].Name)
}

func TestAuditLogScreen(t *testing.T) {
	t.Parallel()
	s := signInSite(t)
	s.d.config.KeepIP = func(policy, ip string) string { return policy + "/" + ip }
	s.store.settings.IPPolicy = "full"
	s.signIn("ada@example.com", "wrong", "192.0.2.77")
	s.signIn("nobody-here@example.com", "wrong", "192.0.2.77")
	s.cookie = s.signIn("ada@example.com", goodPassword, "192.0.2.78").Cookies()[0].Value
	page := s.get("/settings/audit").body
	for _, want := range []string{"Sign-in failed", "Signed in", "Ada Admin", "full/192.0.2.77", "full/192.0.2.78", "Nobody known"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "nobody-here@example.com", "what strangers type is not kept")
	only := s.get("/settings/audit?what=sign_in").body
	require.NotContains(t, only, "192.0.2.77")
	require.Contains(t, s.get("/settings/audit?who=u-ben").body, "No entry fits")
	for range 120 {
		s.d.Auditor.(*fake).audited = append(s.store.audited, chat.AuditEntry{ID: "x", At: noon, Who: adaID, What: chat.AuditExport, Detail: "contacts"})
	}
	require.Contains(t, s.get("/settings/audit?what=export").body, "Older entries")
	s.do(http.MethodPost, "/logout", values("csrf", s.token()))
	require.Contains(t, s.audited(), "sign_out u-ada")
}
