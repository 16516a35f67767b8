package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"switchboard/channels"
	"switchboard/chat"
	"switchboard/dashboard"
	"switchboard/dashboard/api"
	"switchboard/dashboard/live"
	"switchboard/dashboard/view"
	"switchboard/geo"
	"switchboard/ingest"
	"switchboard/store"
	"switchboard/stream"
	"switchboard/timers"
)

// What one package needs and another has.
var (
	_ ingest.Log              = (*stream.Log)(nil)
	_ ingest.Source           = source{}
	_ ingest.Quarantiner      = (*stream.Log)(nil)
	_ ingest.Notifier         = (*stream.Log)(nil)
	_ ingest.Applier          = (*store.Store)(nil)
	_ ingest.Places           = (*geo.Locator)(nil)
	_ dashboard.Conversations = (*store.Store)(nil)
	_ dashboard.Contacts      = (*store.Store)(nil)
	_ dashboard.Users         = (*store.Store)(nil)
	_ dashboard.Settings      = (*store.Store)(nil)
	_ dashboard.Auditor       = (*store.Store)(nil)
	_ dashboard.Views         = (*store.Store)(nil)
	_ dashboard.Finder        = (*store.Store)(nil)
	_ dashboard.Notes         = (*store.Store)(nil)
	_ dashboard.Comments      = (*store.Store)(nil)
	_ dashboard.Escalations   = (*store.Store)(nil)
	_ dashboard.Notices       = (*store.Store)(nil)
	_ dashboard.People        = (*store.Store)(nil)
	_ dashboard.Departments   = (*store.Store)(nil)
	_ dashboard.Publisher     = (*stream.Log)(nil)
	_ dashboard.Logins        = logins{}
	_ timers.Conversations    = (*store.Store)(nil)
	_ timers.Publisher        = (*stream.Log)(nil)
	_ api.Ledger              = (*store.Store)(nil)
	_ api.Contacts            = (*store.Store)(nil)
	_ api.Conversations       = (*store.Store)(nil)
)

// How long the stages of a stop may take. Together they stay below what supervisors wait before they kill.
const (
	drainTime = 3 * time.Second // requests under way
	closeTime = 3 * time.Second // flushing and disconnecting
)

// An App is the whole program: the only place where packages meet. New wires what needs no database, Run does the rest.
type App struct {
	cfg      config
	file     channelsFile
	log      *slog.Logger
	reg      *prometheus.Registry
	down     cleanup
	set      *channels.Set
	places   *geo.Locator
	stream   *stream.Log
	engine   store.Engine
	store    atomic.Pointer[store.Store] // nil until the database answers
	storeErr atomic.Pointer[error]       // the last reason why not
	hub      *live.Hub
	public   *public
	admin    *admin
	ready    *readiness
	publicL  net.Listener
	adminL   net.Listener
	say      func(format string, args ...any) // to the person at the terminal, never to the log: it may hold a password
}

// newApp opens everything that must be there from the start. On an error what was opened is closed again.
func newApp(ctx context.Context, cfg config, file channelsFile, log *slog.Logger) (_ *App, err error) {
	a := &App{cfg: cfg, file: file, log: log, reg: newRegistry(version), say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format, args...) }}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := makeDataDir(&cfg); err != nil {
		return nil, err
	}
	key, err := secretKey(&cfg)
	if err != nil {
		return nil, err
	}
	if a.set, err = file.adapters(key); err != nil {
		return nil, err
	}
	if err := a.listen(ctx); err != nil {
		return nil, err
	}
	if a.cfg.has(roleWorker) || a.cfg.has(roleDashboard) { // the gateway alone stays small
		if a.places, err = geo.Open(geo.Config{Files: cfg.GeoIP, Registerer: a.reg}); err != nil {
			return nil, problem("GEOIP", "%w: run `make geoip`, or correct it", err)
		}
		a.down.push("geo data", func(context.Context) error { return a.places.Close() })
	}
	if a.stream, err = openLog(ctx, &cfg, log, a.reg, &a.down); err != nil {
		return nil, err
	}
	if err := a.openRoles(ctx); err != nil {
		return nil, err
	}
	a.ready = &readiness{dependencies: a.dependencies(), now: time.Now}
	a.admin = newAdmin(a.reg, a.ready)
	return a, nil
}

