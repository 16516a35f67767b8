package hostile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the servers are configured with. None of it may ever be seen in a log.
const (
	apiToken      = "hostile-api-token-5f1c"
	verifyToken   = "hostile-verify-token-77ab"
	appSecret     = "hostile-app-secret-19d4"
	oldSecret     = "hostile-previous-secret-aa01"
	widgetSecret  = "hostile-widget-secret-c3e2"
	adminEmail    = "chief@hostile.example"
	adminPassword = "hostile-password-8842"
	secretKey     = "hostile-key-0123456789abcdef0123456789abcdef"

	whatsappNumber   = "880000000000001"
	instagramAccount = "17840000000000001"
	widgetInbox      = "wgt_hostile_01"
	otherInbox       = "wgt_hostile_02"
	shopOrigin       = "https://shop.example"
)

const channelsYAML = `whatsapp:
  verify_token: ` + verifyToken + `
  app_secrets: [` + appSecret + `, ` + oldSecret + `]
  numbers: [{id: "` + whatsappNumber + `", phone: "+12025550100", waba: "990000000000001", name: Sales}]
instagram:
  verify_token: ` + verifyToken + `
  app_secrets: [` + appSecret + `]
  app_id: "123450000000001"
  accounts: [{id: "` + instagramAccount + `", name: Shop}]
webwidget:
  widgets:
    - {id: ` + widgetInbox + `, name: Shop, secret: ` + widgetSecret + `, require_identity: true, origins: ["` + shopOrigin + `"]}
    - {id: ` + otherInbox + `, name: Other, secret: another-` + widgetSecret + `, require_identity: true, origins: ["https://other.example"]}
`

// patience is how long anything may take on a machine that does much else. It is the bound of waiting, not a measurement.
const patience = 30 * time.Second

// A server is the real program, started for these tests.
type server struct {
	base, addr, admin string
	http              *http.Client
	log               *journal

	mu      sync.Mutex
	private []string // what was sent and must not be in the log
}

// journal collects what the program writes.
type journal struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes.String()
}

func start(t *testing.T, more ...string) *server {
	t.Helper()
	dir := t.TempDir()
	channels := filepath.Join(dir, "channels.yaml")
	require.NoError(t, os.WriteFile(channels, []byte(channelsYAML), 0o600))
	s := &server{addr: freeAddr(t), admin: "http://" + freeAddr(t), log: &journal{}}
	s.base = "http://" + s.addr
	s.http = &http.Client{
		Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
	}
	s.mustStaySecret(apiToken, verifyToken, appSecret, oldSecret, widgetSecret, adminPassword, secretKey, adminEmail)
	cmd := exec.Command(os.Getenv(binaryVariable), "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, s.log, s.log
	cmd.Env = append(os.Environ(), append([]string{
		"SWITCHBOARD_ADDR=" + s.addr, "SWITCHBOARD_ADMIN_ADDR=" + strings.TrimPrefix(s.admin, "http://"), "SWITCHBOARD_DATA_DIR=" + filepath.Join(dir, "data"),
		"SWITCHBOARD_CHANNELS=" + channels, "SWITCHBOARD_API_TOKEN=" + apiToken, "SWITCHBOARD_SECRET_KEY=" + secretKey, "SWITCHBOARD_IP_POLICY=full",
		"SWITCHBOARD_ADMIN_EMAIL=" + adminEmail, "SWITCHBOARD_ADMIN_PASSWORD=" + adminPassword, "SWITCHBOARD_LOG_LEVEL=debug",
	}, more...)...)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { s.stop(t, cmd, ended) })
	s.awaitReady(t, ended)
	return s
}

func (s *server) awaitReady(t *testing.T, ended chan error) {
	t.Helper()
	eventually(t, "the server is ready", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the server ended: %v\n%s", err, s.log)
		default:
		}
		res, err := s.http.Get(s.admin + "/readyz")
		if err != nil {
			return false
		}
		require.NoError(t, res.Body.Close())
		return res.StatusCode == http.StatusOK
	})
}

// stop asks the program to end, which it must do by itself and without complaint, whatever it went through.
func (s *server) stop(t *testing.T, cmd *exec.Cmd, ended chan error) {
	s.http.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stop the server: %v\n%s", err, s.log)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server ended badly: %v\n%s", err, s.log)
		}
	case <-time.After(patience):
		t.Errorf("the server did not stop\n%s", s.log)
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		t.Log(<-ended)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// mustStaySecret notes what was sent, to look for it in the log at the end.
func (s *server) mustStaySecret(words ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private = append(s.private, words...)
}

// A reply is an answer that has been read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	closes bool // the server ends the connection with it
}

// send makes a request. headers are name and value in turn; a name given twice is sent twice.
func (s *server) send(t *testing.T, method, path string, body io.Reader, headers ...string) reply {
	t.Helper()
	r, err := s.try(method, path, body, headers...)
	require.NoError(t, err, "%s %s", method, path)
	return r
}

// try is send for places that must not fail the test.
func (s *server) try(method, path string, body io.Reader, headers ...string) (reply, error) {
	req, err := http.NewRequest(method, s.base+path, body)
	if err != nil {
		return reply{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	read, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		return reply{}, err
	}
	return reply{res.StatusCode, res.Header, string(read), res.Close}, err
}

func (s *server) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", s.addr, patience)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() }) // many have been closed by the other side
	return c
}

// exchange writes bytes to a connection of its own and reads all answers until the server closes it or is silent.
func (s *server) exchange(t *testing.T, request string, silence time.Duration) []reply {
	t.Helper()
	c := s.dial(t)
	_, _ = io.WriteString(c, request) //nolint:errcheck // a server may refuse while we still write
	r := bufio.NewReader(c)
	var all []reply
	for {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(silence)))
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return all
		}
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		if res.StatusCode != http.StatusContinue {
			all = append(all, reply{res.StatusCode, res.Header, string(body), res.Close})
		}
	}
}

// api reads JSON from the read-only interface.
func (s *server) api(t *testing.T, path string, into any) {
	t.Helper()
	r := s.send(t, http.MethodGet, path, nil, "Authorization", "Bearer "+apiToken)
	require.Equal(t, http.StatusOK, r.status, "%s: %s", path, r.body)
	require.NoError(t, json.Unmarshal([]byte(r.body), into), path)
}

// entry is what the tests look at of a ledger entry.
type entry struct {
	Verdict        string `json:"verdict"`
	Reason         string `json:"reason"`
	Kind           string `json:"kind"`
	ContactKey     string `json:"contact_key"`
	ContactID      string `json:"contact_id"`
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
	Text           string `json:"text"`
	Verified       bool   `json:"verified"`
}

func (s *server) ledger(t *testing.T, requestID string) []entry {
	t.Helper()
	var list struct {
		Items []entry `json:"items"`
	}
	s.api(t, "/api/v1/ledger?limit=500&request_id="+requestID, &list)
	return list.Items
}

// verdicts waits until the ledger says what became of a webhook.
func (s *server) verdicts(t *testing.T, requestID string) []entry {
	t.Helper()
	var found []entry
	eventually(t, fmt.Sprintf("a verdict on request %s", requestID), func() bool {
		found = s.ledger(t, requestID)
		return len(found) > 0
	})
	return found
}
