package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// exclusive runs something while nobody else writes.
func exclusive(run func()) func(context.Context, *sql.Conn) error {
	return func(context.Context, *sql.Conn) error { run(); return nil }
}

func dropping(table string) func(context.Context, *sql.Conn) error {
	return func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "DROP TABLE "+table)
		return err
	}
}

// expiring removes what has expired by the given time, as the writer does every minute.
func (e *Engine) expiring(now time.Time) func(context.Context, *sql.Conn) error {
	return func(ctx context.Context, _ *sql.Conn) error {
		return e.writer.expire(ctx, (*e.tables.Load())["docs"], now)
	}
}
