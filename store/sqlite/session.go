package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"switchboard/store"
)

// maxPrepared bounds the statements a session keeps: there is one for each set of columns that documents change together.
const maxPrepared = 256

// A session changes documents inside a transaction that somebody else began on the connection, with prepared statements.
type session struct {
	ctx      context.Context //nolint:containedctx // one session, one transaction
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	owed     map[string]*owed // by table
}

func newSession(ctx context.Context, conn *sql.Conn) *session {
	return &session{ctx: ctx, conn: conn, prepared: map[string]*sql.Stmt{}, owed: map[string]*owed{}}
}

func (s *session) close() {
	for _, statement := range s.prepared {
		_ = statement.Close() // only frees memory
	}
	s.prepared = map[string]*sql.Stmt{}
}

func (s *session) statement(text string) (*sql.Stmt, error) {
	if statement, ok := s.prepared[text]; ok {
		return statement, nil
	}
	if len(s.prepared) >= maxPrepared {
		s.close()
	}
	statement, err := s.conn.PrepareContext(s.ctx, text)
	if err == nil {
		s.prepared[text] = statement
	}
	return statement, err
}

func (s *session) exec(text string, arguments ...any) (sql.Result, error) {
	statement, err := s.statement(text)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(s.ctx, arguments...)
}

