package document

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"switchboard/chat"
	"switchboard/store"
)

// ID is the path of the document's id in conditions and sorts.
const ID = "id"

// A Schema is a checked declaration of a collection.
type Schema struct {
	store.Collection
	scalars []string
	arrays  []store.Index
}

// Names are ours, never a client's. Still they become table, column and field names, so their alphabet is closed.
const (
	namePattern = `^[a-z][a-z0-9_]{0,47}$`
	pathPattern = `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,7}$`
)

// NewSchema checks a declaration.
func NewSchema(c store.Collection) (*Schema, error) {
	name, path := regexp.MustCompile(namePattern), regexp.MustCompile(pathPattern)
	s := &Schema{Collection: c}
	if !name.MatchString(c.Name) {
		return nil, fmt.Errorf("document: collection name %q: %w", c.Name, chat.ErrInvalid)
	}
	seen := map[string]bool{}
	for _, index := range c.Indexes {
		bad := slices.ContainsFunc(index.Fields, func(f store.Field) bool { return !path.MatchString(f.Path) || f.Path == ID })
		if bad || !name.MatchString(index.Name) || seen[index.Name] || !keepable(index) {
			return nil, fmt.Errorf("document: %s: bad index %q: %w", c.Name, index.Name, chat.ErrInvalid)
		}
		seen[index.Name] = true
		s.add(index)
	}
	for _, p := range s.scalars {
		if _, both := s.Array(p); both {
			return nil, fmt.Errorf("document: %s: %q is an array in one index and none in another: %w", c.Name, p, chat.ErrInvalid)
		}
	}
	for _, p := range append(append(slices.Clone(c.Text), s.expiry()...), s.recent()...) {
		if !path.MatchString(p) {
			return nil, fmt.Errorf("document: %s: bad path %q: %w", c.Name, p, chat.ErrInvalid)
		}
	}
	return s, nil
}

// keepable tells whether an engine can keep the index: an array may be unique by its elements alone.
func keepable(index store.Index) bool {
	return len(index.Fields) == 1 || len(index.Fields) > 1 && (!index.Array || !index.Unique)
}

func (s *Schema) add(index store.Index) {
	scalars := index.Fields
	if index.Array {
		s.arrays = append(s.arrays, index)
		scalars = index.Fields[1:]
	}
	for _, f := range scalars {
		if !slices.Contains(s.scalars, f.Path) {
			s.scalars = append(s.scalars, f.Path)
		}
	}
}

func (s *Schema) expiry() []string {
	if s.ExpireAfter == "" {
		return nil
	}
	return []string{s.ExpireAfter}
}

func (s *Schema) recent() []string {
	if s.Recent == "" {
		return nil
	}
	return []string{s.Recent}
}

// Scalars are the paths of the indexes that are no arrays, each once, and the expiry's.
func (s *Schema) Scalars() []string {
	if s.ExpireAfter != "" && !slices.Contains(s.scalars, s.ExpireAfter) {
		return append(slices.Clone(s.scalars), s.ExpireAfter)
	}
	return s.scalars
}

// Arrays are the array indexes.
func (s *Schema) Arrays() []store.Index { return s.arrays }

// Array returns the array index over a path.
func (s *Schema) Array(path string) (store.Index, bool) {
	for _, index := range s.arrays {
		if index.Fields[0].Path == path {
			return index, true
		}
	}
	return store.Index{}, false
}

// Query checks a query against the declaration and returns it with plain values: string, int64, bool, float64, times in
// UTC to the millisecond, and []string for In. Declaring what is asked keeps both engines equal and fast.
func (s *Schema) Query(q store.Query) (store.Query, error) {
	where, err := s.Conditions(q.Where)
	if err != nil {
		return q, err
	}
	q.Where = where
	for _, f := range q.Sort {
		if f.Path != ID && !slices.Contains(s.scalars, f.Path) {
			return q, s.invalid("sort by undeclared path", f.Path)
		}
	}
	if len(q.After) == 0 {
		return q, nil
	}
	if len(q.After) != len(q.Sort)+1 {
		return q, s.invalid("cursor does not fit the sort", "")
	}
	after := make([]any, len(q.After))
	for i, v := range q.After {
		if after[i], err = plain(v); err != nil {
			return q, s.invalid("cursor value", err.Error())
		}
	}
	q.After = after
	return q, nil
}

// Conditions checks a filter and returns it with plain values.
func (s *Schema) Conditions(where []store.Condition) ([]store.Condition, error) {
	checked := make([]store.Condition, len(where))
	for i, c := range where {
		if c.Path != ID && !slices.Contains(s.Scalars(), c.Path) {
			if _, ok := s.Array(c.Path); !ok {
				return nil, s.invalid("filter on undeclared path", c.Path)
			}
			if c.Is != store.Equal && c.Is != store.In && c.Is != store.Prefix && c.Is != store.Exists {
				return nil, s.invalid("array compared by order", c.Path)
			}
		}
		v, err := plain(c.Value)
		if err != nil || !fits(c.Is, v) {
			return nil, s.invalid("value of condition", c.Path)
		}
		c.Value = v
		checked[i] = c
	}
	return checked, nil
}

func (s *Schema) invalid(what, which string) error {
	return fmt.Errorf("document: %s: %s %s: %w", s.Name, what, which, chat.ErrInvalid)
}

// fits says whether a value makes sense for a comparison.
func fits(is store.Comparison, v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []string:
		return is == store.In
	case bool:
		return is == store.Exists || is == store.Equal
	case string:
		return is >= store.Equal && is < store.Exists && is != store.In && utf8.ValidString(v)
	default:
		return is != store.In && is != store.Prefix && is != store.Exists && is >= store.Equal && is < store.Prefix
	}
}

// plain turns named types such as chat.Channel into what engines compare.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, int64, bool, float64, []string:
		return v, nil
	case time.Time:
		return v.UTC().Truncate(time.Millisecond), nil
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.String:
		return r.String(), nil
	case r.CanInt():
		return r.Int(), nil
	case r.Kind() == reflect.Bool:
		return r.Bool(), nil
	case r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.String:
		list := make([]string, r.Len())
		for i := range list {
			list[i] = r.Index(i).String()
		}
		return list, nil
	default:
		return nil, fmt.Errorf("of type %T", v)
	}
}
