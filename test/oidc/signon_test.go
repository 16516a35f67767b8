package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignOn(t *testing.T) {
	addr := freePort(t)
	issuer := provider(t, "http://"+addr+"/login/sso/callback")
	p := start(t, addr, issuer.URL)

	t.Run("somebody with an account comes in where they wanted to go", func(t *testing.T) {
		b := newBrowser(t)
		got := b.signIn(p, "ada", "/contacts?q=x")
		require.Equal(t, http.StatusOK, got.status)
		require.Equal(t, p.base+"/contacts?q=x", got.address.String())
		audit := b.get(p.base + "/settings/audit")
		require.Equal(t, http.StatusOK, audit.status, "she is the administrator, whatever the case of her address")
		require.Contains(t, audit.text, "single sign-on")
		home, err := url.Parse(p.base)
		require.NoError(t, err)
		for _, c := range b.Jar.Cookies(home) {
			require.NotContains(t, c.Name, "sso", "the attempt is over")
		}
	})

	for _, who := range []struct{ name, why string }{
		{"newcomer", "no account for you here"}, {"unproven", "not verified"}, {"nameless", "no e-mail address"},
	} {
		t.Run(who.name+" stays outside", func(t *testing.T) {
			b := newBrowser(t)
			got := b.signIn(p, who.name, "/inbox")
			require.Equal(t, http.StatusUnprocessableEntity, got.status)
			require.Contains(t, got.text, who.why)
			require.Contains(t, b.get(p.base+"/inbox").address.Path, "/login")
		})
	}

	t.Run("a code counts once, in the browser that asked for it", func(t *testing.T) {
		victim, thief := newBrowser(t), newBrowser(t)
		there := victim.atProvider(p, "/inbox")
		id := requestID.FindStringSubmatch(there.text)
		var back string
		victim.CheckRedirect = func(r *http.Request, _ []*http.Request) error { // the answer is caught before it arrives
			if strings.HasPrefix(r.URL.String(), p.base) {
				back = r.URL.String()
				return http.ErrUseLastResponse
			}
			return nil
		}
		victim.send(http.MethodPost, issuer.URL+"/login/username", url.Values{"username": {"ada"}, "password": {Password}, "id": {id[1]}})
		require.Contains(t, back, "code=")

		require.Equal(t, http.StatusUnprocessableEntity, thief.get(back).status, "a browser that asked for nothing")
		thief.atProvider(p, "/inbox")
		require.Equal(t, http.StatusUnprocessableEntity, thief.get(back).status, "another state")
		address, err := url.Parse(back)
		require.NoError(t, err)
		own := thief.atProvider(p, "/inbox")
		require.NotEmpty(t, own.text)
		query := address.Query()
		query.Set("state", "guessed")
		require.Equal(t, http.StatusUnprocessableEntity, thief.get(p.base+"/login/sso/callback?"+query.Encode()).status)

		victim.CheckRedirect = nil
		require.Equal(t, p.base+"/inbox", victim.get(back).address.String(), "the browser that asked")
		require.Equal(t, http.StatusUnprocessableEntity, victim.get(back).status, "not twice")
	})

	t.Run("a stolen code is worth nothing without the secret of its attempt", func(t *testing.T) {
		victim, thief := newBrowser(t), newBrowser(t)
		there := victim.atProvider(p, "/inbox")
		var back *url.URL
		victim.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), p.base) {
				back = r.URL
				return http.ErrUseLastResponse
			}
			return nil
		}
		victim.send(http.MethodPost, issuer.URL+"/login/username", url.Values{"username": {"ada"}, "password": {Password}, "id": {requestID.FindStringSubmatch(there.text)[1]}})
		require.NotNil(t, back)
		thief.atProvider(p, "/inbox")
		query := back.Query()
		query.Set("state", thief.state(p)) // its own attempt, the victim's code
		got := thief.get(p.base + "/login/sso/callback?" + query.Encode())
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.Contains(t, got.text, "could not be confirmed")
	})

	t.Run("ended at the provider", func(t *testing.T) {
		got := newBrowser(t).get(p.base + "/login/sso/callback?error=access_denied&error_description=%3Cscript%3E")
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.Contains(t, got.text, "not completed")
		require.NotContains(t, got.text, "<script>alert")
	})

	t.Run("doctor asks the issuer", func(t *testing.T) {
		out, err := examine(t, p.env)
		require.Regexp(t, `ok\s+single sign-on\s+`+issuer.URL+` answers`, out, "%v", err)
		out, err = examine(t, append(p.env, "SWITCHBOARD_OIDC_ISSUER="+issuer.URL+"/elsewhere"))
		require.Error(t, err)
		require.Regexp(t, `FAIL\s+single sign-on`, out)
	})
}

func examine(t *testing.T, env []string) (string, error) {
	t.Helper()
	run := exec.CommandContext(t.Context(), binary, "doctor")
	run.Env = env
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil {
		require.True(t, errors.As(err, &exit), "%v", err)
	}
	return string(out), err
}

func TestWhoeverOurDomainVouchesForBecomesAnAgent(t *testing.T) {
	addr := freePort(t)
	callback := "http://" + addr + "/login/sso/callback"
	issuer := provider(t, callback)
	p := start(t, addr, issuer.URL, "SWITCHBOARD_OIDC_DEFAULT_ROLE=agent", "SWITCHBOARD_OIDC_ALLOWED_DOMAINS=example.com", "SWITCHBOARD_OIDC_REDIRECT_URL="+callback)
	b := newBrowser(t)
	require.Equal(t, p.base+"/inbox", b.signIn(p, "newcomer", "").address.String())
	require.Equal(t, http.StatusForbidden, b.get(p.base+"/settings/users").status, "an agent")
	account := b.get(p.base + "/settings/account")
	require.Contains(t, account.text, "Given newcomer")
	require.Contains(t, account.text, "have no password here")
	require.Equal(t, p.base+"/inbox", newBrowser(t).signIn(p, "newcomer", "").address.String(), "the second time it is the same user")

	got := newBrowser(t).signIn(p, "foreign", "")
	require.Equal(t, http.StatusUnprocessableEntity, got.status)
	require.Contains(t, got.text, "of this domain may not sign in")
}

// Without its provider the program runs, and passwords work.
func TestTheProviderIsAway(t *testing.T) {
	issuer := provider(t)
	address := issuer.URL
	issuer.Close()
	p := start(t, freePort(t), address)
	b := newBrowser(t)
	got := b.get(p.base + "/login/sso?next=/contacts")
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Contains(t, got.text, "cannot be reached just now")
	in := b.send(http.MethodPost, p.base+"/login", url.Values{"email": {"ada@example.com"}, "password": {"a-password-of-the-test"}, "next": {"/contacts"}})
	require.Equal(t, p.base+"/contacts", in.address.String())
}
