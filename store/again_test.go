package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// A write that contradicts what is stored must not hold its partition for ever (P7): the worker is told, and not that the
// engine is away, which would make it wait.
func TestWhatIsAlwaysBeatenGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := again(t.Context(), func() error { return errAgain })
		require.ErrorIs(t, err, chat.ErrConflict)
		require.NotErrorIs(t, err, chat.ErrUnavailable)
		require.Less(t, time.Since(begun), 2*patience)
	})
}

func TestWhoIsBeatenOftenStillGetsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 200
		require.NoError(t, again(t.Context(), func() error {
			if left--; left > 0 {
				return errAgain
			}
			return nil
		}))
	})
}

func TestAStopEndsTheTrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, again(ctx, func() error { return errAgain }), chat.ErrUnavailable)
	})
}
