package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

// A row measures one thing. It may give figures and an error: then the rest could not be measured.
type row struct {
	name, title string
	run         func(ctx context.Context, b *bench) ([]report.Figure, error)
}

// rows are what `make bench` measures, in this order.
func rows() []row {
	return []row{
		{"start", "start to serving, embedded engines, empty data directory", start},
		{"intake", "accepted webhooks/s, 1.5 KB signed bodies, log written but not fsynced (Kafka's default)", intakeWritten},
		{"intake-fsync", "the same with every batch fsynced", intakeSynced},
		{"answer", "answer time, open loop at 2,750/s", answer},
		{"pipe", "whole pipe, sustained, everything stored by the end: SQLite", on(false, pipe)},
		{"pipe-mongo", "the same on MongoDB", on(true, pipe)},
		{"readable", "POST to readable in the database, at 1,000/s: SQLite", on(false, readable)},
		{"readable-mongo", "the same on MongoDB", on(true, readable)},
		{"memory", "memory of the whole embedded process at 1,000/s", memory},
		{"outage", "intake at full rate while MongoDB is down, and everything stored after it is back", outage},
		{"screens", "server time of inbox list, thread, profile, search and counts: SQLite", screens(false)},
		{"screens-mongo", "the same on MongoDB", screens(true)},
		{"first-load", "first load of the inbox in a real Chromium", on(false, firstLoad)},
		{"painted", "POST to painted in an open dashboard, at 100/s and at 1,000/s", on(false, painted)},
	}
}

// bodySize of every webhook the benchmark posts.
const bodySize = 1500

// long chooses how long to run.
func (b *bench) long(full, quick time.Duration) time.Duration {
	if b.quick {
		return quick
	}
	return full
}

// rounds is how often a noisy figure is measured; its median counts.
func (b *bench) rounds() int {
	if b.quick {
		return 1
	}
	return 3
}

// load posts and shows how far it is. begun is called when measuring begins.
func (b *bench) load(ctx context.Context, what string, spec load.Spec, begun func()) (load.Result, error) {
	if spec.BodySize == 0 {
		spec.BodySize = bodySize
	}
	if spec.Run == "" {
		spec.Run = fmt.Sprintf("R%d-", time.Now().UnixNano())
	}
	measuring := false
	result, err := rig.Load(ctx, b.dir, spec, func(p load.Progress) {
		if p.Measuring && !measuring {
			measuring = true
			begun()
		}
		b.progress.Say("%s: %.1f of %.1f s, %s accepted", what, p.Elapsed.Seconds(), (spec.Warmup + spec.Duration).Seconds(), rig.Number(float64(p.Accepted)))
	})
	if err != nil {
		return result, fmt.Errorf("%s: %w", what, err)
	}
	return result, nil
}

// unclean says what must not go unmentioned beside a rate; clean says so when there is nothing.
func unclean(r load.Result) string {
	if len(r.Refused) == 0 && r.Broken == 0 && r.Late == 0 {
		return ""
	}
	return fmt.Sprintf("not accepted: %v by status, %d on broken connections, %d without an answer", r.Refused, r.Broken, r.Late)
}

func clean(r load.Result) string {
	if s := unclean(r); s != "" {
		return s
	}
	return "every webhook was accepted"
}

// profile takes a CPU profile of a server while it is measured. The function it returns waits for the end of it.
func (b *bench) profile(ctx context.Context, s *rig.Server, name string, length time.Duration) (wait func() error) {
	if b.profiles == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- saveProfile(ctx, s, filepath.Join(b.profiles, name+".pprof"), length) }()
	return func() error { return <-done }
}

func saveProfile(ctx context.Context, s *rig.Server, path string, length time.Duration) (err error) {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.Admin, max(1, int(length.Seconds())-1))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := io.Copy(file, response.Body); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

// scratch makes a directory.
func (b *bench) scratch(name string) (string, error) {
	dir, err := os.MkdirTemp(b.dir, name)
	if err != nil {
		return "", fmt.Errorf("scratch directory: %w", err)
	}
	return dir, nil
}

// drop stops a broker and removes its log.
func (b *bench) drop(broker *rig.Child) error {
	return errors.Join(broker.Stop(), os.RemoveAll(broker.Dir))
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// pages says how much of the memory is the program's file.
func pages(m rig.Memory) string {
	return fmt.Sprintf("%.0f MiB of it are pages of the program's file, which the kernel shares and can drop", mebibytes(m.File))
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
