package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/store"
)

// childFile names the file to a copy of this test program that writes until it is killed.
const childFile = "SWITCHBOARD_TEST_SQLITE_CHILD"

// writeForever tells every acknowledged id on standard output.
func writeForever(path string) error {
	ctx := context.Background()
	e, err := Open(ctx, path, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	if err := e.Ensure(ctx, []store.Collection{declared()}); err != nil {
		return err
	}
	var out sync.Mutex
	failed := make(chan error)
	for worker := range 4 {
		go func() {
			for n := 0; ; n++ {
				d := doc{ID: fmt.Sprintf("%d-%d-%d", os.Getpid(), worker, n), Tags: []string{"t"}, Body: "word"}
				results, err := e.Write(ctx, "docs", []store.Write{{Op: store.Insert, ID: d.ID, Doc: &d}})
				if err = errors.Join(append(results, err)...); err != nil {
					failed <- err
				}
				out.Lock()
				fmt.Println(d.ID)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func TestChild(t *testing.T) {
	path := os.Getenv(childFile)
	if path == "" {
		return // it is a part of the tests below
	}
	require.NoError(t, writeForever(path))
}

// writers starts n processes that write to the file at once, kills them after they had some writes acknowledged, and
// returns the ids of those.
func writers(t *testing.T, path string, n int) map[string]bool {
	t.Helper()
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range n {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChild$")
		child.Env = append(os.Environ(), childFile+"="+path)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		wait.Go(func() {
			lines := bufio.NewScanner(out)
			for k := 0; lines.Scan(); k++ {
				mu.Lock()
				acknowledged[lines.Text()] = true
				mu.Unlock()
				if k == 100 {
					if err := child.Process.Kill(); err != nil {
						t.Error(err)
					}
				}
			}
			if err := child.Wait(); err == nil {
				t.Error("the child ended by itself")
			}
		})
	}
	wait.Wait()
	return acknowledged
}

func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	path := file(t)
	acknowledged := map[string]bool{}
	for _, processes := range []int{1, 1, 2} { // the last two at once, as when an old process lingers
		for id := range writers(t, path, processes) {
			acknowledged[id] = true
		}
		e := open(t, path, nil)
		stored := map[string]bool{}
		for _, id := range found(t, e) {
			stored[id] = true
		}
		for id := range acknowledged {
			require.Contains(t, stored, id)
		}
		require.Len(t, found(t, e, tagged("t")), len(stored), "side tables agree")
		require.Len(t, searched(t, e, "word"), len(stored), "the text index agrees")
		var verdict string
		require.NoError(t, e.readers.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
		require.Equal(t, "ok", verdict)
		require.NoError(t, e.Close(t.Context()))
	}
	require.Greater(t, len(acknowledged), 400)
}

func TestTwoEnginesOnOneFile(t *testing.T) {
	path := file(t)
	engines := []*Engine{open(t, path, nil), open(t, path, nil)}
	put(t, engines[0], doc{ID: "counter", Version: 1})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	increment := func(e *Engine) error {
		for {
			var d doc
			if err := e.Get(ctx, "docs", []string{"counter"}, func(fill func(any) error) error { return fill(&d) }); err != nil {
				return err
			}
			d.Version++
			results, err := e.Write(ctx, "docs", []store.Write{{Op: store.Replace, ID: d.ID, Version: d.Version - 1, Doc: &d}})
			if err != nil {
				return err
			}
			if !errors.Is(results[0], store.ErrVersion) {
				return results[0]
			}
		}
	}
	var wait sync.WaitGroup
	failures := make([]error, 20)
	for n := range failures {
		wait.Go(func() { failures[n] = increment(engines[n%2]) })
	}
	wait.Wait()
	require.NoError(t, errors.Join(failures...))
	var d doc
	require.NoError(t, engines[1].Get(t.Context(), "docs", []string{"counter"}, func(fill func(any) error) error { return fill(&d) }))
	require.EqualValues(t, 21, d.Version)
}
