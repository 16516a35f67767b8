package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

type doc struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"`
	Kind    string    `json:"kind"`
	Tags    []string  `json:"tags,omitempty"`
	Body    string    `json:"body,omitempty"`
	Until   time.Time `json:"until,omitzero"`
}

func declared() store.Collection {
	return store.Collection{Name: "docs", ExpireAfter: "until", Text: []string{"body"}, Indexes: []store.Index{
		{Name: "kind", Fields: []store.Field{{Path: "kind"}}},
		{Name: "tags", Fields: []store.Field{{Path: "tags"}}, Array: true},
	}}
}

func open(t *testing.T, path string, reg prometheus.Registerer) *Engine {
	t.Helper()
	e, err := Open(t.Context(), path, slog.New(slog.DiscardHandler), reg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{declared()}))
	return e
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "with space & ?#%.db") }

func put(t *testing.T, e *Engine, docs ...doc) {
	t.Helper()
	var writes []store.Write
	for i := range docs {
		writes = append(writes, store.Write{Op: store.Insert, ID: docs[i].ID, Doc: &docs[i]})
	}
	results, err := e.Write(t.Context(), "docs", writes)
	require.NoError(t, err)
	require.NoError(t, errors.Join(results...))
}

func found(t *testing.T, e *Engine, where ...store.Condition) []string {
	t.Helper()
	var ids []string
	require.NoError(t, e.Find(t.Context(), "docs", store.Query{Where: where}, func(fill func(any) error) error {
		var d doc
		err := fill(&d)
		ids = append(ids, d.ID)
		return err
	}))
	return ids
}

func searched(t *testing.T, e *Engine, text string) []string {
	t.Helper()
	var ids []string
	require.NoError(t, e.Search(t.Context(), "docs", store.TextQuery{Text: text, Limit: 0}, func(fill func(any) error) error {
		var d doc
		err := fill(&d)
		ids = append(ids, d.ID)
		return err
	}))
	return ids
}

func tagged(tag string) store.Condition {
	return store.Condition{Path: "tags", Is: store.Equal, Value: tag}
}

func TestFileIsDurableAndPrivate(t *testing.T) {
	path := file(t)
	e := open(t, path, nil)
	put(t, e, doc{ID: "a"})
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	var journal string
	require.NoError(t, e.readers.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&journal))
	require.Equal(t, "wal", journal)
	require.Equal(t, "FULL", synchronous(t, e))
	_, err := e.readers.ExecContext(t.Context(), "DELETE FROM docs")
	require.Error(t, err, "readers cannot write")
}

func synchronous(t *testing.T, e *Engine) string {
	t.Helper()
	var mode int
	require.NoError(t, e.writer.conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&mode))
	return []string{"OFF", "NORMAL", "FULL", "EXTRA"}[mode]
}

func TestOnlyBatchesDoNotWaitForTheDisk(t *testing.T) {
	path := file(t)
	e := open(t, path, nil)
	batch := func(id string) {
		_, err := e.WriteAll(t.Context(), []store.Group{{Collection: "docs", Writes: []store.Write{{Op: store.Insert, ID: id, Doc: &doc{ID: id}}}}})
		require.NoError(t, err)
	}
	batch("a")
	require.Equal(t, "NORMAL", synchronous(t, e))
	require.True(t, e.writer.unsynced.Load())
	require.NoError(t, e.Sync(t.Context()))
	require.False(t, e.writer.unsynced.Load())
	batch("b")
	results, err := e.Write(t.Context(), "docs", []store.Write{{Op: store.Replace, ID: "a", Version: 7, Doc: &doc{ID: "a", Version: 8}}})
	require.NoError(t, err)
	require.ErrorIs(t, results[0], store.ErrVersion)
	require.Equal(t, "FULL", synchronous(t, e))
	require.True(t, e.writer.unsynced.Load(), "a commit that changed nothing waited for nothing")
	require.NoError(t, e.Sync(t.Context()))
	// What a disk refused once is not believed to be there because it takes something later.
	batch("d")
	e.syncer.path = filepath.Join(path, "no folder")
	require.ErrorContains(t, e.Sync(t.Context()), "start again")
	e.syncer.path = path + "-wal"
	batch("e")
	require.Error(t, e.Sync(t.Context()))
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	require.NoError(t, os.WriteFile(garbage, []byte("this is no database, whatever its name says, and long enough to be read as one"), 0o600))
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing", "x.db"), garbage} {
		_, err := Open(t.Context(), path, slog.New(slog.DiscardHandler), nil)
		require.ErrorContains(t, err, "sqlite: open", path)
	}
}

