package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
)

// Status maps an error to the HTTP status of the dashboard and the API.
func Status(err error) int {
	var asFiber *fiber.Error
	switch {
	case errors.Is(err, chat.ErrInvalid):
		return http.StatusUnprocessableEntity
	case errors.Is(err, chat.ErrUnauthenticated):
		return http.StatusUnauthorized
	case errors.Is(err, chat.ErrForbidden):
		return http.StatusForbidden
	case errors.Is(err, chat.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, chat.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, chat.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, chat.ErrTooMany):
		return http.StatusTooManyRequests
	case errors.Is(err, chat.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.As(err, &asFiber):
		return asFiber.Code
	default:
		return http.StatusInternalServerError
	}
}

// words says what happened to the user's work. It never shows an error's own text.
func words(status int) (title, text string) {
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "That cannot be done", "Something in the request is not valid. Nothing was changed."
	case http.StatusUnauthorized:
		return "Please sign in", "You are signed out. Nothing was changed."
	case http.StatusForbidden:
		return "Not allowed", "You may not do this, or this page is too old: reload it and try again. Nothing was changed."
	case http.StatusNotFound:
		return "Not found", "There is nothing here any more, or the address is wrong."
	case http.StatusMethodNotAllowed:
		return "Not possible", "This address cannot do that. Nothing was changed."
	case http.StatusConflict:
		return "Somebody else was faster", "This was changed meanwhile. Your change was not saved: look at what is there now and try again."
	case http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong:
		return "Too large", "That is more than can be sent at once. Nothing was changed."
	case http.StatusUnsupportedMediaType:
		return "Not possible", "The request has a form that is not understood. Nothing was changed."
	case http.StatusTooManyRequests:
		return "Too many attempts", "Please wait a little and try again."
	case http.StatusServiceUnavailable:
		return "Not available just now", "Switchboard cannot reach its storage. Your change was probably not saved: try again in a moment."
	default:
		return "Something went wrong", "This is our mistake and was noted. Your change was probably not saved: try again."
	}
}

// failure is what error templates show.
type failure struct {
	Title, Text, RequestID string
	Status                 int
	Link, LinkText         string // where to go on; may be empty
}

// worded is an error that says by itself what happened to the user's work.
type worded struct {
	title, text    string
	link, linkText string
	cause          error
}

func (e *worded) Error() string { return e.cause.Error() }

func (e *worded) Unwrap() error { return e.cause }

// shown is the error for a template.
func (e *worded) shown(status int, id string) failure {
	return failure{Title: e.title, Text: e.text, RequestID: id, Status: status, Link: e.link, LinkText: e.linkText}
}

// failureOf words an error for people.
func failureOf(err error, status int, id string) failure {
	if w, ok := errors.AsType[*worded](err); ok {
		return w.shown(status, id)
	}
	title, text := words(status)
	return failure{Title: title, Text: text, RequestID: id, Status: status}
}

// Error is Fiber's ErrorHandler for the public application: it maps an error to a status once, logs it once if it needs a
// human, and answers in the form the route speaks.
func (d *Dashboard) Error(c *fiber.Ctx, err error) error {
	status := Status(err)
	id := requestID(c)
	if status >= http.StatusInternalServerError {
		d.log.Error("request failed", "method", c.Method(), "route", c.Route().Path, "status", status, "request_id", id, "err", err)
	}
	d.secure(c)
	c.Set(fiber.HeaderCacheControl, "no-store")
	shown := failureOf(err, status, id)
	title := shown.Title
	if status == http.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, "2")
	}
	path := c.Path()
	switch {
	case strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/"):
		if message, ok := chat.IsInput(err); ok {
			title = message // names the parameter
		}
		if status == http.StatusUnauthorized {
			title = "A bearer token is needed: Authorization: Bearer TOKEN" // there is no sign-in for programs
		}
		return c.Status(status).JSON(fiber.Map{"error": title, "request_id": id})
	case !fragment(c) && strings.Contains(c.Get(fiber.HeaderAccept), "text/event-stream"): // an EventSource; htmx accepts streams as well
		return c.Status(status).SendString(title)
	case status == http.StatusUnauthorized:
		return toSignIn(c)
	case fragment(c):
		return d.render(c, status, "oob/failure", shown)
	}
	page := &frame{Title: title, Theme: theme(c), Body: shown}
	return d.render(c, status, "pages/error", page)
}

// toSignIn sends a signed-out caller to the sign-in page and back afterwards. htmx must not follow a redirect into a fragment,
// so it is told to go there itself.
func toSignIn(c *fiber.Ctx) error {
	next := ""
	if c.Method() == fiber.MethodGet {
		next = string(c.Request().URI().RequestURI())
	}
	if fragment(c) {
		if u, err := url.Parse(c.Get("HX-Current-URL")); err == nil {
			next = u.RequestURI()
		}
	}
	target := "/login"
	if next = localPath(next, ""); next != "" && next != "/" {
		target += "?next=" + url.QueryEscape(next)
	}
	if fragment(c) {
		c.Set("HX-Redirect", target)
		return c.SendStatus(http.StatusUnauthorized)
	}
	return c.Redirect(target, http.StatusSeeOther)
}
