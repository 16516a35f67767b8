package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/store"
)

// load lets writers, who fight for the same documents in batches, work beside readers. In the end every successful
// increment is there, unique keys are unique, and readers never saw a version go back.
func (s Suite) load(t *testing.T) {
	const counters, writers, rounds = 20, 8, 15
	e := s.engine(t)
	var writes []store.Write
	var all []string
	for n := range counters {
		i := sample(n)
		i.Rank, i.Keys = 0, []string{fmt.Sprint("counter-", n)}
		writes, all = append(writes, insert(i)), append(all, i.ID)
	}
	must(t, e, writes...)

	var added atomic.Int64
	done := make(chan struct{})
	ctx := bounded(t)
	finished := make(chan error, 2)
	for range 2 {
		go func() {
			finished <- watch(done, func() ([]item, error) {
				return collect[item](func(d store.Decode) error { return e.Get(ctx, items, all, d) })
			})
		}()
	}
	parallel(t, writers, func(n int) error {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		for round := range rounds {
			some := all[random.IntN(counters/2):][:counters/2]
			found, err := collect[item](func(d store.Decode) error { return e.Get(ctx, items, some, d) })
			if err != nil {
				return err
			}
			own := item{ID: fmt.Sprintf("own-%d-%d", n, round), Version: 1, Keys: []string{fmt.Sprint("own-", n)}, Body: "load", Seen: day()}
			batch := []store.Write{insert(own)}
			if round > 0 { // frees the key: one insert in two succeeds
				batch = append(batch, remove(fmt.Sprintf("own-%d-%d", n, round-1)))
			}
			for _, i := range found {
				i.Rank++
				i.Version++
				i.Seen = i.Seen.Add(time.Second)
				batch = append(batch, replace(i.Version-1, i))
			}
			results, err := e.Write(ctx, items, batch)
			if err != nil {
				return err
			}
			for k, err := range results {
				switch {
				case err == nil && batch[k].Op == store.Replace:
					added.Add(1)
				case err != nil && batch[k].Op == store.Replace && !errors.Is(err, store.ErrVersion):
					return err
				}
			}
		}
		return nil
	})
	close(done)
	require.NoError(t, errors.Join(<-finished, <-finished))
	var sum int64
	for _, i := range get(t, e, all...) {
		sum += i.Rank
		require.Equal(t, i.Rank+1, i.Version)
	}
	require.Equal(t, added.Load(), sum)
	require.Positive(t, sum)
	holders := map[string]int{}
	for _, i := range find(t, e, store.Query{}) {
		holders[i.Keys[0]]++
		require.Equal(t, 1, holders[i.Keys[0]], "two documents hold one unique key")
	}
}

// watch reads until done and fails when a document's version goes back.
func watch(done <-chan struct{}, read func() ([]item, error)) error {
	seen := map[string]int64{}
	for {
		select {
		case <-done:
			return nil
		default:
		}
		found, err := read()
		if err != nil {
			return err
		}
		for _, i := range found {
			if i.Version < seen[i.ID] {
				return fmt.Errorf("document went back from version %d to %d", seen[i.ID], i.Version)
			}
			seen[i.ID] = i.Version
		}
	}
}
