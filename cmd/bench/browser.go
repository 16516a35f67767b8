package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

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
func (b *bench) browse(ctx context.Context, s *rig.Server, mode, conversation string) (*browserPart, error) {
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
		"conversation": conversation, "chromium": strings.TrimSpace(string(path)), "modules": modules,
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
	page, err := b.browse(ctx, h.server, "first-load", "")
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

// paintRate is how many messages a second are watched on the screen, among 1,000.
const paintRate = 5

// painted opens a conversation in a browser, has 1,000 messages a second arrive, a few of them in that conversation, and
// measures from when each of those was due until the frame with its text was drawn. One machine, one clock.
func painted(ctx context.Context, b *bench, h *house) ([]report.Figure, error) {
	probe := newProber(h.server)
	conversation, err := probe.begin(ctx)
	if err != nil {
		return nil, err
	}
	page, err := b.browse(ctx, h.server, "painted", conversation)
	if err != nil {
		return nil, err
	}
	var ready struct{ Ready bool }
	if err := page.read(&ready); err != nil {
		return nil, err
	}
	length := b.long(time.Minute, 8*time.Second)
	n := int(length.Seconds() * paintRate)
	result, err := b.paint(ctx, h, probe, n, length)
	var found struct{ Thread, List []float64 }
	if err := errors.Join(err, page.in.Close(), page.read(&found), page.Wait()); err != nil {
		return nil, err
	}
	thread, list := milliseconds(found.Thread), milliseconds(found.List)
	note := fmt.Sprintf("%d of %d messages posted to the open conversation, from when each was due until after the frame that shows it; %s", thread.Count, n, clean(result))
	figures := []report.Figure{
		{Name: "POST to painted, open thread, p50", Value: thread.P50, Unit: "ms", Note: note},
		{Name: "POST to painted, open thread, p99", Value: thread.P99, Unit: "ms", Goal: report.AtMost(150)},
		{Name: "POST to painted, row of the list, p50", Value: list.P50, Unit: "ms", Note: fmt.Sprintf("the %d that were among the rows shown when the list was drawn", list.Count)},
		{Name: "POST to painted, row of the list, p99", Value: list.P99, Unit: "ms"},
	}
	if thread.Count < n {
		return figures, fmt.Errorf("only %d of %d messages were seen on the screen", thread.Count, n)
	}
	return figures, nil
}

func (b *bench) paint(ctx context.Context, h *house, probe *prober, n int, length time.Duration) (load.Result, error) {
	spec := load.Spec{Address: h.server.Addr, Connections: 32, Contacts: pipePeople, Rate: pacedRate - paintRate, Warmup: 2 * time.Second, Duration: length}
	begin := make(chan struct{})
	var result load.Result
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		result, err = b.load(ctx, "POST to painted", spec, func() { close(begin) })
		return err
	})
	group.Go(func() error {
		select {
		case <-begin:
		case <-ctx.Done():
			return ctx.Err()
		}
		return probe.write(ctx, n)
	})
	return result, group.Wait()
}

// begin makes the conversation that is watched.
func (p *prober) begin(ctx context.Context) (conversation string, err error) {
	id, err := p.post(ctx, -1, probeFrom, "Hello")
	if err != nil {
		return "", err
	}
	if err := p.readable(ctx, id); err != nil {
		return "", err
	}
	var found struct {
		Items []struct {
			ConversationID string `json:"conversation_id"`
		} `json:"items"`
	}
	if err := p.server.API(ctx, "/ledger?request_id="+url.QueryEscape(id), &found); err != nil {
		return "", err
	}
	if len(found.Items) != 1 || found.Items[0].ConversationID == "" {
		return "", fmt.Errorf("the probe's conversation is not in the ledger: status %d", http.StatusNotFound)
	}
	return found.Items[0].ConversationID, nil
}

// write posts n messages at the paint rate, each with the time it was due in its text.
func (p *prober) write(ctx context.Context, n int) error {
	begun := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		due := begun.Add(time.Duration(i) * time.Second / paintRate)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return group.Wait()
		}
		group.Go(func() error {
			_, err := p.post(ctx, i, probeFrom, fmt.Sprintf("painted@%d@", due.UnixMilli()))
			return err
		})
	}
	return group.Wait()
}

func milliseconds(all []float64) load.Times {
	times := make([]time.Duration, len(all))
	for i, ms := range all {
		times[i] = time.Duration(ms * float64(time.Millisecond))
	}
	return load.TimesOf(times)
}
