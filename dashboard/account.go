package dashboard

import (
	"fmt"
	"net/http"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const accountPath = "/settings/account"

// accountBody is everybody's own page.
type accountBody struct {
	Profile  view.Profile
	Password view.PasswordForm
	Sessions view.Sessions
}

func (d *Dashboard) accountRoutes() []route {
	return []route{
		{get, accountPath, agent, d.account},
		{post, accountPath, agent, d.setProfile},
	}
}

func (d *Dashboard) account(c *fiber.Ctx) error {
	body, err := d.accountBody(c, &signedIn(c).user)
	if err != nil {
		return err
	}
	return d.showAccount(c, http.StatusOK, body)
}

func (d *Dashboard) accountBody(c *fiber.Ctx, user *chat.User) (accountBody, error) {
	sessions, err := d.sessionList(c)
	return accountBody{Profile: view.ProfileOf(user, d.form(c, accountPath)), Password: d.passwordForm(c), Sessions: sessions}, err
}

func (d *Dashboard) showAccount(c *fiber.Ctx, status int, body accountBody) error {
	page := d.settingsFrame(c, accountPath)
	page.Body = body
	return d.render(c, status, "pages/account", page)
}

// setProfile saves the caller's own name, time zone and language.
func (d *Dashboard) setProfile(c *fiber.Ctx) error {
	name, zone, locale := form(c, "name"), form(c, "timezone"), form(c, "locale")
	user, cause := d.Users.UpdateUser(c.UserContext(), signedIn(c).user.ID, func(u *chat.User) error { return u.SetProfile(name, zone, locale) })
	if cause != nil && !refusal(cause) {
		return fmt.Errorf("dashboard: save profile: %w", cause)
	}
	if cause != nil {
		user = signedIn(c).user
	}
	body, err := d.accountBody(c, &user)
	if err != nil {
		return err
	}
	if cause != nil {
		body.Profile = body.Profile.Refused(cause, name, zone, locale)
	}
	return d.settle(c, cause, "Profile saved", part{"oob/profile_form", body.Profile}, func(status int) error { return d.showAccount(c, status, body) })
}
