package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/chat"
	"switchboard/dashboard"
)

// setenv makes the environment of a command; such tests cannot run side by side.
func setenv(t *testing.T, environment map[string]string) {
	t.Helper()
	for k, v := range environment {
		t.Setenv(k, v)
	}
}

func writeChannels(t testing.TB) string {
	t.Helper()
	raw, err := yaml.Marshal(testChannels())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "channels.yaml")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	return path
}

// lockedBuffer can be written to and read at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// The demo comes up by itself, lets its agents sign in, shows live conversations, and leaves nothing behind.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	out := &lockedBuffer{}
	done := make(chan error, 1)
	demo := &demoCommand{Addr: "127.0.0.1:0", Rate: 100, Contacts: 30}
	go func() { done <- demo.Run(&terminal{ctx: ctx, out: out, err: io.Discard}) }()
	at := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	eventually(t, "the banner", 30*time.Second, func() bool { return strings.Contains(out.String(), "Ctrl-C") })
	require.Contains(t, out.String(), "alex@demo.example")
	h := &house{base: at.FindString(out.String()), http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	cookie := h.signIn(t, "alex@demo.example", demoPassword)
	eventually(t, "conversations of all channels on the screen", 30*time.Second, func() bool {
		_, inbox := h.get(t, h.base+"/inbox", "Cookie", cookie)
		return strings.Count(inbox, "/inbox/") > 20
	})
	stop()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the demo did not end")
	}
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left, "the demo's data is gone")
}

func TestDemoTakesAnotherPortWhenItsOwnIsInUse(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	other, err := freeAddr(t.Context(), ln.Addr().String())
	require.NoError(t, err)
	require.NotEqual(t, ln.Addr().String(), other)
	require.True(t, strings.HasPrefix(other, "127.0.0.1:"))
}

func TestDemoStaysOnThisMachine(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:8080", ":8080", "192.0.2.1:8080", "8080"} {
		err := (&demoCommand{Addr: addr}).Run(&terminal{ctx: t.Context(), out: io.Discard, err: io.Discard})
		require.ErrorContains(t, err, "--addr")
	}
	for _, nobody := range []demoCommand{{Addr: "127.0.0.1:0", Contacts: -1}, {Addr: "127.0.0.1:0", Contacts: 5, Rate: -1}} {
		require.ErrorContains(t, nobody.Run(&terminal{ctx: t.Context(), out: io.Discard, err: io.Discard}), "--contacts")
	}
}

func TestPeopleAreAddedWhileTheServerRuns(t *testing.T) {
	environment := settings(t)
	h := open(t, environment)
	h.awaitReady(t)
	setenv(t, environment)
	var out bytes.Buffer
	add := func(email string) error {
		out.Reset()
		return (&userAddCommand{Email: email, Name: "New Person", Role: "agent"}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard})
	}
	require.NoError(t, add("new@example.com"))
	password := regexp.MustCompile(`password (\S+)`).FindStringSubmatch(out.String())
	require.Len(t, password, 2, out.String())
	h.signIn(t, "new@example.com", password[1])
	require.ErrorContains(t, add("NEW@example.com"), "exists already")
	require.ErrorContains(t, add("not an address"), "e-mail")
}

func TestFirstStartShowsAPasswordOnce(t *testing.T) {
	environment := settings(t, "ADMIN_EMAIL", "", "ADMIN_PASSWORD", "")
	var said lockedBuffer
	h := open(t, environment, func(a *App) {
		a.say = func(format string, args ...any) { fmt.Fprint(&said, args[len(args)-1]) }
	})
	h.awaitReady(t)
	require.Len(t, said.String(), 23)
	h.signIn(t, defaultAdmin, said.String())
	h.close(t)
	again := open(t, environment, func(a *App) { a.say = func(string, ...any) { t.Error("the password is shown twice") } })
	again.awaitReady(t)
	again.signIn(t, defaultAdmin, said.String())
}

func TestPasswordsAreDifferent(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		p := dashboard.NewPassword()
		require.Regexp(t, `^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`, p)
		require.False(t, seen[p])
		seen[p] = true
	}
}

func TestHealth(t *testing.T) {
	environment := settings(t)
	h := open(t, environment)
	h.awaitReady(t)
	environment[envPrefix+"ADMIN_ADDR"] = h.adminL.Addr().String()
	setenv(t, environment)
	var out bytes.Buffer
	require.NoError(t, (&healthCommand{}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}))
	require.Contains(t, out.String(), `"ready":true`)
	h.close(t)
	err := (&healthCommand{}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard})
	require.ErrorContains(t, err, "nothing answers")
	require.Equal(t, 1, report(err, io.Discard))
}

