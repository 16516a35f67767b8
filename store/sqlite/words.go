package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// The words of new documents go into the index of words a moment after the documents are stored: many together cost it a
// fraction of what they cost one by one, and nobody waits for it who stores. Rows are taken in the order in which they were
// inserted, so what is owed is always what lies behind the last row the index has. Nothing else needs to be remembered, and a
// crash leaves only rows that are indexed when the file is opened again.
const (
	wordsWithin = 250 * time.Millisecond
	wordsRetry  = time.Second
	wordsGap    = time.Millisecond
	wordsAtOnce = 64      // rows of one transaction, a few milliseconds, or a quarter of what is owed
	wordsOwed   = 2000    // rows; when more are owed they are indexed before anything else is written
	wordsKept   = 4 << 20 // bytes of words kept for it; those of further rows are taken from their documents
	mergeAtOnce = 16      // pages of the index that one transaction merges
)

// owed are the rows of a table whose words are not in the index yet, as far as this process inserted them.
type owed struct {
	table *table
	rows  int // about as many as there are: some may have been rolled back
	words map[int64]wording
	bytes int
}

// take gives what is kept of a row's words, which are about to be indexed.
func (o *owed) take(n int64) wording {
	w := o.words[n]
	delete(o.words, n)
	o.bytes -= len(w.words)
	o.rows--
	return w
}

// A wording is what a row would have in the index, if its digest is still the row's.
type wording struct {
	digest int64
	words  string
}

// owe notes that a row's words are to be indexed.
func (s *session) owe(t *table, n int64, r *row) {
	o := s.owed[t.Name]
	if o == nil {
		o = &owed{table: t, words: map[int64]wording{}}
		s.owed[t.Name] = o
	}
	o.rows++
	o.bytes -= len(o.words[n].words) // of the same row a moment ago
	delete(o.words, n)
	if digest, ok := r.digest.(int64); ok && o.bytes+len(r.words) <= wordsKept {
		o.words[n] = wording{digest, r.words}
		o.bytes += len(r.words)
	}
}

// owes tells how many rows wait for the index of words.
func (s *session) owes() int {
	rows := 0
	for _, o := range s.owed {
		rows += o.rows
	}
	return rows
}

// reword changes what the index of words has of a row. Of one behind the last row it has nothing yet.
func (s *session) reword(t *table, n int64, had bool, r *row) error {
	last, err := s.lastIndexed(t)
	if err != nil {
		return err
	}
	if n > last {
		if r.digest != nil {
			s.owe(t, n, r)
		}
		return nil
	}
	if had {
		if _, err := s.exec(t.sql.unindex, n); err != nil {
			return err
		}
	}
	if r.digest == nil {
		return nil
	}
	_, err = s.exec(t.sql.index, n, r.words)
	return err
}

// lastIndexed is the last row of the index of words; 0 when it is empty.
func (s *session) lastIndexed(t *table) (n int64, err error) {
	_, err = s.scan([]any{&n}, t.sql.lastIndexed)
	return n, err
}

// index adds rows that are owed to the index of words, oldest first, inside a transaction; all says that no more are.
func (s *session) index(t *table, atOnce int) (all bool, err error) {
	last, err := s.lastIndexed(t)
	if err != nil {
		return false, err
	}
	due, err := s.due(t, last, atOnce)
	if err != nil {
		return false, err
	}
	for _, d := range due {
		var w wording
		if o := s.owed[t.Name]; o != nil {
			w = o.take(d.n)
		}
		if w.digest != d.digest {
			if w.words, err = s.wordsOf(t, d.n); err != nil {
				return false, err
			}
		}
		if _, err := s.exec(t.sql.index, d.n, w.words); err != nil {
			return false, err
		}
	}
	return len(due) < atOnce, nil
}

// A dueRow is a row that is not in the index of words.
type dueRow struct{ n, digest int64 }

func (s *session) due(t *table, behind int64, atOnce int) ([]dueRow, error) {
	statement, err := s.statement(t.sql.due)
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(s.ctx, behind, atOnce)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []dueRow
	for rows.Next() {
		var d dueRow
		if err := rows.Scan(&d.n, &d.digest); err != nil {
			return nil, err
		}
		due = append(due, d)
	}
	return due, rows.Err()
}

