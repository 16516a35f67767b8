package dashboard

import (
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

// routes is the whole table. Rights are checked from it in one place (admit), and a test walks all of it.
func (d *Dashboard) routes() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const anyone, agent = chat.Role(""), chat.RoleAgent
	return []route{
		{get, "/static/*", anyone, d.asset},
		{get, "/login", anyone, d.loginPage},
		{post, "/login", anyone, d.signIn},
		{post, "/logout", agent, d.signOut},

		{get, "/", agent, d.home},
		{get, "/events", agent, d.events},

		{get, "/inbox", agent, d.inbox},
		{get, "/inbox/:conversation", agent, d.conversation},
		{get, "/inbox/:conversation/messages", agent, d.messages},
		{post, "/inbox/:conversation/read", agent, d.markRead},
		{get, "/inbox/:conversation/panel", agent, d.panel},
		{post, "/inbox/:conversation/panel", agent, d.choosePanel},
		{post, "/inbox/:conversation/state", agent, d.setState},
		{post, "/inbox/:conversation/assignee", agent, d.setAssignee},
		{post, "/inbox/:conversation/priority", agent, d.setPriority},
		{post, "/inbox/:conversation/labels", agent, d.addConversationLabel},
		{post, "/inbox/:conversation/labels/remove", agent, d.removeConversationLabel},
		{post, "/inbox/:conversation/attributes", agent, d.setConversationAttribute},
		{post, "/inbox/:conversation/attributes/remove", agent, d.removeConversationAttribute},

		{get, "/contacts", agent, d.contacts},
		{get, "/contacts/:contact", agent, d.contact},
		{get, "/contacts/:contact/fields/:field", agent, d.field},
		{post, "/contacts/:contact/fields/:field", agent, d.setField},
		{post, "/contacts/:contact/labels", agent, d.addContactLabel},
		{post, "/contacts/:contact/labels/remove", agent, d.removeContactLabel},
		{post, "/contacts/:contact/attributes", agent, d.setContactAttribute},
		{post, "/contacts/:contact/attributes/remove", agent, d.removeContactAttribute},
	}
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
