package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"switchboard/dashboard"
	"switchboard/dashboard/api"
	"switchboard/geo"
	"switchboard/ingest"
)

// Bounds of the public listener.
const (
	readTimeout    = 10 * time.Second // a whole request, so that nobody holds a connection by dripping
	idleTimeout    = 75 * time.Second // longer than usual proxies keep theirs
	readBuffer     = 16 << 10         // the longest request header
	maxConnections = 16 << 10
)

// A public server answers webhooks at once and the dashboard as soon as the store is there. WriteTimeout stays off: it would
// cut live updates. Each single write has its time, see lingeringConn.
type public struct {
	app     *fiber.App
	log     *slog.Logger
	webhook *ingest.Webhook // nil where the gateway runs elsewhere
	bodies  bodies
	screens atomic.Pointer[fasthttp.RequestHandler] // nil until the store answers
}

func newPublic(webhook *ingest.Webhook, log *slog.Logger) *public {
	p := &public{log: log, webhook: webhook}
	p.app = fiber.New(fiber.Config{
		BodyLimit: ingest.MaxBody, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, ReadBufferSize: readBuffer, Concurrency: maxConnections,
		CaseSensitive: true, StrictRouting: true, DisableStartupMessage: true, ErrorHandler: p.refuse,
		StreamRequestBody: true, DisablePreParseMultipartForm: true, // bodies are read by read, and never unpacked
	})
	p.app.Use(p.bodies.read)
	if webhook != nil {
		webhook.Register(p.app)
	}
	p.app.Use(p.later)
	p.app.Server().Handler = p.known(p.app.Server().Handler)
	return p
}

// refuse answers what never reached a handler: too large, too slow, malformed.
func (p *public) refuse(c *fiber.Ctx, err error) error {
	if errors.Is(err, fiber.ErrRequestEntityTooLarge) {
		linger(c.Context().Conn())
	}
	if p.webhook != nil {
		return p.webhook.Refuse(c, err)
	}
	return ingest.Refuse(c, ingest.NewRequestID(), err)
}

// later hands everything but webhooks to the dashboard's own application.
func (p *public) later(c *fiber.Ctx) error {
	screens := p.screens.Load()
	if screens == nil {
		c.Set(fiber.HeaderRetryAfter, "2")
		return fiber.ErrServiceUnavailable
	}
	(*screens)(c.Context())
	return nil
}

// show puts the dashboard and the API in place.
func (p *public) show(screens *dashboard.Dashboard, reading *api.API) {
	app := fiber.New(fiber.Config{CaseSensitive: true, StrictRouting: true, Immutable: true, DisableStartupMessage: true, ErrorHandler: screens.Error})
	app.Use(p.contain)
	reading.Register(app)
	screens.Register(app)
	handler := app.Handler()
	p.screens.Store(&handler)
}

// contain turns a panic of a screen into an error. The value is not logged: it may hold what a customer wrote.
func (p *public) contain(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("a screen panicked", "route", c.Route().Path, "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return c.Next()
}

var errPanic = errors.New("a screen panicked") // never changed

// clientIP finds the address behind the trusted proxies, for login throttling.
func clientIP(trusted []netip.Prefix) func(*fiber.Ctx) string {
	return func(c *fiber.Ctx) string {
		peer, err := netip.ParseAddrPort(c.Context().RemoteAddr().String())
		if err != nil {
			return ""
		}
		var forwarded []string
		for _, v := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
			forwarded = append(forwarded, string(v))
		}
		return geo.ClientIP(peer.Addr(), forwarded, trusted).String()
	}
}

// stop lets requests under way finish and closes the listener. Streams must have been ended before.
func (p *public) stop(ctx context.Context) error {
	if err := p.app.ShutdownWithContext(ctx); err != nil {
		return fmt.Errorf("stop public listener: %w", err)
	}
	return nil
}
