package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"switchboard/cmd/internal/simulate"
)

// A process is the program in a process of its own, which can be killed.
type process struct {
	cmd    *exec.Cmd
	base   string
	admin  string
	log    *bytes.Buffer
	ended  chan struct{} // closed at the end, then result is set
	result error
}

// launch starts the test binary as the program.
func launch(t testing.TB, environment map[string]string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], "serve"), log: &bytes.Buffer{}, ended: make(chan struct{}), //nolint:gosec // the test itself
		base: "http://" + environment[envPrefix+"ADDR"], admin: "http://" + environment[envPrefix+"ADMIN_ADDR"]}
	p.cmd.Env = append(os.Environ(), asProcess+"=1")
	for k, v := range environment {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	p.cmd.Stderr = p.log
	require.NoError(t, p.cmd.Start())
	go func() {
		p.result = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

// kill ends the process at once, as a power cut would; it may be called again.
func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		panic(err) // there is nothing a test could do with a process that cannot be killed
	}
	<-p.ended
}

// awaitAnswer waits until the process takes webhooks.
func (p *process) awaitAnswer(t testing.TB) {
	t.Helper()
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	eventually(t, "the process to be up", 60*time.Second, func() bool {
		select {
		case <-p.ended:
			require.Fail(t, "the process ended by itself", "%v\n%s", p.result, p.log)
		default:
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.admin+"/readyz", nil)
		require.NoError(t, err)
		res, err := client.Do(req)
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
}

// fixed gives a process addresses it keeps over restarts, and its channels as a file.
func fixed(t testing.TB, environment map[string]string) map[string]string {
	t.Helper()
	for _, name := range []string{"ADDR", "ADMIN_ADDR"} {
		var lc net.ListenConfig
		ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		environment[envPrefix+name] = ln.Addr().String()
		require.NoError(t, ln.Close())
	}
	raw, err := yaml.Marshal(testChannels())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "channels.yaml")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	environment[envPrefix+"CHANNELS"] = path
	return environment
}

// kills is how often the process is killed.
const kills = 20

// P1 and P2: with traffic flowing the process is killed at random moments and started again. At the end every acknowledged
// message is there exactly once and in order, and the ledger's sum closes.
func TestKilledAtRandomMoments(t *testing.T) { killedAtRandomMoments(t, fixed(t, settings(t))) }

func killedAtRandomMoments(t *testing.T, environment map[string]string) {
	p := launch(t, environment)
	p.awaitAnswer(t)
	s := newTraffic(t, p.base, simulate.Config{Contacts: 40, Senders: 8, Rate: 150, Duplicates: 0.05, Batch: 4})
	ctx, cancel := context.WithCancel(t.Context())
	var playing sync.WaitGroup
	playing.Go(func() { s.Run(ctx) })
	for range kills {
		wait(time.Duration(rand.IntN(1200)) * time.Millisecond)
		p.kill()
		requireNothingPersonal(t, p.log.String())
		p = launch(t, environment)
		if rand.IntN(3) > 0 { // otherwise it is killed while it starts
			before := s.Progress().Accepted
			eventually(t, "traffic after the kill", 60*time.Second, func() bool { return s.Progress().Accepted > before+5 })
		}
	}
	p.awaitAnswer(t)
	before := s.Progress().Accepted
	eventually(t, "traffic after the last kill", 60*time.Second, func() bool { return s.Progress().Accepted > before+20 })
	cancel()
	playing.Wait()
	p.kill()
	t.Log("\n" + s.Progress().String())

	h := open(t, environment)
	h.awaitReady(t)
	requireEveryMessageOnce(t, h, s.Record())
}

// requireNothingPersonal makes sure that a log names no simulated customer.
func requireNothingPersonal(t testing.TB, log string) {
	t.Helper()
	for _, personal := range []string{"2025550", "4477009", "@example.com", "order 48213", testSecret} {
		require.NotContains(t, log, personal)
	}
}

// Two workers share the partitions; one is killed; the other takes all over and nothing is lost or doubled.
func TestOneOfTwoWorkersIsKilled(t *testing.T) {
	_, addrs := broker(t)
	oneOfTwoWorkersIsKilled(t, settings(t, "KAFKA_BROKERS", addrs))
}

// with is a copy of the settings with other roles.
func with(environment map[string]string, roles string) map[string]string {
	environment = maps.Clone(environment)
	environment[envPrefix+"ROLES"] = roles
	return environment
}

func oneOfTwoWorkersIsKilled(t *testing.T, environment map[string]string) {
	front := open(t, with(environment, "gateway"))
	front.awaitReady(t)
	worker := func() *process { return launch(t, fixed(t, with(environment, "worker"))) }
	first := worker()
	first.awaitAnswer(t)
	second := worker()
	second.awaitAnswer(t)
	s := newTraffic(t, front.base, simulate.Config{Contacts: 40, Senders: 8, Rate: 200, Duplicates: 0.05})
	ctx, cancel := context.WithCancel(t.Context())
	var playing sync.WaitGroup
	playing.Go(func() { s.Run(ctx) })
	eventually(t, "traffic with two workers", 30*time.Second, func() bool { return s.Progress().Accepted > 300 })
	first.kill()
	killed := s.Progress().Accepted
	eventually(t, "traffic with one worker", 30*time.Second, func() bool { return s.Progress().Accepted > killed+600 })
	cancel()
	playing.Wait()
	front.settled(t)
	require.NoError(t, second.cmd.Process.Signal(syscall.SIGTERM))
	<-second.ended
	require.NoError(t, second.result, second.log)

	h := open(t, with(environment, "worker,dashboard"))
	h.awaitReady(t)
	requireEveryMessageOnce(t, h, s.Record())
	t.Log(fmt.Sprint("accepted ", s.Progress().Accepted))
}
