package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/cmd/bench/internal/report"
	"switchboard/cmd/bench/internal/rig"
)

const readme = "../../README.md"

// The section of the README that holds the figures.
const (
	sectionStart = "<!-- figures: written from bench/results.json by `FIGURES=write go test ./cmd/bench -run TestReadmeFigures` -->\n"
	sectionEnd   = "<!-- end of figures -->\n"
	beforeThis   = "## Development\n" // where the section goes when it is new
)

// What the README says was measured is what was measured. FIGURES=write writes it; a run with --quick is nothing to write down.
func TestReadmeFigures(t *testing.T) {
	raw, err := os.ReadFile(readme)
	require.NoError(t, err)
	text := string(raw)
	if os.Getenv("FIGURES") == "write" {
		text = withSection(t, text, section(t, results(t)))
		require.NoError(t, os.WriteFile(readme, []byte(text), 0o644))
	}
	_, rest, found := strings.Cut(text, sectionStart)
	if !found {
		require.NotContains(t, text, "## Figures", "figures that nothing checks")
		return
	}
	written, _, found := strings.Cut(rest, sectionEnd)
	require.True(t, found, "the section of figures has no end")
	require.Equal(t, section(t, results(t)), written, "README.md and bench/results.json differ")
}

// The table says what the results say.
func TestReadmeSection(t *testing.T) {
	met := true
	r := &report.Results{
		Machine: rig.Machine{CPU: "A processor", Cores: 2, Memory: "8388608 kB", Kernel: "Linux 6.1", Go: "go1.26", Fsync: .2},
		Rows: map[string]report.Row{rows()[0].name: {Figures: []report.Figure{
			{Name: "intake", Value: 46123.4, Unit: "/s", Ceiling: &report.Ceiling{What: "bare | handler", Value: 120000}, Ratio: .384, Goal: report.RatioAtLeast(.33), Met: &met},
			{Name: "start", Value: .25, Unit: "s", Note: "empty data directory"},
		}}},
	}
	got := section(t, r)
	require.Contains(t, got, "A processor, 2 cores, 8 GiB memory, Linux 6.1, go1.26, 0.20 ms to fsync 4 KiB.")
	require.Contains(t, got, `| intake | 46,123 /s | 0.38 of 120,000 /s (bare \| handler) | ratio ≥ 0.33 | yes |`)
	require.Contains(t, got, "| start [1] | 0.25 s | | | |")
	require.Contains(t, got, "[1] empty data directory")
	require.Contains(t, got, "Not measured here: "+rows()[1].title)
	once := withSection(t, "# x\n\n"+beforeThis, got)
	require.Equal(t, once, withSection(t, once, got), "writing it again changes nothing")
}

func results(t *testing.T) *report.Results {
	t.Helper()
	raw, err := os.ReadFile("../../bench/results.json")
	require.NoError(t, err, "run `make bench` first")
	var r report.Results
	require.NoError(t, json.Unmarshal(raw, &r))
	for name, row := range r.Rows {
		require.False(t, row.Quick, "%s was measured with --quick: run `make bench` in full", name)
	}
	return &r
}

// withSection puts the section where it was, or before the heading it belongs in front of.
func withSection(t *testing.T, text, section string) string {
	t.Helper()
	whole := sectionStart + section + sectionEnd
	if before, rest, found := strings.Cut(text, sectionStart); found {
		_, after, ended := strings.Cut(rest, sectionEnd)
		require.True(t, ended, "the section of figures has no end")
		return before + whole + after
	}
	before, after, found := strings.Cut(text, beforeThis)
	require.True(t, found, "README.md has no %q", beforeThis)
	return before + whole + "\n" + beforeThis + after
}

// section is the figures as Markdown.
func section(t *testing.T, r *report.Results) string {
	t.Helper()
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "## Figures\n\n`make bench`, on %s, %d cores, %s memory, %s, %s, %.2f ms to fsync 4 KiB. Generator, broker and\n"+
		"database share them. Rates differ by a fifth from run to run, ratios less.\n\n", m.CPU, m.Cores, inGiB(m.Memory), m.Kernel, m.Go, m.Fsync)
	b.WriteString("| what | measured | against the ceiling of the same run | goal | met |\n|---|---|---|---|---|\n")
	var notes, missing []string
	for _, row := range rows() {
		found, measured := r.Rows[row.name]
		if !measured || len(found.Figures) == 0 {
			missing = append(missing, row.title)
		}
		for i := range found.Figures {
			f := &found.Figures[i]
			name := f.Name
			if f.Note != "" {
				notes = append(notes, f.Note)
				name += fmt.Sprintf(" [%d]", len(notes))
			}
			fmt.Fprintln(&b, line(name, f))
		}
	}
	b.WriteString("\n")
	for i, note := range notes {
		fmt.Fprintf(&b, "[%d] %s  \n", i+1, note)
	}
	if len(missing) > 0 {
		fmt.Fprintf(&b, "Not measured here: %s.\n", strings.Join(missing, "; "))
	}
	return b.String()
}

func line(name string, f *report.Figure) string {
	ceiling, goal, met := "", f.Goal.String(), ""
	if f.Ceiling != nil {
		ceiling = fmt.Sprintf("%.2f of %s %s (%s)", f.Ratio, amount(f.Ceiling.Value), f.Unit, f.Ceiling.What)
	}
	if f.Met != nil {
		met = map[bool]string{true: "yes", false: "no"}[*f.Met]
	}
	cells := []string{name, amount(f.Value) + " " + f.Unit, ceiling, goal, met}
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	return regexp.MustCompile(` {2,}`).ReplaceAllString("| "+strings.Join(cells, " | ")+" |", " ")
}

// amount writes a number with as many digits as say something.
func amount(n float64) string {
	switch {
	case n >= 1000:
		return rig.Number(n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

// inGiB turns the kernel's "24684092 kB" into GiB.
func inGiB(text string) string {
	var kilobytes float64
	if _, err := fmt.Sscanf(text, "%f kB", &kilobytes); err != nil {
		return text
	}
	return fmt.Sprintf("%.0f GiB", kilobytes/(1<<20))
}
