// Command bench measures Switchboard on this machine: every figure with its goal, and next to the ceiling it is compared with,
// measured in the same run. It is a measurement and never a test: rates move by 20 % and more, ratios less.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ran, err := child(ctx, os.Args[1:])
	if !ran {
		err = measure(ctx, os.Args[1:])
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is one run of the program.
type bench struct {
	binary   string // bin/switchboard
	dir      string // scratch, on a real disk
	mongo    string // URI of a MongoDB, "" when there is none
	quick    bool
	profiles string // directory for CPU profiles, "" for none
	progress *rig.Progress
}

// flags are the settings of a run.
type flags struct {
	only, mongo, out, dir, binary, profiles string
	quick, list                             bool
}

func parse(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&f.only, "only", "", "measure these rows, separated by commas (see --list)")
	set.StringVar(&f.mongo, "mongo", os.Getenv("SWITCHBOARD_TEST_MONGO_URI"), "URI of a MongoDB to measure against; databases of its own are made there and dropped")
	set.StringVar(&f.out, "out", "bench/results.json", "file for the results; rows that are not measured keep theirs")
	set.StringVar(&f.dir, "dir", "data", "scratch directory on the disk to measure with")
	set.StringVar(&f.binary, "binary", "", "measure this program instead of one built here")
	set.StringVar(&f.profiles, "profile", "", "write CPU profiles of Switchboard into this directory")
	set.BoolVar(&f.quick, "quick", false, "short runs: a look, not a record")
	set.BoolVar(&f.list, "list", false, "list the rows")
	if err := set.Parse(args); err != nil {
		return f, fmt.Errorf("flags: %w", err)
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("flags: %q is not one", set.Arg(0))
	}
	return f, nil
}

func measure(ctx context.Context, args []string) error {
	f, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	chosen, err := choose(f.only)
	if err != nil {
		return err
	}
	if f.list {
		for _, r := range chosen {
			fmt.Printf("%-14s %s\n", r.name, r.title)
		}
		return nil
	}
	b, err := prepare(ctx, f)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) // scratch, in a directory git ignores
	return b.run(ctx, chosen, f.out, "go run ./cmd/bench "+strings.Join(args, " "))
}

// choose gives the rows named, or all.
func choose(only string) ([]row, error) {
	if only == "" {
		return rows(), nil
	}
	var chosen []row
	for name := range strings.SplitSeq(only, ",") {
		found := false
		for _, r := range rows() {
			if r.name == strings.TrimSpace(name) {
				chosen, found = append(chosen, r), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no row is called %q: see --list", name)
		}
	}
	return chosen, nil
}

func prepare(ctx context.Context, f flags) (*bench, error) {
	b := &bench{binary: f.binary, mongo: f.mongo, quick: f.quick, profiles: f.profiles, progress: rig.NewProgress(os.Stderr)}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	scratch, err := os.MkdirTemp(f.dir, "bench-")
	if err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	if b.dir, err = filepath.Abs(scratch); err != nil {
		return nil, fmt.Errorf("scratch directory: %w", err)
	}
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o755); err != nil {
			return nil, fmt.Errorf("profile directory: %w", err)
		}
	}
	if b.binary != "" {
		b.binary, err = filepath.Abs(b.binary)
		return b, err
	}
	b.progress.Say("building bin/switchboard")
	out, err := exec.CommandContext(ctx, "make", "--no-print-directory", "build").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build bin/switchboard: %w\n%s", err, out)
	}
	b.binary, err = filepath.Abs("bin/switchboard")
	return b, err
}

// run measures row by row and keeps what it has after each.
func (b *bench) run(ctx context.Context, chosen []row, out, command string) error {
	machine, err := rig.ThisMachine(b.dir)
	if err != nil {
		return err
	}
	results, err := report.Load(out, machine)
	if err != nil {
		return err
	}
	b.progress.Clear()
	fmt.Printf("%s, %d cores, %s, %s, %s, fsync of 4 KiB %.2f ms\n", machine.CPU, machine.Cores, machine.Memory, machine.Kernel, machine.Go, machine.Fsync)
	var missing []string
	for _, r := range chosen {
		fmt.Printf("\n%s: %s\n", r.name, r.title)
		found, err := b.one(ctx, r)
		if err != nil {
			return err
		}
		found.Command = command
		if found.NotRun != "" {
			missing = append(missing, r.name)
		}
		b.progress.Clear()
		found.Print(os.Stdout)
		results.Rows[r.name] = found
		if err := results.Save(out); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("DID NOT RUN, or not to the end (why: see above): %s", strings.Join(missing, ", "))
	}
	return nil
}

// one measures a row. Its error is that of an end that was asked for; what could not be measured stands in the row.
func (b *bench) one(ctx context.Context, r row) (report.Row, error) {
	begun := time.Now()
	busy, own, err := rig.Busy()
	if err != nil {
		return report.Row{}, err
	}
	figures, failed := r.run(ctx, b)
	if ctx.Err() != nil {
		return report.Row{}, ctx.Err()
	}
	took := time.Since(begun)
	found := report.Row{Date: begun.UTC().Truncate(time.Second), Quick: b.quick, Seconds: took.Round(time.Second).Seconds(), Figures: figures}
	if failed != nil {
		found.NotRun = failed.Error()
	}
	busyNow, ownNow, err := rig.Busy()
	if err != nil {
		return report.Row{}, err
	}
	found.Others = math.Round(float64(busyNow-busy-(ownNow-own))/float64(took)*100) / 100
	return found, nil
}