// scan reads the one row a text selects; ok is false when there is none.
func (s *session) scan(into []any, text string, arguments ...any) (ok bool, err error) {
	statement, err := s.statement(text)
	if err != nil {
		return false, err
	}
	err = statement.QueryRowContext(s.ctx, arguments...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// apply does one write. A *store.DuplicateError or store.ErrVersion leaves the transaction as it was before; any other
// error ends it.
func (s *session) apply(t *table, r *row) error {
	switch r.op {
	case store.Insert:
		return s.insert(t, r)
	case store.Replace:
		return s.replace(t, r)
	default:
		return s.remove(t, r.id)
	}
}

// stored is what the writer must know of a document that is there already.
type stored struct {
	n, version int64
	scalars    []any
	lists      [][]byte
	digest     sql.NullInt64
}

func (s *session) current(t *table, id string) (c stored, ok bool, err error) {
	c.scalars, c.lists = make([]any, len(t.Scalars())), make([][]byte, len(t.Arrays()))
	into := []any{&c.n, &c.version}
	for i := range c.scalars {
		into = append(into, &c.scalars[i])
	}
	for i := range c.lists {
		into = append(into, &c.lists[i])
	}
	ok, err = s.scan(append(into, &c.digest), t.sql.current, id)
	return c, ok, err
}

func (s *session) insert(t *table, r *row) error {
	if err := s.free(t, r, 0); err != nil {
		if _, ok := errors.AsType[*store.DuplicateError](err); ok {
			if _, ok, lookup := s.current(t, r.id); ok || lookup != nil {
				return errors.Join(lookup, &store.DuplicateError{Index: "_id"})
			}
		}
		return err
	}
	arguments, err := r.arguments()
	if err != nil {
		return err
	}
	result, err := s.exec(t.sql.insert, arguments...)
	if err != nil {
		return t.duplicate(err)
	}
	n, err := result.LastInsertId()
	if err != nil {
		return err
	}
	for i := range t.Arrays() {
		if err := s.relist(t, i, n, listed{}, r.listed(t, i)); err != nil {
			return err
		}
	}
	if r.digest != nil {
		s.owe(t, n, r) // behind every other row
	}
	return nil
}

func (s *session) replace(t *table, r *row) error {
	c, ok, err := s.current(t, r.id)
	if err != nil {
		return err
	}
	if !ok || c.version != r.version {
		return store.ErrVersion
	}
	if err := s.free(t, r, c.n); err != nil {
		return err
	}
	if err := s.update(t, &c, r); err != nil {
		return err
	}
	for i := range t.Arrays() {
		before, err := c.listed(t, i)
		if err != nil {
			return err
		}
		if err := s.relist(t, i, c.n, before, r.listed(t, i)); err != nil {
			return err
		}
	}
	if same := c.digest.Valid == (r.digest != nil) && (!c.digest.Valid || r.digest == c.digest.Int64); same {
		return nil
	}
	return s.reword(t, c.n, c.digest.Valid, r)
}

// update sets what differs. SQLite takes an entry out of every index that has one of the columns named here and puts it in
// again, whether the value is another or not: most indexes of a conversation stay untouched by a message.
func (s *session) update(t *table, c *stored, r *row) error {
	values, err := r.arguments()
	if err != nil {
		return err
	}
	text, arguments := "UPDATE "+t.name()+" SET version = ?", []any{r.next}
	for i, column := range t.sql.replaced {
		if i < len(c.scalars) && c.scalars[i] == r.scalars[i] {
			continue
		}
		text += ", " + column + " = ?"
		arguments = append(arguments, values[2+i])
	}
	if _, err := s.exec(text+" WHERE n = ?", append(arguments, c.n)...); err != nil {
		return t.duplicate(err)
	}
	return nil
}

func (s *session) remove(t *table, id string) error {
	c, ok, err := s.current(t, id)
	if err != nil || !ok {
		return err
	}
	if _, err := s.exec(t.sql.remove, c.n); err != nil {
		return err
	}
	for i := range t.Arrays() {
		before, err := c.listed(t, i)
		if err != nil {
			return err
		}
		if err := s.relist(t, i, c.n, before, listed{}); err != nil {
			return err
		}
	}
	if !c.digest.Valid {
		return nil
	}
	return s.reword(t, c.n, true, &row{})
}

// free checks that no other document holds one of the row's unique array elements. The transaction is exclusive, so what
// is free now still is when it is taken; and nothing was written yet that would have to be undone.
func (s *session) free(t *table, r *row, n int64) error {
	for i, index := range t.Arrays() {
		if !index.Unique {
			continue
		}
		for _, key := range r.arrays[i] {
			var holder int64
			ok, err := s.scan([]any{&holder}, t.sql.hold[i], key)
			if err != nil {
				return err
			}
			if ok && holder != n {
				return &store.DuplicateError{Index: index.Name}
			}
		}
	}
	return nil
}

// listed is what a document has in a side table: its elements, sorted and distinct, each beside the further fields.
type listed struct {
	keys   []string
	beside []any
}

func (c *stored) listed(t *table, i int) (listed, error) {
	keys, err := unpacked(c.lists[i])
	return listed{keys, pick(c.scalars, t.beside[i])}, err
}

func (r *row) listed(t *table, i int) listed {
	return listed{r.arrays[i], pick(r.scalars, t.beside[i])}
}

func pick(values []any, at []int) []any {
	picked := make([]any, len(at))
	for i, n := range at {
		picked[i] = values[n]
	}
	return picked
}

// relist writes the difference of an array's elements to its side table.
func (s *session) relist(t *table, i int, n int64, before, after listed) error {
	same := slices.Equal(before.beside, after.beside)
	for _, key := range before.keys {
		if _, keep := slices.BinarySearch(after.keys, key); keep && same {
			continue
		}
		if _, err := s.exec(t.sql.release[i], before.entry(key, n)...); err != nil {
			return err
		}
	}
	for _, key := range after.keys {
		if _, had := slices.BinarySearch(before.keys, key); had && same {
			continue
		}
		if _, err := s.exec(t.sql.take[i], after.entry(key, n)...); err != nil {
			return err
		}
	}
	return nil
}

// entry is a row of a side table. A further field that is absent is an empty blob there, which no condition's value equals.
func (l listed) entry(key string, n int64) []any {
	values := []any{key}
	for _, v := range l.beside {
		if v == nil {
			v = []byte{}
		}
		values = append(values, v)
	}
	return append(values, n)
}

// duplicate names the unique index SQLite complains about. It tells the columns.
func (t *table) duplicate(err error) error {
	if c := code(err); c != sqlite3.SQLITE_CONSTRAINT_UNIQUE && c != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return err
	}
	_, columns, _ := strings.Cut(err.Error(), "UNIQUE constraint failed: ")
	columns, _, _ = strings.Cut(columns, " (")
	return &store.DuplicateError{Index: t.uniques[columns]}
}
