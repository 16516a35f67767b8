package sqlite

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"

	"switchboard/store"
	"switchboard/store/document"
)

// A row is one write, encoded by the caller's goroutine so that the writer only talks to SQLite.
type row struct {
	op      store.Op
	id      string
	version int64 // Replace: what must be stored
	next    int64 // the document's own
	scalars []any
	arrays  [][]string
	words   string
	digest  any // of words, kept in the row to see whether they change; nil: no words
	doc     string
}

// row encodes one write, or tells what is wrong with it.
func (e *Engine) row(t *table, w store.Write) (row, error) {
	r := row{op: w.Op, id: w.ID, version: w.Version}
	if w.Op == store.Delete {
		return r, document.CheckID(w.ID)
	}
	meta, err := e.types.Inspect(w.Doc)
	if err != nil {
		return r, err
	}
	if err := document.CheckWrite(w, meta); err != nil {
		return r, err
	}
	doc, err := e.encoder.encode(w.Doc)
	if err != nil {
		return r, err
	}
	if len(doc) > document.MaxSize {
		return r, store.ErrDocumentTooLarge
	}
	r.next = meta.Version
	return r, r.fill(t, doc)
}

// fill takes from the document what the indexes hold.
func (r *row) fill(t *table, doc []byte) error {
	found, err := t.tree.collect(doc, t.slots)
	if err != nil {
		return err
	}
	r.doc = string(doc)
	scalars := len(t.Scalars())
	r.scalars = make([]any, scalars)
	for i, values := range found[:scalars] {
		if len(values) > 0 {
			r.scalars[i] = values[0]
		}
	}
	for i := range t.Arrays() {
		r.arrays = append(r.arrays, distinct(texts(found[scalars+i])))
	}
	if len(t.Text) > 0 {
		if words := document.Words(texts(found[t.slots-1])...); len(words) > 0 {
			slices.Sort(words)
			r.words = strings.Join(words, " ")
			digest := fnv.New64a()
			digest.Write([]byte(r.words)) // never fails
			r.digest = int64(digest.Sum64())
		}
	}
	return nil
}

// arguments are the values of table.columns, in its order.
func (r *row) arguments() ([]any, error) {
	values := append([]any{r.id, r.next}, r.scalars...)
	for _, list := range r.arrays {
		text, err := packed(list)
		if err != nil {
			return nil, err
		}
		values = append(values, text)
	}
	return append(values, r.digest, r.doc), nil
}

// packed and unpacked keep an array's elements in a column of the row, to know what a later write takes away.
func packed(list []string) (any, error) {
	if len(list) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func unpacked(text []byte) ([]string, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var list []string
	err := json.Unmarshal(text, &list)
	return list, err
}

func texts(values []any) []string {
	var list []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
