package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const passwordPath = accountPath + "/password"

func (d *Dashboard) sessionRoutes() []route {
	return []route{
		{get, passwordPath, agent, d.passwordPage},
		{post, passwordPath, agent, d.setPassword},
		{post, accountPath + "/sessions/end", agent, d.endSession},
		{post, accountPath + "/sessions/end-others", agent, d.endOtherSessions},
	}
}

// mustChange tells whether the caller has a password that was made for them and asks for something else than to change it.
func mustChange(c *fiber.Ctx, r route) bool {
	s := signedIn(c)
	return s != nil && s.mustChange() && r.path != passwordPath && r.path != "/logout"
}

// mustChange tells whether somebody came in with a password that was made for them.
func (s *session) mustChange() bool { return s.user.MustChangePassword && s.login.Via == viaPassword }

// toNewPassword sends a caller who must choose a password to where that is done.
func toNewPassword(c *fiber.Ctx) error {
	if fragment(c) {
		c.Set("HX-Redirect", passwordPath)
		return c.SendStatus(http.StatusUnauthorized)
	}
	return c.Redirect(passwordPath, http.StatusSeeOther)
}

// passwordPage is all that somebody with a one-time password gets to see. Others change theirs on their account's page.
func (d *Dashboard) passwordPage(c *fiber.Ctx) error {
	if !signedIn(c).mustChange() {
		return c.Redirect(accountPath, http.StatusSeeOther)
	}
	return d.showPassword(c, http.StatusOK, d.passwordForm(c))
}

func (d *Dashboard) passwordForm(c *fiber.Ctx) view.PasswordForm {
	return view.PasswordForm{Form: d.form(c, accountPath), Email: signedIn(c).user.Email, Once: signedIn(c).mustChange(), None: signedIn(c).user.PasswordHash == ""}
}

func (d *Dashboard) showPassword(c *fiber.Ctx, status int, f view.PasswordForm) error {
	page := &frame{Title: "Choose a password", Theme: theme(c), Body: f}
	return d.render(c, status, "pages/password", page)
}

// setPassword changes the caller's password. It asks for the present one, as slowly as signing in when it is guessed, and
// signs out the caller's other browsers.
func (d *Dashboard) setPassword(c *fiber.Ctx) error {
	f := d.passwordForm(c)
	wait, cause := d.tryPassword(c)
	if cause != nil && !refusal(cause) {
		return cause
	}
	f.Refusal = view.RefusalOf(cause)
	if wait > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait/time.Second)+1))
	}
	if f.Once && cause == nil {
		return c.Redirect("/inbox", http.StatusSeeOther)
	}
	if f.Once {
		return d.showPassword(c, http.StatusUnprocessableEntity, f)
	}
	return d.settle(c, cause, "Password changed, other sessions signed out", part{"oob/password_form", f}, func(status int) error {
		body, err := d.accountBody(c, &signedIn(c).user)
		if err != nil {
			return err
		}
		body.Password = f
		return d.showAccount(c, status, body)
	})
}

// tryPassword checks the form and saves. The wait is how long the caller has to pause after wrong guesses.
func (d *Dashboard) tryPassword(c *fiber.Ctx) (time.Duration, error) {
	user, caller := signedIn(c).user, strings.Clone(d.config.ClientIP(c))
	current, next := form(c, "current"), form(c, "password")
	if wait := d.throttle.begin(caller, user.Email); wait > 0 {
		seconds := strconv.Itoa(int(wait.Round(time.Second)/time.Second) + 1)
		return wait, &chat.InputError{Field: "current", Message: "Too many wrong attempts. Please wait " + seconds + " seconds and try again."}
	}
	ok, err := d.password.verify(c.UserContext(), user.PasswordHash, current)
	if err != nil {
		return 0, err
	}
	if !ok {
		d.audit(c, chat.AuditSignInFailed, user.ID, "password change")
		return 0, &chat.InputError{Field: "current", Message: "This is not your present password."}
	}
	d.throttle.succeeded(caller, user.Email)
	switch {
	case next != form(c, "again"):
		return 0, &chat.InputError{Field: "again", Message: "The new password is not the same both times."}
	case next == current:
		return 0, &chat.InputError{Field: "password", Message: "Choose another password than the present one."}
	}
	return 0, d.savePassword(c, next)
}

func (d *Dashboard) savePassword(c *fiber.Ctx, password string) error {
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	user := signedIn(c).user
	_, err = d.Users.UpdateUser(c.UserContext(), user.ID, func(u *chat.User) error {
		if u.PasswordHash != user.PasswordHash {
			return &chat.InputError{Field: "current", Message: "Your password was changed meanwhile. Sign in again."}
		}
		u.SetPassword(hash, false)
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.endSessions(c, user.ID, signedIn(c).login.ID); err != nil {
		return err
	}
	d.audit(c, chat.AuditPasswordChanged, user.ID, "")
	d.everybodyAgain(c)
	return nil
}

// sessionList is where the caller is signed in.
func (d *Dashboard) sessionList(c *fiber.Ctx) (view.Sessions, error) {
	logins, err := d.Logins.LoginsOf(c.UserContext(), signedIn(c).user.ID)
	if err != nil {
		return view.Sessions{}, fmt.Errorf("dashboard: list logins: %w", err)
	}
	return view.SessionsOf(&view.SessionsInput{
		Logins: logins, Current: signedIn(c).login.ID, Idle: idleTime, Device: d.config.Device, Form: d.form(c, accountPath), Clock: d.clock(c),
	}), nil
}

// endSession signs out one of the caller's own browsers.
func (d *Dashboard) endSession(c *fiber.Ctx) error {
	id := form(c, "session")
	login, err := d.Logins.Login(c.UserContext(), id)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return fmt.Errorf("dashboard: read login: %w", err)
	}
	if err == nil && login.UserID != signedIn(c).user.ID {
		return fmt.Errorf("dashboard: login of somebody else: %w", chat.ErrNotFound)
	}
	if err == nil {
		if err := d.Logins.DeleteLogin(c.UserContext(), id); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("dashboard: end login: %w", err)
		}
		d.audit(c, chat.AuditSessionsEnded, signedIn(c).user.ID, "one")
		d.everybodyAgain(c)
	}
	return d.settleSessions(c, "Signed out there")
}

func (d *Dashboard) endOtherSessions(c *fiber.Ctx) error {
	if err := d.endSessions(c, signedIn(c).user.ID, signedIn(c).login.ID); err != nil {
		return err
	}
	d.audit(c, chat.AuditSessionsEnded, signedIn(c).user.ID, "all others")
	d.everybodyAgain(c)
	return d.settleSessions(c, "Signed out everywhere else")
}

func (d *Dashboard) settleSessions(c *fiber.Ctx, saved string) error {
	sessions, err := d.sessionList(c)
	if err != nil {
		return err
	}
	return d.settle(c, nil, saved, part{"oob/sessions", sessions}, nil)
}
