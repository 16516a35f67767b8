package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Auditor keeps the audit log.
type Auditor interface {
	Audit(ctx context.Context, e chat.AuditEntry) error
	AuditLog(ctx context.Context, q chat.AuditQuery) (chat.List[chat.AuditEntry], error)
}

// audit notes that the caller did something: what is one of chat's Audit words, about the id of the document or the part of
// the settings it was done to, detail a few words without personal data. It is written after the deed; when that fails, the
// deed stands and the log of the process says so.
func (d *Dashboard) audit(c *fiber.Ctx, what, about, detail string) {
	who := ""
	if s := signedIn(c); s != nil {
		who = s.user.ID
	}
	d.auditBy(c, who, what, about, detail)
}

// auditBy is audit for somebody who is not signed in, or not yet.
func (d *Dashboard) auditBy(c *fiber.Ctx, who, what, about, detail string) {
	policy := ""
	if settings, err := d.Settings.Settings(c.UserContext()); err == nil {
		policy = settings.IPPolicy
	}
	err := d.Auditor.Audit(c.UserContext(), chat.AuditEntry{
		At: d.config.Now().UTC(), Who: who, What: what, About: about, Detail: detail,
		IP: d.config.KeepIP(policy, strings.Clone(d.config.ClientIP(c))),
	})
	if err != nil {
		d.log.Error("not written to the audit log", "what", what, "who", who, "about", about, "request_id", requestID(c), "err", err)
	}
}

const auditPage = 50

func (d *Dashboard) auditRoutes() []route {
	return []route{
		{get, "/settings/audit", admin, d.auditScreen},
	}
}

func (d *Dashboard) auditScreen(c *fiber.Ctx) error {
	page := d.settingsFrame(c, "/settings/audit")
	values := url.Values{"what": {query(c, "what")}, "who": {query(c, "who")}}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: list users: %w", err)
	}
	q := chat.AuditQuery{Who: values.Get("who"), What: values.Get("what"), PageRequest: chat.PageRequest{Cursor: query(c, "after"), Limit: auditPage}}
	list, err := d.Auditor.AuditLog(c.UserContext(), q)
	if err != nil {
		return fmt.Errorf("dashboard: read the audit log: %w", err)
	}
	body := view.AuditOf(&view.AuditInput{Entries: list.Items, Next: list.Next, Query: values, Users: users, Clock: d.clock(c)})
	switch {
	case fragment(c) && q.Cursor != "":
		return d.render(c, http.StatusOK, "partials/audit_rows", body)
	case fragment(c):
		c.Set("HX-Replace-Url", view.URL("/settings/audit", values))
		return d.render(c, http.StatusOK, "partials/audit", body)
	}
	page.Body = body
	return d.render(c, http.StatusOK, "pages/audit", page)
}
