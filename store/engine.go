package store

import (
	"context"
	"errors"
	"fmt"
)

// An Engine keeps documents. It is small on purpose, so that its two implementations (store/mongo, store/sqlite) stay
// honest: documents are Go structs with bson and json tags of the same names, an id field tagged `bson:"_id"` / `json:"id"`
// and a version field. All meaning lives above it. Implementations are safe for concurrent use and pass storetest.Run.
//
// Times are kept with millisecond precision in UTC. Reads see every write that was acknowledged before they began.
type Engine interface {
	// Name is the metric label: "mongo" or "sqlite".
	Name() string

	// Ensure creates collections and indexes that are missing and leaves existing ones alone. It is idempotent and safe to
	// run from several processes at once.
	Ensure(ctx context.Context, collections []Collection) error

	// Get decodes the documents with these ids through decode, in no particular order; missing ids are skipped. ids may be
	// of any number; implementations chunk.
	Get(ctx context.Context, collection string, ids []string, decode Decode) error

	// Find decodes what the query selects, in its order.
	Find(ctx context.Context, collection string, q Query, decode Decode) error

	// Count counts what the filter selects, stopping at limit (0: no limit).
	Count(ctx context.Context, collection string, filter []Condition, limit int64) (int64, error)

	// Search finds documents that contain every word of a text in the collection's text fields (words as document.Words splits
	// them, case and accents folded), newest first: in the order in which they were inserted, or by the collection's Recent
	// time, which is the same where documents are inserted when they happen. No word finds nothing.
	Search(ctx context.Context, collection string, q TextQuery, decode Decode) error

	// Write applies every write and returns one error for each, nil where it was done: *DuplicateError for an Insert (or a
	// Replace) that hits a unique key, ErrVersion for a Replace whose version is not the stored one any more (or whose
	// document is gone), ErrDocumentTooLarge. The writes are independent: one that fails stops no other, and there is no
	// order between them. chat.ErrInvalid is the result of a write no engine can keep: text that is not UTF-8, a number that
	// is not finite, a map key with "." or "$" in front, an id that is empty or over 1 KB, or a Write whose parts contradict
	// each other. The second result is a failure of the engine itself (chat.ErrUnavailable, or the context's error): then any
	// of them may have been done.
	// A write is durable when Write returns (majority and journaled; fsynced).
	Write(ctx context.Context, collection string, writes []Write) ([]error, error)

	// WriteAll writes groups, each to its collection, one after the other, and stops behind the first group in which a write
	// fails: its error, one that Write tells of a single write, is the result. done counts the groups that were written whole;
	// after a failure of the engine itself any write may have been done. An engine that can makes it all or nothing (done is 0
	// after an error), and then a write may take a unique key that another of its group gives free; for the others the caller
	// comes again.
	// What is written can be read and outlives the process when WriteAll returns; a power cut it outlives for certain when a
	// later Sync has returned. A power cut takes the last writes only, never some without those after them.
	WriteAll(ctx context.Context, groups []Group) (done int, err error)

	// Sync returns when everything written by calls that returned before is durable. After a failure it fails for good: what
	// the disk did not take may be gone although a second attempt succeeds.
	Sync(ctx context.Context) error

	// Explain tells whether the query is answered through an index: the name of the index, or "" for a scan.
	Explain(ctx context.Context, collection string, q Query) (index string, err error)

	// Ping reports whether the engine answers.
	Ping(ctx context.Context) error

	// Close releases everything. No call is under way.
	Close(ctx context.Context) error
}

// Decode is given a function that fills a document; it returns an error to stop.
type Decode func(fill func(doc any) error) error

// A Write is one change of one document.
type Write struct {
	Op      Op
	ID      string
	Version int64 // for Replace: the version the document must have now; Doc carries the next one
	Doc     any   // pointer to the document; nil for Delete
}

// Op is what a Write does.
type Op int

// Insert fails when the id or a unique key exists. Replace is compare-and-swap on the version. Delete removes, and removing what is not there is no error.
const (
	Insert Op = iota + 1
	Replace
	Delete
)

// A Group is the writes of one WriteAll to one collection.
type Group struct {
	Collection string
	Writes     []Write
}

// WriteInOrder is WriteAll for engines that cannot write to several collections at once.
func WriteInOrder(ctx context.Context, e Engine, groups []Group) (done int, err error) {
	for i, g := range groups {
		if len(g.Writes) == 0 {
			continue
		}
		results, err := e.Write(ctx, g.Collection, g.Writes)
		if err == nil {
			err = firstError(results)
		}
		if err != nil {
			return i, err
		}
	}
	return len(groups), nil
}

func firstError(results []error) error {
	for _, err := range results {
		if err != nil {
			return err
		}
	}
	return nil
}

// A Collection declares its indexes. Filters and sorts name declared paths only (or "id"); others are chat.ErrInvalid.
type Collection struct {
	Name    string
	Indexes []Index
	Text    []string // paths searched by Search; a path may lead through arrays
	Recent  string   // time field that says which of two documents Search finds first, for engines that do not know
	// ExpireAfter names a time field; documents may be removed once it has passed. Empty: never.
	ExpireAfter string
}

// An Index covers fields in order. The id is its implicit last field.
type Index struct {
	Name   string
	Fields []Field
	Unique bool // documents in which the first field is absent (of an array: which have no element) do not take part; any further field is always present
	Array  bool // the first field is an array of strings: an entry for each element (multikey); further fields are filters beside it, and no order
	Sparse bool // documents in which the first field is absent are left out
}

// A Field is a path such as "session.geo.country".
type Field struct {
	Path string
	Desc bool
}

// A Query selects documents. Where is a conjunction. After continues behind the last document of the previous page. Documents
// in which a sort field is absent come first in ascending, last in descending order; in After nil, "", false and the zero time
// stand for absent, so that values may be read from the decoded struct.
type Query struct {
	Where []Condition
	Sort  []Field  // all in the index's direction, or all reversed; the id breaks ties in the direction of the last field
	After []any    // values of the Sort fields, then the id, of the last document seen; empty: from the start
	Limit int      // 0: no limit
	Only  []string // top-level fields to read; empty: all (id and version always)
}

// A TextQuery selects documents by their words.
type TextQuery struct {
	Text   string
	Prefix bool   // the last word may be the beginning of a longer one, unless something that is no letter follows it
	After  string // id of the last document seen; empty: from the start. Behind one that is gone there is nothing.
	Limit  int    // 0: no limit
}

// A Condition on a declared field.
type Condition struct {
	Path  string
	Is    Comparison
	Value any // string, int64, bool, time.Time; []string for In
}

// Comparison of a Condition.
type Comparison int

// Comparisons. On an array field Equal and In mean that one element matches, Prefix that one element starts with the value,
// Exists that there is an element; it has no order. A field that is absent matches nothing but Exists false.
const (
	Equal Comparison = iota + 1
	In
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Prefix // byte-wise string prefix
	Exists // Value is a bool
)

// ErrVersion says that somebody else wrote the document since it was read.
var ErrVersion = errors.New("store: version has changed")

// ErrDocumentTooLarge says that a document passes what the engine can hold (16 MB).
var ErrDocumentTooLarge = errors.New("store: document too large")

// A DuplicateError says which unique index refused a document; Index is "_id" for the id, "" when the engine does not tell.
type DuplicateError struct{ Index string }

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("store: duplicate key in index %q", e.Index)
}
