package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// A browserPart is bench/painted.mjs at work.
type browserPart struct {
	*rig.Process
	lines *bufio.Scanner
	in    io.Closer // its end is asked for by closing its input
}

// browse starts a real Chromium on a server's dashboard.
func (b *bench) browse(ctx context.Context, s *rig.Server, mode, conversation, trace string) (*browserPart, error) {
	b.progress.Say("starting Chromium")
	path, err := exec.CommandContext(ctx, "test/browser/chromium.sh").Output()
	if err != nil {
		return nil, fmt.Errorf("no Chromium (test/browser/chromium.sh says why): %w", err)
	}
	modules, err := b.modules(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(map[string]string{
		"mode": mode, "base": "http://" + s.Addr, "email": rig.AdminEmail, "password": rig.AdminPassword,
		"conversation": conversation, "trace": trace, "chromium": strings.TrimSpace(string(path)), "modules": modules,
	})
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	in, inWrite := io.Pipe()
	out, outWrite := io.Pipe()
	p, err := rig.Start(ctx, rig.Command{Name: "browser", Path: "node", Args: []string{"bench/painted.mjs", string(settings)}, In: in, Out: outWrite, Dir: b.dir})
	if err != nil {
		return nil, err
	}
	p.Then(func() { outWrite.Close(); in.Close() }) // closing a pipe never fails
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 4<<20)
	return &browserPart{Process: p, lines: lines, in: inWrite}, nil
}

// modules makes sure that the browser test's own modules are there and names the file they are found from.
func (b *bench) modules(ctx context.Context) (string, error) {
	const dir = "test/browser"
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err != nil {
		b.progress.Say("npm ci in %s", dir)
		npm := exec.CommandContext(ctx, "npm", "ci", "--loglevel=error")
		npm.Dir = dir
		if out, err := npm.CombinedOutput(); err != nil {
			return "", fmt.Errorf("playwright-core: npm ci in %s: %w\n%s", dir, err, out)
		}
	}
	path, err := filepath.Abs(filepath.Join(dir, "package.json"))
	if err != nil {
		return "", fmt.Errorf("playwright-core: %w", err)
	}
	return path, nil
}

// read waits for the browser's next line.
func (p *browserPart) read(into any) error {
	if !p.lines.Scan() {
		return errors.Join(errors.New("the browser said nothing more"), p.lines.Err(), p.Wait())
	}
	if err := json.Unmarshal(p.lines.Bytes(), into); err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	return nil
}

// A pageLoad is what one visit cost.
type pageLoad struct {
	Requests int      `json:"requests"`
	Bytes    int      `json:"bytes"`
	URLs     []string `json:"urls"`
}

// firstLoad measures what a browser fetches for a full inbox, with an empty cache and with its assets there.
func firstLoad(ctx context.Context, b *bench, h *house) (_ []report.Figure, err error) {
	people := 200
	spec := load.Spec{Address: h.server.Addr, Connections: 8, Contacts: people, Requests: int64(people), Duration: time.Minute}
	if _, err := b.load(ctx, "messages of 200 people", spec, func() {}); err != nil {
		return nil, err
	}
	if err := b.stored(ctx, h.server, "messages of 200 people", int64(people)); err != nil {
		return nil, err
	}
	page, err := b.browse(ctx, h.server, "first-load", "", "")
	if err != nil {
		return nil, err
	}
	var found struct{ Cold, Warm pageLoad }
	if err := errors.Join(page.read(&found), page.in.Close(), page.Wait()); err != nil {
		return nil, err
	}
	return []report.Figure{
		{Name: "inbox, first load: requests", Value: float64(found.Cold.Requests), Unit: "", Goal: report.AtMost(6), Note: strings.Join(found.Cold.URLs, ", ")},
		{Name: "inbox, first load: with assets cached", Value: float64(found.Warm.Bytes) / 1000, Unit: "KB", Goal: report.AtMost(60), Note: strings.Join(found.Warm.URLs, ", ")},
		{Name: "inbox, first load: with nothing cached", Value: float64(found.Cold.Bytes) / 1000, Unit: "KB"},
	}, nil
}
