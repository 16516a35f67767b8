package dashboard

import (
	"fmt"
	"net/http"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// A settingsScreen is one entry of the navigation below /settings.
type settingsScreen struct {
	path, name, icon string
	role             chat.Role // least role that sees the entry; its routes carry the same
}

// settingsScreens is the navigation below /settings, in its order. People see only what they may open. A new screen adds its
// line here and its routes in its own file; a page starts with settingsFrame.
func settingsScreens() []settingsScreen {
	return []settingsScreen{
		{accountPath, "My account", "circle-user", agent},
		{usersPath, "Users", "users", admin},
		{departmentsPath, "Departments", "building", admin},
		{labelsPath, "Labels and tags", "tags", supervisor},
		{attributesPath, "Attributes", "list", admin},
		{preferencesPath, "Preferences", "settings", admin},
		{erasuresPath, "Erasures", "eye-off", supervisor},
		{"/settings/audit", "Audit log", "shield-check", admin},
	}
}

func (d *Dashboard) settingsRoutes() []route {
	return []route{
		{get, "/settings", agent, d.settingsHome},
	}
}

func (d *Dashboard) settingsHome(c *fiber.Ctx) error {
	return c.Redirect("/settings/account", http.StatusSeeOther)
}

// settingsFrame starts a page below /settings: a frame with the navigation, in which the entry with this path is the open one.
func (d *Dashboard) settingsFrame(c *fiber.Ctx, path string) *frame {
	f := d.frame(c, "Settings", "settings")
	for i := range f.Settings {
		if s := &f.Settings[i]; s.URL == path {
			s.Current, f.Title = true, s.Name
		}
	}
	return f
}

// settingsLinks are the settings screens that somebody with this role may open.
func settingsLinks(role chat.Role) []view.SettingsLink {
	var out []view.SettingsLink
	for _, s := range settingsScreens() {
		if rank(role) >= rank(s.role) {
			out = append(out, view.SettingsLink{Name: s.name, Icon: s.icon, URL: s.path})
		}
	}
	return out
}

// settle answers a form of a settings screen that was saved or refused. Without JavaScript: back to the screen, or the screen
// with what was wrong (show). With htmx: the form's part again, and a toast when something was saved.
func (d *Dashboard) settle(c *fiber.Ctx, cause error, saved string, shown part, show func(status int) error) error {
	switch {
	case cause != nil && !refusal(cause):
		return cause
	case cause != nil && fragment(c):
		return d.answer(c, Status(cause), shown)
	case cause != nil:
		return show(Status(cause))
	case fragment(c):
		return d.answer(c, http.StatusOK, shown, part{"oob/toast", toast{Text: saved}})
	}
	return back(c, "/settings")
}

// settings reads the workspace's settings.
func (d *Dashboard) settings(c *fiber.Ctx) (chat.Settings, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return settings, fmt.Errorf("dashboard: read settings: %w", err)
	}
	return settings, nil
}
