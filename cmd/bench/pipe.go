package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"switchboard/chat"
	"switchboard/cmd/bench/internal/ceiling"
	"switchboard/cmd/bench/internal/load"
	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
	"switchboard/store"
	"switchboard/store/mongo"
	"switchboard/store/sqlite"
)

// How many people write in the rows of the whole pipe. With few, as in the study the goal comes from, a batch of the worker
// holds many messages of each; with many, nearly every message costs a contact and a conversation of its own.
const (
	fewPeople  = 200
	pipePeople = 5000
)

// pipeMessages fit into the embedded log, whatever is stored meanwhile: what does not is refused, and its sender comes again.
const pipeMessages = 60_000

// stuckTime is how long nothing may be stored before a row gives up.
const stuckTime = 90 * time.Second

// pipe measures the whole way: signed webhooks posted as fast as they are taken, until the last one is stored. The time
// ends when everything is in the database, so it is what the slowest part can keep up for ever.
func pipe(ctx context.Context, b *bench, h *house) ([]report.Figure, error) {
	n := int64(pipeMessages)
	if b.quick {
		n = 10_000
	}
	bulk, err := b.bulk(ctx, h.engine, int(n))
	if err != nil {
		return nil, err
	}
	ceilingIs := &report.Ceiling{What: "bare bulk insert", Value: bulk}
	var figures []report.Figure
	for i, people := range []int{fewPeople, pipePeople} {
		rate, cpu, err := b.through(ctx, h, people, n, int64(i)*n)
		if err != nil {
			return figures, err
		}
		figure := report.Figure{Name: fmt.Sprintf("whole pipe, %s, %s people", h.engine, rig.Number(float64(people))), Value: rate, Unit: "/s", Ceiling: ceilingIs}
		if people == fewPeople && h.engine == "MongoDB" {
			figure.Goal = report.AtLeast(9000)
		}
		figures = append(figures, figure, report.Figure{Name: figure.Name + ": CPU per 1,000", Value: cpu, Unit: "ms"})
	}
	figures[0].Note = fmt.Sprintf("%s messages; the ceiling inserts as many plain documents of %d bytes, %d at a time from %d writers, one index; CPU is the process's, not a database server's or an outside broker's",
		rig.Number(float64(n)), bodySize, ceiling.BulkBatch, ceiling.BulkWriters)
	return figures, nil
}

// through posts n messages of so many people and answers how many a second were stored, from the first post to the last
// being stored, and how much processor time 1,000 of them took the process. before is what was stored already.
func (b *bench) through(ctx context.Context, h *house, people int, n, before int64) (rate, cpu float64, err error) {
	what := fmt.Sprintf("whole pipe, %s, %s people", h.engine, rig.Number(float64(people)))
	spec := load.Spec{Address: h.server.Addr, Connections: 64, Contacts: people, Requests: n, Duration: time.Hour}
	used, err := h.server.CPU()
	if err != nil {
		return 0, 0, err
	}
	var begun time.Time
	wait := func() error { return nil }
	result, err := b.load(ctx, what, spec, func() {
		begun = time.Now()
		wait = b.profile(ctx, h.server, fmt.Sprintf("pipe-%s-%d", h.engine, people), b.long(15*time.Second, 5*time.Second))
	})
	if err != nil {
		return 0, 0, err
	}
	if result.Accepted != n {
		return 0, 0, fmt.Errorf("%s: %d of %d webhooks accepted: %s", what, result.Accepted, n, unclean(result))
	}
	if err := b.stored(ctx, h.server, what, before+n); err != nil {
		return 0, 0, err
	}
	took := time.Since(begun)
	after, err := h.server.CPU()
	if err != nil {
		return 0, 0, err
	}
	rate, cpu = float64(n)/took.Seconds(), (after-used).Seconds()*1000/float64(n)*1000
	return rate, cpu, errors.Join(b.closes(ctx, h.server, before+n, before+n), wait())
}

// stored waits until the worker has stored n messages.
func (b *bench) stored(ctx context.Context, s *rig.Server, what string, n int64) error {
	begun, last, moved := time.Now(), -1.0, time.Now()
	for {
		done, err := s.Sum(ctx, "switchboard_verdicts_total", `verdict="applied"`)
		if err != nil {
			return err
		}
		if int64(done) >= n {
			return nil
		}
		if done != last {
			last, moved = done, time.Now()
		}
		if time.Since(moved) > stuckTime {
			return fmt.Errorf("%s: nothing was stored for %s: %s of %s are", what, stuckTime, rig.Number(done), rig.Number(float64(n)))
		}
		b.progress.Say("%s: %s of %s stored, %.1f s after the last was accepted", what, rig.Number(done), rig.Number(float64(n)), time.Since(begun).Seconds())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// closes checks the ledger's sum: between least and most messages applied, and nothing of anything else. A webhook that was
// refused may have reached the log all the same.
func (b *bench) closes(ctx context.Context, s *rig.Server, least, most int64) error {
	var sum chat.LedgerSummary
	if err := s.API(ctx, "/ledger/summary", &sum); err != nil {
		return err
	}
	if sum.Applied < least || sum.Applied > most || sum.Received != sum.Applied+sum.Duplicate+sum.Ignored+sum.Quarantined || sum.Quarantined+sum.Ignored > 0 {
		return fmt.Errorf("the ledger should hold %d to %d applied messages and nothing else: %+v", least, most, sum.Summary)
	}
	return nil
}

// bulk measures the engine alone.
func (b *bench) bulk(ctx context.Context, engine string, n int) (_ float64, err error) {
	b.progress.Say("bare bulk insert, %s", engine)
	e, drop, err := b.engine(ctx, engine)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.Close(ctx), drop()) }()
	took, err := ceiling.Bulk(ctx, e, n, bodySize)
	if err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), nil
}

// engine opens an empty database of the benchmark's own.
func (b *bench) engine(ctx context.Context, name string) (_ store.Engine, drop func() error, err error) {
	if name == "SQLite" {
		dir, err := b.scratch("sqlite-")
		if err != nil {
			return nil, nil, err
		}
		e, err := openAt(ctx, "", filepath.Join(dir, "switchboard.db"))
		return e, func() error { return nil }, err
	}
	uri, drop, err := b.database()
	if err != nil {
		return nil, nil, err
	}
	e, err := openAt(ctx, uri, "")
	return e, drop, err
}

// openAt opens the database of a URI, or the file when there is none.
func openAt(ctx context.Context, uri, file string) (store.Engine, error) {
	if uri != "" {
		return mongo.Open(ctx, uri, quietLog(), nil)
	}
	return sqlite.Open(ctx, file, quietLog(), nil)
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