func TestReadinessNamesEachDependency(t *testing.T) {
	t.Parallel()
	var storeErr error
	asked := 0
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	r := &readiness{now: func() time.Time { return now }, dependencies: []dependency{
		{"log", allRoles(), func(context.Context) error { asked++; return nil }},
		{"store", []string{roleWorker, roleDashboard}, func(context.Context) error { return storeErr }},
	}}
	ask := func(query string) (int, string) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz"+query, nil))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	code, body := ask("")
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"ready":true,"dependencies":{"log":{"ready":true},"store":{"ready":true}}}`, body)
	ask("")
	require.Equal(t, 1, asked, "a good answer holds for two seconds")
	storeErr = errors.New("away")
	now = now.Add(3 * time.Second)
	code, body = ask("")
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"ready":false,"dependencies":{"log":{"ready":true},"store":{"ready":false,"error":"away"}}}`, body)
	code, _ = ask("?role=gateway")
	require.Equal(t, 200, code)
	code, body = ask("?role=gatway")
	require.Equal(t, 400, code, "a misspelt role must not look ready")
	require.Contains(t, body, "gateway, worker, dashboard")
	storeErr = nil
	code, _ = ask("")
	require.Equal(t, 200, code, "a bad answer is not held")
	r.stop()
	code, body = ask("")
	require.Equal(t, 503, code)
	require.Contains(t, body, `"stopping":true`)
}

func TestDoctor(t *testing.T) {
	good := settings(t, "ADDR", "127.0.0.1:0", "CHANNELS", writeChannels(t))
	find := func(found []finding, check string) finding {
		for _, f := range found {
			if f.Check == check {
				return f
			}
		}
		return finding{}
	}
	t.Run("nothing to mend", func(t *testing.T) {
		found := examine(t.Context(), good)
		for _, f := range found {
			require.NotEqual(t, levelFail, f.Level, "%+v", f)
		}
		require.Equal(t, levelOK, find(found, "channels file").Level)
	})
	t.Run("in use", func(t *testing.T) {
		h := open(t, good)
		h.awaitReady(t)
		environment := maps.Clone(good)
		environment[envPrefix+"ADDR"], environment[envPrefix+"ADMIN_ADDR"] = h.publicL.Addr().String(), h.adminL.Addr().String()
		found := examine(t.Context(), environment)
		require.Contains(t, find(found, "ports").Detail, "a Switchboard answers")
		require.Contains(t, find(found, "data directory lock").Detail, "in use")
	})
	type check = func(context.Context, *config) []finding
	problems := map[string]struct {
		change []string
		run    check
		check  string
		level  string
	}{
		"channels missing":   {[]string{"CHANNELS", "/nowhere.yaml"}, checkChannels, "channels file", levelFail},
		"no channels":        {[]string{"CHANNELS", ""}, checkChannels, "channels file", levelWarn},
		"exposed":            {[]string{"ADDR", "0.0.0.0:0"}, checkExposure, "cookies", levelWarn},
		"behind a proxy":     {[]string{"ADDR", "0.0.0.0:0", "TRUSTED_PROXIES", ""}, checkExposure, "trusted proxies", levelWarn},
		"admin exposed":      {[]string{"ADDR", "0.0.0.0:0", "ADMIN_ADDR", "0.0.0.0:0"}, checkExposure, "admin address", levelWarn},
		"example secrets":    {[]string{"CHANNELS", "../../deploy/channels.example.yaml"}, checkChannels, "channel secrets", levelWarn},
		"short token":        {[]string{"API_TOKEN", "abc"}, checkSecretStrength, "API token", levelWarn},
		"placeholder key":    {[]string{"SECRET_KEY", "change-me-change-me-change-me-change-me"}, checkSecretStrength, "secret key", levelFail},
		"geo file":           {[]string{"GEOIP", "/nowhere.mmdb"}, checkGeo, "geo data", levelFail},
		"data dir is a file": {[]string{"DATA_DIR", "doctor.go"}, checkDataDir, "data directory", levelFail},
		"nobody's Kafka":     {[]string{"KAFKA_BROKERS", "127.0.0.1:1"}, checkKafkaCluster, "Kafka", levelFail},
	}
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			environment := maps.Clone(good)
			for i := 0; i < len(p.change); i += 2 {
				environment[envPrefix+p.change[i]] = p.change[i+1]
			}
			cfg, err := loadConfig(environment)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			f := find(p.run(ctx, &cfg), p.check)
			require.Equal(t, p.level, f.Level, "%+v", f)
			require.NotEmpty(t, f.Fix)
		})
	}
	t.Run("configuration", func(t *testing.T) {
		f := find(examine(t.Context(), setting("IP_POLICY", "maybe")), "SWITCHBOARD_IP_POLICY")
		require.Equal(t, levelFail, f.Level)
		require.Contains(t, f.Detail, "truncated")
	})
	t.Run("a misspelt setting", func(t *testing.T) {
		f := find(examine(t.Context(), setting("ADMIN_EMIAL", "a@b.example", "PORT_8080_TCP", "tcp://10.0.0.1:8080")), "SWITCHBOARD_ADMIN_EMIAL")
		require.Equal(t, levelWarn, f.Level)
		require.Contains(t, f.Detail, "did you mean SWITCHBOARD_ADMIN_EMAIL?")
		require.NotEmpty(t, f.Fix)
	})
	t.Run("output", func(t *testing.T) {
		good[envPrefix+"API_TOKEN"] = "abc"
		setenv(t, good)
		var out bytes.Buffer
		require.NoError(t, (&doctorCommand{}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}))
		require.Contains(t, out.String(), "fix: openssl rand -hex 32")
		require.Contains(t, out.String(), "0 to mend")
		require.NotContains(t, out.String(), testSecret)
		out.Reset()
		require.NoError(t, (&doctorCommand{JSON: true}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}))
		var found []finding
		require.NoError(t, json.Unmarshal(out.Bytes(), &found))
		require.NotEmpty(t, found)
		t.Setenv(envPrefix+"GEOIP", "/nowhere.mmdb")
		require.ErrorIs(t, (&doctorCommand{}).Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}), errFailed)
	})
}

