package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// paintRate is how many messages a second are watched on the screen, among all.
const paintRate = 5

// calmRate is what a large workplace really has.
const calmRate = 100

// paintedSoon is how long it may take at most until a message is on the screen.
const paintedSoon = 150

// dearPage is how much of a core of the server an open page may cost at most.
const dearPage = .1

// painted opens a conversation in a browser, has messages arrive, a few of them in that conversation, and measures from when
// each of those was due until the frame with its text was drawn. One machine, one clock.
func painted(ctx context.Context, b *bench, h *house) ([]report.Figure, error) {
	conversation, err := newProber(h.server).begin(ctx)
	if err != nil {
		return nil, err
	}
	var figures []report.Figure
	for _, rate := range []float64{calmRate, pacedRate} {
		found, err := b.paintedAt(ctx, h, conversation, rate)
		figures = append(figures, found...)
		if err != nil {
			return figures, err
		}
	}
	return figures, nil
}

// A paintedPage is what the browser saw.
type paintedPage struct {
	Thread, List []float64
	Stages       struct{ Stored, Signal, Request, Answer, Drawn []float64 }
	CPU          float64
	Requests     map[string]struct{ Count, Bytes int }
}

// paintedAt measures at one rate.
func (b *bench) paintedAt(ctx context.Context, h *house, conversation string, rate float64) ([]report.Figure, error) {
	length := b.long(time.Minute, 8*time.Second)
	alone, err := b.paint(ctx, h, painting{rate: rate, length: length / 2})
	if err != nil {
		return nil, err
	}
	trace := ""
	if b.profiles != "" {
		if trace, err = filepath.Abs(filepath.Join(b.profiles, fmt.Sprintf("painted-%.0f.trace.json", rate))); err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
	}
	page, err := b.browse(ctx, h.server, "painted", conversation, trace)
	if err != nil {
		return nil, err
	}
	var ready struct{ Ready bool }
	if err := page.read(&ready); err != nil {
		return nil, err
	}
	n := int(length.Seconds() * paintRate)
	run, err := b.paint(ctx, h, painting{rate: rate, length: length, probes: n})
	var found paintedPage
	if err := errors.Join(err, page.in.Close(), page.read(&found), page.Wait()); err != nil {
		return nil, err
	}
	figures := paintedFigures(&found, rate, n, alone, run)
	if len(found.Thread) < n {
		return figures, fmt.Errorf("at %.0f/s only %d of %d messages were seen on the screen", rate, len(found.Thread), n)
	}
	return figures, nil
}

func paintedFigures(found *paintedPage, rate float64, n int, alone, run posted) []report.Figure {
	at := fmt.Sprintf("at %s/s: ", rig.Number(rate))
	thread, list := milliseconds(found.Thread), milliseconds(found.List)
	figures := []report.Figure{
		{
			Name: at + "POST to painted, open thread, p50", Value: thread.P50, Unit: "ms",
			Note: fmt.Sprintf("%d of %d messages posted to the open conversation, from when each was due until after the frame that shows it; %s", thread.Count, n, clean(run.result)),
		},
		{Name: at + "POST to painted, open thread, p99", Value: thread.P99, Unit: "ms", Goal: report.AtMost(paintedSoon)},
		{
			Name: at + "POST to painted, row of the list, p50", Value: list.P50, Unit: "ms",
			Note: fmt.Sprintf("%d of them, in the conversation's row of a list by priority, whose other rows come and go; the others were overtaken by a newer one before the row was drawn", list.Count),
		},
		{Name: at + "POST to painted, row of the list, p99", Value: list.P99, Unit: "ms", Goal: report.AtMost(paintedSoon)},
	}
	for _, s := range []struct {
		name string
		all  []float64
	}{
		{"POST to stored", found.Stages.Stored},
		{"stored to signal", found.Stages.Signal},
		{"signal to request", found.Stages.Request},
		{"request to answer", found.Stages.Answer},
		{"answer to painted", found.Stages.Drawn},
	} {
		times := milliseconds(s.all)
		figures = append(figures, report.Figure{Name: at + "of it " + s.name + ", p99", Value: times.P99, Unit: "ms", Note: fmt.Sprintf("p50 %.1f ms", times.P50)})
	}
	cost := report.Figure{
		Name: at + "server, cost of the open page", Value: run.cores - alone.cores, Unit: "cores", Goal: report.AtMost(dearPage),
		Note: fmt.Sprintf("%.2f cores with it, %.2f without; a second it fetched %s", run.cores, alone.cores, fetched(found, run.length)),
	}
	if cost.Value < 0 { // no page gives time back: something else had the cores
		cost.Goal, cost.Note = nil, "not a measurement, the machine was busy with something else: "+cost.Note
	}
	return append(figures, cost, report.Figure{
		Name: at + "browser, all of its processes", Value: found.CPU / run.length.Seconds(), Unit: "cores", Note: "without a graphics processor: it draws on the same cores",
	})
}

// fetched lists what the page fetched in a second.
func fetched(found *paintedPage, length time.Duration) string {
	paths := slices.SortedFunc(maps.Keys(found.Requests), func(a, b string) int {
		return cmp.Or(cmp.Compare(found.Requests[b].Count, found.Requests[a].Count), cmp.Compare(a, b))
	})
	var out []string
	for _, path := range paths {
		r := found.Requests[path]
		out = append(out, fmt.Sprintf("%s %.1f× %.1f KB", path, float64(r.Count)/length.Seconds(), float64(r.Bytes)/float64(r.Count)/1000))
	}
	return strings.Join(out, ", ")
}

// A painting says what to post: messages of everybody at a rate, and so many among them in the watched conversation.
type painting struct {
	rate   float64
	length time.Duration
	probes int
}

// A posted is what was posted, and what it took of the server.
type posted struct {
	result load.Result
	cores  float64
	length time.Duration
}

func (b *bench) paint(ctx context.Context, h *house, p painting) (out posted, err error) {
	spec := load.Spec{Address: h.server.Addr, Connections: 32, Contacts: pipePeople, Rate: p.rate - paintRate, Warmup: 2 * time.Second, Duration: p.length}
	begin := make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		out.result, err = b.load(ctx, fmt.Sprintf("%.0f/s", p.rate), spec, func() { close(begin) })
		return err
	})
	group.Go(func() error {
		select {
		case <-begin:
		case <-ctx.Done():
			return ctx.Err()
		}
		before, err := h.server.CPU()
		if err != nil {
			return err
		}
		begun := time.Now()
		if err := newProber(h.server).write(ctx, p.probes); err != nil {
			return err
		}
		select {
		case <-time.After(time.Until(begun.Add(p.length))):
		case <-ctx.Done():
			return ctx.Err()
		}
		after, err := h.server.CPU()
		out.length = time.Since(begun)
		out.cores = (after - before).Seconds() / out.length.Seconds()
		return err
	})
	return out, group.Wait()
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
