// Package document is what both engines share, so that neither can differ from the other: which documents can be kept,
// which paths a query may name, how a cursor is cut into index ranges, and what a word is.
package document

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"switchboard/chat"
	"switchboard/store"
)

// MaxSize is how large an encoded document may be: MongoDB's limit less room for what an engine adds.
const MaxSize = 16<<20 - 64<<10

// MaxID is how long an id may be, in bytes.
const MaxID = 1024

var timeType = reflect.TypeFor[time.Time]()

// Meta is what an engine must know of a document.
type Meta struct {
	ID        string
	Version   int64
	Versioned bool // the type has a version field
}

// Types inspects documents and remembers what it learned about their types. The zero value is ready; it is safe for concurrent use.
type Types struct {
	known sync.Map // reflect.Type -> *shape
}

// A shape says where a struct has its id and version, and which of its parts need a look before they are stored.
type shape struct {
	id, version int // field numbers; -1: none
	checks      []check
	err         error // the type itself cannot be a document
}

type check struct {
	field int
	run   checker
}

// A checker refuses values that one of the engines could not give back.
type checker func(v reflect.Value) error

// Inspect checks that doc, a pointer to a struct, can be kept by every engine, and returns its id and version. The error
// is chat.ErrInvalid and never names content.
func (t *Types) Inspect(doc any) (Meta, error) {
	v := reflect.ValueOf(doc)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return Meta{}, fmt.Errorf("document: %T is not a pointer to a struct: %w", doc, chat.ErrInvalid)
	}
	v = v.Elem()
	s := t.shape(v.Type())
	if s.err != nil {
		return Meta{}, s.err
	}
	if s.id < 0 {
		return Meta{}, fmt.Errorf("document: %s has no id field: %w", v.Type(), chat.ErrInvalid)
	}
	if err := s.check(v); err != nil {
		return Meta{}, err
	}
	m := Meta{ID: v.Field(s.id).String(), Versioned: s.version >= 0}
	if m.Versioned {
		m.Version = v.Field(s.version).Int()
	}
	return m, CheckID(m.ID)
}

// CheckID refuses ids that cannot be kept.
func CheckID(id string) error {
	if id == "" || len(id) > MaxID || !utf8.ValidString(id) {
		return fmt.Errorf("document: bad id of %d bytes: %w", len(id), chat.ErrInvalid)
	}
	return nil
}

func (t *Types) shape(typ reflect.Type) *shape {
	if s, ok := t.known.Load(typ); ok {
		return s.(*shape)
	}
	s, _ := t.known.LoadOrStore(typ, t.look(typ))
	return s.(*shape)
}

func (t *Types) look(typ reflect.Type) *shape {
	s := &shape{id: -1, version: -1}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.PkgPath != "" && !f.Anonymous {
			continue
		}
		if f.Anonymous {
			s.err = fmt.Errorf("document: %s embeds a type: %w", typ, chat.ErrInvalid)
			return s
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "id" && f.Type.Kind() == reflect.String:
			s.id = i
		case name == "version" && f.Type.Kind() == reflect.Int64:
			s.version = i
		}
		run, err := t.checker(f.Type)
		if err != nil {
			s.err = fmt.Errorf("document: %s.%s: %w", typ, f.Name, err)
			return s
		}
		if run != nil {
			s.checks = append(s.checks, check{i, run})
		}
	}
	return s
}

func (s *shape) check(v reflect.Value) error {
	for _, c := range s.checks {
		if err := c.run(v.Field(c.field)); err != nil {
			return err
		}
	}
	return nil
}

// checker returns what a type's values must pass; nil when every value is good.
func (t *Types) checker(typ reflect.Type) (checker, error) {
	switch typ.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return nil, nil
	case reflect.Float32, reflect.Float64:
		return checkFloat, nil
	case reflect.String:
		return checkString, nil
	case reflect.Struct:
		return t.structChecker(typ)
	case reflect.Pointer:
		return t.pointerChecker(typ)
	case reflect.Slice:
		return t.sliceChecker(typ)
	case reflect.Map:
		return t.mapChecker(typ)
	default:
		return nil, fmt.Errorf("type %s cannot be stored: %w", typ, chat.ErrInvalid)
	}
}

func (t *Types) structChecker(typ reflect.Type) (checker, error) {
	if typ == timeType {
		return checkTime, nil
	}
	s := t.shape(typ)
	return s.check, s.err
}

func (t *Types) pointerChecker(typ reflect.Type) (checker, error) {
	run, err := t.checker(typ.Elem())
	if run == nil || err != nil {
		return nil, err
	}
	return func(v reflect.Value) error {
		if v.IsNil() {
			return nil
		}
		return run(v.Elem())
	}, nil
}

func (t *Types) sliceChecker(typ reflect.Type) (checker, error) {
	run, err := t.checker(typ.Elem())
	if run == nil || err != nil {
		return nil, err
	}
	return func(v reflect.Value) error {
		for i := range v.Len() {
			if err := run(v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (t *Types) mapChecker(typ reflect.Type) (checker, error) {
	if typ.Key().Kind() != reflect.String {
		return nil, fmt.Errorf("type %s has keys that are no strings: %w", typ, chat.ErrInvalid)
	}
	run, err := t.checker(typ.Elem())
	if err != nil {
		return nil, err
	}
	return func(v reflect.Value) error {
		for it := v.MapRange(); it.Next(); {
			if err := checkName(it.Key().String()); err != nil {
				return err
			}
			if run == nil {
				continue
			}
			if err := run(it.Value()); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// checkName keeps map keys to what is a field name everywhere: no path, no operator.
func checkName(name string) error {
	if name == "" || name[0] == '$' || strings.ContainsAny(name, ".\x00") || !utf8.ValidString(name) {
		return fmt.Errorf("document: a map key cannot be a field name: %w", chat.ErrInvalid)
	}
	return nil
}

func checkString(v reflect.Value) error {
	if !utf8.ValidString(v.String()) {
		return fmt.Errorf("document: text is not UTF-8: %w", chat.ErrInvalid)
	}
	return nil
}

func checkFloat(v reflect.Value) error {
	if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("document: number is not finite: %w", chat.ErrInvalid)
	}
	return nil
}

func checkTime(v reflect.Value) error {
	at, ok := reflect.TypeAssert[time.Time](v)
	if year := at.UTC().Year(); !ok || year < 0 || year > 9999 {
		return fmt.Errorf("document: time out of range: %w", chat.ErrInvalid)
	}
	return nil
}

// CheckWrite refuses a write whose parts contradict each other.
func CheckWrite(w store.Write, m Meta) error {
	switch {
	case w.Op != store.Insert && w.Op != store.Replace:
		return fmt.Errorf("document: unknown operation %d: %w", w.Op, chat.ErrInvalid)
	case w.ID != m.ID:
		return fmt.Errorf("document: write and document have different ids: %w", chat.ErrInvalid)
	case w.Op == store.Replace && (!m.Versioned || m.Version == w.Version):
		return fmt.Errorf("document: a replacing document needs another version: %w", chat.ErrInvalid)
	default:
		return nil
	}
}
