package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"switchboard/channels/instagram"
	"switchboard/channels/webwidget"
	"switchboard/channels/whatsapp"
	"switchboard/chat"
	"switchboard/cmd/internal/simulate"
)

// demoCommand shows Switchboard alive: nothing to set up, nothing left behind.
type demoCommand struct {
	Addr     string  `help:"Where to show it; another port is taken when this one is in use." default:"127.0.0.1:8080"`
	Rate     float64 `help:"Simulated webhooks per second." default:"2"`
	Contacts int     `help:"Simulated customers." default:"60"`
	Verbose  bool    `help:"Show the log."`
}

// demoPassword is no secret: the demo listens on loopback only and its data ends with it.
const demoPassword = "demo-password"

func demoPeople() []newUser {
	return []newUser{
		{Email: "alex@demo.example", Name: "Alex Agent", Role: chat.RoleAgent, Password: demoPassword},
		{Email: "sam@demo.example", Name: "Sam Supervisor", Role: chat.RoleSupervisor, Password: demoPassword},
		{Email: "kim@demo.example", Name: "Kim Admin", Role: chat.RoleAdmin, Password: demoPassword},
	}
}

// Run implements the command.
func (d *demoCommand) Run(t *terminal) (err error) {
	waiting := time.AfterFunc(patience, func() { fmt.Fprintln(t.err, "Starting the log and the database ...") })
	defer waiting.Stop()
	dir, err := os.MkdirTemp("", "switchboard-demo-")
	if err != nil {
		return fmt.Errorf("demo: make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg, file, err := d.configure(t.ctx, dir)
	if err != nil {
		return err
	}
	if !(d.Rate >= 0) || d.Contacts < 1 || d.Contacts > maxContacts {
		return fmt.Errorf("--rate is not negative, --contacts is between 1 and %d", maxContacts)
	}
	log := slog.New(slog.DiscardHandler)
	if d.Verbose {
		log = newLogger(&cfg, t.err)
	}
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	app, err := newApp(ctx, cfg, file, log)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	if err := d.populate(ctx, app, ended); err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	waiting.Stop()
	d.welcome(t.out, app)
	return d.play(ctx, stop, t, app, file, ended)
}

// configure makes settings that ignore the environment: a demo is the same everywhere, and stays on this machine.
func (d *demoCommand) configure(ctx context.Context, dir string) (config, channelsFile, error) {
	host, _, err := net.SplitHostPort(d.Addr)
	if err != nil {
		return config{}, channelsFile{}, fmt.Errorf("--addr %q is not an address: write 127.0.0.1:8080", d.Addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return config{}, channelsFile{}, fmt.Errorf("--addr %s: the demo's passwords are public, so it listens on this machine only: use 127.0.0.1", d.Addr)
	}
	addr, err := freeAddr(ctx, d.Addr)
	if err != nil {
		return config{}, channelsFile{}, err
	}
	adminAddr, err := freeAddr(ctx, "127.0.0.1:9090")
	if err != nil {
		return config{}, channelsFile{}, err
	}
	people := demoPeople()
	cfg, err := loadConfig(map[string]string{
		envPrefix + "ADDR": addr, envPrefix + "ADMIN_ADDR": adminAddr, envPrefix + "DATA_DIR": dir, envPrefix + "TRUSTED_PROXIES": "127.0.0.0/8,::1",
		envPrefix + "ADMIN_EMAIL": people[2].Email, envPrefix + "ADMIN_PASSWORD": people[2].Password,
	})
	return cfg, demoChannels(), err
}

// freeAddr is the address itself, or one with another port when it is taken.
func freeAddr(ctx context.Context, addr string) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, splitErr := net.SplitHostPort(addr)
		if splitErr != nil {
			return "", splitErr
		}
		ln, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return "", fmt.Errorf("demo: cannot listen on %s: %w", addr, err)
	}
	return ln.Addr().String(), ln.Close()
}

// demoChannels are invented accounts with fresh secrets.
func demoChannels() channelsFile {
	return channelsFile{
		WhatsApp: &whatsapp.Config{VerifyToken: rand.Text(), AppSecrets: []string{rand.Text()}, Numbers: []whatsapp.Number{
			{ID: "880000000000001", Phone: "+12025550100", WABA: "990000000000001", Name: "Sales"},
			{ID: "880000000000002", Phone: "+12025550199", WABA: "990000000000002", Name: "Support"},
		}},
		Instagram: &instagram.Config{VerifyToken: rand.Text(), AppSecrets: []string{rand.Text()}, AppID: "123450000000001", Accounts: []instagram.Account{
			{ID: "17840000000000001", Name: "Shop"}, {ID: "17840000000000002", Name: "Outlet"},
		}},
		WebWidget: &webwidget.Config{Widgets: []webwidget.Widget{
			{ID: "wgt_demo_01", Name: "Shop", Secret: rand.Text(), RequireIdentity: true, Origins: []string{"https://shop.example"}},
		}},
	}
}

// populate waits until the database is there and adds the agents.
func (d *demoCommand) populate(ctx context.Context, app *App, ended chan error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for app.store.Load() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			ended <- nil
			return errors.Join(errors.New("demo: it ended before it was up"), err)
		}
	}
	for _, u := range demoPeople()[:2] {
		if err := addUser(ctx, app.store.Load(), u); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoCommand) welcome(w io.Writer, app *App) {
	fmt.Fprintf(w, "\n  Switchboard demo\n\n  Open      http://%s/\n", app.publicL.Addr())
	for i, u := range demoPeople() {
		label := ""
		if i == 0 {
			label = "Sign in"
		}
		fmt.Fprintf(w, "  %-9s %-20s %s\n", label, u.Email, u.Password)
	}
	fmt.Fprintf(w, "  Metrics   http://%s/metrics\n\n", app.adminL.Addr())
	fmt.Fprintf(w, "  %d simulated customers write on WhatsApp, Instagram and the web widget.\n  Ctrl-C ends the demo and removes its data.\n\n", d.Contacts)
}

// play lets the customers write until the demo ends.
func (d *demoCommand) play(ctx context.Context, stop context.CancelFunc, t *terminal, app *App, file channelsFile, ended chan error) error {
	cfg, err := simulation(file, strings.Split("whatsapp,instagram,webwidget", ","))
	if err != nil {
		return err
	}
	cfg.Target, cfg.Rate, cfg.Contacts, cfg.Forwarded = "http://"+app.publicL.Addr().String(), d.Rate, d.Contacts, true
	cfg.Burst, cfg.Past = 4*d.Contacts, 5*time.Hour // the first look finds a working day
	cfg.Duplicates, cfg.Reorder, cfg.Seed, cfg.Senders = 0.05, 0.05, uint64(time.Now().UnixNano()), 4
	s, err := simulate.New(cfg)
	if err != nil {
		return err
	}
	playing, stopPlaying := context.WithCancel(ctx)
	defer stopPlaying()
	played := make(chan struct{})
	go func() { defer close(played); play(playing, s, t.err) }()
	select {
	case <-ctx.Done():
	case err = <-ended:
		ended <- nil
	}
	stopPlaying()
	<-played
	stop()
	return errors.Join(err, <-ended)
}
