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
	p := e.part(t, writes)
	if err := e.writer.do(ctx, &request{parts: []part{p}, done: make(chan error, 1)}); err != nil {
		return nil, failure("write", err)
	}
	return p.results, nil
}

// WriteAll implements store.Engine: all or nothing, without a wait for the disk.
func (e *Engine) WriteAll(ctx context.Context, groups []store.Group) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, failure("write", err)
	}
	r := &request{parts: make([]part, len(groups)), whole: true, unhurried: true, done: make(chan error, 1)}
	for i, g := range groups {
		t, err := e.table(g.Collection)
		if err != nil {
			return 0, err
		}
		r.parts[i] = e.part(t, g.Writes)
		if err := r.parts[i].failed(); err != nil {
			return 0, err
		}
	}
	if err := e.writer.do(ctx, r); err != nil {
		return 0, failure("write", err)
	}
	for i := range r.parts {
		if err := r.parts[i].failed(); err != nil {
			return 0, err
		}
	}
	return len(groups), nil
}

func (e *Engine) part(t *table, writes []store.Write) part {
	p := part{table: t, rows: make([]row, len(writes)), results: make([]error, len(writes))}
	for i, w := range writes {
		p.rows[i], p.results[i] = e.row(t, w)
	}
	return p
}
