// Package dashboard is what agents see: server-rendered screens over small interfaces of the store, kept fresh by change
// signals. Everything it shows works as a page without JavaScript; htmx asks the same addresses for fragments.
package dashboard

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/live"
	"switchboard/dashboard/view"
	"switchboard/static"
	"switchboard/templates"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/template/html/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Conversations reads and changes conversations. List rows carry no messages.
type Conversations interface {
	Conversations(ctx context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error)
	Conversation(ctx context.Context, id string) (chat.Conversation, error)
	Messages(ctx context.Context, conversationID, before string, limit int) (chat.List[chat.Message], error)
	CountConversations(ctx context.Context, q chat.ConversationQuery) (int64, error)
	UpdateConversation(ctx context.Context, id string, edit func(*chat.Conversation) error) (chat.Conversation, error)
}

// Contacts reads and changes contacts.
type Contacts interface {
	Contacts(ctx context.Context, q chat.ContactQuery) (chat.List[chat.Contact], error)
	Contact(ctx context.Context, id string) (chat.Contact, error)
	ContactsByID(ctx context.Context, ids []string) (map[string]chat.Contact, error)
	UpdateContact(ctx context.Context, id string, edit func(*chat.Contact) error) (chat.Contact, error)
}

// Users reads and changes the people who sign in.
type Users interface {
	UserByEmail(ctx context.Context, email string) (chat.User, error)
	User(ctx context.Context, id string) (chat.User, error)
	Users(ctx context.Context) ([]chat.User, error)
	UpdateUser(ctx context.Context, id string, edit func(*chat.User) error) (chat.User, error)
}

// People adds users and changes what they may do.
type People interface {
	CreateUser(ctx context.Context, u chat.User) error
	ChangeUser(ctx context.Context, id string, edit func(*chat.User) error) (chat.User, error)
}

// Departments tells how many conversations belong to a department, and moves them out of it.
type Departments interface {
	DepartmentSize(ctx context.Context, id string) (int64, error)
	LeaveDepartment(ctx context.Context, from string, to chat.Department, by string) (moved int, more bool, err error)
}

// Logins keeps signed-in browsers.
type Logins interface {
	CreateLogin(ctx context.Context, login chat.Login) error
	Login(ctx context.Context, id string) (chat.Login, error)
	TouchLogin(ctx context.Context, id string, expires time.Time) error
	DeleteLogin(ctx context.Context, id string) error
	LoginsOf(ctx context.Context, userID string) ([]chat.Login, error)
}

// Settings reads and changes the workspace's settings.
type Settings interface {
	Settings(ctx context.Context) (chat.Settings, error)
	UpdateSettings(ctx context.Context, edit func(*chat.Settings) error) (chat.Settings, error)
}

// Publisher tells all open dashboards of all processes that documents changed.
type Publisher interface {
	Publish(ctx context.Context, changes []chat.Change) error
}

// Deps are what the dashboard works on. All are required, except SignOn and Metrics.
type Deps struct {
	Conversations Conversations
	Contacts      Contacts
	Users         Users
	Logins        Logins
	Settings      Settings
	Auditor       Auditor
	Views         Views
	Finder        Finder
	Notes         Notes
	Comments      Comments
	Escalations   Escalations
	Notices       Notices
	SignOn        SingleSignOn // nil: people sign in with their password only
	People        People
	Departments   Departments
	LabelUses     LabelUses
	Eraser        Eraser
	Erasures      Erasures
	Archive       Archive
	LogKeeping    LogKeeping
	Merger        Merger
	Lookalikes    Lookalikes
	Changes       Publisher
	Hub           *live.Hub
	Log           *slog.Logger
	Metrics       prometheus.Registerer
}

// missing names a required dependency that is not there.
func (deps *Deps) missing() string {
	all := reflect.ValueOf(deps).Elem()
	for i := range all.NumField() {
		name := all.Type().Field(i).Name
		if all.Field(i).IsNil() && name != "SignOn" && name != "Metrics" {
			return name
		}
	}
	return ""
}

// Config says how the dashboard runs. The zero value works.
type Config struct {
	Secure      bool                                        // behind TLS: the cookie is Secure and bound to the host
	ClientIP    func(*fiber.Ctx) string                     // who is calling, from the trusted proxy hop; nil: the connection's address
	AccountName func(chat.Channel, string) string           // configured name of a number, account or widget; nil: its id
	KeepIP      func(policy, ip string) string              // what may be kept of an address in the audit log; nil: nothing
	SignOnRole  chat.Role                                   // of whoever single sign-on brings for the first time; empty: they are refused
	Number      func(typed, country string) (string, error) // the international spelling of a number somebody typed, or a *chat.InputError; nil: as it is typed
	Device      func(userAgent string) chat.Device          // what a browser says it is; nil: nothing is known
	IPPolicy    string                                      // what is kept of visitors' addresses unless the workspace says otherwise
	GeoCredits  []view.Credit                               // shown beside places found by address
	Now         func() time.Time                            // nil: time.Now
	Timeout     time.Duration                               // of one request; zero: 10 s
}

// A Dashboard serves the screens. It is safe for concurrent use.
type Dashboard struct {
	Deps
	config   Config
	log      *slog.Logger
	engine   *html.Engine
	assets   *static.Assets
	metrics  *metrics
	throttle *throttle
	password *verifier
}

