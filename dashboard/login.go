package dashboard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// A login ends after idleTime without a request; it is prolonged at most once in touchAfter, so that not every request writes.
const (
	idleTime   = 14 * 24 * time.Hour
	touchAfter = time.Hour
)

// How somebody signed in, as logins keep it.
const (
	viaPassword = ""
	viaSignOn   = "sso"
)

// maxEmail is the longest address there can be.
const maxEmail = 254

type sessionKey struct{}

// session is who is calling.
type session struct {
	login chat.Login
	user  chat.User
	token string // of this login's forms, masked for this answer
}

// signedIn is the caller of a route that needs a role, and nil on others.
func signedIn(c *fiber.Ctx) *session {
	s, _ := c.Locals(sessionKey{}).(*session)
	return s
}

func (d *Dashboard) loginRoutes() []route {
	return []route{
		{get, "/login", anyone, d.loginPage},
		{post, "/login", anyone, d.signIn},
		{post, "/logout", agent, d.signOut},
	}
}

// cookieName is bound to the host where the browser can be told so.
func (d *Dashboard) cookieName() string {
	if d.config.Secure {
		return "__Host-switchboard"
	}
	return "switchboard"
}

// loginID is what the store knows a cookie by. The value itself is never stored.
func loginID(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}

// session finds the caller's login and user.
func (d *Dashboard) session(c *fiber.Ctx) (*session, error) {
	cookie := c.Cookies(d.cookieName())
	if cookie == "" {
		return nil, fmt.Errorf("dashboard: no session cookie: %w", chat.ErrUnauthenticated)
	}
	login, err := d.Logins.Login(c.UserContext(), loginID(cookie))
	if err != nil {
		return nil, gone(err)
	}
	now := d.config.Now()
	if !login.ExpiresAt.After(now) {
		return nil, fmt.Errorf("dashboard: login expired: %w", chat.ErrUnauthenticated)
	}
	user, err := d.Users.User(c.UserContext(), login.UserID)
	if err != nil {
		return nil, gone(err)
	}
	if !user.DisabledAt.IsZero() {
		return nil, fmt.Errorf("dashboard: user disabled: %w", chat.ErrUnauthenticated)
	}
	if login.ExpiresAt.Sub(now) < idleTime-touchAfter {
		if err := d.Logins.TouchLogin(c.UserContext(), login.ID, now.Add(idleTime).UTC()); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return nil, fmt.Errorf("dashboard: prolong login: %w", err)
		}
		d.setCookie(c, strings.Clone(cookie), now.Add(idleTime))
	}
	return &session{login: login, user: user, token: mask(login.CSRF)}, nil
}

// gone makes "there is no such login or user" mean "not signed in"; a store that cannot be reached stays what it is.
func gone(err error) error {
	if errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("dashboard: unknown login: %w", chat.ErrUnauthenticated)
	}
	return fmt.Errorf("dashboard: read login: %w", err)
}

