package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
	"switchboard/cmd/internal/seed"
	"switchboard/dashboard"
	"switchboard/store"
)

// What the screens are measured over: so many conversations, each person having five of them, as the seed command makes them.
const (
	fewConversations = 1000
	conversationsOf  = 5
	messagesPer      = 5
)

// An agent of two of the eight departments, who sees a quarter of the conversations.
const (
	agentEmail    = "agent@example.com"
	agentPassword = rig.AdminPassword
)

func narrowed() []string { return []string{"sales", "support"} }

// screens measures the server time of what agents look at all day, with few and with many conversations.
func screens(mongo bool) func(context.Context, *bench) ([]report.Figure, error) {
	return func(ctx context.Context, b *bench) ([]report.Figure, error) {
		if mongo && b.mongo == "" {
			return nil, errNoMongo
		}
		many := 100_000
		if b.quick {
			many = 5_000
		}
		small, err := b.screenTimes(ctx, mongo, fewConversations)
		if err != nil {
			return nil, err
		}
		large, err := b.screenTimes(ctx, mongo, many)
		if err != nil {
			return nil, err
		}
		engine, before := "SQLite", "at "+rig.Number(fewConversations)
		if mongo {
			engine = "MongoDB"
		}
		var figures []report.Figure
		for i, s := range large {
			name := fmt.Sprintf("%s, %s, %s conversations", s.screen, engine, rig.Number(float64(many)))
			figures = append(figures,
				report.Figure{Name: name + ", p50", Value: s.times.P50, Unit: "ms", Goal: report.AtMost(10)},
				report.Figure{Name: name + ", p99", Value: s.times.P99, Unit: "ms", Goal: report.AtMost(25)},
				report.Figure{
					Name: name + ", growth of p50", Value: s.times.P50, Unit: "ms",
					Ceiling: &report.Ceiling{What: before, Value: small[i].times.P50}, Goal: report.RatioAtMost(2),
				})
		}
		return figures, nil
	}
}

// A screenTime is how long a screen took, over many requests.
type screenTime struct {
	screen string
	times  load.Times
}

// screenTimes fills a database, serves it and asks for the screens, one request after another over one connection.
func (b *bench) screenTimes(ctx context.Context, mongo bool, n int) (_ []screenTime, err error) {
	o := rig.Options{Binary: b.binary, Dir: b.dir}
	if mongo {
		uri, drop, failed := b.database()
		if failed != nil {
			return nil, failed
		}
		defer func() { err = errors.Join(err, drop()) }()
		broker, failed := b.broker(ctx, false, ceiling.Partitions)
		if failed != nil {
			return nil, failed
		}
		defer func() { err = errors.Join(err, b.drop(broker)) }()
		o.Brokers, o.Mongo = broker.Addr, uri
	} else if o.Data, err = b.scratch("data-"); err != nil {
		return nil, err
	}
	long, err := b.seed(ctx, o, n)
	if err != nil {
		return nil, err
	}
	server, err := rig.Serve(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.End()) }()
	return b.look(ctx, server, long)
}

