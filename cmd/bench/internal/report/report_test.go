package report

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/cmd/bench/internal/rig"
)

func TestGoalsAreJudgedByValueOrRatio(t *testing.T) {
	ceiling := &Ceiling{What: "bare", Value: 100}
	for _, c := range []struct {
		name  string
		given Figure
		met   bool
		ratio float64
	}{
		{"ratio reached", Figure{Value: 40, Ceiling: ceiling, Goal: RatioAtLeast(.33)}, true, .4},
		{"ratio missed", Figure{Value: 30, Ceiling: ceiling, Goal: RatioAtLeast(.33)}, false, .3},
		{"ratio of its own samples counts", Figure{Value: 30, Ratio: .5, Ceiling: ceiling, Goal: RatioAtLeast(.33)}, true, .5},
		{"grown too much", Figure{Value: 300, Ceiling: ceiling, Goal: RatioAtMost(2)}, false, 3},
		{"value under its bound", Figure{Value: 9.9, Goal: AtMost(10)}, true, 0},
		{"value over its bound", Figure{Value: 10.1, Goal: AtMost(10)}, false, 0},
		{"rate reached", Figure{Value: 9000, Goal: AtLeast(9000)}, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.given.judge()
			require.NotNil(t, c.given.Met)
			require.Equal(t, c.met, *c.given.Met)
			require.InDelta(t, c.ratio, c.given.Ratio, 1e-9)
		})
	}
}

func TestPrintSaysWhatWasMissedAndWhatDidNotRun(t *testing.T) {
	row := Row{
		Figures: []Figure{{Name: "a", Value: 12345, Unit: "/s", Ceiling: &Ceiling{What: "bare", Value: 100000}, Goal: RatioAtLeast(.33)}},
		NotRun:  "no server", Others: .5,
	}
	var out strings.Builder
	row.Print(&out)
	require.Contains(t, out.String(), "12,345 /s")
	require.Contains(t, out.String(), "0.12 of 100,000 (bare)")
	require.Contains(t, out.String(), "NOT MET")
	require.Contains(t, out.String(), "DID NOT RUN: no server")
	require.Contains(t, out.String(), "0.5 cores were busy with something else")
}

func TestRowsOfThisMachineAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	machine := rig.Machine{CPU: "x", Cores: 2, Fsync: .1}
	results, err := Load(path, machine)
	require.NoError(t, err)
	require.Empty(t, results.Rows)
	results.Rows["start"] = Row{Figures: []Figure{{Name: "start", Value: .4}}}
	require.NoError(t, results.Save(path))

	machine.Fsync = .2
	again, err := Load(path, machine)
	require.NoError(t, err)
	require.Contains(t, again.Rows, "start")
	require.InDelta(t, .2, again.Machine.Fsync, 0)

	machine.Cores = 4
	other, err := Load(path, machine)
	require.NoError(t, err)
	require.Empty(t, other.Rows)
}
