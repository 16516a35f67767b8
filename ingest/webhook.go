package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"switchboard/channels"
	"switchboard/chat"
	"switchboard/geo"
)

// MaxBody is the largest webhook body that is accepted; Fiber's BodyLimit is set to it. Meta's own ceiling is 3 MB.
const MaxBody = 4 << 20

// WebhookConfig is what the endpoints need. Zero limits take their defaults.
type WebhookConfig struct {
	Log      Log
	Channels *channels.Set
	// TrustedProxies are the hops whose X-Forwarded-For is believed when a visitor's address is looked for.
	TrustedProxies []netip.Prefix
	Logger         *slog.Logger
	Metrics        prometheus.Registerer // nil: not registered

	MaxRequests int           // requests waiting for the log at once; default 4,096
	MaxBytes    int           // their bodies together; default 32 MiB
	Timeout     time.Duration // how long one webhook waits for the log; default 4 s, inside Meta's 5 s
	Now         func() time.Time
}

// A Webhook answers the platforms' requests. It is safe for concurrent use.
type Webhook struct {
	log      Log
	set      *channels.Set
	trusted  []netip.Prefix
	logger   *slog.Logger
	metrics  *webhookMetrics
	inFlight *admission
	patience *patience
	now      func() time.Time
	outage   outage
	intakes  map[string]*intake // by path, for what is refused before its handler
}

// NewWebhook checks the configuration and makes the endpoints; Register adds them to a router.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	if cfg.Log == nil || cfg.Channels == nil || cfg.Logger == nil {
		return nil, errors.New("ingest: webhook needs a log, channels and a logger")
	}
	w := &Webhook{
		log: cfg.Log, set: cfg.Channels, trusted: cfg.TrustedProxies, logger: cfg.Logger.With("component", "webhook"),
		inFlight: &admission{maxRequests: orDefault(int64(cfg.MaxRequests), 4096), maxBytes: orDefault(int64(cfg.MaxBytes), 32<<20)},
		patience: &patience{time: orDefault(cfg.Timeout, 4*time.Second)}, now: cfg.Now, intakes: map[string]*intake{},
	}
	if w.now == nil {
		w.now = time.Now
	}
	w.metrics = newWebhookMetrics(cfg.Metrics, w.inFlight)
	return w, nil
}

