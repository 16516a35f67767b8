package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"switchboard/chat"
)

// An answer is what a sender is told instead of 200. Its text is fixed: nothing internal and nothing the sender wrote.
type answer struct {
	status int
	text   string
	detail string // an adapter's fixed words about what is wrong with the input
	allow  string // methods, for 405
	retry  time.Duration
}

func (a *answer) Error() string { return fmt.Sprintf("%d %s", a.status, a.text) }

// refusedByAdapter marks an error whose text is fixed and safe to show, as channels.Adapter promises.
type refusedByAdapter struct{ err error }

func (r *refusedByAdapter) Error() string { return "ingest: refused: " + r.err.Error() }
func (r *refusedByAdapter) Unwrap() error { return r.err }

// What the endpoints answer without asking an adapter.
const (
	textEncoding    = "Content-Encoding is not accepted: send the body as it is"
	textContentType = "Content-Type must be application/json"
	textEmpty       = "the body is empty"
	textBusy        = "too many requests under way, try again"
)

// retryAfter is how long a refused sender is asked to wait.
const retryAfter = 2 * time.Second

func statusText(status int) string {
	switch status {
	case fiber.StatusBadRequest:
		return "bad request"
	case fiber.StatusUnauthorized:
		return "signature or identity proof is missing or wrong"
	case fiber.StatusForbidden:
		return "not allowed"
	case fiber.StatusNotFound:
		return "no such endpoint"
	case fiber.StatusMethodNotAllowed:
		return "method not allowed"
	case fiber.StatusRequestTimeout:
		return "the request took too long"
	case fiber.StatusRequestEntityTooLarge:
		return "the body is over " + strconv.Itoa(MaxBody>>20) + " MiB"
	case fiber.StatusUnprocessableEntity:
		return "the body cannot be accepted"
	case fiber.StatusTooManyRequests:
		return "too many requests"
	case fiber.StatusRequestHeaderFieldsTooLarge:
		return "the request header is too large"
	case fiber.StatusServiceUnavailable:
		return "temporarily unavailable, try again"
	default:
		return "internal error"
	}
}

// answerFor maps an error to what the sender is told. It is the only place that does.
func answerFor(err error) *answer {
	if known, ok := errors.AsType[*answer](err); ok {
		return known
	}
	if framework, ok := errors.AsType[*fiber.Error](err); ok {
		status := framework.Code
		if status < 400 || status > 499 && status != fiber.StatusServiceUnavailable {
			status = fiber.StatusInternalServerError
		}
		return &answer{status: status, text: statusText(status)}
	}
	status := statusOf(err)
	a := &answer{status: status, text: statusText(status)}
	if status == fiber.StatusTooManyRequests || status == fiber.StatusServiceUnavailable {
		a.retry = retryAfter
	}
	var adapter *refusedByAdapter
	if errors.As(err, &adapter) && status < fiber.StatusInternalServerError {
		a.detail = adapter.err.Error()
	}
	return a
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, chat.ErrUnauthenticated):
		return fiber.StatusUnauthorized
	case errors.Is(err, chat.ErrForbidden):
		return fiber.StatusForbidden
	case errors.Is(err, chat.ErrInvalid):
		return fiber.StatusUnprocessableEntity
	case errors.Is(err, chat.ErrTooMany):
		return fiber.StatusTooManyRequests
	case errors.Is(err, chat.ErrTooLarge):
		return fiber.StatusRequestEntityTooLarge
	case errors.Is(err, chat.ErrUnavailable):
		return fiber.StatusServiceUnavailable
	default:
		return fiber.StatusInternalServerError
	}
}

// Refuse answers an error as JSON with a request id. It serves as Fiber's error handler for the paths of this package, also
// for requests that never reach a handler (too large, too slow, malformed).
func Refuse(c *fiber.Ctx, requestID string, err error) error {
	a := answerFor(err)
	if a.allow != "" {
		c.Set(fiber.HeaderAllow, a.allow)
	}
	if a.retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(a.retry/time.Second)))
	}
	body, err := json.Marshal(struct {
		Error     string `json:"error"`
		Detail    string `json:"detail,omitempty"`
		RequestID string `json:"request_id"`
	}{a.text, a.detail, requestID})
	if err != nil {
		return fmt.Errorf("ingest: encode answer: %w", err)
	}
	return sendJSON(c, a.status, body)
}

func sendJSON(c *fiber.Ctx, status int, body []byte) error {
	c.Response().SetBodyRaw(body)
	return headJSON(c, status)
}

// Headers of every answer, in the form they are sent in.
var (
	headerSniff, sniff = []byte(fiber.HeaderXContentTypeOptions), []byte("nosniff") // never changed
	headerCache, cache = []byte(fiber.HeaderCacheControl), []byte("no-store")       // never changed
)

func headJSON(c *fiber.Ctx, status int) error {
	h := &c.Response().Header
	h.SetContentType(fiber.MIMEApplicationJSON)
	h.SetCanonical(headerSniff, sniff)
	h.SetCanonical(headerCache, cache)
	c.Status(status)
	return nil
}
