package sso

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// The whole way through a real provider is walked in test/oidc; here is who may come in with what it says.
func TestWhoMayComeIn(t *testing.T) {
	t.Parallel()
	p := New(Config{Issuer: "https://issuer.example", AllowedDomains: []string{"example.com", "Example.ORG"}})
	for _, c := range []struct {
		claims claims
		email  string
	}{
		{claims{Email: "Ada@Example.com", Verified: true}, "ada@example.com"},
		{claims{Email: "ada@example.org", Verified: true}, "ada@example.org"},
		{claims{Email: "ada@example.com"}, ""},
		{claims{Email: "ada@sub.example.com", Verified: true}, ""},
		{claims{Email: "ada@example.com.evil.example", Verified: true}, ""},
		{claims{Email: "ada@evil.example@example.com", Verified: true}, ""},
		{claims{Email: `"x@evil.example"@example.com`, Verified: true}, ""},
		{claims{Email: "Ada <ada@example.com>", Verified: true}, ""},
		{claims{Verified: true}, ""},
	} {
		person, err := p.admit(c.claims)
		if c.email == "" {
			require.ErrorIs(t, err, chat.ErrForbidden, "%+v", c.claims)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.email, person.Email)
	}
}

func TestAnswersThatBelongToNoAttempt(t *testing.T) {
	t.Parallel()
	p := New(Config{Issuer: "https://issuer.example"})
	for why, c := range map[string]struct {
		attempt       Attempt
		state, issuer string
	}{
		"no attempt": {Attempt{}, "", ""}, "another state": {Attempt{State: "a"}, "b", ""}, "no state": {Attempt{State: "a"}, "", ""},
		"another issuer": {Attempt{State: "a"}, "a", "https://evil.example"},
	} {
		_, err := p.Finish(t.Context(), c.attempt, c.state, c.issuer, "code")
		require.ErrorIs(t, err, chat.ErrForbidden, why)
	}
}

func TestAProviderThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	p := New(Config{Issuer: server.URL})
	for range 2 {
		_, _, err := p.Begin(t.Context(), "http://localhost/login/sso/callback")
		require.ErrorIs(t, err, chat.ErrUnavailable)
	}
	require.ErrorIs(t, p.Check(t.Context()), chat.ErrUnavailable)
	require.Equal(t, 3, asked)
}
