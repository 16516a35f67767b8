package dashboard

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/live"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

// site is a dashboard over the fake store with somebody signed in.
type site struct {
	t      *testing.T
	store  *fake
	hub    *live.Hub
	app    *fiber.App
	d      *Dashboard
	now    time.Time
	cookie string
}

const secretToken = "CSRFTOKENCSRFTOKEN"

// csrf is a token as a page of ours carries it.
var csrf = mask(secretToken)

var prepared = sync.OnceValues(func() (*Dashboard, error) {
	store := newFake()
	return New(Deps{
		Conversations: store, Contacts: store, Users: store, Logins: store, Settings: store, Notes: store, Comments: store, Escalations: store, Notices: store, Changes: store, Hub: live.NewHub("test", nil),
		Auditor: store, People: store, Departments: store,
		Views: store, Finder: store,
		LabelUses: store, Eraser: store, Erasures: store, Archive: store, LogKeeping: store,
		Merger: store, Lookalikes: store,
		Log: slog.New(slog.DiscardHandler),
	}, Config{})
})

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, store: newFake(), hub: live.NewHub("test", nil), now: noon, cookie: "cookie-of-ada"}
	fill(s.store, noon)
	crowd(s.store, noon, 60)
	s.store.logins[loginID(s.cookie)] = chat.Login{ID: loginID(s.cookie), UserID: adaID, CSRF: secretToken, ExpiresAt: noon.Add(idleTime)}
	base, err := prepared()
	require.NoError(t, err)
	d := *base // templates and assets are prepared once; all else is this test's own
	d.Deps = Deps{
		Conversations: s.store, Contacts: s.store, Users: s.store, Logins: s.store, Settings: s.store, Notes: s.store, Comments: s.store, Escalations: s.store, Notices: s.store, Changes: s.store, Hub: s.hub,
		Auditor: s.store, People: s.store, Departments: s.store,
		Views: s.store, Finder: s.store,
		LabelUses: s.store, Eraser: s.store, Erasures: s.store, Archive: s.store, LogKeeping: s.store,
		Merger: s.store, Lookalikes: s.store,
		Log: slog.New(slog.DiscardHandler),
	}
	d.config = withDefaults(Config{Timeout: time.Minute, Now: func() time.Time { return s.now }, ClientIP: func(c *fiber.Ctx) string { return c.Get("Test-Client", "192.0.2.1") }})
	d.throttle = newThrottle(d.config.Now)
	s.d = &d
	s.app = fiber.New(fiber.Config{ErrorHandler: d.Error, StrictRouting: true, CaseSensitive: true, Immutable: true, DisableStartupMessage: true})
	d.Register(s.app)
	return s
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

// do sends a request. Headers come in pairs.
func (s *site) do(method, target string, form url.Values, headers ...string) answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "switchboard", Value: s.cookie})
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.app.Test(r, 60_000)
	require.NoError(s.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return answer{response, string(content)}
}

func (s *site) get(target string, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, target, nil, headers...)
}

// post sends a form with the token in it, as a browser without JavaScript does.
func (s *site) post(target string, pairs ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, target, values(append(pairs, "csrf", csrf)...))
}

// htmx sends a form as htmx does.
func (s *site) htmx(target string, pairs ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, target, values(pairs...), "HX-Request", "true", "X-CSRF-Token", csrf)
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}
