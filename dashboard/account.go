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
	Profile view.Profile
}

func (d *Dashboard) accountRoutes() []route {
	return []route{
		{get, accountPath, agent, d.account},
		{post, accountPath, agent, d.setProfile},
	}
}

func (d *Dashboard) account(c *fiber.Ctx) error {
	return d.showAccount(c, http.StatusOK, d.accountBody(c, &signedIn(c).user))
}

func (d *Dashboard) accountBody(c *fiber.Ctx, user *chat.User) accountBody {
	return accountBody{Profile: view.ProfileOf(user, d.form(c, accountPath))}
}

func (d *Dashboard) showAccount(c *fiber.Ctx, status int, body accountBody) error {
	page := d.settingsFrame(c, accountPath)
	page.Body = body
	return d.render(c, status, "pages/account", page)
}

// setProfile saves the caller's own name, time zone and language.
func (d *Dashboard) setProfile(c *fiber.Ctx) error {
	name, zone, locale := form(c, "name"), form(c, "timezone"), form(c, "locale")
	user, err := d.Users.UpdateUser(c.UserContext(), signedIn(c).user.ID, func(u *chat.User) error { return u.SetProfile(name, zone, locale) })
	if err != nil && !refusal(err) {
		return fmt.Errorf("dashboard: save profile: %w", err)
	}
	if err != nil {
		user = signedIn(c).user
	}
	body := d.accountBody(c, &user)
	if err != nil {
		body.Profile = body.Profile.Refused(err, name, zone, locale)
	}
	return d.settle(c, err, "Profile saved", part{"oob/profile_form", body.Profile}, func(status int) error { return d.showAccount(c, status, body) })
}
