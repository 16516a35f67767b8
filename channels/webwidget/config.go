package webwidget

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"switchboard/chat"
)

// minSecret is the shortest widget secret accepted: it signs people's identities.
const minSecret = 16

// A Widget is one inbox that pages can embed.
type Widget struct {
	ID     string `yaml:"id"` // public; the page sends it as inbox_id
	Name   string `yaml:"name"`
	Secret string `yaml:"secret"` // shared with the customer's server: proves external ids and signs server-to-server requests
	// RequireIdentity refuses an external id without proof. Without it such an id is kept as a claim. A wrong proof is
	// always refused.
	RequireIdentity bool     `yaml:"require_identity"`
	Origins         []string `yaml:"origins"` // pages that may post, compared exactly: scheme://host[:port]
}

// String names the widget without its secret, so that printing a configuration cannot leak it.
func (w Widget) String() string { return "widget " + w.ID }

// LogValue keeps the secret out of logs.
func (w Widget) LogValue() slog.Value { return slog.StringValue(w.String()) }

// A Rate is a token bucket. Zero fields take the default of the limit; a negative PerSecond switches the limit off.
type Rate struct {
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
}

// RateLimits bound what one source may post. The limits of an address leave out loopback, where tests and simulators run;
// those of a visitor count events, the others requests.
type RateLimits struct {
	PerIP         Rate `yaml:"per_ip"`          // default 200/s, burst 1,000: an office behind one address
	PerVisitor    Rate `yaml:"per_visitor"`     // default 50/s, burst 200: more than a full offline flush
	PerInbox      Rate `yaml:"per_inbox"`       // default 5,000/s, burst 20,000
	SessionsPerIP Rate `yaml:"sessions_per_ip"` // default 5/s, burst 60
}

// Config lists the widgets and their limits.
type Config struct {
	Widgets    []Widget   `yaml:"widgets"`
	RateLimits RateLimits `yaml:"rate_limits"`
}

// Validate reports everything wrong with the configuration at once, wrapping chat.ErrInvalid.
func (c Config) Validate() error {
	var errs []error
	seen := make(map[string]bool, len(c.Widgets))
	for i, w := range c.Widgets {
		if w.ID != "" && seen[w.ID] {
			errs = append(errs, fmt.Errorf("webwidget: widget %q is listed twice: %w", w.ID, chat.ErrInvalid))
		}
		seen[w.ID] = true
		for _, problem := range w.problems() {
			errs = append(errs, fmt.Errorf("webwidget: widgets[%d]: %s: %w", i, problem, chat.ErrInvalid))
		}
	}
	return errors.Join(errs...)
}

func (w Widget) problems() []string {
	var found []string
	if !isID(w.ID) {
		found = append(found, "id must be 1 to 128 printable characters")
	}
	if len(w.Secret) < minSecret {
		found = append(found, fmt.Sprintf("secret must have at least %d characters", minSecret))
	}
	if _, err := signingKey(w.Secret); err != nil {
		found = append(found, "secret starts with whsec_ and is not base64 after it")
	}
	for _, o := range w.Origins {
		if !isOrigin(o) {
			found = append(found, fmt.Sprintf("origin %q must be exactly what a browser sends: scheme://host[:port], lower case, no path", o))
		}
	}
	return found
}

// isOrigin reports whether a browser could send s as an Origin header: no wildcard, no null, no path.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return false
	}
	return s == u.Scheme+"://"+u.Host && s == strings.ToLower(s) && !strings.Contains(s, "*")
}

// signingKey is the key of server-to-server signatures: a whsec_ secret is decoded, any other is used as it is.
func signingKey(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return []byte(secret), nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("webwidget: decode secret: %w", chat.ErrInvalid)
	}
	if len(key) < minSecret {
		return nil, fmt.Errorf("webwidget: decoded secret is too short: %w", chat.ErrInvalid)
	}
	return key, nil
}
