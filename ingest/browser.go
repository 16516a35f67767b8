package ingest

import (
	"encoding/json"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"switchboard/channels"
)

// allowOrigin lets a page of a configured origin read the answer. Only that origin is echoed; anything else gets no CORS
// header at all. CORS is for browsers and authenticates nobody: the adapter checks the origin and the session itself.
func allowOrigin(c *fiber.Ctx, issuer channels.SessionIssuer) bool {
	c.Vary(fiber.HeaderOrigin)
	origin := string(c.Request().Header.Peek(fiber.HeaderOrigin))
	if origin == "" || origin == "null" || !issuer.AllowsOrigin(origin) {
		return false
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	c.Set(fiber.HeaderAccessControlExposeHeaders, fiber.HeaderRetryAfter)
	return true
}

// preflight answers the browser's question whether the page may post here.
func preflight(c *fiber.Ctx, issuer channels.SessionIssuer) error {
	if !allowOrigin(c, issuer) {
		return &answer{status: fiber.StatusForbidden, text: statusText(fiber.StatusForbidden)}
	}
	c.Set(fiber.HeaderAccessControlAllowMethods, fiber.MethodPost)
	c.Set(fiber.HeaderAccessControlAllowHeaders, fiber.HeaderContentType)
	c.Set(fiber.HeaderAccessControlMaxAge, "600")
	c.Status(fiber.StatusNoContent)
	return nil
}

// issueSession gives a browser its visitor and session ids. Nothing is stored: the session id is a signature.
func (w *Webhook) issueSession(c *fiber.Ctx, in *intake, requestID string) error {
	size := len(c.Request().Body())
	if !w.inFlight.enter(size) {
		return busy()
	}
	defer w.inFlight.leave(size)
	request, err := w.request(c, in, w.now())
	if err != nil {
		return err
	}
	visitor, session, err := in.issuer.IssueSession(request)
	if err != nil {
		return &refusedByAdapter{err}
	}
	body, err := json.Marshal(struct {
		VisitorID string `json:"visitor_id"`
		SessionID string `json:"session_id"`
		RequestID string `json:"request_id"`
	}{visitor, session, requestID})
	if err != nil {
		return fmt.Errorf("ingest: encode session: %w", err)
	}
	return sendJSON(c, fiber.StatusOK, body)
}
