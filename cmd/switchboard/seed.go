package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"switchboard/cmd/internal/seed"
	"switchboard/store"
)

// seedCommand fills the configured database, to see how the desk feels after a year.
type seedCommand struct {
	Conversations int    `help:"How many conversations." default:"100000"`
	Contacts      int    `help:"How many people have them." default:"20000"`
	MessagesPer   int    `help:"Messages in a conversation, on average." default:"5"`
	Seed          uint64 `help:"Another seed invents other people; the same one makes the same again." default:"1"`
	Until         string `help:"Day of the newest conversation, as 2026-11-30; today when it is not given."`
	Force         bool   `help:"Also into a database that is not empty."`
}

var errNotEmpty = errors.New("the database is not empty: seeding is for a new one (--force adds to it all the same)")

// Run implements the command.
func (c *seedCommand) Run(t *terminal) error {
	cfg, err := loadConfig(environ())
	if err != nil {
		return err
	}
	until, err := c.until(time.Now())
	if err != nil {
		return err
	}
	err = withStore(t.ctx, &cfg, t, func(s *store.Store) error { return c.fill(t, s, until) })
	if t.ctx.Err() != nil {
		return errors.New("seed: stopped half-way: remove the database to begin anew, or add to it with --force")
	}
	return err
}

// until is the end of the newest day, so that the same day gives the same times.
func (c *seedCommand) until(now time.Time) (time.Time, error) {
	if c.Until == "" {
		return now.UTC().Truncate(time.Hour), nil
	}
	day, err := time.Parse(time.DateOnly, c.Until)
	if err != nil {
		return day, fmt.Errorf("--until %q is no day like 2026-11-30", c.Until)
	}
	return day.Add(24 * time.Hour), nil
}

func (c *seedCommand) fill(t *terminal, s *store.Store, until time.Time) error {
	empty, err := s.Empty(t.ctx)
	if err != nil {
		return err
	}
	if !empty && !c.Force {
		return errNotEmpty
	}
	spec := seed.Spec{Conversations: c.Conversations, Contacts: c.Contacts, MessagesPer: c.MessagesPer, Seed: c.Seed, Until: until}
	if err := seed.Furnish(t.ctx, s, &spec); err != nil {
		return err
	}
	begun, bar := time.Now(), newProgress(t.err)
	fmt.Fprintf(t.err, "Writing %d conversations of %d people, Ctrl-C stops.\n", c.Conversations, min(c.Contacts, c.Conversations))
	spec.Progress = func(done int) { bar.show(done, c.Conversations, time.Since(begun)) }
	result, err := seed.Fill(t.ctx, s, spec)
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%d conversations of %d people with %d messages, in %.0f s.\n", c.Conversations, min(c.Contacts, c.Conversations), result.Messages, time.Since(begun).Seconds())
	return nil
}

// A progress is a bar on a terminal, and a line for every tenth anywhere else.
type progress struct {
	out      io.Writer
	terminal bool
	tenth    int
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) show(done, total int, took time.Duration) {
	const width = 30
	left := time.Duration(float64(took) / float64(done) * float64(total-done)).Round(time.Second)
	if p.terminal {
		full := width * done / total
		fmt.Fprintf(p.out, "\r\x1b[K%s%s %3d %%  %d of %d conversations, %s left", strings.Repeat("█", full), strings.Repeat("░", width-full), 100*done/total, done, total, left)
		return
	}
	if tenth := 10 * done / total; tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.out, "%3d %%  %d of %d conversations, %s left\n", 100*done/total, done, total, left)
	}
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
