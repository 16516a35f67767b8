// Package sqlite keeps documents in one SQLite file: the engine of an installation that brings nothing of its own.
//
// A collection is a table: id, version, one column for each declared path, and the document as JSON. The columns are
// copies for the indexes; they are made from the JSON whenever it is written and rebuilt when the declaration changes.
// Array indexes have side tables, written in the same transaction, and text search has an index, written a moment later (words.go).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

// An Engine is a store.Engine over one file. Any number of readers work beside one writer, which commits everything that
// queued while the last commit was being written to the disk in one transaction.
type Engine struct {
	log     *slog.Logger
	readers *sql.DB
	reader  *reader
	writers *sql.DB
	writer  *writer
	copier  *checkpointer
	syncer  syncer
	types   document.Types
	encoder encoder

	tables    atomic.Pointer[map[string]*table]
	estimates estimates
	ensuring  sync.Mutex
	closing   sync.Once
	closeFail error
}

var _ store.Engine = (*Engine)(nil)

// Open opens or creates the file at path, whose directory must exist. reg may be nil.
func Open(ctx context.Context, path string, log *slog.Logger, reg prometheus.Registerer) (*Engine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	// Documents are about people: nobody else on the machine reads them. SQLite gives its further files the same mode.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	e := &Engine{log: log.With("component", "sqlite"), syncer: syncer{path: path + "-wal"}}
	e.tables.Store(&map[string]*table{})
	if e.writers, err = sql.Open("sqlite", dsn(path, "cache_size(-24576)", "wal_autocheckpoint(0)")); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	e.writers.SetMaxOpenConns(1)
	if e.readers, err = sql.Open("sqlite", dsn(path, "cache_size(-4096)", "query_only(1)")); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open: %w", err), e.writers.Close())
	}
	n := max(4, runtime.GOMAXPROCS(0))
	e.readers.SetMaxOpenConns(n)
	e.readers.SetMaxIdleConns(n)
	e.reader = newReader(e.readers)
	if e.writer, err = startWriter(ctx, e.writers, e.log, newMetrics(reg)); err != nil {
		return nil, errors.Join(failure("open", err), e.readers.Close(), e.writers.Close())
	}
	copiers, err := sql.Open("sqlite", dsn(path, "cache_size(-1024)"))
	if err != nil {
		return nil, errors.Join(failure("open", err), e.writer.stop(), e.readers.Close(), e.writers.Close())
	}
	copiers.SetMaxOpenConns(1)
	e.copier = startCheckpointer(ctx, path, copiers, e.writer, e.log)
	return e, nil
}

// dsn names the file. The journal mode comes early: it shapes a new file.
func dsn(path string, pragmas ...string) string {
	values := url.Values{"_pragma": append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)", "temp_store(MEMORY)",
	}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: values.Encode()}).String()
}

// Name implements store.Engine.
func (e *Engine) Name() string { return "sqlite" }

// Ping implements store.Engine.
func (e *Engine) Ping(ctx context.Context) error {
	var one int
	if err := e.readers.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&one); err != nil {
		return failure("ping", err)
	}
	return nil
}

// Close implements store.Engine. What was queued is written first.
func (e *Engine) Close(context.Context) error {
	e.closing.Do(func() {
		e.reader.close()
		e.closeFail = errors.Join(e.copier.stop(), e.writer.stop(), e.readers.Close(), e.writers.Close())
	})
	if e.closeFail != nil {
		return fmt.Errorf("sqlite: close: %w", e.closeFail)
	}
	return nil
}

// Ensure implements store.Engine. A collection whose declaration changed is rebuilt from its documents.
func (e *Engine) Ensure(ctx context.Context, collections []store.Collection) error {
	e.ensuring.Lock()
	defer e.ensuring.Unlock()
	tables := maps.Clone(*e.tables.Load())
	for _, c := range collections {
		schema, err := document.NewSchema(c)
		if err != nil {
			return fmt.Errorf("sqlite: ensure: %w", err)
		}
		t := newTable(schema)
		err = e.writer.alone(ctx, func(ctx context.Context, conn *sql.Conn) error {
			err := t.ensure(ctx, conn, e.log)
			if err == nil {
				e.writer.paid(t)
			}
			return err
		})
		if err != nil {
			return failure("ensure "+c.Name, err)
		}
		tables[c.Name] = t
	}
	e.tables.Store(&tables)
	e.writer.expiring.Store(&tables)
	return nil
}

func (e *Engine) table(name string) (*table, error) {
	t, ok := (*e.tables.Load())[name]
	if !ok {
		return nil, fmt.Errorf("sqlite: collection %q was not declared: %w", name, chat.ErrInvalid)
	}
	return t, nil
}

// failure translates what SQLite or database/sql say. Their texts name tables and columns, never values.
func failure(operation string, err error) error {
	switch {
	case errors.Is(err, chat.ErrInvalid), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("sqlite: %s: %w", operation, err)
	case code(err) == sqlite3.SQLITE_INTERRUPT:
		return fmt.Errorf("sqlite: %s: %w", operation, context.Canceled)
	default:
		return fmt.Errorf("sqlite: %s: %w: %w", operation, chat.ErrUnavailable, err)
	}
}

func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}