// listen takes the ports first: a taken one is the commonest failure and should be told before anything is opened.
func (a *App) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if a.publicL, err = lc.Listen(ctx, "tcp", a.cfg.Addr); err != nil {
		return cannotListen("ADDR", err)
	}
	a.down.push("public port", closeOnce(a.publicL))
	if a.adminL, err = lc.Listen(ctx, "tcp", a.cfg.AdminAddr); err != nil {
		return cannotListen("ADMIN_ADDR", err)
	}
	a.down.push("admin port", closeOnce(a.adminL))
	return nil
}

// cannotListen names the way out, which is not the same for a port that is taken and an address that is not ours.
func cannotListen(name string, err error) error {
	fix := "set it to an address of this machine, for example 127.0.0.1:8080"
	if errors.Is(err, syscall.EADDRINUSE) {
		fix = "stop the program that uses it, or set another port"
	}
	return problem(name, "cannot listen: %w: %s", err, fix)
}

// closeOnce closes a listener that its server may have closed already.
func closeOnce(l net.Listener) func(context.Context) error {
	return func(context.Context) error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// openRoles makes what each role of this process needs. The gateway needs the log alone.
func (a *App) openRoles(ctx context.Context) (err error) {
	var webhook *ingest.Webhook
	if a.cfg.has(roleGateway) {
		webhook, err = ingest.NewWebhook(ingest.WebhookConfig{
			Log: a.stream, Channels: a.set, TrustedProxies: a.cfg.proxies, Logger: a.log, Metrics: a.reg,
		})
		if err != nil {
			return err
		}
	}
	a.public = newPublic(webhook, a.log)
	a.hub = live.NewHub(uuid.NewString(), a.reg)
	if a.cfg.has(roleWorker) || a.cfg.has(roleDashboard) {
		if a.engine, err = openEngine(ctx, &a.cfg, a.log, a.reg); err != nil {
			return err
		}
		a.down.push("database", a.engine.Close)
	}
	return nil
}

func (a *App) dependencies() []dependency {
	list := []dependency{{name: "log", roles: allRoles(), check: a.stream.Ready}}
	if a.engine != nil {
		list = append(list, dependency{name: "store", roles: []string{roleWorker, roleDashboard}, check: a.storeReady})
	}
	return list
}

func (a *App) storeReady(ctx context.Context) error {
	s := a.store.Load()
	if s == nil {
		why := chat.ErrUnavailable
		if last := a.storeErr.Load(); last != nil {
			why = *last
		}
		return fmt.Errorf("%s cannot be used yet: %w", a.engine.Name(), why)
	}
	return s.Ping(ctx)
}

// Run serves until ctx ends or a part fails, then stops in stages: not ready, live updates, HTTP, worker, log, database.
func (a *App) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	parts, failed := errgroup.WithContext(work)
	parts.Go(func() error { return a.admin.serve(a.adminL) })
	parts.Go(func() error { return a.servePublic() })
	parts.Go(func() error { return a.stream.RunLag(failed) })
	parts.Go(func() error { return a.office(failed) })
	a.log.Info("switchboard is up", "version", version, "addr", a.publicL.Addr().String(), "admin_addr", a.adminL.Addr().String(), "roles", a.cfg.Roles, "channels", a.set.Channels())
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
	case <-failed.Done():
	}
	drained := a.drain(ctx)
	stopWork()
	return errors.Join(parts.Wait(), drained, a.close())
}

func (a *App) servePublic() error {
	if err := a.public.app.Listener(lingering{a.publicL}); err != nil {
		return fmt.Errorf("public listener: %w", err)
	}
	return nil
}

// drain ends what comes from outside. Streams never end by themselves, so the hub goes before the HTTP server.
func (a *App) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	a.ready.stop()
	a.hub.Close()
	return errors.Join(a.public.stop(ctx), a.admin.stop(ctx))
}

func (a *App) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return a.down.run(ctx)
}

