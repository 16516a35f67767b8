package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"switchboard/chat"
	"switchboard/store"
)

// Bounds of the writer. Callers whose request finds the queue full wait for a place, or for their context.
const (
	queueLength = 256
	commitRows  = 4000     // no further request joins a transaction of this size
	commitBytes = 32 << 20 // nor one this large
	sweepEvery  = time.Minute
	sweepAtOnce = 500
)

// A writer owns the file's one writing connection. While a commit waits for the disk, requests queue; the next
// transaction takes all of them, so that one fsync serves every caller that waited for it.
type writer struct {
	log      *slog.Logger
	metrics  *metrics
	conn     *sql.Conn
	session  *session
	queue    chan *request
	stopping chan struct{}
	stopped  chan struct{}
	once     sync.Once
	expiring atomic.Pointer[map[string]*table]
	tend     *time.Timer       // when something is to be done for the indexes of words
	indexAt  time.Time         // not before: the words that are owed
	owing    atomic.Bool       // words are owed
	stuck    bool              // they could not be indexed the last time
	merging  map[string]*table // whose indexes of words may have something to merge

	committed atomic.Bool // since the checkpointer looked
	unsynced  atomic.Bool // something is in the log in front of the file that the disk may not have
	waits     bool        // commits wait for the disk
}

func startWriter(ctx context.Context, db *sql.DB, log *slog.Logger, m *metrics) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// A transaction serves many callers; none of them may cancel it.
	detached := context.WithoutCancel(ctx)
	w := &writer{
		log: log, metrics: m, conn: conn, session: newSession(detached, conn), tend: time.NewTimer(wordsWithin), merging: map[string]*table{},
		queue: make(chan *request, queueLength), stopping: make(chan struct{}), stopped: make(chan struct{}), waits: true, // see dsn
	}
	go w.run(detached)
	return w, nil
}

// stop lets the writer finish what is queued.
func (w *writer) stop() error {
	w.once.Do(func() { close(w.stopping) })
	<-w.stopped
	w.session.close()
	return w.conn.Close()
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	defer w.tend.Stop()
	for {
		select {
		case r := <-w.queue:
			w.serve(ctx, r)
		case <-sweep.C:
			if err := w.sweep(ctx, time.Now()); err != nil {
				w.log.WarnContext(ctx, "expired documents could not be removed", "err", err)
			}
		case <-w.tend.C:
			w.tendWords(ctx)
		case <-w.stopping:
			for {
				select {
				case r := <-w.queue:
					w.serve(ctx, r)
				default:
					return
				}
			}
		}
	}
}

// do queues a request and waits for it.
func (w *writer) do(ctx context.Context, r *request) error {
	select {
	case w.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopping:
		return fmt.Errorf("engine is closed: %w", chat.ErrUnavailable)
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stopped: // it may have been served in the last moment
		select {
		case err := <-r.done:
			return err
		default:
			return fmt.Errorf("engine is closed: %w", chat.ErrUnavailable)
		}
	}
}

// alone runs something in a transaction of its own.
func (w *writer) alone(ctx context.Context, run func(context.Context, *sql.Conn) error) error {
	return w.between(ctx, func(ctx context.Context, conn *sql.Conn) error {
		defer w.session.close() // its statements may be for tables that are no more
		return w.transaction(ctx, true, func() error { return run(ctx, conn) })
	})
}

// between runs something on the writer's connection between other callers' transactions.
func (w *writer) between(ctx context.Context, run func(context.Context, *sql.Conn) error) error {
	return w.do(ctx, &request{apart: run, done: make(chan error, 1)})
}

func (w *writer) serve(ctx context.Context, first *request) {
	if first.apart != nil {
		first.done <- first.apart(ctx, w.conn)
		return
	}
	group, next := w.gather(first)
	started, rows, durable := time.Now(), 0, false
	for _, r := range group {
		rows += r.rows()
		durable = durable || !r.unhurried
	}
	err := w.transaction(ctx, durable, func() error { return w.applyAll(group) })
	if errors.Is(err, errUndone) {
		err = w.onceMore(ctx, durable, group)
	}
	w.metrics.writes.Observe(float64(rows))
	w.metrics.seconds.Observe(time.Since(started).Seconds())
	w.remember()
	for _, r := range group {
		r.done <- err
	}
	w.boundOwed(ctx)
	if next != nil {
		w.serve(ctx, next)
	}
}

// gather takes what is queued behind the first request, up to the bounds. One that stands apart comes after.
func (w *writer) gather(first *request) (group []*request, next *request) {
	group = []*request{first}
	rows, bytes := first.rows(), first.size()
	for rows < commitRows && bytes < commitBytes {
		select {
		case r := <-w.queue:
			if r.apart != nil {
				return group, r
			}
			group = append(group, r)
			rows, bytes = rows+r.rows(), bytes+r.size()
		default:
			return group, nil
		}
	}
	return group, nil
}

