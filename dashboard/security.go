package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
)

// policy lets a page load its own scripts, styles, images and fonts, talk to its own host, and nothing else. Nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure sets the headers every answer of the dashboard carries.
func (d *Dashboard) secure(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if d.config.Secure {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// serve runs a route: headers, a deadline, who is calling, whether the caller meant it, then the handler.
func (d *Dashboard) serve(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		started := time.Now()
		d.secure(c)
		ctx, cancel := context.WithTimeout(c.UserContext(), d.config.Timeout)
		defer cancel()
		c.SetUserContext(ctx)
		err := d.admit(c, r)
		switch {
		case err != nil:
		case mustChange(c, r):
			err = toNewPassword(c)
		default:
			err = r.handle(c)
		}
		d.metrics.request(r, c, err, time.Since(started))
		return err
	}
}

// admit checks the caller's rights for a route, in the one place where rights are checked: the role, the token, and whether
// the conversation in the address is one the caller may see.
func (d *Dashboard) admit(c *fiber.Ctx, r route) error {
	if r.method != fiber.MethodGet {
		if err := deliberate(c); err != nil {
			return err
		}
	}
	if r.role == "" {
		return nil
	}
	s, err := d.session(c)
	if err != nil {
		return err
	}
	if rank(s.user.Role) < rank(r.role) {
		return notFor(r.role, s.user.Role)
	}
	if r.method != fiber.MethodGet && !tokenMatches(c, s.login.CSRF) {
		return fmt.Errorf("dashboard: csrf token: %w", chat.ErrForbidden)
	}
	c.Locals(sessionKey{}, s)
	if mustChange(c, r) {
		return nil // who has to choose a password first gets there whatever they ask for
	}
	return d.within(c, c.Params("conversation"))
}

// notFor refuses a role what takes at least another one, and says who may.
func notFor(least, role chat.Role) error {
	text := "This is for administrators. Nothing was changed."
	if least == supervisor {
		text = "This is for supervisors and administrators. Nothing was changed."
	}
	return &worded{title: "Not allowed", text: text, cause: fmt.Errorf("dashboard: role %s: %w", role, chat.ErrForbidden)}
}

// rank orders the roles; an unknown role may do nothing.
func rank(role chat.Role) int {
	switch role {
	case chat.RoleAgent:
		return 1
	case chat.RoleSupervisor:
		return 2
	case chat.RoleAdmin:
		return 3
	default:
		return 0
	}
}

// deliberate refuses what a page of another site could make a browser send, and bodies that would have to be unpacked.
func deliberate(c *fiber.Ctx) error {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fmt.Errorf("dashboard: request from another site: %w", chat.ErrForbidden)
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, string(c.Request().Host())) {
			return fmt.Errorf("dashboard: foreign origin: %w", chat.ErrForbidden)
		}
	}
	kind, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	if c.Get(fiber.HeaderContentEncoding) != "" || (kind != "" && !strings.EqualFold(strings.TrimSpace(kind), fiber.MIMEApplicationForm)) {
		return fiber.ErrUnsupportedMediaType
	}
	return nil
}

// tokenMatches compares the token of a form field or htmx header with the login's.
func tokenMatches(c *fiber.Ctx, want string) bool {
	got := c.Get("X-CSRF-Token")
	if got == "" {
		got = c.FormValue("csrf")
	}
	return want != "" && subtle.ConstantTimeCompare(unmask(got), []byte(want)) == 1
}

// mask writes the token differently into every answer, so that the size of a compressed page tells nothing about it.
func mask(token string) string {
	pad := make([]byte, len(token))
	rand.Read(pad) // never fails since Go 1.24
	masked := make([]byte, len(token))
	subtle.XORBytes(masked, pad, []byte(token))
	return hex.EncodeToString(pad) + hex.EncodeToString(masked)
}

func unmask(s string) []byte {
	both, err := hex.DecodeString(s)
	if err != nil || len(both)%2 != 0 {
		return nil
	}
	token := make([]byte, len(both)/2)
	subtle.XORBytes(token, both[:len(token)], both[len(token):])
	return token
}

// form is a copy of a form value: Fiber's strings die with the request.
func form(c *fiber.Ctx, name string) string { return strings.Clone(c.FormValue(name)) }

// query is a copy of a query value, cut to a length no honest request reaches.
func query(c *fiber.Ctx, name string) string {
	const most = 2048
	value := c.Query(name)
	return strings.Clone(value[:min(len(value), most)])
}

// param is a copy of a path parameter.
func param(c *fiber.Ctx, name string) string { return strings.Clone(c.Params(name)) }

// localPath keeps an address only when it stays on this site: a path, not "//elsewhere", "/\elsewhere" or "https:".
func localPath(address, fallback string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(address, "/") ||
		strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return fallback
	}
	return address
}

type requestIDKey struct{}

// requestID is the id of this request: what a middleware has put into X-Request-Id, or one of our own.
func requestID(c *fiber.Ctx) string {
	if id := c.GetRespHeader(fiber.HeaderXRequestID); id != "" {
		return id
	}
	if id, ok := c.Locals(requestIDKey{}).(string); ok {
		return id
	}
	id := rand.Text()[:16]
	c.Locals(requestIDKey{}, id)
	c.Set(fiber.HeaderXRequestID, id)
	return id
}
