package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What every server of the benchmark is configured with.
const (
	Secret        = "bench-app-secret"
	PhoneID       = "880000000000001"
	WABA          = "990000000000001"
	AdminEmail    = "admin@example.com"
	AdminPassword = "bench-password-only-here-1"
	token         = "bench-api-token"
	channelsYAML  = `whatsapp:
  verify_token: bench-verify-token
  app_secrets: ["` + Secret + `"]
  numbers: [{id: "` + PhoneID + `", phone: "+12025550100", waba: "` + WABA + `", name: "Sales"}]
`
)

// A Server is a running Switchboard.
type Server struct {
	*Process
	Addr  string // public listener
	Admin string // admin listener
	Dir   string // its own: data, configuration, log
	Took  time.Duration

	client *http.Client
}

// Options say how to serve.
type Options struct {
	Binary  string
	Dir     string // where the server's own directory is made
	Roles   string // "": all
	Brokers string // "": embedded
	Mongo   string // "": embedded
	Data    string // data directory of an earlier server; "": empty
}

// Serve starts Switchboard with its real command and waits until it is ready.
func Serve(ctx context.Context, o Options) (*Server, error) {
	dir, err := os.MkdirTemp(o.Dir, "serve-")
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	channels := filepath.Join(dir, "channels.yaml")
	if err := os.WriteFile(channels, []byte(channelsYAML), 0o600); err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	ports, err := FreePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: local(ports[0]), Admin: local(ports[1]), Dir: dir, client: &http.Client{Timeout: 30 * time.Second}}
	data := o.Data
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	env := []string{
		"SWITCHBOARD_ADDR=" + s.Addr, "SWITCHBOARD_ADMIN_ADDR=" + s.Admin, "SWITCHBOARD_DATA_DIR=" + data,
		"SWITCHBOARD_CHANNELS=" + channels, "SWITCHBOARD_API_TOKEN=" + token, "SWITCHBOARD_LOG_LEVEL=warn",
		"SWITCHBOARD_ADMIN_EMAIL=" + AdminEmail, "SWITCHBOARD_ADMIN_PASSWORD=" + AdminPassword,
		"SWITCHBOARD_SECRET_KEY=" + strings.Repeat("bench-key-", 5),
		"SWITCHBOARD_KAFKA_BROKERS=" + o.Brokers, "SWITCHBOARD_MONGO_URI=" + o.Mongo,
	}
	args := []string{"serve"}
	if o.Roles != "" {
		args = append(args, "--roles", o.Roles)
	}
	begun := time.Now()
	if s.Process, err = Start(ctx, Command{Name: "switchboard", Path: o.Binary, Args: args, Env: env, Dir: dir}); err != nil {
		return nil, err
	}
	if err := s.Until(ctx, func() bool { return s.Ready(ctx) }); err != nil {
		return nil, err
	}
	s.Took = time.Since(begun)
	return s, nil
}

// Ready reports whether /readyz says so.
func (s *Server) Ready(ctx context.Context) bool {
	_, status, err := s.get(ctx, "http://"+s.Admin+"/readyz")
	return err == nil && status == http.StatusOK
}

// End stops the server and removes what it kept.
func (s *Server) End() error {
	if err := s.Stop(); err != nil {
		return err
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return fmt.Errorf("remove data: %w", err)
	}
	return nil
}

func (s *Server) get(ctx context.Context, url string) (body []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, 0, fmt.Errorf("get: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("get: %w", err)
	}
	defer response.Body.Close() // read to its end below
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return nil, 0, fmt.Errorf("get: %w", err)
	}
	return body, response.StatusCode, nil
}

// API reads a document of the JSON API.
func (s *Server) API(ctx context.Context, path string, into any) error {
	body, status, err := s.get(ctx, "http://"+s.Addr+"/api/v1"+path)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("api %s: status %d", path, status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("api %s: %w", path, err)
	}
	return nil
}

// Sum adds up a metric over the series whose labels contain all of the given ones, written as in the text format.
func (s *Server) Sum(ctx context.Context, name string, labels ...string) (float64, error) {
	body, status, err := s.get(ctx, "http://"+s.Admin+"/metrics")
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, fmt.Errorf("metrics: status %d", status)
	}
	return sum(body, name, labels)
}

func sum(text []byte, name string, labels []string) (float64, error) {
	var total float64
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		series, value, ok := strings.Cut(lines.Text(), "} ")
		if !ok {
			if series, value, ok = strings.Cut(lines.Text(), " "); !ok {
				continue
			}
		}
		metric, has, _ := strings.Cut(series, "{")
		if metric != name || !containsAll(has, labels) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("metrics: %s: %w", name, err)
		}
		total += n
	}
	return total, nil
}

func containsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// FreePorts finds TCP ports of the loopback that nobody has now.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("free port: %w", err)
		}
		defer l.Close() // it only held the port
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// Listening reports whether something accepts connections at an address.
func Listening(ctx context.Context, address string) bool {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
