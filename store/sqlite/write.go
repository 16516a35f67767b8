package sqlite

import (
	"context"

	"switchboard/store"
)

// Write implements store.Engine.
func (e *Engine) Write(ctx context.Context, collection string, writes []store.Write) ([]error, error) {
	t, err := e.table(collection)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, failure("write", err)
	}
	r := &request{table: t, rows: make([]row, len(writes)), results: make([]error, len(writes)), done: make(chan error, 1)}
	for i, w := range writes {
		r.rows[i], r.results[i] = e.row(t, w)
	}
	if err := e.writer.do(ctx, r); err != nil {
		return nil, failure("write", err)
	}
	return r.results, nil
}