func TestCommandLine(t *testing.T) {
	var out, errs bytes.Buffer
	require.Zero(t, run([]string{"--version"}, &out, &errs))
	require.Equal(t, version, strings.TrimSpace(out.String()))
	require.Zero(t, run([]string{"--help"}, &out, &errs))
	require.Contains(t, out.String(), "doctor")
	for words, want := range map[string]string{
		"dance":               "there is no command \"dance\": `switchboard --help` lists the commands",
		"serv":                "did you mean \"serve\"?",
		"dcotor":              "did you mean \"doctor\"?",
		"simulat --rate 3":    "did you mean \"simulate\"?",
		"--dance":             "unknown flag --dance: `switchboard --help`",
		"serve --dance":       "see `switchboard serve --help`",
		"user ad":             "did you mean \"add\"?",
		"simulate --rate x":   "see `switchboard simulate --help`",
		"seed --contacts 1.5": "see `switchboard seed --help`",
	} {
		errs.Reset()
		require.Equal(t, 2, run(strings.Fields(words), &out, &errs), words)
		require.Contains(t, errs.String(), want)
		require.Equal(t, 1, strings.Count(errs.String(), "\n"), words)
	}
	require.Equal(t, 1, run([]string{"simulate", "--channels-file", "/nowhere.yaml"}, &out, &errs))
	setenv(t, setting("ADDR", "nonsense", "IP_POLICY", "maybe"))
	errs.Reset()
	require.Equal(t, 1, run([]string{"serve"}, &out, &errs))
	require.Contains(t, errs.String(), "cannot go on")
	require.Equal(t, 3, strings.Count(errs.String(), "\n"), errs.String())
	errs.Reset()
	require.Equal(t, 1, run(nil, &out, &errs), "serve is the default")
	require.Contains(t, errs.String(), "cannot go on")
	goleak.VerifyNone(t, goleak.IgnoreCurrent())
}