func (d *Dashboard) setCookie(c *fiber.Ctx, value string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: d.cookieName(), Value: value, Path: "/", Expires: expires, Secure: d.config.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// loginView is the sign-in form.
type loginView struct {
	Email, Next, Error string
	SignOnURL          string // empty where there is no single sign-on
}

func (d *Dashboard) loginPage(c *fiber.Ctx) error {
	next := localPath(query(c, "next"), "")
	if _, err := d.session(c); err == nil {
		return c.Redirect(localPath(next, "/inbox"), http.StatusSeeOther)
	}
	return d.showLogin(c, http.StatusOK, loginView{Next: next})
}

func (d *Dashboard) showLogin(c *fiber.Ctx, status int, v loginView) error {
	if d.SignOn != nil {
		v.SignOnURL = view.URL(signOnPath, url.Values{"next": {v.Next}})
	}
	f := &frame{Title: "Sign in", Theme: theme(c), Body: v}
	return d.render(c, status, "pages/login", f)
}

func (d *Dashboard) signIn(c *fiber.Ctx) error {
	email := strings.ToLower(strings.TrimSpace(form(c, "email")))
	email = strings.ToValidUTF8(email[:min(len(email), maxEmail)], "") // the throttle keeps it
	shown := loginView{Email: email, Next: localPath(form(c, "next"), "")}
	caller := strings.Clone(d.config.ClientIP(c))
	if wait := d.throttle.begin(caller, email); wait > 0 {
		d.metrics.logins.WithLabelValues("throttled").Inc()
		seconds := strconv.Itoa(int(wait.Round(time.Second)/time.Second) + 1)
		c.Set(fiber.HeaderRetryAfter, seconds)
		shown.Error = "Too many wrong attempts from here. Please wait " + seconds + " seconds and try again."
		return d.showLogin(c, http.StatusTooManyRequests, shown)
	}
	user, ok, err := d.authenticate(c, email, form(c, "password"))
	if err != nil {
		return err
	}
	if !ok {
		d.metrics.logins.WithLabelValues("wrong").Inc()
		d.auditBy(c, user.ID, chat.AuditSignInFailed, user.ID, "password")
		shown.Error = "This e-mail and password do not belong together."
		return d.showLogin(c, http.StatusUnprocessableEntity, shown)
	}
	d.throttle.succeeded(caller, email)
	if err := d.startSession(c, &user, viaPassword); err != nil {
		return err
	}
	d.metrics.logins.WithLabelValues("ok").Inc()
	d.auditBy(c, user.ID, chat.AuditSignIn, user.ID, "password")
	d.log.Info("signed in", "user", user.ID, "request_id", requestID(c))
	return c.Redirect(localPath(shown.Next, "/inbox"), http.StatusSeeOther)
}

// authenticate checks e-mail and password. It takes the same time whether or not the e-mail is known.
func (d *Dashboard) authenticate(c *fiber.Ctx, email, password string) (chat.User, bool, error) {
	user, err := d.Users.UserByEmail(c.UserContext(), email)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return chat.User{}, false, fmt.Errorf("dashboard: read user: %w", err)
	}
	hash := user.PasswordHash
	if err != nil || !user.DisabledAt.IsZero() {
		hash = ""
	}
	ok, err := d.password.verify(c.UserContext(), hash, password)
	return user, ok, err
}

// startSession makes a fresh login (never one the browser brought along) and ends the one it replaces.
func (d *Dashboard) startSession(c *fiber.Ctx, user *chat.User, via string) error {
	ctx, now := c.UserContext(), d.config.Now().UTC()
	if old := c.Cookies(d.cookieName()); old != "" {
		if err := d.Logins.DeleteLogin(ctx, loginID(old)); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("dashboard: end old login: %w", err)
		}
	}
	value := rand.Text() + rand.Text()
	agent := strings.ToValidUTF8(c.Get(fiber.HeaderUserAgent), "")
	login := chat.Login{
		ID: loginID(value), UserID: user.ID, CSRF: rand.Text(), UserAgent: strings.Clone(agent[:min(len(agent), 200)]),
		Via: via, CreatedAt: now, ExpiresAt: now.Add(idleTime),
	}
	if err := d.Logins.CreateLogin(ctx, login); err != nil {
		return fmt.Errorf("dashboard: create login: %w", err)
	}
	d.setCookie(c, value, login.ExpiresAt)
	return d.adoptTimeZone(c, user)
}

// adoptTimeZone keeps the browser's time zone for a user who has not chosen one.
func (d *Dashboard) adoptTimeZone(c *fiber.Ctx, user *chat.User) error {
	zone := form(c, "timezone")
	if user.TimeZone != "" || zone == "" || zone == "Local" || len(zone) > 64 {
		return nil
	}
	if _, err := time.LoadLocation(zone); err != nil {
		return nil //nolint:nilerr // what the browser says is only a hint
	}
	_, err := d.Users.UpdateUser(c.UserContext(), user.ID, func(u *chat.User) error {
		if u.TimeZone == "" {
			u.TimeZone = zone
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("dashboard: keep time zone: %w", err)
	}
	return nil
}

func (d *Dashboard) signOut(c *fiber.Ctx) error {
	if err := d.Logins.DeleteLogin(c.UserContext(), signedIn(c).login.ID); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("dashboard: sign out: %w", err)
	}
	d.audit(c, chat.AuditSignOut, signedIn(c).user.ID, "")
	d.setCookie(c, "", time.Unix(0, 0))
	c.Set("Clear-Site-Data", `"cache"`)
	return c.Redirect("/login", http.StatusSeeOther)
}