func orDefault[T int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// An intake is one channel's endpoint.
type intake struct {
	adapter channels.Adapter
	channel chat.Channel
	issuer  channels.SessionIssuer // not nil for channels that browsers post to
	metrics *intakeMetrics
}

// Register adds the routes of every configured channel (/webhooks/whatsapp, /webhooks/instagram, /webhooks/webwidget and
// /webhooks/webwidget/sessions), and answers everything else below /webhooks with JSON.
func (w *Webhook) Register(r fiber.Router) {
	for _, name := range w.set.Channels() {
		a, _ := w.set.Get(name)
		in := &intake{adapter: a, channel: name, metrics: w.metrics.of(name)}
		in.issuer, _ = a.(channels.SessionIssuer)
		path, methods := "/webhooks/"+string(name), "POST"
		if h, ok := a.(channels.Handshaker); ok {
			methods = "GET, POST"
			r.Get(path, w.serve(in, func(c *fiber.Ctx, _ string) error { return handshake(c, h) }))
		}
		w.intakes[path] = in
		r.Post(path, w.serve(in, func(c *fiber.Ctx, id string) error { return w.receive(c, in, id) }))
		if in.issuer != nil {
			methods = "POST, OPTIONS"
			r.Options(path, w.serve(in, func(c *fiber.Ctx, _ string) error { return preflight(c, in.issuer) }))
			sessions := path + "/sessions"
			w.intakes[sessions] = in
			r.Options(sessions, w.serve(in, func(c *fiber.Ctx, _ string) error { return preflight(c, in.issuer) }))
			r.Post(sessions, w.serve(in, func(c *fiber.Ctx, id string) error { return w.issueSession(c, in, id) }))
			r.All(sessions, w.serve(in, func(*fiber.Ctx, string) error { return notAllowed(methods) }))
		}
		r.All(path, w.serve(in, func(*fiber.Ctx, string) error { return notAllowed(methods) }))
	}
	r.All("/webhooks/*", func(c *fiber.Ctx) error {
		return Refuse(c, NewRequestID(), fiber.ErrNotFound)
	})
}

// Refuse answers what never reached a handler of Register: too large, too slow, cut off. It is counted like every other answer,
// and a page that may post can read it. It serves as Fiber's error handler; where the path is another one, or was never read
// (the header was wrong, or a small body did not come), it is the function Refuse.
func (w *Webhook) Refuse(c *fiber.Ctx, err error) error {
	in := w.intakes[c.Path()]
	if in == nil {
		return Refuse(c, NewRequestID(), err)
	}
	if in.issuer != nil {
		allowOrigin(c, in.issuer)
	}
	a := answerFor(err)
	in.metrics.answered(a.status)
	return Refuse(c, NewRequestID(), a)
}

func notAllowed(methods string) error {
	return &answer{status: fiber.StatusMethodNotAllowed, text: statusText(fiber.StatusMethodNotAllowed), allow: methods}
}

// serve gives a request its id, turns an error into its answer and counts it.
func (w *Webhook) serve(in *intake, handle func(c *fiber.Ctx, requestID string) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id := NewRequestID()
		if in.issuer != nil {
			allowOrigin(c, in.issuer)
		}
		err := contained(handle, c, id)
		if err == nil {
			in.metrics.answered(c.Response().StatusCode())
			return nil
		}
		a := answerFor(err)
		in.metrics.answered(a.status)
		if a.status >= fiber.StatusInternalServerError {
			w.troubled(in.channel, id, err)
		}
		return Refuse(c, id, a)
	}
}

// contained turns a panic into an error: one bad request must not take the process down.
func contained(handle func(*fiber.Ctx, string) error, c *fiber.Ctx, requestID string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ingest: panic: %s", panicText(p))
		}
	}()
	return handle(c, requestID)
}

// NewRequestID makes the id a webhook is known by, from the answer to the ledger: a UUIDv7.
func NewRequestID() string {
	return uuid.Must(uuid.NewV7()).String()
}