// errUndone ends a transaction in which a request that must be whole was not.
var errUndone = errors.New("sqlite: a request could not be done whole")

// applyAll writes the requests' rows and notes what became of each. It takes for granted that all can be done: going back to
// where one began costs a copy of every page that is changed meanwhile.
func (w *writer) applyAll(group []*request) error {
	for _, r := range group {
		if err := w.apply(r); err != nil {
			return err
		}
		if r.whole && r.failed() {
			return errUndone
		}
	}
	return nil
}

// onceMore does what a transaction that was undone still owes. A request that was alone has its answer; of several each gets a
// place to go back to.
func (w *writer) onceMore(ctx context.Context, durable bool, group []*request) error {
	if len(group) == 1 {
		return nil
	}
	return w.transaction(ctx, durable, func() error {
		for _, r := range group {
			r.forget()
			if err := w.applyApart(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// applyApart is apply for a request that may fail beside others.
func (w *writer) applyApart(r *request) error {
	if !r.whole {
		return w.apply(r)
	}
	if _, err := w.session.exec("SAVEPOINT whole"); err != nil {
		return err
	}
	if err := w.apply(r); err != nil {
		return err
	}
	if r.failed() {
		if _, err := w.session.exec("ROLLBACK TO whole"); err != nil {
			return err
		}
	}
	_, err := w.session.exec("RELEASE whole")
	return err
}

// apply writes a request's rows, part by part; one that must be whole ends behind the part that failed. The error is one that
// ends the transaction.
func (w *writer) apply(r *request) error {
	if !r.whole {
		_, err := w.applyRows(&r.parts[0], r.parts[0].pending())
		return err
	}
	for i := range r.parts {
		if err := w.applyPart(&r.parts[i]); err != nil {
			return err
		}
		if r.failed() {
			break
		}
	}
	return nil
}

// applyPart comes back to rows that met a taken key for as long as other rows of the part may have given it free.
func (w *writer) applyPart(p *part) error {
	for pending := p.pending(); len(pending) > 0; {
		refused, err := w.applyRows(p, pending)
		if err != nil {
			return err
		}
		if len(refused) == len(pending) {
			break
		}
		pending = refused
	}
	return nil
}

// applyRows writes rows and returns those that met a taken key.
func (w *writer) applyRows(p *part, pending []int) (refused []int, err error) {
	for _, i := range pending {
		err := w.session.apply(p.table, &p.rows[i])
		var duplicate *store.DuplicateError
		switch {
		case errors.As(err, &duplicate):
			refused = append(refused, i)
		case err != nil && !errors.Is(err, store.ErrVersion):
			return nil, err
		}
		p.results[i] = err
	}
	return refused, nil
}

// transaction takes the file's write lock first, so that reading and writing inside are one step also for other processes.
func (w *writer) transaction(ctx context.Context, durable bool, run func() error) error {
	if err := w.wait(ctx, durable); err != nil {
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := run()
	if err == nil {
		_, err = w.conn.ExecContext(ctx, "COMMIT")
		w.committed.Store(true)
	}
	if err == nil && !durable {
		w.unsynced.Store(true) // until Sync: a later commit that waits for the disk does so only if it changes something
	}
	if err != nil {
		if _, again := w.conn.ExecContext(ctx, "ROLLBACK"); again != nil {
			w.log.DebugContext(ctx, "nothing to roll back", "err", again) // SQLite did it already, as on a full disk
		}
	}
	return err
}

// wait says whether commits from now on wait for the disk.
func (w *writer) wait(ctx context.Context, durable bool) error {
	if w.waits == durable {
		return nil
	}
	mode := "NORMAL"
	if durable {
		mode = "FULL"
	}
	if _, err := w.conn.ExecContext(ctx, "PRAGMA synchronous = "+mode); err != nil {
		return err
	}
	w.waits = durable
	return nil
}

// sweep removes documents whose time has passed, a bounded number at a time so that writers hardly wait.
func (w *writer) sweep(ctx context.Context, now time.Time) error {
	tables := w.expiring.Load()
	if tables == nil {
		return nil
	}
	for _, t := range *tables {
		if t.ExpireAfter == "" {
			continue
		}
		if err := w.transaction(ctx, false, func() error { return w.expire(ctx, t, now) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) expire(ctx context.Context, t *table, now time.Time) error {
	ids, err := textColumn(w.conn.QueryContext(ctx, "SELECT id FROM "+t.name()+" WHERE "+quote(column(t.ExpireAfter))+" < ? LIMIT ?", formatTime(now), sweepAtOnce))
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := w.session.remove(t, id); err != nil {
			return err
		}
	}
	w.metrics.expired.Add(float64(len(ids)))
	return nil
}

// textColumn reads a result of one text column.
func textColumn(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
