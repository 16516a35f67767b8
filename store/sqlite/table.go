package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"switchboard/store"
	"switchboard/store/document"
)

// A table is a collection's place in the file. It is immutable.
type table struct {
	*document.Schema
	tree    *pathTree
	slots   int
	beside  [][]int           // of each array index: where in Scalars its further fields are
	uniques map[string]string // what SQLite calls the columns of a unique index -> our name of it
	sql     statements
}

// statements are the texts of what the writer does, made once.
type statements struct {
	current, insert, remove string
	replaced                []string // columns that a replace may set, scalars first
	hold, take, release     []string // by array index
	index, unindex          string   // text search
	lastIndexed, due, merge string   // what of it is owed
}

// Slots of the path tree: scalars, then arrays, then one for all text.
func newTable(schema *document.Schema) *table {
	t := &table{Schema: schema, tree: &pathTree{}, uniques: map[string]string{schema.Name + ".id": "_id"}}
	for _, path := range schema.Scalars() {
		t.tree.add(path, t.slots)
		t.slots++
	}
	for _, index := range schema.Arrays() {
		t.tree.add(index.Fields[0].Path, t.slots)
		t.slots++
		var beside []int
		for _, f := range index.Fields[1:] {
			beside = append(beside, slices.Index(schema.Scalars(), f.Path))
		}
		t.beside = append(t.beside, beside)
	}
	for _, path := range schema.Text {
		t.tree.add(path, t.slots)
	}
	if len(schema.Text) > 0 {
		t.slots++
	}
	for _, index := range schema.Indexes {
		var columns []string
		for _, f := range index.Fields {
			columns = append(columns, schema.Name+"."+column(f.Path))
		}
		if index.Unique && !index.Array {
			t.uniques[strings.Join(columns, ", ")] = index.Name
		}
	}
	t.prepare()
	return t
}

// Names inside the file. Paths and collection names are of a closed alphabet (document.NewSchema), so quoting suffices.
func column(path string) string                { return "$." + path }
func list(path string) string                  { return "@." + path }
func quote(name string) string                 { return `"` + name + `"` }
func (t *table) name() string                  { return quote(t.Name) }
func (t *table) side(index store.Index) string { return quote(t.Name + "@" + index.Name) }
func (t *table) text() string                  { return quote(t.Name + "@@text") }

// columns are all columns but n, in table order: the document last, so that the others are read without it.
func (t *table) columns() []string {
	columns := []string{"id", "version"}
	for _, path := range t.Scalars() {
		columns = append(columns, quote(column(path)))
	}
	for _, index := range t.Arrays() {
		columns = append(columns, quote(list(index.Fields[0].Path)))
	}
	return append(columns, "words", "doc")
}

func (t *table) prepare() {
	columns := t.columns()
	marks := strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	lists := append([]string{"n"}, columns[1:2+len(t.Scalars())]...)
	for _, index := range t.Arrays() {
		lists = append(lists, quote(list(index.Fields[0].Path)))
		side, keys := t.side(index), sideColumns(index)
		t.sql.hold = append(t.sql.hold, "SELECT n FROM "+side+" WHERE key = ?")
		t.sql.take = append(t.sql.take, "INSERT OR IGNORE INTO "+side+" ("+strings.Join(keys, ", ")+") VALUES (?"+strings.Repeat(", ?", len(keys)-1)+")")
		t.sql.release = append(t.sql.release, "DELETE FROM "+side+" WHERE "+strings.Join(keys, " = ? AND ")+" = ?")
	}
	t.sql.current = "SELECT " + strings.Join(append(lists, "words"), ", ") + " FROM " + t.name() + " WHERE id = ?"
	t.sql.insert = "INSERT INTO " + t.name() + " (" + strings.Join(columns, ", ") + ") VALUES (" + marks + ")"
	t.sql.replaced = columns[2:]
	t.sql.remove = "DELETE FROM " + t.name() + " WHERE n = ?"
	t.sql.index = "INSERT INTO " + t.text() + " (rowid, words) VALUES (?, ?)"
	t.sql.unindex = "DELETE FROM " + t.text() + " WHERE rowid = ?"
	t.sql.lastIndexed = "SELECT coalesce(max(id), 0) FROM " + quote(t.Name+"@@text_docsize") // FTS5 keeps a row there for each of its own
	t.sql.merge = "INSERT INTO " + t.text() + " (" + t.text() + ", rank) VALUES ('merge', ?)"
	t.sql.due = "SELECT n, words FROM " + t.name() + " WHERE n > ? AND words IS NOT NULL ORDER BY n LIMIT ?"
}

