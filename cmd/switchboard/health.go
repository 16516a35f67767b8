package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// healthCommand asks the process that runs with the same settings.
type healthCommand struct {
	Role string `help:"Ask about one role alone." enum:",gateway,worker,dashboard" default:""`
}

// Run implements the command: exit status 0 when ready, 1 otherwise.
func (h *healthCommand) Run(t *terminal) error {
	cfg, err := loadConfig(environ())
	if err != nil {
		return err
	}
	url := "http://" + reachable(cfg.AdminAddr) + "/readyz"
	if h.Role != "" {
		url += "?role=" + h.Role
	}
	ctx, cancel := context.WithTimeout(t.ctx, 4*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("health: nothing answers at %s: is `switchboard serve` running with the same %sADMIN_ADDR?", url, envPrefix)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	fmt.Fprintln(t.out, strings.TrimSpace(string(body)))
	if res.StatusCode != http.StatusOK {
		return errFailed
	}
	return nil
}

// reachable turns a listening address into one to connect to: an empty or unspecified host listens everywhere.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