// seed fills the database by the seed command's own code.
func (b *bench) seed(ctx context.Context, o rig.Options, n int) (_ []seed.Talk, err error) {
	engine, err := openAt(ctx, o.Mongo, filepath.Join(o.Data, "switchboard.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close(ctx)) }()
	repository, err := store.New(ctx, engine, quietLog())
	if err != nil {
		return nil, err
	}
	spec := seed.Spec{Conversations: n, Contacts: n / conversationsOf, MessagesPer: messagesPer, Seed: 1, Until: time.Now().UTC().Truncate(time.Hour)}
	spec.Progress = func(done int) {
		b.progress.Say("seeding: %s of %s conversations", rig.Number(float64(done)), rig.Number(float64(n)))
	}
	if err := seed.Furnish(ctx, repository, &spec); err != nil {
		return nil, err
	}
	spec.Routed = 100
	hash, err := dashboard.HashPassword(agentPassword)
	if err != nil {
		return nil, err
	}
	agent := chat.User{ID: "bench-agent", Email: agentEmail, Name: "Agent", Role: chat.RoleAgent, Departments: narrowed(), PasswordHash: hash, CreatedAt: spec.Until}
	if err := repository.CreateUser(ctx, agent); err != nil {
		return nil, err
	}
	made, err := seed.Fill(ctx, repository, spec)
	return made.Long, err
}

// A screen is what is asked for again and again.
type screen struct {
	name     string
	fragment bool
	path     func(t seed.Talk, i int) string
}

// screensOf lists the screens of an administrator, and those of them that show an agent less.
func screensOf() (everything, some []screen) {
	// What agents type: whole words and beginnings, rare and common ones, names, numbers.
	searches := []string{"tracking", "mug arriv", "ord", "invoice lamp", "grace va", "48213", "paquete", "thank", "refund paym", "nobody says this", "ware", "+1202555"}
	filters := []string{
		"channel=instagram", "label=refund", "priority=high", "flagged=1", "view=closed", "view=unassigned", "sort=waiting", "sort=created", "sort=oldest", "sort=priority",
		"view=closed&label=spam", "priority=normal", "department=support", "state=any", "view=closed&channel=widget&label=order", "state=any&priority=urgent&label=refund",
	}
	inbox := screen{"inbox list", false, func(seed.Talk, int) string { return "/inbox" }}
	filtered := screen{"filtered list", true, func(_ seed.Talk, i int) string { return "/inbox?" + filters[i%len(filters)] }}
	search := screen{"search", true, func(_ seed.Talk, i int) string { return "/search?q=" + url.QueryEscape(searches[i%len(searches)]) }}
	counts := screen{"counts", true, func(seed.Talk, int) string { return "/views" }}
	everything = []screen{
		inbox, filtered,
		{"thread", true, func(t seed.Talk, _ int) string { return "/inbox/" + t.Conversation }},
		{"profile", false, func(t seed.Talk, _ int) string { return "/contacts/" + t.Contact }},
		search, counts,
	}
	return everything, []screen{inbox, filtered, search, counts}
}

// look signs in and asks for each screen, as an administrator and as an agent who does not see everything.
func (b *bench) look(ctx context.Context, s *rig.Server, long []seed.Talk) ([]screenTime, error) {
	everything, some := screensOf()
	var found []screenTime
	for _, user := range []struct {
		email, suffix string
		screens       []screen
	}{{rig.AdminEmail, "", everything}, {agentEmail, " of an agent", some}} {
		browser, err := signIn(ctx, s, user.email)
		if err != nil {
			return nil, err
		}
		for _, screen := range user.screens {
			times, err := b.ask(ctx, browser, screen, long)
			if err != nil {
				return nil, fmt.Errorf("%s%s: %w", screen.name, user.suffix, err)
			}
			found = append(found, screenTime{screen.name + user.suffix, load.TimesOf(times)})
		}
	}
	return found, nil
}

// ask asks for a screen, one request after another.
func (b *bench) ask(ctx context.Context, browser *agent, screen screen, long []seed.Talk) ([]time.Duration, error) {
	n := 500
	if b.quick {
		n = 100
	}
	times := make([]time.Duration, 0, n)
	for i := range n + 20 {
		begun := time.Now()
		if err := browser.get(ctx, screen.path(long[i*7919%len(long)], i), screen.fragment); err != nil {
			return nil, err
		}
		if i >= 20 { // the first ones warm up
			times = append(times, time.Since(begun))
		}
		b.progress.Say("%s: %d of %d requests", screen.name, i, n+20)
	}
	return times, nil
}

// An agent is a signed-in client of the dashboard.
type agent struct {
	base   string
	client *http.Client
}

func signIn(ctx context.Context, s *rig.Server, email string) (*agent, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	a := &agent{base: "http://" + s.Addr, client: &http.Client{Jar: jar, Timeout: time.Minute}}
	form := url.Values{"email": {email}, "password": {rig.AdminPassword}, "next": {"/inbox"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a, a.do(request, "/inbox")
}

func (a *agent) get(ctx context.Context, path string, fragment bool) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("get %s: %w", path, err)
	}
	if fragment {
		request.Header.Set("HX-Request", "true")
	}
	return a.do(request, path)
}

// do reads the whole answer, which must come from the address that was wanted and not from the sign-in page.
func (a *agent) do(request *http.Request, want string) error {
	response, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("get %s: %w", want, err)
	}
	defer response.Body.Close() // read to its end below
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("get %s: %w", want, err)
	}
	if path, _, _ := strings.Cut(want, "?"); response.StatusCode != http.StatusOK || response.Request.URL.Path != path {
		return fmt.Errorf("get %s: status %d from %s", want, response.StatusCode, response.Request.URL.Path)
	}
	return nil
}