// hold keeps the writer busy until the returned function is called.
func hold(t *testing.T, e *Engine) (release func()) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		err := e.writer.alone(context.Background(), exclusive(func() { close(busy); <-free }))
		if err != nil {
			t.Error(err)
		}
	})
	<-busy
	return func() { close(free); wait.Wait() }
}

func TestConcurrentWritesShareACommit(t *testing.T) {
	reg := prometheus.NewRegistry()
	e := open(t, file(t), reg)
	release := hold(t, e)
	var wait sync.WaitGroup
	results := make([]error, 40)
	for n := range results {
		wait.Go(func() {
			d := doc{ID: fmt.Sprint(n / 2), Kind: "k"} // each id twice
			r, err := e.Write(t.Context(), "docs", []store.Write{{Op: store.Insert, ID: d.ID, Doc: &d}})
			results[n] = errors.Join(append(r, err)...)
		})
	}
	require.Eventually(t, func() bool { return len(e.writer.queue) == len(results) }, 10*time.Second, time.Millisecond)
	release()
	wait.Wait()
	lost := 0
	for _, err := range results {
		if _, ok := errors.AsType[*store.DuplicateError](err); ok {
			lost++
			continue
		}
		require.NoError(t, err)
	}
	require.Equal(t, 20, lost, "one of two with the same id loses, in the same transaction")
	require.Len(t, found(t, e), 20)
	require.Equal(t, 1, commits(t, reg))
}

func commits(t *testing.T, reg *prometheus.Registry) int {
	t.Helper()
	require.Equal(t, 1, testutil.CollectAndCount(reg, "switchboard_sqlite_commit_writes"))
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "switchboard_sqlite_commit_writes" {
			return int(f.GetMetric()[0].GetHistogram().GetSampleCount())
		}
	}
	return -1
}

