package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"
)

// When the log in front of the file is copied into it, counted in pages. A page that was written often is copied once, so
// larger is less work; but a crash leaves more to read, and readers look through it.
const (
	checkpointEvery = 100 * time.Millisecond // a look, if something was committed
	checkpointAt    = 4000
	checkpointWhole = 16_000 // when writers never pause they do the last part, so that the log can begin again
	checkpointLast  = 200    // which is this small, or what a few rounds beside them leave
	checkpointTimes = 4
)

// A checkpointer copies what was committed into the file while the writer goes on: waiting for the disk there, as SQLite would
// by itself, keeps everybody waiting who wants to write.
type checkpointer struct {
	log      *slog.Logger
	path     string  // of the file
	db       *sql.DB // one connection
	writer   *writer
	stopping chan struct{}
	stopped  chan struct{}
}

func startCheckpointer(ctx context.Context, path string, db *sql.DB, w *writer, log *slog.Logger) *checkpointer {
	c := &checkpointer{log: log, path: path, db: db, writer: w, stopping: make(chan struct{}), stopped: make(chan struct{})}
	go c.run(context.WithoutCancel(ctx))
	return c
}

// stop comes before the writer's.
func (c *checkpointer) stop() error {
	close(c.stopping)
	<-c.stopped
	return c.db.Close()
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.stopped)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if !c.writer.committed.Swap(false) {
				continue
			}
			if err := c.look(ctx); err != nil {
				c.log.WarnContext(ctx, "what was committed could not be copied into the file, its log grows", "err", err)
			}
		case <-c.stopping:
			return
		}
	}
}

func (c *checkpointer) look(ctx context.Context) error {
	pages, copied, err := checkpoint(ctx, c.db, "NOOP")
	if err != nil || pages-copied < checkpointAt {
		return err
	}
	for range checkpointTimes {
		if _, _, err = checkpoint(ctx, c.db, "PASSIVE"); err != nil {
			return err
		}
		// that counts pages as of its beginning: what was written meanwhile keeps the log from beginning again
		pages, copied, err = checkpoint(ctx, c.db, "NOOP")
		if err != nil || pages < checkpointWhole || pages == copied {
			return err
		}
		if pages-copied <= checkpointLast {
			break
		}
	}
	// The last part waits for the disk to have the whole file, and the log, while writers wait: it shall find little to wait for.
	if err := errors.Join(flush(c.path+"-wal"), flush(c.path)); err != nil {
		return err
	}
	return c.writer.between(ctx, func(ctx context.Context, conn *sql.Conn) error {
		_, _, err := checkpoint(ctx, conn, "PASSIVE")
		return err
	})
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// checkpoint tells how many pages the log has and how many of them are in the file. Being in the way of another checkpoint is
// no error: that one does the work.
func checkpoint(ctx context.Context, q querier, mode string) (pages, copied int, err error) {
	var busy int
	err = q.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
	return pages, copied, err
}