// wordsOf takes a row's words from its document.
func (s *session) wordsOf(t *table, n int64) (string, error) {
	var doc []byte
	if _, err := s.scan([]any{&doc}, "SELECT doc FROM "+t.name()+" WHERE n = ?", n); err != nil {
		return "", err
	}
	var r row
	err := r.fill(t, doc)
	return r.words, err
}

// merge merges a little of what the index of words is made of, inside a transaction; more says that there may be more to do.
func (s *session) merge(t *table) (more bool, err error) {
	var before, after int64
	if _, err := s.scan([]any{&before}, "SELECT total_changes()"); err != nil {
		return false, err
	}
	if _, err := s.exec(t.sql.merge, mergeAtOnce); err != nil {
		return false, err
	}
	_, err = s.scan([]any{&after}, "SELECT total_changes()")
	return after-before > 1, err // the statement itself counts as one
}

// indexAll indexes everything a table owes, inside a transaction.
func (s *session) indexAll(t *table) error {
	if len(t.Text) == 0 {
		return nil
	}
	for {
		all, err := s.index(t, wordsOwed)
		if err != nil {
			return err
		}
		if all {
			delete(s.owed, t.Name)
			return nil
		}
	}
}

// remember sees to it that what is owed now will be indexed.
func (w *writer) remember() {
	if !w.owing.Load() && w.session.owes() > 0 {
		w.owing.Store(true)
		w.indexAt = time.Now().Add(wordsWithin)
		w.plan()
	}
}

// plan sets when there is something to do for words: merging at once, indexing when it is time.
func (w *writer) plan() {
	switch {
	case len(w.merging) > 0:
		w.tend.Reset(0)
	case len(w.session.owed) > 0:
		w.tend.Reset(time.Until(w.indexAt))
	}
}

// tendWords does a little of what waits until nobody waits for the writer: it indexes some of what is owed, when it is time, or
// merges some pages of an index that new words were added to.
func (w *writer) tendWords(ctx context.Context) {
	if len(w.queue) > 0 {
		w.tend.Reset(wordsGap)
		return
	}
	defer w.plan()
	if !time.Now().Before(w.indexAt) {
		for _, o := range w.session.owed {
			if w.indexSome(ctx, o) == nil {
				return
			}
		}
	}
	for name, t := range w.merging {
		more := false
		err := w.transaction(ctx, false, func() (err error) { more, err = w.session.merge(t); return err })
		if err != nil {
			w.log.WarnContext(ctx, "the index of words could not be merged", "collection", name, "err", err)
		}
		if err != nil || !more {
			delete(w.merging, name)
		}
		return
	}
}

// indexSome indexes some of what a table owes. What fails is tried again later.
func (w *writer) indexSome(ctx context.Context, o *owed) error {
	t, all := o.table, false
	atOnce := max(wordsAtOnce, o.rows/4)
	err := w.transaction(ctx, false, func() (err error) { all, err = w.session.index(t, atOnce); return err })
	w.stuck = err != nil
	if err != nil {
		w.log.WarnContext(ctx, "new words could not be indexed, searches fail until they are", "collection", t.Name, "err", err)
		w.indexAt = time.Now().Add(wordsRetry)
		return err
	}
	w.merging[t.Name] = t
	if all {
		w.paid(t)
	}
	return nil
}

// paid notes that a table owes nothing.
func (w *writer) paid(t *table) {
	delete(w.session.owed, t.Name)
	w.owing.Store(len(w.session.owed) > 0)
}

// boundOwed keeps what is owed within wordsOwed. Where words cannot be indexed storing goes on.
func (w *writer) boundOwed(ctx context.Context) {
	for w.session.owes() > wordsOwed && !w.stuck {
		for _, o := range w.session.owed {
			if w.indexSome(ctx, o) != nil {
				return
			}
		}
	}
}

// indexOwed indexes all that is owed.
func (w *writer) indexOwed(ctx context.Context) error {
	for len(w.session.owed) > 0 {
		for _, o := range w.session.owed {
			if err := w.indexSome(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexNow indexes all that is owed before a search.
func (w *writer) indexNow(ctx context.Context) error {
	if !w.owing.Load() {
		return nil
	}
	return w.between(ctx, func(ctx context.Context, _ *sql.Conn) error { return w.indexOwed(ctx) })
}
