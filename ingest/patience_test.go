package ingest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Every request has its time, hardly more, and requests that come later have later ends.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patience{time: 4 * time.Second}
		for range 100 {
			begun, ctx := time.Now(), p.context()
			require.NoError(t, ctx.Err())
			go func() {
				<-ctx.Done()
				took := time.Since(begun)
				if took < p.time || took > p.time+p.time/50 || ctx.Err() != context.DeadlineExceeded {
					t.Errorf("a request had %s: %v", took, ctx.Err())
				}
			}()
			time.Sleep(11 * time.Millisecond)
		}
		time.Sleep(p.time)
		synctest.Wait()
		require.NoError(t, p.context().Err(), "one that ended is not handed out again")
		time.Sleep(2 * p.time)
	})
}

func BenchmarkPatience(b *testing.B) {
	p := &patience{time: 4 * time.Second}
	b.Run("shared", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			<-wait(p.context())
		}
	})
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, cancel := context.WithTimeout(context.Background(), p.time)
			<-wait(ctx)
			cancel()
		}
	})
}

// wait answers at once although it would wait for ctx too, as an append does.
func wait(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go close(done)
	select {
	case <-done:
	case <-ctx.Done():
	}
	return done
}
