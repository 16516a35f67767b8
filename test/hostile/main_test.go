package hostile

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// binaryVariable hands the program that TestMain has built to the tests.
const binaryVariable = "SWITCHBOARD_HOSTILE_BINARY"

func TestMain(m *testing.M) {
	if err := atOnce(16); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "switchboard-hostile-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	if err := build(filepath.Join(dir, "switchboard")); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// atOnce lets that many tests run at the same time, however few processors there are: they wait more than they work.
func atOnce(n int) error {
	flag.Parse()
	return flag.Set("test.parallel", strconv.Itoa(n))
}

func build(binary string) error {
	out, err := exec.Command("go", "build", "-o", binary, "switchboard/cmd/switchboard").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return os.Setenv(binaryVariable, binary)
}

// An attack is run against one server while others are run against it.
type attack struct {
	name string
	run  func(t *testing.T, s *server)
}

func TestHostile(t *testing.T) {
	s := start(t)
	proxied := start(t, "SWITCHBOARD_TRUSTED_PROXIES=127.0.0.1", "SWITCHBOARD_COOKIE_SECURE=true")
	s.mustHandleGood(t)
	proxied.mustHandleGood(t)
	before, beforeProxied := s.usage(t), proxied.usage(t)

	t.Run("attacks", func(t *testing.T) {
		for _, a := range slices.Concat(webhookAttacks(), widgetAttacks(), wireAttacks(), screenAttacks(), apiAttacks(), textAttacks(), slowAttacks()) {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				a.run(t, s)
			})
		}
		for _, a := range loginAttacks() {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				a.run(t, proxied)
			})
		}
	})
	// These take what there is of connections and memory, so that others could not tell an attack from its side effects.
	t.Run("floods", func(t *testing.T) {
		for _, a := range floods() {
			t.Run(a.name, func(t *testing.T) {
				t.Parallel()
				a.run(t, s)
			})
		}
	})
	for name, c := range map[string]struct {
		s      *server
		before usage
	}{"aftermath": {s, before}, "aftermath behind a proxy": {proxied, beforeProxied}} {
		t.Run(name, func(t *testing.T) { aftermath(t, c.s, c.before) })
	}
}
