// Package report holds the benchmark's figures, judges them by their goals, prints them and keeps them in a file.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"switchboard/cmd/bench/internal/rig"
)

// A Figure is one thing that was measured.
type Figure struct {
	Name    string    `json:"name"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Samples []float64 `json:"samples,omitempty"` // Value is their median, or Ratio that of their ratios, when there are several

	Ceiling *Ceiling `json:"ceiling,omitempty"`
	Ratio   float64  `json:"ratio,omitempty"` // Value to the ceiling's

	Goal *Goal  `json:"goal,omitempty"`
	Met  *bool  `json:"met,omitempty"`
	Note string `json:"note,omitempty"` // how it was measured, where the name does not say
}

// A Ceiling is what a figure is compared with, measured in the same run.
type Ceiling struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
}

// A Goal is the bound a value, or its ratio, should keep.
type Goal struct {
	OfRatio bool    `json:"of_ratio,omitempty"`
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
}

// AtLeast is a lower bound of the value.
func AtLeast(n float64) *Goal { return &Goal{AtLeast: n} }

// AtMost is an upper bound of the value.
func AtMost(n float64) *Goal { return &Goal{AtMost: n} }

// RatioAtLeast is a lower bound of the ratio.
func RatioAtLeast(n float64) *Goal { return &Goal{OfRatio: true, AtLeast: n} }

// RatioAtMost is an upper bound of the ratio.
func RatioAtMost(n float64) *Goal { return &Goal{OfRatio: true, AtMost: n} }

// judge fills the ratio, where it was not measured itself, and whether the goal is met.
func (f *Figure) judge() {
	if f.Ceiling != nil && f.Ratio == 0 && f.Ceiling.Value != 0 {
		f.Ratio = f.Value / f.Ceiling.Value
	}
	if f.Goal == nil {
		return
	}
	n := f.Value
	if f.Goal.OfRatio {
		n = f.Ratio
	}
	met := (f.Goal.AtLeast == 0 || n >= f.Goal.AtLeast) && (f.Goal.AtMost == 0 || n <= f.Goal.AtMost)
	f.Met = &met
}

func (g *Goal) String() string {
	if g == nil {
		return ""
	}
	of := ""
	if g.OfRatio {
		of = "ratio "
	}
	if g.AtLeast != 0 {
		return fmt.Sprintf("%s≥ %s", of, short(g.AtLeast))
	}
	return fmt.Sprintf("%s≤ %s", of, short(g.AtMost))
}

// short writes a number with as many digits as say something.
func short(n float64) string {
	switch {
	case n >= 1000:
		return rig.Number(n)
	case n >= 100:
		return fmt.Sprintf("%.0f", n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

// A Row is what one part of the benchmark found.
type Row struct {
	Date    time.Time `json:"date"`
	Command string    `json:"command"`
	Quick   bool      `json:"quick,omitempty"` // short runs: good for a look, not for the record
	Seconds float64   `json:"seconds"`
	Others  float64   `json:"others_cores"` // busy with something else meanwhile, on average: a database server, or a disturbance
	Figures []Figure  `json:"figures"`
	NotRun  string    `json:"not_run,omitempty"` // why there are no figures, or not all
}

// Results is the file.
type Results struct {
	Machine rig.Machine    `json:"machine"`
	Rows    map[string]Row `json:"rows"`
}

// quiet is how many cores may be busy with something else without being mentioned.
const quiet = .2

// Print writes a row's figures for people.
func (r *Row) Print(out io.Writer) {
	for i := range r.Figures {
		f := &r.Figures[i]
		f.judge()
		line := fmt.Sprintf("  %-44s %10s %-6s", f.Name, short(f.Value), f.Unit)
		if f.Ceiling != nil {
			line += fmt.Sprintf("  %5.2f of %s (%s)", f.Ratio, short(f.Ceiling.Value), f.Ceiling.What)
		}
		if f.Goal != nil {
			line += "  goal " + f.Goal.String() + ": " + verdict(*f.Met)
		}
		fmt.Fprintln(out, strings.TrimRight(line, " "))
		if f.Note != "" {
			fmt.Fprintln(out, "      "+f.Note)
		}
	}
	if r.Others > quiet {
		fmt.Fprintf(out, "  meanwhile %.1f cores were busy with something else (a database server, or a disturbance)\n", r.Others)
	}
	if r.NotRun != "" {
		fmt.Fprintln(out, "  *** DID NOT RUN: "+strings.ReplaceAll(r.NotRun, "\n", "\n      "))
	}
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "NOT MET"
}

// Load reads the file of an earlier run, as far as it is of the same machine: rows that are not measured now are kept. The
// fsync time moves from run to run and does not count.
func Load(path string, machine rig.Machine) (*Results, error) {
	r := &Results{Machine: machine, Rows: map[string]Row{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("earlier results: %w", err)
	}
	var earlier Results
	if err := json.Unmarshal(raw, &earlier); err != nil {
		return nil, fmt.Errorf("earlier results in %s: %w", path, err)
	}
	earlier.Machine.Fsync = machine.Fsync
	if earlier.Machine == machine && earlier.Rows != nil {
		r.Rows = earlier.Rows
	}
	return r, nil
}

// Save writes the file.
func (r *Results) Save(path string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}
