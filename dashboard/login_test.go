package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

const goodPassword = "correct horse battery"

func signInSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	hash, err := HashPassword(goodPassword)
	require.NoError(t, err)
	for id, u := range s.store.users {
		u.PasswordHash, u.TimeZone = hash, ""
		s.store.users[id] = u
	}
	s.cookie = ""
	return s
}

func (s *site) signIn(email, password, client string, more ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/login", values(append(more, "email", email, "password", password)...), "Test-Client", client)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := signInSite(t)
	s.cookie = "cookie-of-ada" // an old session the browser still has
	got := s.signIn(" Ada@Example.com ", goodPassword, "192.0.2.1", "next", "/contacts?q=a", "timezone", "Asia/Tokyo")
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	require.Equal(t, "/contacts?q=a", got.Header.Get("Location"))
	require.NotContains(t, s.store.logins, loginID("cookie-of-ada"), "the session is a new one")
	require.Equal(t, "Asia/Tokyo", s.store.users[adaID].TimeZone)

	cookie := got.Cookies()[0]
	require.Equal(t, "switchboard", cookie.Name)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.GreaterOrEqual(t, len(cookie.Value), 40)
	login := s.store.logins[loginID(cookie.Value)]
	require.Equal(t, adaID, login.UserID)
	require.NotContains(t, fmt.Sprint(s.store.logins), cookie.Value, "only the hash is stored")
	s.cookie = cookie.Value
	require.Equal(t, http.StatusOK, s.get("/inbox").StatusCode)
	require.Equal(t, "/inbox", s.get("/login").Header.Get("Location"), "who is signed in does not sign in again")
}

func TestCookieIsBoundToTheHostBehindTLS(t *testing.T) {
	t.Parallel()
	s := signInSite(t)
	s.d.config.Secure = true
	cookie := s.signIn("ada@example.com", goodPassword, "192.0.2.1").Cookies()[0]
	require.Equal(t, "__Host-switchboard", cookie.Name)
	require.True(t, cookie.Secure)
	require.Equal(t, "/", cookie.Path)
	require.Empty(t, cookie.Domain)
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	s := signInSite(t)
	u := s.store.users[benID]
	u.DisabledAt = noon
	s.store.users[benID] = u
	var texts []string
	for i, try := range [][2]string{{"ada@example.com", "wrong"}, {"nobody@example.com", goodPassword}, {"ben@example.com", goodPassword}, {"", ""}, {"ada@example.com", strings.Repeat("x", 100_000)}} {
		got := s.signIn(try[0], try[1], fmt.Sprintf("192.0.2.%d", i), "next", "//evil.example")
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, try[0])
		require.Empty(t, got.Cookies())
		require.NotContains(t, got.body, "evil.example")
		texts = append(texts, strings.ReplaceAll(got.body, try[0], ""))
	}
	require.Contains(t, texts[0], "do not belong together")
	require.Equal(t, texts[0], texts[1], "an unknown address reads like a wrong password")
}

func TestGuessingIsSlowedDownButLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := signInSite(t)
	const guesser, office = "198.51.100.7", "192.0.2.1"
	for range freePerPerson {
		require.Equal(t, http.StatusUnprocessableEntity, s.signIn("ada@example.com", "guess", guesser).StatusCode)
	}
	got := s.signIn("ada@example.com", goodPassword, guesser)
	require.Equal(t, http.StatusTooManyRequests, got.StatusCode, "even the right password has to wait")
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	require.Equal(t, http.StatusSeeOther, s.signIn("ada@example.com", goodPassword, office).StatusCode, "Ada herself is not locked out")
	require.Equal(t, http.StatusSeeOther, s.signIn("ben@example.com", goodPassword, guesser).StatusCode, "nor is a colleague at the same address")
	s.now = s.now.Add(firstWait)
	require.Equal(t, http.StatusSeeOther, s.signIn("ada@example.com", goodPassword, guesser).StatusCode, "the wait ends")
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := noon
	th := newThrottle(func() time.Time { return now })
	for i := range freePerCaller {
		require.Zero(t, th.begin("ip", fmt.Sprint(i)))
	}
	require.Equal(t, firstWait, th.begin("ip", "fresh"), "many addresses from one place")
	require.Zero(t, th.begin("other ip", "fresh"))
	for range 40 {
		now = now.Add(maxWait)
		require.Zero(t, th.begin("ip", "fresh"))
	}
	require.Equal(t, maxWait, th.begin("ip", "fresh"), "the wait grows up to a bound")
	th.succeeded("ip", "fresh")
	require.Equal(t, maxWait, th.begin("ip", "fresh"), "one good password does not pay for further guessing")
	now = now.Add(forgetAfter + time.Second)
	require.Zero(t, th.begin("ip", "fresh"))
	for i := range maxTracked * 2 {
		th.begin(fmt.Sprint("ip", i), "a")
	}
	require.LessOrEqual(t, len(th.seen), maxTracked)
}

func TestThrottleSeesAHouseholdAsOneCaller(t *testing.T) {
	t.Parallel()
	th := newThrottle(func() time.Time { return noon })
	for i := range freePerPerson {
		require.Zero(t, th.begin(fmt.Sprintf("2001:db8:1:2::%x", i), "a"))
	}
	require.Equal(t, firstWait, th.begin("2001:db8:1:2:ffff::1", "a"))
	require.Zero(t, th.begin("2001:db8:1:3::1", "a"))
}

func TestThrottleCountsTriesUnderWay(t *testing.T) {
	t.Parallel()
	th := newThrottle(func() time.Time { return noon })
	for range 100 {
		require.Zero(t, th.begin("ip", "ada"), "nothing is held against good passwords")
		th.succeeded("ip", "ada")
	}
	for range freePerPerson { // none of them has ended
		require.Zero(t, th.begin("ip", "ada"))
	}
	require.Equal(t, firstWait, th.begin("ip", "ada"))
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := HashPassword(goodPassword)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"))
	again, err := HashPassword(goodPassword)
	require.NoError(t, err)
	require.NotEqual(t, hash, again, "salted")
	v, err := newVerifier()
	require.NoError(t, err)
	ok, err := v.verify(t.Context(), hash, goodPassword)
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = v.verify(t.Context(), hash, goodPassword+"!")
	require.NoError(t, err)
	require.False(t, ok)
	ok, err = v.verify(t.Context(), "", goodPassword)
	require.NoError(t, err)
	require.False(t, ok, "nobody has the empty hash")
	for _, bad := range []string{"x", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"} {
		_, err := v.verify(t.Context(), bad, goodPassword)
		require.ErrorIs(t, err, errHash, bad)
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", maxPassword+1)} {
		_, err := HashPassword(bad)
		require.ErrorIs(t, err, chat.ErrInvalid)
	}
}

func TestVerificationsAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	v, err := newVerifier()
	require.NoError(t, err)
	for range verifications {
		v.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = v.verify(ctx, v.dummy, goodPassword)
	require.ErrorIs(t, err, chat.ErrTooMany)
}