func TestCallerNeedNotWaitForTheWriter(t *testing.T) {
	e := open(t, file(t), nil)
	release := hold(t, e)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	d := doc{ID: "a"}
	_, err := e.Write(ctx, "docs", []store.Write{{Op: store.Insert, ID: "a", Doc: &d}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	release()
}

func TestFailedTransactionStoresNothingAndTellsEverybody(t *testing.T) {
	e := open(t, file(t), nil)
	put(t, e, doc{ID: "before"})
	require.NoError(t, e.writer.alone(t.Context(), dropping(`"docs@tags"`)))
	release := hold(t, e)
	var wait sync.WaitGroup
	failures := make([]error, 4)
	for n := range failures {
		wait.Go(func() {
			d := doc{ID: fmt.Sprint(n)}
			if n == 2 {
				d.Tags = []string{"x"}
			}
			_, failures[n] = e.Write(t.Context(), "docs", []store.Write{{Op: store.Insert, ID: d.ID, Doc: &d}})
		})
	}
	require.Eventually(t, func() bool { return len(e.writer.queue) == len(failures) }, 10*time.Second, time.Millisecond)
	release()
	wait.Wait()
	for _, err := range failures {
		require.ErrorIs(t, err, chat.ErrUnavailable)
	}
	require.Equal(t, []string{"before"}, found(t, e))
	put(t, e, doc{ID: "after"}) // the writer goes on
}

func TestClosedEngineAnswers(t *testing.T) {
	e := open(t, file(t), nil)
	require.NoError(t, e.Close(t.Context()))
	require.NoError(t, e.Close(t.Context()))
	d := doc{ID: "a"}
	_, err := e.Write(t.Context(), "docs", []store.Write{{Op: store.Insert, ID: "a", Doc: &d}})
	require.ErrorIs(t, err, chat.ErrUnavailable)
	require.ErrorIs(t, e.Ping(t.Context()), chat.ErrUnavailable)
}

func TestExpiredDocumentsGoWithAllThatHungOnThem(t *testing.T) {
	e := open(t, file(t), nil)
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	put(t, e, doc{ID: "forever", Body: "word", Tags: []string{"t"}}, doc{ID: "later", Until: now.Add(time.Millisecond), Body: "word"})
	for n := range sweepAtOnce + 1 {
		put(t, e, doc{ID: fmt.Sprint("old-", n), Until: now.Add(-time.Millisecond), Body: "word", Tags: []string{"t"}})
	}
	sweep := func() {
		require.NoError(t, e.writer.alone(t.Context(), e.expiring(now)))
	}
	sweep()
	require.Len(t, found(t, e), 3, "a bounded number at a time")
	sweep()
	require.ElementsMatch(t, []string{"forever", "later"}, found(t, e))
	require.ElementsMatch(t, []string{"forever", "later"}, searched(t, e, "word"))
	require.Equal(t, []string{"forever"}, found(t, e, tagged("t")))
}

func TestSweepRunsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ticked := make(chan struct{})
		w := &writer{log: slog.New(slog.DiscardHandler), session: newSession(t.Context(), nil), tend: time.NewTimer(time.Hour), stopping: make(chan struct{}), stopped: make(chan struct{})}
		go func() { defer close(ticked); w.run(context.Background()) }()
		time.Sleep(3 * sweepEvery) // fake time: three sweeps of a writer without tables
		close(w.stopping)
		<-ticked
	})
}

func TestChangedDeclarationIsFilledFromTheDocuments(t *testing.T) {
	path := file(t)
	e := open(t, path, nil)
	var docs []doc
	for n := range 450 { // more than one step of the rebuild
		docs = append(docs, doc{ID: fmt.Sprintf("%04d", n), Version: 3, Kind: fmt.Sprint("k", n%2), Body: fmt.Sprint("word", n), Tags: []string{"all", fmt.Sprint("t", n)}})
	}
	put(t, e, docs...)
	next := declared()
	next.Text = []string{"body", "kind"}
	next.Indexes = []store.Index{
		{Name: "tags", Fields: []store.Field{{Path: "tags"}}, Array: true},
		{Name: "kind", Fields: []store.Field{{Path: "kind", Desc: true}, {Path: "body"}}},
	}
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{next}))
	require.Equal(t, []string{"0007"}, found(t, e, tagged("t7")))
	require.Equal(t, []string{"0007"}, found(t, e, store.Condition{Path: "body", Is: store.Equal, Value: "word7"}))
	require.Len(t, searched(t, e, "k1"), 225)
	require.Len(t, found(t, e, tagged("all")), 450)
	results, err := e.Write(t.Context(), "docs", []store.Write{{Op: store.Replace, ID: "0007", Version: 3, Doc: &doc{ID: "0007", Version: 4}}})
	require.NoError(t, err)
	require.NoError(t, results[0])
	require.Empty(t, found(t, e, tagged("t7")))
	require.Empty(t, searched(t, e, "word7"))

	// A declaration the documents contradict is refused as a whole, and the old one stays.
	next.Indexes = append(next.Indexes, store.Index{Name: "once", Fields: []store.Field{{Path: "kind"}}, Unique: true})
	require.Error(t, e.Ensure(t.Context(), []store.Collection{next}))
	require.Len(t, found(t, e, tagged("all")), 449)

	require.NoError(t, e.Ensure(t.Context(), []store.Collection{{Name: "docs"}}))
	require.Len(t, found(t, e), 450)
	var leftover int
	require.NoError(t, e.readers.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'docs@%' OR name LIKE 'docs/%'").Scan(&leftover))
	require.Zero(t, leftover)
}
