package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchboard/geo"
	"switchboard/stream"
)

func checkChannels(_ context.Context, c *config) []finding {
	const check, example = "channels file", "copy deploy/channels.example.yaml, fill in your accounts, and set " + envPrefix + "CHANNELS to it"
	if c.Channels == "" {
		return []finding{choose2(c.embedded(), warn(check, example, "none is configured, so no webhook is taken"), fail(check, example, "none is configured"))}
	}
	file, err := readChannels(c.Channels)
	if errors.Is(err, fs.ErrNotExist) {
		return []finding{fail(check, example, "%s does not exist", c.Channels)}
	}
	if err != nil {
		return []finding{fail(check, "correct the lines named", "%v", err)}
	}
	var names []string
	var weak []string
	note := func(name string, secrets ...string) {
		names = append(names, name)
		for _, s := range secrets {
			if placeholder(s) {
				weak = append(weak, name)
			}
		}
	}
	if file.WhatsApp != nil {
		note("whatsapp", append(file.WhatsApp.AppSecrets, file.WhatsApp.VerifyToken)...)
	}
	if file.Instagram != nil {
		note("instagram", append(file.Instagram.AppSecrets, file.Instagram.VerifyToken)...)
	}
	if file.WebWidget != nil {
		for _, w := range file.WebWidget.Widgets {
			note("webwidget "+w.ID, w.Secret)
		}
	}
	found := []finding{fine(check, "%s: %s", c.Channels, strings.Join(names, ", "))}
	if len(weak) > 0 {
		found = append(found, warn("channel secrets", "take the app secret from Meta's dashboard; make tokens and widget secrets with `openssl rand -hex 32`", "look like placeholders or are short: %s", strings.Join(weak, ", ")))
	}
	if info, err := os.Stat(c.Channels); err == nil && info.Mode().Perm()&0o077 != 0 {
		found = append(found, warn("channels file mode", "chmod 600 "+c.Channels, "%s is readable by others on this machine (%s) and holds secrets", c.Channels, info.Mode().Perm()))
	}
	return found
}

func choose2(yes bool, a, b finding) finding {
	if yes {
		return a
	}
	return b
}

// placeholder tells secrets that nobody chose with care.
func placeholder(s string) bool {
	lower := strings.ToLower(s)
	hints := []string{"change", "example", "...", "random_", "your "} // the last two are in deploy/channels.example.yaml
	return len(s) < 12 || slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(lower, hint) })
}

