package dashboard

import (
	"slices"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
)

// A route is one address with the least role it takes to use it; an empty role means that no sign-in is needed.
type route struct {
	method string
	path   string
	role   chat.Role
	handle fiber.Handler
}

// The least roles of routes.
const (
	anyone     = chat.Role("")
	agent      = chat.RoleAgent
	supervisor = chat.RoleSupervisor
	admin      = chat.RoleAdmin
)

const (
	get  = fiber.MethodGet
	post = fiber.MethodPost
)

// routes is the whole table: every screen's part of it stands with the screen. Rights are checked from it in one place
// (admit), and a test walks all of it.
func (d *Dashboard) routes() []route {
	return slices.Concat(
		[]route{
			{get, "/static/*", anyone, d.asset},
			{get, "/", agent, d.home},
			{get, "/events", agent, d.events},
		},
		d.loginRoutes(),
		d.inboxRoutes(),
		d.viewRoutes(),
		d.handlingRoutes(),
		d.searchRoutes(),
		d.contactRoutes(),
		d.mergeRoutes(),
		d.labelRoutes(),
		d.presenceRoutes(),
		d.findRoutes(),
		d.settingsRoutes(),
		d.accountRoutes(),
		d.sessionRoutes(),
		d.signOnRoutes(),
		d.userRoutes(),
		d.departmentRoutes(),
		d.auditRoutes(),
		d.labelSettingsRoutes(),
		d.attributeSettingsRoutes(),
		d.preferenceRoutes(),
		d.privacyRoutes(),
		d.noteRoutes(),
		d.historyRoutes(),
		d.commentRoutes(),
		d.noticeRoutes(),
		d.escalationRoutes(),
	)
}

// Register adds the dashboard to the application, which should be case-sensitive and strict about trailing slashes and use
// Error as its error handler.
func (d *Dashboard) Register(app fiber.Router) {
	for _, r := range d.routes() {
		app.Add(r.method, r.path, d.serve(r))
	}
}

func (d *Dashboard) home(c *fiber.Ctx) error { return c.Redirect("/inbox", fiber.StatusSeeOther) }

// asset serves a file under its hashed name, compressed once at start, to be kept for ever.
func (d *Dashboard) asset(c *fiber.Ctx) error {
	asset, ok := d.assets.Find(c.Path())
	if !ok {
		return fiber.ErrNotFound
	}
	body, encoding := asset.Encoded(c.Get(fiber.HeaderAcceptEncoding))
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	c.Vary(fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderContentType, asset.Type)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	return c.Send(body)
}