// office is the part of the house that needs the database: it opens when the database answers.
func (a *App) office(ctx context.Context) error {
	if a.engine == nil {
		return nil
	}
	s, err := openStore(ctx, a.engine, a.log, opening{
		insist: a.cfg.has(roleGateway), trouble: func(err error) { a.storeErr.Store(&err) },
		prepare: func(s *store.Store) error {
			if !a.cfg.has(roleDashboard) {
				return nil
			}
			return firstAdmin(ctx, s, &a.cfg, a.say)
		},
	})
	if err != nil {
		return ignoreStop(ctx, err)
	}
	debug.FreeOSMemory() // starting takes more than running: the first administrator's password alone is hashed over 64 MiB
	parts, ctx := errgroup.WithContext(ctx)
	if a.cfg.has(roleDashboard) {
		if err := a.openScreens(s); err != nil {
			return err
		}
		parts.Go(func() error { return a.stream.Changes(ctx, a.hub.Publish) })
	}
	if a.cfg.has(roleWorker) {
		worker, err := ingest.NewWorker(ingest.WorkerConfig{
			Source: source{a.stream}, Channels: a.set, Applier: s, Quarantine: a.stream, Notify: a.stream, Places: a.places,
			IPPolicy: newIPPolicy(s, a.cfg.IPPolicy).now, Logger: a.log, Metrics: a.reg,
		})
		if err != nil {
			return err
		}
		parts.Go(func() error { return worker.Run(ctx) })
		parts.Go(func() error { return timers.New(s, a.stream, a.log, a.reg).Run(ctx) })
	}
	parts.Go(func() error { return a.tidy(ctx, s) })
	a.store.Store(s)
	return parts.Wait()
}

// How often leftovers are looked for, and how long one look may take.
const (
	tidyInterval = 5 * time.Second
	tidyPatience = 5 * time.Minute
)

// tidy finishes what a crash or a deadline has left: erasures and label changes. A failure is logged when it begins.
func (a *App) tidy(ctx context.Context, s *store.Store) error {
	tick := time.NewTicker(tidyInterval)
	defer tick.Stop()
	failing := false
	for {
		look, cancel := context.WithTimeout(ctx, tidyPatience)
		err := s.Tidy(look, time.Now().UTC())
		cancel()
		if err != nil && ctx.Err() == nil && !failing {
			a.log.Warn("erasures or label changes are left over, trying again", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ignoreStop drops errors that only say that the program was stopping.
func ignoreStop(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// keepIP is what may be kept of somebody's address: the workspace's policy, or where it has none, the process's.
func (a *App) keepIP(policy, ip string) string {
	return geo.ApplyPolicy(cmp.Or(policy, a.cfg.IPPolicy), ip)
}

// device is what a browser's user agent says.
func (a *App) device(userAgent string) chat.Device { return a.places.Device(userAgent, chat.Client{}) }

// credits are what the dashboard must show for the geo databases.
func credits(places *geo.Locator) []view.Credit {
	var list []view.Credit
	for _, c := range places.Credits() {
		list = append(list, view.Credit{Text: c.Text, URL: c.URL})
	}
	return list
}

// openScreens puts the dashboard and the API in place.
func (a *App) openScreens(s *store.Store) error {
	screens, err := dashboard.New(dashboard.Deps{
		Conversations: s, Contacts: s, Users: s, Logins: logins{s}, Settings: s, Notes: s, Comments: s, Escalations: s, Notices: s, Changes: a.stream, Hub: a.hub, Log: a.log, Metrics: a.reg,
		Auditor: s, People: s, Departments: s, SignOn: a.cfg.singleSignOn(),
		Views: s, Finder: s,
		LabelUses: s, Eraser: s, Erasures: s, Archive: s, LogKeeping: keeping{log: a.stream, embedded: a.cfg.embeddedLog()},
		Merger: s, Lookalikes: s,
	}, dashboard.Config{Secure: a.cfg.CookieSecure, ClientIP: clientIP(a.cfg.proxies), AccountName: a.file.accountNames(), GeoCredits: credits(a.places), KeepIP: a.keepIP, IPPolicy: a.cfg.IPPolicy, Device: a.device, Number: geo.Number, SignOnRole: chat.Role(a.cfg.OIDCDefaultRole)})
	if err != nil {
		return err
	}
	a.public.show(screens, api.New(s, s, s, string(a.cfg.APIToken)))
	return nil
}
