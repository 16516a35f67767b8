package storetest

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// BenchmarkApply measures new messages of 200 people in batches as they are under light, usual and heavy load.
func BenchmarkApply(b *testing.B, open func(*testing.B) store.Engine) {
	for _, size := range []int{5, 50, 500} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) { benchmarkApply(b, open, size) })
	}
}

func benchmarkApply(b *testing.B, open func(*testing.B) store.Engine, size int) {
	repo, err := store.New(b.Context(), open(b), slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	s := &script{}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		events := make([]chat.Event, size)
		for i := range events {
			n++
			p := person{fmt.Sprintf("+1202555%04d", n%200), fmt.Sprintf("US.%d", n%200)}
			events[i] = s.text(p, fmt.Sprintf("m%d", n), n, "A message of the length people usually write on their phones, more or less.")
		}
		_, err := repo.Apply(b.Context(), events)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "events/s")
}