// New prepares templates and assets and fails when one of them is broken.
func New(deps Deps, config Config) (*Dashboard, error) {
	if name := deps.missing(); name != "" {
		return nil, fmt.Errorf("dashboard: dependency %s is missing", name)
	}
	config = withDefaults(config)
	assets, err := static.Build(static.FS())
	if err != nil {
		return nil, fmt.Errorf("dashboard: assets: %w", err)
	}
	engine := html.NewFileSystem(http.FS(templates.FS()), ".html")
	for name, f := range view.Funcs(assets.URL) {
		engine.AddFunc(name, f)
	}
	if err := engine.Load(); err != nil {
		return nil, fmt.Errorf("dashboard: templates: %w", err)
	}
	password, err := newVerifier()
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return &Dashboard{
		Deps: deps, config: config, log: deps.Log.With("component", "dashboard"), engine: engine, assets: assets,
		metrics: newMetrics(deps.Metrics), throttle: newThrottle(config.Now), password: password,
	}, nil
}

func withDefaults(c Config) Config {
	if c.ClientIP == nil {
		c.ClientIP = func(ctx *fiber.Ctx) string { return ctx.Context().RemoteIP().String() }
	}
	if c.Number == nil {
		c.Number = func(typed, _ string) (string, error) { return typed, nil }
	}
	if c.Device == nil {
		c.Device = func(string) chat.Device { return chat.Device{} }
	}
	if c.KeepIP == nil {
		c.KeepIP = func(string, string) string { return "" }
	}
	if c.AccountName == nil {
		c.AccountName = func(_ chat.Channel, account string) string { return account }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

// frame is what every page needs around its content.
type frame struct {
	Title    string
	Theme    string // light, dark, or empty for the system's
	Mark     string // of the hub, from before the store was read
	CSRF     string
	User     string
	Times    string // words for relative times, for the script
	Avatar   view.Avatar
	Badge    view.Badge
	Active   string              // entry of the navigation
	Settings []view.SettingsLink // the navigation below /settings, and places the palette knows
	Body     any
}

// frame starts a page. Call it before reading the store, so that no change falls between reading and subscribing.
func (d *Dashboard) frame(c *fiber.Ctx, title, active string) *frame {
	f := &frame{Title: title, Theme: theme(c), Active: active, Mark: d.Hub.Mark()}
	if s := signedIn(c); s != nil {
		f.CSRF, f.User = s.token, view.UserName(&s.user)
		f.Settings = settingsLinks(s.user.Role)
		f.Times = d.clock(c).Locale.Relative()
		f.Avatar = view.AvatarOf(s.user.ID, f.User)
		badge, _, _, err := d.badgeOf(c)
		if err != nil { // whatever the page reads next will fail as well and say so
			d.log.Warn("a page has no count of notices", "request_id", requestID(c), "err", err)
		}
		f.Badge = badge
	}
	return f
}

func theme(c *fiber.Ctx) string {
	switch t := c.Cookies("theme"); t {
	case "light", "dark":
		return t
	default:
		return ""
	}
}

// render writes a template. It is rendered into a buffer first, so that a failure is still a clean error page.
func (d *Dashboard) render(c *fiber.Ctx, status int, templateName string, data any) error {
	var out bytes.Buffer
	if err := d.engine.Render(&out, templateName, data); err != nil {
		return fmt.Errorf("dashboard: render %s: %w", templateName, err)
	}
	return sendHTML(c, status, out.Bytes())
}

// smallest answer worth compressing.
const worthCompressing = 2048

// sendHTML answers with a page or fragment, which no cache may keep or mistake for the other.
func sendHTML(c *fiber.Ctx, status int, body []byte) error {
	c.Vary(fiber.HeaderAcceptEncoding)
	if len(body) > worthCompressing && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		packed, err := compress(body)
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentEncoding, "gzip")
		body = packed
	}
	c.Status(status).Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Vary("HX-Request", "Cookie")
	return c.Send(body)
}

// zips are compressors to use again: a new one takes a megabyte and longer than what it is for.
var zips = sync.Pool{New: func() any {
	zip, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one of the package's own
	}
	return zip
}}

func compress(body []byte) ([]byte, error) {
	zip := zips.Get().(*gzip.Writer)
	defer zips.Put(zip)
	packed := bytes.NewBuffer(make([]byte, 0, len(body)/3))
	zip.Reset(packed)
	if _, err := zip.Write(body); err != nil {
		return nil, fmt.Errorf("dashboard: compress: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("dashboard: compress: %w", err)
	}
	return packed.Bytes(), nil
}

// fragment tells whether htmx asks for a part of the page. Restoring history asks for the whole page.
func fragment(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-Boosted") == "" && c.Get("HX-History-Restore-Request") == ""
}

// changed tells everybody about an agent's edit. The edit is stored already: when telling fails, other dashboards show it
// later than they should, which is no reason to tell the agent that it failed.
func (d *Dashboard) changed(c *fiber.Ctx, change chat.Change) {
	change.By, change.StoredAt = signedIn(c).user.ID, d.config.Now().UTC()
	if err := d.Changes.Publish(c.UserContext(), []chat.Change{change}); err != nil {
		d.log.Warn("an edit was stored but not announced", "request_id", requestID(c), "err", err)
	}
}

type clockKey struct{}

// clock is the caller's: the time zone and the language of their choice, else those of the browser. It stands still during a
// request.
func (d *Dashboard) clock(c *fiber.Ctx) view.Clock {
	if clock, ok := c.Locals(clockKey{}).(view.Clock); ok {
		return clock
	}
	user := &signedIn(c).user
	zone := user.TimeZone
	if zone == "" {
		zone = strings.Clone(c.Cookies("tz"))
	}
	clock := view.NewClock(d.config.Now(), zone).For(view.LocaleFor(user.Locale, strings.Clone(c.Get(fiber.HeaderAcceptLanguage))))
	c.Locals(clockKey{}, clock)
	return clock
}