func TestSimulateCommand(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	var out bytes.Buffer
	c := &simulateCommand{Target: h.base, ChannelsFile: writeChannels(t), Rate: 50, Contacts: 20, Channels: []string{"whatsapp", "webwidget"}, Duration: time.Second, Senders: 4, Seed: 3, Batch: 1}
	require.NoError(t, c.Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}))
	require.Contains(t, out.String(), "whatsapp")
	require.NotContains(t, out.String(), "instagram")
	require.NotContains(t, out.String(), "refused")
	h.settled(t)
	requireSumCloses(t, h)
	nobody := *c
	nobody.Target, nobody.Duration = "http://127.0.0.1:1", 100*time.Millisecond
	require.ErrorContains(t, nobody.Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}), "took nothing")
	for name, wrong := range map[string]func(*simulateCommand){
		"--target":     func(c *simulateCommand) { c.Target = "gateway:8080" },
		"--rate":       func(c *simulateCommand) { c.Rate = math.NaN() },
		"--duplicates": func(c *simulateCommand) { c.Duplicates = math.NaN() },
		"--contacts":   func(c *simulateCommand) { c.Contacts = maxContacts + 1 },
		"--batch":      func(c *simulateCommand) { c.Batch = 0 },
		"--senders":    func(c *simulateCommand) { c.Senders = -1 },
		"--duration":   func(c *simulateCommand) { c.Duration = -time.Second },
	} {
		refused := *c
		wrong(&refused)
		require.ErrorContains(t, refused.Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}), name)
	}
	c.Channels = []string{"fax"}
	require.ErrorContains(t, c.Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}), "fax")
	c.Channels, c.Duplicates = []string{"whatsapp"}, 2
	require.ErrorContains(t, c.Run(&terminal{ctx: t.Context(), out: &out, err: io.Discard}), "between 0 and 1")
}

func TestCleanupRunsBackwardsAndCompletely(t *testing.T) {
	t.Parallel()
	var order []string
	var c cleanup
	for _, name := range []string{"first", "second", "third"} {
		c.push(name, func(context.Context) error {
			order = append(order, name)
			if name == "second" {
				return chat.ErrUnavailable
			}
			return nil
		})
	}
	err := c.run(t.Context())
	require.ErrorIs(t, err, chat.ErrUnavailable)
	require.ErrorContains(t, err, "close second")
	require.Equal(t, []string{"third", "second", "first"}, order)
	require.NoError(t, c.run(t.Context()))
}

// What a process cannot do without is told with the setting that mends it.
func TestAFailedStartNamesTheSetting(t *testing.T) {
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"port in use":       {[]string{"ADDR", taken.Addr().String()}, "SWITCHBOARD_ADDR: cannot listen: listen tcp " + taken.Addr().String() + ": bind: address already in use: stop the program that uses it, or set another port"},
		"admin port in use": {[]string{"ADMIN_ADDR", taken.Addr().String()}, "SWITCHBOARD_ADMIN_ADDR: cannot listen"},
		"not our address":   {[]string{"ADDR", "192.0.2.1:8080"}, "set it to an address of this machine"},
		"geo data":          {[]string{"GEOIP", "/nowhere.mmdb"}, "SWITCHBOARD_GEOIP: "},
		"MongoDB":           {[]string{"MONGO_URI", "nonsense", "SECRET_KEY", strings.Repeat("k", minKey)}, "SWITCHBOARD_MONGO_URI: "},
	} {
		cfg, err := loadConfig(settings(t, append([]string{"ADDR", "127.0.0.1:0", "ADMIN_ADDR", "127.0.0.1:0"}, c.change...)...))
		require.NoError(t, err, name)
		_, err = newApp(t.Context(), cfg, channelsFile{}, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, c.want, name)
	}
}

// A gateway that is not there is not waited for in silence.
func TestSimulateSaysThatNobodyAnswers(t *testing.T) {
	var errs lockedBuffer
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		c := &simulateCommand{Target: "http://127.0.0.1:1", ChannelsFile: writeChannels(t), Rate: 50, Contacts: 20, Channels: []string{"whatsapp"}, Batch: 1, Senders: 4, Seed: 3}
		done <- c.Run(&terminal{ctx: ctx, out: io.Discard, err: &errs})
	}()
	eventually(t, "a word of doubt", time.Minute, func() bool { return strings.Contains(errs.String(), "Nothing is taken yet") })
	stop()
	require.ErrorContains(t, <-done, "took nothing")
}

// Ctrl-C while something is waited for is no diagnosis of it.
func TestAStopIsNoFailure(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	cfg, err := loadConfig(settings(t))
	require.NoError(t, err)
	app, err := newApp(stopped, cfg, channelsFile{}, slog.New(slog.DiscardHandler))
	require.Nil(t, app)
	require.Error(t, err)
	var errs bytes.Buffer
	require.Equal(t, interrupted, ended(stopped, err, &errs))
	require.Equal(t, "switchboard: stopped before it was done\n", errs.String())
	errs.Reset()
	require.Equal(t, 1, ended(stopped, errNotEmpty, &errs), "what failed before has failed")
	require.Equal(t, 1, ended(t.Context(), context.Canceled, &errs))
	require.Zero(t, ended(stopped, nil, &errs))
	require.Equal(t, 2, strings.Count(errs.String(), "\n"))
}
