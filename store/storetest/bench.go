package storetest

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// BenchmarkApply measures new messages of few and of many people, and in conversations that have some already, in batches as
// they are under light, usual and heavy load.
// Beside the time it tells the processor's: other programs on the machine disturb that less.
func BenchmarkApply(b *testing.B, open func(*testing.B) store.Engine) {
	for _, known := range []struct{ people, messages int }{{200, 1}, {5000, 1}, {600, 60}} {
		for _, size := range []int{10, 100, 500} {
			name := fmt.Sprintf("people=%d/messages=%d/batch=%d", known.people, known.messages, size)
			b.Run(name, func(b *testing.B) { benchmarkApply(b, open, known.people, known.messages, size) })
		}
	}
}

func benchmarkApply(b *testing.B, open func(*testing.B) store.Engine, people, messages, size int) {
	repo, err := store.New(b.Context(), open(b), slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	s, r := &script{}, rand.New(rand.NewPCG(1, 2))
	n := 0
	batch := func(size int, who func() int) {
		events := make([]chat.Event, size)
		for i := range events {
			n++
			w := who()
			p := person{fmt.Sprintf("+1202555%04d", w), fmt.Sprintf("US.%d", w)}
			events[i] = s.text(p, fmt.Sprintf("wamid.%016x", r.Uint64()), n, sentence(r))
		}
		_, err := repo.Apply(b.Context(), events)
		require.NoError(b, err)
	}
	for range messages { // so that everybody has written before
		known := 0
		for known < people {
			batch(min(500, people-known), func() int { known++; return known - 1 })
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	for range b.N {
		batch(size, func() int { return r.IntN(people) })
	}
	b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(size*b.N), "cpu-us/event")
}

// sentence is a message of the length people usually write on their phones, with few words that come often and many that do
// not.
func sentence(r *rand.Rand) string {
	words := make([]string, 12)
	for i := range words {
		words[i] = fmt.Sprintf("%cord%d", 'a'+rune(r.IntN(26)), int(3000*math.Pow(r.Float64(), 3)))
	}
	return strings.Join(words, " ")
}
