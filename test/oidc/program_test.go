package oidc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var binary string

// TestMain builds the program from the module above, without this module's dependencies.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "switchboard-oidc-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "switchboard")
	build := exec.Command("go", "build", "-o", binary, "./cmd/switchboard")
	build.Dir = filepath.Join("..", "..")
	code := 1
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// program is a running Switchboard.
type program struct {
	base, admin string
	env         []string
}

// start runs Switchboard at addr with single sign-on at an issuer.
func start(t *testing.T, addr, issuer string, more ...string) *program {
	t.Helper()
	p := &program{base: "http://" + addr, admin: "http://" + freePort(t)}
	p.env = append(os.Environ(), "SWITCHBOARD_ADDR="+addr, "SWITCHBOARD_ADMIN_ADDR="+strings.TrimPrefix(p.admin, "http://"), "SWITCHBOARD_DATA_DIR="+t.TempDir(),
		"SWITCHBOARD_ADMIN_EMAIL=ada@example.com", "SWITCHBOARD_ADMIN_PASSWORD=a-password-of-the-test",
		"SWITCHBOARD_OIDC_ISSUER="+issuer, "SWITCHBOARD_OIDC_CLIENT_ID="+ClientID, "SWITCHBOARD_OIDC_CLIENT_SECRET="+ClientSecret)
	p.env = append(p.env, more...)
	var log bytes.Buffer
	run := exec.Command(binary, "serve")
	run.Env, run.Stderr = p.env, &log
	require.NoError(t, run.Start())
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/readyz", nil)
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "it does not become ready")
	return p
}

// browser keeps cookies and follows redirects, as browsers do.
type browser struct {
	t *testing.T
	*http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// page is where a browser arrived, and what it shows.
type page struct {
	status  int
	address *url.URL
	text    string
}

func (b *browser) send(method, address string, form url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.Do(r)
	require.NoError(b.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return page{answer.StatusCode, answer.Request.URL, string(text)}
}

func (b *browser) get(address string) page { return b.send(http.MethodGet, address, nil) }

var (
	button    = regexp.MustCompile(`href="(/login/sso[^"]*)"`)
	requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)
)

// atProvider goes from the sign-in page to the provider's.
func (b *browser) atProvider(p *program, next string) page {
	b.t.Helper()
	login := b.get(p.base + "/login?next=" + url.QueryEscape(next))
	found := button.FindStringSubmatch(login.text)
	require.NotNil(b.t, found, "the sign-in page offers single sign-on")
	there := b.get(p.base + strings.ReplaceAll(found[1], "&amp;", "&"))
	require.Equal(b.t, http.StatusOK, there.status, there.text)
	require.NotEqual(b.t, p.base, there.address.Scheme+"://"+there.address.Host, "at the provider")
	return there
}

// state is that of the attempt this browser has under way.
func (b *browser) state(p *program) string {
	b.t.Helper()
	home, err := url.Parse(p.base)
	require.NoError(b.t, err)
	for _, c := range b.Jar.Cookies(home) {
		kept, err := base64.RawURLEncoding.DecodeString(c.Value)
		var attempt struct{ State string }
		if err == nil && json.Unmarshal(kept, &attempt) == nil && attempt.State != "" {
			return attempt.State
		}
	}
	require.Fail(b.t, "no attempt is under way")
	return ""
}

// signIn goes through the provider's page as somebody and returns where that ends.
func (b *browser) signIn(p *program, who, next string) page {
	b.t.Helper()
	there := b.atProvider(p, next)
	id := requestID.FindStringSubmatch(there.text)
	require.NotNil(b.t, id, there.text)
	return b.send(http.MethodPost, there.address.Scheme+"://"+there.address.Host+"/login/username", url.Values{"username": {who}, "password": {Password}, "id": {id[1]}})
}