// create lists what makes the empty table with all its indexes.
func (t *table) create() []string {
	columns := t.columns()
	columns[0], columns[1], columns[len(columns)-1] = "id TEXT NOT NULL UNIQUE", "version INTEGER NOT NULL", "doc TEXT NOT NULL"
	all := []string{"CREATE TABLE " + t.name() + " (n INTEGER PRIMARY KEY, " + strings.Join(columns, ", ") + ")"}
	for _, index := range t.Indexes {
		if index.Array {
			all = append(all, t.createSide(index))
		} else {
			all = append(all, t.createIndex(index))
		}
	}
	if t.ExpireAfter != "" {
		all = append(all, "CREATE INDEX "+quote(t.Name+"/expiry")+" ON "+t.name()+" ("+quote(column(t.ExpireAfter))+")")
	}
	if len(t.Text) > 0 {
		// The words come folded from document.Words: ascii leaves them alone, and their places are of no use. Short beginnings
		// have lists of their own: what is typed so far would otherwise be merged from the lists of very many words.
		all = append(all,
			"CREATE VIRTUAL TABLE "+t.text()+" USING fts5(words, content='', contentless_delete=1, detail='none', prefix='2 3', tokenize='ascii')",
			// Segments are merged when nobody waits for the writer, see words.go, 8 instead of 4 at once: half the work.
			"INSERT INTO "+t.text()+" ("+t.text()+", rank) VALUES ('automerge', 0)",
			"INSERT INTO "+t.text()+" ("+t.text()+", rank) VALUES ('usermerge', 8)")
	}
	return all
}

// sideColumns are the element, the further fields, and the document's row.
func sideColumns(index store.Index) []string {
	columns := []string{"key"}
	for _, f := range index.Fields[1:] {
		columns = append(columns, quote(column(f.Path)))
	}
	return append(columns, "n")
}

func (t *table) createSide(index store.Index) string {
	columns := sideColumns(index)
	declared := append([]string{"key TEXT"}, columns[1:len(columns)-1]...)
	if index.Unique {
		columns = columns[:1]
	}
	return "CREATE TABLE " + t.side(index) + " (" + strings.Join(declared, " NOT NULL, ") + " NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (" + strings.Join(columns, ", ") + ")) WITHOUT ROWID"
}

// createIndex ends every index with the id, which breaks ties; a unique one cannot.
func (t *table) createIndex(index store.Index) string {
	var columns []string
	for _, f := range index.Fields {
		columns = append(columns, order(quote(column(f.Path)), f.Desc))
	}
	kind, where := "INDEX", ""
	if index.Unique {
		kind = "UNIQUE INDEX"
	} else {
		columns = append(columns, order("id", index.Fields[len(index.Fields)-1].Desc))
	}
	if index.Unique || index.Sparse {
		where = " WHERE " + quote(column(index.Fields[0].Path)) + " IS NOT NULL"
	}
	return "CREATE " + kind + " " + quote(t.Name+"/"+index.Name) + " ON " + t.name() + " (" + strings.Join(columns, ", ") + ")" + where
}

// leads says whether an index begins with the path.
func (t *table) leads(path string) bool {
	return slices.ContainsFunc(t.Indexes, func(index store.Index) bool { return !index.Array && index.Fields[0].Path == path })
}

func order(column string, desc bool) string {
	if desc {
		return column + " DESC"
	}
	return column
}

// layoutVersion changes when this package lays tables out differently.
const layoutVersion = 1

