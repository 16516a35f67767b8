package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Eraser erases people. StartErasure decides; FinishErasure removes and may be interrupted: what is left is removed later.
type Eraser interface {
	PlanErasure(ctx context.Context, contactID string) (chat.ErasurePlan, error)
	StartErasure(ctx context.Context, contactID string, order chat.ErasureOrder) (chat.Erasure, error)
	FinishErasure(ctx context.Context, id string) (chat.Erasure, error)
}

// Erasures reads the certificates of erasures.
type Erasures interface {
	Erasure(ctx context.Context, id string) (chat.Erasure, error)
	Erasures(ctx context.Context, page chat.PageRequest) (chat.List[chat.Erasure], error)
}

// LogKeeping says when the log's own copies of what arrived before a time are gone.
type LogKeeping interface {
	LogExpiry(ctx context.Context, at time.Time) []chat.Expiry
}

const (
	erasuresPath = "/settings/erasures"
	erasurePage  = 50
	// eraseFor is how long the page waits for an erasure before it says that it goes on in the background.
	eraseFor = 5 * time.Second
)

func (d *Dashboard) privacyRoutes() []route {
	return []route{
		{get, "/contacts/:contact/export", supervisor, d.exportPerson},
		{get, "/contacts/:contact/erase", supervisor, d.erasePlan},
		{post, "/contacts/:contact/erase", supervisor, d.erase},
		{get, erasuresPath, supervisor, d.erasures},
		{get, erasuresPath + "/:erasure", supervisor, d.erasure},
		{get, erasuresPath + "/:erasure/certificate.txt", supervisor, d.certificate},
	}
}

// privacyOf offers export and erasure to those who may.
func privacyOf(c *fiber.Ctx, contact *chat.Contact) *view.Privacy {
	if rank(signedIn(c).user.Role) < rank(supervisor) {
		return nil
	}
	return view.PrivacyOf(contact.ID)
}

// gone is the error of a page about somebody who was erased: it says so. A page that was open and asks for news is led here.
func (d *Dashboard) gone(c *fiber.Ctx, contact string, cause error) error {
	if !errors.Is(cause, chat.ErrNotFound) {
		return cause
	}
	erasure, err := d.Erasures.Erasure(c.UserContext(), chat.ErasureID(contact))
	if err != nil {
		return cause
	}
	if fragment(c) {
		c.Set("HX-Redirect", view.ContactURL(contact))
		return c.SendStatus(http.StatusNotFound)
	}
	clock := d.clock(c)
	w := &worded{
		title: "This person was erased", text: "Their contact, conversations and notes were removed on " + clock.Moment(erasure.RequestedAt).Exact + ". What was being written about them was not kept. Nothing is wrong, and there is nothing to do.",
		link: "/contacts", linkText: "To the contacts", cause: cause,
	}
	if rank(signedIn(c).user.Role) >= rank(supervisor) {
		w.link, w.linkText = erasuresPath+"/"+url.PathEscape(erasure.ID), "The certificate"
	}
	return w
}

// erasePlan asks before a person is erased: what goes, what stays until when.
func (d *Dashboard) erasePlan(c *fiber.Ctx) error { return d.askErase(c, http.StatusOK, "") }

func (d *Dashboard) askErase(c *fiber.Ctx, status int, refused string) error {
	contact, err := d.Contacts.Contact(c.UserContext(), param(c, "contact"))
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	plan, err := d.Eraser.PlanErasure(c.UserContext(), contact.ID)
	if err != nil {
		return fmt.Errorf("dashboard: plan an erasure: %w", err)
	}
	page := d.frame(c, "Erase "+view.ContactName(&contact), "contacts")
	page.Body = view.EraseOf(&contact, &plan, d.LogKeeping.LogExpiry(c.UserContext(), d.config.Now().UTC()),
		view.Form{CSRF: signedIn(c).token, Return: view.ContactURL(contact.ID)}, refused, d.clock(c))
	return d.render(c, status, "pages/erase", page)
}

// erase erases a person. It waits a moment for it to be done; what is not done by then goes on in the background.
func (d *Dashboard) erase(c *fiber.Ctx) error {
	if form(c, "sure") == "" {
		return d.askErase(c, http.StatusUnprocessableEntity, "Tick the box to say that you are sure.")
	}
	now := d.config.Now().UTC()
	erasure, err := d.Eraser.StartErasure(c.UserContext(), param(c, "contact"), chat.ErasureOrder{
		By: signedIn(c).user.ID, ByName: by(c), Expires: d.LogKeeping.LogExpiry(c.UserContext(), now),
	})
	if err != nil {
		return fmt.Errorf("dashboard: start an erasure: %w", err)
	}
	d.audit(c, chat.AuditErasure, param(c, "contact"), "certificate "+erasure.ID)
	ctx, cancel := context.WithTimeout(c.UserContext(), eraseFor)
	defer cancel()
	if _, err := d.Eraser.FinishErasure(ctx, erasure.ID); err != nil {
		d.log.Warn("an erasure goes on in the background", "request_id", requestID(c), "erasure", erasure.ID, "err", err)
	}
	d.changed(c, chat.Change{Contact: param(c, "contact"), What: []string{"erased"}})
	return c.Redirect(erasuresPath+"/"+url.PathEscape(erasure.ID), http.StatusSeeOther)
}

func (d *Dashboard) erasures(c *fiber.Ctx) error {
	list, err := d.Erasures.Erasures(c.UserContext(), chat.PageRequest{Cursor: query(c, "after"), Limit: erasurePage})
	if err != nil {
		return fmt.Errorf("dashboard: list erasures: %w", err)
	}
	page := d.settingsFrame(c, erasuresPath)
	page.Body = view.ErasureListOf(list, d.clock(c))
	return d.render(c, http.StatusOK, "pages/erasures", page)
}

func (d *Dashboard) erasure(c *fiber.Ctx) error {
	erasure, err := d.Erasures.Erasure(c.UserContext(), param(c, "erasure"))
	if err != nil {
		return fmt.Errorf("dashboard: read an erasure: %w", err)
	}
	certificate := view.CertificateOf(&erasure, d.clock(c))
	if fragment(c) {
		return d.render(c, http.StatusOK, "partials/certificate", certificate)
	}
	page := d.settingsFrame(c, erasuresPath)
	page.Title = "Certificate of erasure"
	page.Body = certificate
	return d.render(c, http.StatusOK, "pages/erasure", page)
}

// certificate is the certificate as a file to keep.
func (d *Dashboard) certificate(c *fiber.Ctx) error {
	erasure, err := d.Erasures.Erasure(c.UserContext(), param(c, "erasure"))
	if err != nil {
		return fmt.Errorf("dashboard: read an erasure: %w", err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="erasure-`+view.FileWord(erasure.ID)+`.txt"`)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return c.SendString(view.CertificateText(&erasure))
}