func handshake(c *fiber.Ctx, h channels.Handshaker) error {
	challenge, err := h.Handshake(func(key string) string { return string(c.Context().QueryArgs().Peek(key)) })
	if err != nil {
		return &refusedByAdapter{err}
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(challenge)
}

// receive is the way of a webhook: prove, cut, log, answer. Nothing else happens before the answer.
func (w *Webhook) receive(c *fiber.Ctx, in *intake, requestID string) error {
	begun := w.now()
	raw := c.Request().Body()
	if !w.inFlight.enter(len(raw)) {
		return busy()
	}
	defer w.inFlight.leave(len(raw))
	request, err := w.request(c, in, begun)
	if err != nil {
		return err
	}
	secret, err := in.adapter.Verify(request)
	if err != nil {
		if errors.Is(err, chat.ErrUnauthenticated) {
			in.metrics.signatures.Inc()
		}
		return &refusedByAdapter{err}
	}
	if len(raw) == 0 {
		return &answer{status: fiber.StatusBadRequest, text: textEmpty}
	}
	parcels := w.parcels(in, raw, chat.Parcel{
		Channel: in.channel, RequestID: requestID, ReceivedAt: request.ReceivedAt, Secret: secret, Client: request.Client,
	})
	if err := w.append(parcels); err != nil {
		return err
	}
	for i := range parcels {
		in.metrics.elements.Add(float64(parcels[i].Elements))
	}
	in.metrics.ack.Observe(w.now().Sub(begun).Seconds())
	return accepted(c, requestID)
}

func busy() error {
	return &answer{status: fiber.StatusServiceUnavailable, text: textBusy, retry: retryAfter}
}

// request wraps what arrived for the adapter. Strings are copied: Fiber's own are overwritten by the next request.
func (w *Webhook) request(c *fiber.Ctx, in *intake, now time.Time) (*channels.Request, error) {
	header := &c.Request().Header
	if len(header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return nil, &answer{status: fiber.StatusUnsupportedMediaType, text: textEncoding}
	}
	r := &channels.Request{
		Header: func(name string) string { return string(header.Peek(name)) },
		HeaderAll: func(name string) []string {
			var all []string
			for _, v := range header.PeekAll(name) {
				all = append(all, string(v))
			}
			return all
		},
		Body:       c.Request().Body(),
		ReceivedAt: now.UTC().Truncate(time.Millisecond),
	}
	if in.issuer == nil {
		return r, nil // a platform's relay: its address and user agent say nothing about the customer
	}
	if !isJSON(r.Header(fiber.HeaderContentType)) {
		return nil, &answer{status: fiber.StatusUnsupportedMediaType, text: textContentType}
	}
	r.Client = chat.Client{
		IP:        w.visitorIP(c.Context().RemoteAddr(), r),
		UserAgent: capped(r.Header(fiber.HeaderUserAgent), 512),
		Mobile:    capped(r.Header("Sec-CH-UA-Mobile"), 64),
		Platform:  capped(r.Header("Sec-CH-UA-Platform"), 64),
		Model:     capped(r.Header("Sec-CH-UA-Model"), 128),
		Brands:    capped(r.Header("Sec-CH-UA"), 256),
		Origin:    capped(r.Header(fiber.HeaderOrigin), 256),
	}
	return r, nil
}

// visitorIP is the address behind the trusted proxies; empty when the connection has none.
func (w *Webhook) visitorIP(remote net.Addr, r *channels.Request) string {
	peer, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return ""
	}
	return geo.ClientIP(peer.Addr(), r.HeaderAll(fiber.HeaderXForwardedFor), w.trusted).String()
}

// isJSON judges the media type browsers must send: one that needs a CORS preflight, so that no form can post.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), fiber.MIMEApplicationJSON)
}

func capped(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// parcels cuts the body. A body that cannot be cut travels whole, and so does one without any element, so that the worker
// writes down that it was there.
func (w *Webhook) parcels(in *intake, body []byte, common chat.Parcel) []chat.Parcel {
	parcels := w.split(in, body)
	if len(parcels) == 0 {
		parcels = []chat.Parcel{{Value: body, Key: common.RequestID}}
	}
	for i := range parcels {
		p := &parcels[i]
		p.Channel, p.RequestID, p.ReceivedAt = common.Channel, common.RequestID, common.ReceivedAt
		p.Secret, p.Client = common.Secret, common.Client
		if p.Key == "" {
			p.Key = common.RequestID // nobody's message: any partition will do, but not always the same
		}
	}
	return parcels
}

// split contains a panic of an adapter: an authentic body must reach the log whatever is in it.
func (w *Webhook) split(in *intake, body []byte) (parcels []chat.Parcel) {
	defer func() {
		if p := recover(); p != nil {
			parcels = nil
			in.metrics.splits.Inc()
			w.logger.Error("split panicked, the body goes into the log whole", "channel", in.channel, "err", panicText(p))
		}
	}()
	return in.adapter.Split(body)
}

// append waits for the log with a deadline of its own: neither a sender that hangs up nor a shutdown cuts it short.
func (w *Webhook) append(parcels []chat.Parcel) error {
	err := w.log.Append(w.patience.context(), parcels)
	switch {
	case err == nil:
		w.recovered()
		return nil
	case errors.Is(err, chat.ErrTooLarge):
		return fmt.Errorf("ingest: append: %w", err)
	default:
		return fmt.Errorf("ingest: append: %w", errors.Join(chat.ErrUnavailable, err))
	}
}

func accepted(c *fiber.Ctx, requestID string) error {
	r := c.Response()
	for _, part := range [...]string{`{"request_id":"`, requestID, `"}`} {
		r.AppendBodyString(part)
	}
	return headJSON(c, fiber.StatusOK)
}
