package dashboard

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/sso"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

// SingleSignOn signs people in through a provider. Its errors are those of sso.Provider.
type SingleSignOn interface {
	Begin(ctx context.Context, callback string) (address string, attempt sso.Attempt, err error)
	Finish(ctx context.Context, attempt sso.Attempt, state, issuer, code string) (sso.Person, error)
}

const (
	signOnPath   = "/login/sso"
	callbackPath = signOnPath + "/callback"

	// attemptTime is how long somebody may take at the provider.
	attemptTime = 10 * time.Minute
)

func (d *Dashboard) signOnRoutes() []route {
	return []route{
		{get, signOnPath, anyone, d.beginSignOn},
		{get, callbackPath, anyone, d.finishSignOn},
	}
}

// attemptCookie is bound to the host where the browser can be told so: no other site can put its own attempt there.
func (d *Dashboard) attemptCookie() string { return d.cookieName() + "-sso" }

func (d *Dashboard) setAttempt(c *fiber.Ctx, value string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: d.attemptCookie(), Value: value, Path: "/", Expires: expires, Secure: d.config.Secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// beginSignOn sends the browser to the provider.
func (d *Dashboard) beginSignOn(c *fiber.Ctx) error {
	if d.SignOn == nil {
		return fmt.Errorf("dashboard: single sign-on is not configured: %w", chat.ErrNotFound)
	}
	next := localPath(query(c, "next"), "")
	scheme := "http"
	if d.config.Secure {
		scheme = "https"
	}
	address, attempt, err := d.SignOn.Begin(c.UserContext(), scheme+"://"+string(c.Request().Host())+callbackPath)
	if errors.Is(err, chat.ErrUnavailable) {
		d.log.Warn("single sign-on cannot be reached", "request_id", requestID(c), "err", err)
		return d.showLogin(c, http.StatusServiceUnavailable, loginView{Next: next, Error: signOnDown + requestID(c)})
	}
	if err != nil {
		return err
	}
	attempt.Next = next
	kept, err := json.Marshal(attempt)
	if err != nil {
		return fmt.Errorf("dashboard: keep sign-on: %w", err)
	}
	d.setAttempt(c, base64.RawURLEncoding.EncodeToString(kept), d.config.Now().Add(attemptTime))
	return c.Redirect(address, http.StatusSeeOther)
}

// attempt is the sign-on that this browser has begun; the zero one when there is none.
func (d *Dashboard) attempt(c *fiber.Ctx) sso.Attempt {
	var a sso.Attempt
	kept, err := base64.RawURLEncoding.DecodeString(c.Cookies(d.attemptCookie()))
	if err != nil || json.Unmarshal(kept, &a) != nil {
		return sso.Attempt{}
	}
	return a
}

// signOnDown says that the provider cannot be reached; the request's id follows.
const signOnDown = "Single sign-on cannot be reached just now. Try again in a moment. Request "

// finishSignOn takes the browser back from the provider. The session is made exactly as after a password.
func (d *Dashboard) finishSignOn(c *fiber.Ctx) error {
	if d.SignOn == nil {
		return fmt.Errorf("dashboard: single sign-on is not configured: %w", chat.ErrNotFound)
	}
	attempt := d.attempt(c)
	d.setAttempt(c, "", time.Unix(0, 0)) // it counts once
	user, err := d.whoSignsOn(c, attempt)
	if refusal, ok := errors.AsType[*sso.RefusedError](err); ok {
		d.metrics.logins.WithLabelValues("wrong").Inc()
		d.auditBy(c, user.ID, chat.AuditSignInFailed, user.ID, "single sign-on: "+refusal.Reason)
		return d.showLogin(c, http.StatusUnprocessableEntity, loginView{Next: localPath(attempt.Next, ""), Error: refusal.Message})
	}
	if errors.Is(err, chat.ErrUnavailable) {
		d.log.Warn("single sign-on failed", "request_id", requestID(c), "err", err)
		return d.showLogin(c, http.StatusServiceUnavailable, loginView{Next: localPath(attempt.Next, ""), Error: signOnDown + requestID(c)})
	}
	if err != nil {
		return err
	}
	if err := d.startSession(c, &user, viaSignOn); err != nil {
		return err
	}
	d.metrics.logins.WithLabelValues("ok").Inc()
	d.auditBy(c, user.ID, chat.AuditSignIn, user.ID, "single sign-on")
	return c.Redirect(localPath(attempt.Next, "/inbox"), http.StatusSeeOther)
}

// whoSignsOn is the user the provider vouches for. On a refusal it is still the user, if there is one.
func (d *Dashboard) whoSignsOn(c *fiber.Ctx, attempt sso.Attempt) (chat.User, error) {
	if query(c, "error") != "" {
		return chat.User{}, &sso.RefusedError{Message: "The sign-in was not completed. Please try again.", Reason: "ended at the provider"}
	}
	caller := strings.Clone(d.config.ClientIP(c))
	if d.throttle.begin(caller, "") > 0 {
		return chat.User{}, &sso.RefusedError{Message: "Too many attempts from here. Please wait a little and try again.", Reason: "throttled"}
	}
	person, err := d.SignOn.Finish(c.UserContext(), attempt, query(c, "state"), query(c, "iss"), query(c, "code"))
	if err != nil {
		return chat.User{}, err
	}
	d.throttle.succeeded(caller, "")
	user, err := d.Users.UserByEmail(c.UserContext(), person.Email)
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return d.welcome(c, person)
	case err != nil:
		return user, fmt.Errorf("dashboard: read user: %w", err)
	case !user.Active():
		return user, &sso.RefusedError{Message: "Your account here is disabled. Ask an administrator.", Reason: "user is disabled"}
	}
	return user, nil
}

// welcome makes a user of somebody who comes for the first time, where that is allowed.
func (d *Dashboard) welcome(c *fiber.Ctx, person sso.Person) (chat.User, error) {
	if d.config.SignOnRole == "" {
		return chat.User{}, &sso.RefusedError{Message: "There is no account for you here yet. Ask an administrator.", Reason: "no such user"}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.User{}, fmt.Errorf("dashboard: id of a user: %w", err)
	}
	name, _, _ := strings.Cut(person.Email, "@")
	user := chat.User{ID: id.String(), Email: person.Email, CreatedAt: d.config.Now().UTC()}
	if user.Change(chat.UserEdit{Name: person.Name, Role: d.config.SignOnRole}, user.Seen(), nil) != nil {
		if err := user.Change(chat.UserEdit{Name: name, Role: d.config.SignOnRole}, user.Seen(), nil); err != nil {
			return chat.User{}, err
		}
	}
	if err := d.People.CreateUser(c.UserContext(), user); err != nil {
		return chat.User{}, fmt.Errorf("dashboard: create user: %w", err)
	}
	d.auditBy(c, user.ID, chat.AuditUserCreated, user.ID, "by single sign-on, as "+string(user.Role))
	return user, nil
}