func checkDataDir(_ context.Context, c *config) []finding {
	const check = "data directory"
	info, err := os.Stat(c.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := filepath.Dir(filepath.Clean(c.DataDir))
		if err := writable(parent); err != nil {
			return []finding{fail(check, "make it, or set "+envPrefix+"DATA_DIR", "%s does not exist and cannot be made: %v", c.DataDir, err)}
		}
		return []finding{fine(check, "%s will be made at the first start", c.DataDir)}
	case err != nil:
		return []finding{fail(check, "set "+envPrefix+"DATA_DIR to a directory", "%v", err)}
	case !info.IsDir():
		return []finding{fail(check, "set "+envPrefix+"DATA_DIR to a directory", "%s is not a directory", c.DataDir)}
	}
	if err := writable(c.DataDir); err != nil {
		return []finding{fail(check, "chown it to the user Switchboard runs as", "cannot be written to: %v", err)}
	}
	found := []finding{fine(check, "%s", c.DataDir)}
	if info.Mode().Perm()&0o077 != 0 {
		found = append(found, warn("data directory mode", "chmod 700 "+c.DataDir, "others on this machine may look into %s (%s); it holds what people wrote", c.DataDir, info.Mode().Perm()))
	}
	if owner := lockOwner(filepath.Join(c.DataDir, "log", "lock")); owner != "" {
		found = append(found, fine("data directory lock", "in use by a running process (pid %s)", owner))
	}
	return found
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func checkSecretStrength(_ context.Context, c *config) []finding {
	var found []finding
	if c.SecretKey != "" && placeholder(string(c.SecretKey)) {
		found = append(found, fail("secret key", "openssl rand -hex 32", "looks like a placeholder: whoever knows it can sign visitors' sessions"))
	} else {
		found = append(found, fine("secret key", "%s", choose(c.SecretKey != "", "configured", "made and kept in the data directory")))
	}
	switch {
	case c.APIToken == "":
		found = append(found, fine("API", "off: set %sAPI_TOKEN to switch it on", envPrefix))
	case len(c.APIToken) < 24 || placeholder(string(c.APIToken)):
		found = append(found, warn("API token", "openssl rand -hex 32", "is short or looks like a placeholder: it opens every conversation"))
	default:
		found = append(found, fine("API token", "set"))
	}
	return found
}

// checkExposure looks at what other machines can reach.
func checkExposure(_ context.Context, c *config) []finding {
	var found []finding
	if loopback(c.Addr) {
		found = append(found, fine("public address", "%s: this machine only; a TLS proxy in front makes it public", c.Addr))
		if len(c.TrustedProxies) == 0 && c.has(roleGateway) {
			found = append(found, warn("trusted proxies", "if a proxy is in front, set "+envPrefix+"TRUSTED_PROXIES="+loopbackHost(c.Addr),
				"none are set: visitors behind a proxy would share one address and its limits"))
		}
		return found
	}
	if !c.CookieSecure {
		found = append(found, warn("cookies", "set "+envPrefix+"COOKIE_SECURE=true once a TLS proxy is in front", "travel without TLS, and %s can be reached from other machines", c.Addr))
	}
	if len(c.TrustedProxies) == 0 && c.has(roleGateway) {
		found = append(found, warn("trusted proxies", "set "+envPrefix+"TRUSTED_PROXIES to the proxy's address", "none are set: behind a proxy every visitor seems to come from it"))
	}
	if !loopback(c.AdminAddr) {
		found = append(found, warn("admin address", "bind it to a private address, or let a firewall guard it", "%s shows metrics and profiles to whoever reaches it", c.AdminAddr))
	}
	return found
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func loopbackHost(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "localhost" {
		return "127.0.0.1"
	}
	return host
}

// checkPorts tells whether the ports are free, or taken by a running Switchboard.
func checkPorts(ctx context.Context, c *config) []finding {
	if running(ctx, c) {
		return []finding{fine("ports", "a Switchboard answers on %s", c.AdminAddr)}
	}
	var found []finding
	var lc net.ListenConfig
	for name, addr := range map[string]string{"ADDR": c.Addr, "ADMIN_ADDR": c.AdminAddr} {
		ln, err := lc.Listen(ctx, "tcp", addr)
		if err == nil {
			err = ln.Close()
		}
		if err != nil {
			found = append(found, fail("ports", "stop what uses it, or set "+envPrefix+name, "cannot listen on %s: %v", addr, err))
		}
	}
	if found == nil {
		found = []finding{fine("ports", "%s and %s are free", c.Addr, c.AdminAddr)}
	}
	return found
}

func running(ctx context.Context, c *config) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(c.AdminAddr)+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

func checkGeo(_ context.Context, c *config) []finding {
	l, err := geo.Open(geo.Config{Files: c.GeoIP})
	if err != nil {
		return []finding{fail("geo data", "run `make geoip`, or correct "+envPrefix+"GEOIP", "%v", err)}
	}
	sources := strings.Join(l.Sources(), ", ")
	if err := l.Close(); err != nil {
		return []finding{fail("geo data", "", "%v", err)}
	}
	return []finding{fine("geo data", "%s", sources)}
}

func checkKafkaCluster(ctx context.Context, c *config) []finding {
	const check = "Kafka"
	if c.embeddedLog() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	problems, err := stream.Inspect(ctx, c.stream())
	if err != nil {
		return []finding{fail(check, "check the addresses, TLS and SASL settings and the rights of the user", "%v", err)}
	}
	found := []finding{fine(check, "%s answers", strings.Join(c.KafkaBrokers, ","))}
	for _, p := range problems {
		found = append(found, warn(check+" topic "+p.Topic, p.Fix, "%s", p.What))
	}
	return found
}

// checkDatabase makes sure that the database answers with its rights; the embedded one is not opened while it is in use.
func checkDatabase(ctx context.Context, c *config) []finding {
	if !c.has(roleWorker) && !c.has(roleDashboard) {
		return nil
	}
	if c.embeddedStore() {
		path := filepath.Join(c.DataDir, "switchboard.db")
		info, err := os.Stat(path)
		if err != nil {
			return []finding{fine("database", "%s will be made at the first start", path)}
		}
		return []finding{fine("database", "%s, %s", path, size(info.Size()))}
	}
	return checkMongo(ctx, c)
}

// checkClock catches a clock that was never set: message times come from the platforms, receive times from here.
func checkClock(context.Context, *config) []finding {
	now := time.Now()
	if now.Year() < 2026 {
		return []finding{fail("clock", "switch time synchronisation on (timedatectl set-ntp true)", "it says %s", now.Format(time.DateTime))}
	}
	return []finding{fine("clock", "%s", now.UTC().Format(time.RFC3339))}
}

// size writes bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%d KiB", n>>10)
	}
}