// layout describes everything that is derived from the declaration; a stored one that differs calls for a rebuild.
func (t *table) layout() string {
	return strconv.Itoa(layoutVersion) + "\n" + strings.Join(t.create(), "\n") + "\n" + strings.Join(t.Text, " ")
}

// ensure makes the table, or rebuilds it when it was made for another declaration, in one transaction of the file's only writer.
// Words that an earlier life owed are indexed.
func (t *table) ensure(ctx context.Context, conn *sql.Conn, log *slog.Logger) error {
	if _, err := conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS switchboard_layout (collection TEXT PRIMARY KEY, layout TEXT NOT NULL)"); err != nil {
		return err
	}
	var layout string
	err := conn.QueryRowContext(ctx, "SELECT layout FROM switchboard_layout WHERE collection = ?", t.Name).Scan(&layout)
	switch {
	case err == nil && layout == t.layout():
		s := newSession(ctx, conn)
		defer s.close()
		return s.indexAll(t)
	case err == nil:
		log.InfoContext(ctx, "rebuilding indexes", "collection", t.Name)
		err = t.rebuild(ctx, conn)
	case errors.Is(err, sql.ErrNoRows):
		err = execute(ctx, conn, t.create())
	}
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "INSERT OR REPLACE INTO switchboard_layout (collection, layout) VALUES (?, ?)", t.Name, t.layout())
	return err
}

func execute(ctx context.Context, conn *sql.Conn, texts []string) error {
	for _, text := range texts {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// rebuild moves the documents into a new table and drops the old one with all that hung on it.
func (t *table) rebuild(ctx context.Context, conn *sql.Conn) error {
	drops, err := t.leftovers(ctx, conn)
	if err != nil {
		return err
	}
	old := quote(t.Name + "@@old")
	drops = append(drops, "ALTER TABLE "+t.name()+" RENAME TO "+old)
	if err := execute(ctx, conn, append(drops, t.create()...)); err != nil {
		return err
	}
	if err := t.refill(ctx, conn, old); err != nil {
		return err
	}
	return execute(ctx, conn, []string{"DROP TABLE " + old})
}

// leftovers lists what drops the indexes and side tables that another declaration made.
func (t *table) leftovers(ctx context.Context, conn *sql.Conn) ([]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT type, name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL
		OR type = 'table' AND substr(name, 1, length(?1) + 1) = ?1 || '@' AND (sql LIKE 'CREATE VIRTUAL%' OR name NOT LIKE '%@@%')`, t.Name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var kind, name string
		if err := rows.Scan(&kind, &name); err != nil {
			return nil, err
		}
		drops = append(drops, "DROP "+kind+" "+quote(name))
	}
	return drops, rows.Err()
}

// refill reads in steps, because a connection cannot read a table on and on while it writes.
func (t *table) refill(ctx context.Context, conn *sql.Conn, old string) error {
	s := newSession(ctx, conn)
	defer s.close()
	for after := int64(-1 << 62); ; {
		rows, last, err := t.chunk(ctx, conn, old, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			if err := s.insert(t, &rows[i]); err != nil {
				return fmt.Errorf("rebuild: %w", err)
			}
		}
		if err := s.indexAll(t); err != nil {
			return fmt.Errorf("rebuild: %w", err)
		}
		after = last
	}
}

func (t *table) chunk(ctx context.Context, conn *sql.Conn, old string, after int64) ([]row, int64, error) {
	found, err := conn.QueryContext(ctx, "SELECT n, id, version, doc FROM "+old+" WHERE n > ? ORDER BY n LIMIT 200", after)
	if err != nil {
		return nil, 0, err
	}
	defer found.Close()
	var rows []row
	for found.Next() {
		var doc []byte
		r := row{op: store.Insert}
		if err := found.Scan(&after, &r.id, &r.next, &doc); err != nil {
			return nil, 0, err
		}
		if err := r.fill(t, doc); err != nil {
			return nil, 0, err
		}
		rows = append(rows, r)
	}
	return rows, after, found.Err()
}
