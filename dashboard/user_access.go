package dashboard

import (
	"errors"
	"fmt"
	"net/http"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// resetPassword gives a user a new password that is shown once, and ends all their sessions.
func (d *Dashboard) resetPassword(c *fiber.Ctx) error {
	password := NewPassword()
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	return d.access(c, chat.AuditPasswordReset, "Password reset", func(u *chat.User) error {
		u.SetPassword(hash, true)
		return nil
	}, func(a *view.UserAccess) {
		a.Created = &view.OneTimePassword{Email: a.Email, Name: a.Name, Password: password}
	})
}

// disableUser ends all sessions of a user and lets them sign in no more.
func (d *Dashboard) disableUser(c *fiber.Ctx) error {
	at, self := d.config.Now(), signedIn(c).user.ID
	return d.access(c, chat.AuditUserDisabled, "User disabled and signed out everywhere", func(u *chat.User) error {
		if u.ID == self {
			return &chat.InputError{Field: "access", Message: "You cannot disable yourself."}
		}
		u.Disable(at)
		return nil
	}, nil)
}

func (d *Dashboard) enableUser(c *fiber.Ctx) error {
	return d.access(c, chat.AuditUserEnabled, "User enabled", func(u *chat.User) error {
		u.Enable()
		return nil
	}, nil)
}

// access changes whether and how a user gets in. Whatever it is, they have to sign in again. amend puts in what is shown once.
func (d *Dashboard) access(c *fiber.Ctx, what, saved string, edit func(*chat.User) error, amend func(*view.UserAccess)) error {
	id := param(c, "user")
	_, cause := d.People.ChangeUser(c.UserContext(), id, edit)
	if cause != nil && !refusal(cause) {
		return fmt.Errorf("dashboard: change access: %w", cause)
	}
	if cause == nil {
		if err := d.endSessions(c, id, signedIn(c).login.ID); err != nil {
			return err
		}
		d.audit(c, what, id, "")
		d.everybodyAgain(c)
	}
	body, err := d.userBody(c)
	if err != nil {
		return err
	}
	if cause != nil {
		body.Access.Refusal = view.RefusalOf(cause)
	} else if amend != nil {
		amend(&body.Access)
		if !fragment(c) {
			return d.showUser(c, http.StatusOK, body) // no way back after a redirect: it is shown this once
		}
	}
	return d.settle(c, cause, saved, part{"oob/user_access", body.Access}, func(status int) error { return d.showUser(c, status, body) })
}

// endSessions signs a user out everywhere, except at the login with the id except.
func (d *Dashboard) endSessions(c *fiber.Ctx, user, except string) error {
	logins, err := d.Logins.LoginsOf(c.UserContext(), user)
	if err != nil {
		return fmt.Errorf("dashboard: list logins: %w", err)
	}
	for i := range logins {
		if logins[i].ID == except {
			continue
		}
		if err := d.Logins.DeleteLogin(c.UserContext(), logins[i].ID); err != nil && !errors.Is(err, chat.ErrNotFound) {
			return fmt.Errorf("dashboard: end login: %w", err)
		}
	}
	return nil
}
