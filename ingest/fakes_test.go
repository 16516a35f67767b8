package ingest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"switchboard/channels"
	"switchboard/chat"
)

// platform is an adapter made of functions; nil ones accept everything.
type platform struct {
	name   chat.Channel
	verify func(r *channels.Request) (string, error)
	split  func(body []byte) []chat.Parcel
	parse  func(p chat.Parcel) []chat.Event
}

func (p *platform) Channel() chat.Channel { return p.name }

func (p *platform) Verify(r *channels.Request) (string, error) {
	if p.verify == nil {
		return "0", nil
	}
	return p.verify(r)
}

func (p *platform) Split(body []byte) []chat.Parcel {
	if p.split == nil {
		return []chat.Parcel{{Key: "someone", Account: "account", Elements: 1, Value: body}}
	}
	return p.split(body)
}

func (p *platform) Parse(parcel chat.Parcel) []chat.Event {
	if p.parse == nil {
		return []chat.Event{{ID: chat.EventID(string(parcel.Value)), Kind: chat.KindMessage, Text: string(parcel.Value)}}
	}
	return p.parse(parcel)
}

// relay is a platform with a handshake, like Meta's.
type relay struct{ platform }

func (*relay) Handshake(query func(string) string) (string, error) {
	if query("hub.verify_token") != "right+token/=&" {
		return "", chat.ErrForbidden
	}
	return query("hub.challenge"), nil
}

// widget is a platform that browsers post to.
type widget struct {
	platform
	issue func(r *channels.Request) (string, string, error)
}

func (w *widget) AllowsOrigin(origin string) bool { return origin == "https://shop.example" }

func (w *widget) IssueSession(r *channels.Request) (string, string, error) {
	if w.issue == nil {
		return "visitor-1", "session-1", nil
	}
	return w.issue(r)
}

// memoryLog keeps what was appended, or fails.
type memoryLog struct {
	mu      sync.Mutex
	parcels []chat.Parcel
	err     error
	before  func(ctx context.Context) error
}

func (l *memoryLog) Append(ctx context.Context, parcels []chat.Parcel) error {
	if l.before != nil {
		if err := l.before(ctx); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	for _, p := range parcels {
		p.Value = bytes.Clone(p.Value)
		l.parcels = append(l.parcels, p)
	}
	return nil
}

func (l *memoryLog) all() []chat.Parcel {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]chat.Parcel(nil), l.parcels...)
}

func (l *memoryLog) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func set(t testing.TB, adapters ...channels.Adapter) *channels.Set {
	t.Helper()
	s, err := channels.NewSet(adapters...)
	require.NoError(t, err)
	return s
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// gateway is a webhook in a Fiber app configured as in production.
func gateway(t testing.TB, cfg WebhookConfig) *fiber.App {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = quiet()
	}
	if cfg.TrustedProxies == nil {
		cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("127.0.0.0/8")}
	}
	w, err := NewWebhook(cfg)
	require.NoError(t, err)
	app := fiber.New(fiber.Config{
		BodyLimit: MaxBody, ReadTimeout: 500 * time.Millisecond, CaseSensitive: true, StrictRouting: true, DisableStartupMessage: true,
		ErrorHandler: func(c *fiber.Ctx, err error) error { return Refuse(c, NewRequestID(), err) },
	})
	w.Register(app)
	return app
}

func textLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// discard is a log that takes everything at once.
type discard struct{}

func (discard) Append(context.Context, []chat.Parcel) error { return nil }

func newContext(path string, body []byte) *fasthttp.RequestCtx {
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.Header.SetMethod(fiber.MethodPost)
	ctx.Request.SetRequestURI(path)
	ctx.Request.SetBody(body)
	return ctx
}
