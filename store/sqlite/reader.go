package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// maxStatements bounds the statements that are kept ready, on every reading connection, a few KB each. The repository asks for
// far fewer; what comes beyond them is prepared each time.
const maxStatements = 128

// A reader keeps what is asked for prepared: reading a statement's text takes longer than finding a document.
type reader struct {
	db *sql.DB

	mu    sync.Mutex
	ready map[string]*sql.Stmt
}

func newReader(db *sql.DB) *reader {
	return &reader{db: db, ready: map[string]*sql.Stmt{}}
}

// close is for when no query is under way.
func (r *reader) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, statement := range r.ready {
		_ = statement.Close() // only frees memory
	}
	clear(r.ready)
}

// prepared is nil when too many are kept already.
func (r *reader) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if statement, room := r.kept(text); statement != nil || !room {
		return statement, nil
	}
	statement, err := r.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if faster := r.ready[text]; faster != nil {
		_ = statement.Close() // only frees memory
		return faster, nil
	}
	r.ready[text] = statement
	return statement, nil
}

func (r *reader) kept(text string) (statement *sql.Stmt, room bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready[text], len(r.ready) < maxStatements
}

func (r *reader) query(ctx context.Context, text string, arguments []any) (*sql.Rows, error) {
	statement, err := r.prepared(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case statement == nil:
		return r.db.QueryContext(ctx, text, arguments...)
	default:
		return statement.QueryContext(ctx, arguments...)
	}
}

// count reads the one number a text selects.
func (r *reader) count(ctx context.Context, text string, arguments []any) (n int64, err error) {
	statement, err := r.prepared(ctx, text)
	switch {
	case err != nil:
	case statement == nil:
		err = r.db.QueryRowContext(ctx, text, arguments...).Scan(&n)
	default:
		err = statement.QueryRowContext(ctx, arguments...).Scan(&n)
	}
	return n, err
}
