package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A path tree names the parts of a document that are wanted. Arrays on the way are walked element by element.
type pathTree struct {
	next  map[string]*pathTree
	slots []int // where values go; none: only on the way
}

// add makes the tree collect what lies at path into the slot.
func (p *pathTree) add(path string, slot int) {
	for name := range strings.SplitSeq(path, ".") {
		if p.next == nil {
			p.next = map[string]*pathTree{}
		}
		if p.next[name] == nil {
			p.next[name] = &pathTree{}
		}
		p = p.next[name]
	}
	p.slots = append(p.slots, slot)
}

// collect returns, for each slot, the strings, numbers (int64 or float64) and booleans (as 0 and 1) found in doc, which is
// JSON this package's encoder wrote.
func (p *pathTree) collect(doc []byte, slots int) ([][]any, error) {
	s := scanner{doc: doc, found: make([][]any, slots)}
	if err := s.value(p); err != nil {
		return nil, fmt.Errorf("sqlite: stored document is damaged near byte %d: %w", s.at, err)
	}
	return s.found, nil
}

type scanner struct {
	doc   []byte
	at    int
	found [][]any
}

var errDamaged = errors.New("not the JSON that was written")

func (s *scanner) peek() byte {
	if s.at < len(s.doc) {
		return s.doc[s.at]
	}
	return 0
}

func (s *scanner) value(p *pathTree) error {
	switch {
	case p == nil:
		return s.skip()
	case s.peek() == '{':
		return s.object(p)
	case s.peek() == '[':
		return s.array(p)
	}
	start := s.at
	if err := s.skip(); err != nil {
		return err
	}
	if len(p.slots) == 0 {
		return nil
	}
	v, err := scalar(s.doc[start:s.at])
	if v != nil {
		for _, slot := range p.slots {
			s.found[slot] = append(s.found[slot], v)
		}
	}
	return err
}

func (s *scanner) object(p *pathTree) error {
	return s.each('}', func() error {
		name, err := s.name()
		if err != nil {
			return err
		}
		return s.value(p.next[string(name)])
	})
}

// name reads a member's name and the colon. Names of fields need no escape; others, which may, match no path.
func (s *scanner) name() ([]byte, error) {
	start := s.at
	if s.peek() != '"' || !s.skipString() || s.peek() != ':' {
		return nil, errDamaged
	}
	s.at++
	return s.doc[start+1 : s.at-2], nil
}

func (s *scanner) array(p *pathTree) error {
	return s.each(']', func() error { return s.value(p) })
}

// each runs item at every member of the object or array that begins here.
func (s *scanner) each(end byte, item func() error) error {
	s.at++
	if s.peek() == end {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case end:
			s.at++
			return nil
		default:
			return errDamaged
		}
	}
}

// skip moves behind the value that begins here.
func (s *scanner) skip() error {
	depth := 0
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case '"':
			if !s.skipString() {
				return errDamaged
			}
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case ',', ':':
			s.at++
		default:
			s.skipWord()
		}
		if depth == 0 {
			return nil
		}
	}
	return errDamaged
}

// skipString looks for the closing quote: the first with an even number of backslashes before it.
func (s *scanner) skipString() bool {
	for i := s.at + 1; ; i++ {
		n := bytes.IndexByte(s.doc[i:], '"')
		if n < 0 {
			return false
		}
		i += n
		escapes := 0
		for s.doc[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			s.at = i + 1
			return true
		}
	}
}

// skipWord moves behind a number, true, false or null.
func (s *scanner) skipWord() {
	for s.at < len(s.doc) && s.doc[s.at] != ',' && s.doc[s.at] != '}' && s.doc[s.at] != ']' {
		s.at++
	}
}

func scalar(raw []byte) (any, error) {
	switch raw[0] {
	case '"':
		if bytes.IndexByte(raw, '\\') < 0 {
			return string(raw[1 : len(raw)-1]), nil
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, errDamaged
		}
		return text, nil
	case 't':
		return int64(1), nil
	case 'f':
		return int64(0), nil
	case 'n':
		return nil, nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return nil, errDamaged // strconv would quote the text
	}
	return f, nil
}

// project returns the document with only the named top-level fields, and id and version.
func project(doc []byte, only []string) ([]byte, error) {
	s := scanner{doc: doc}
	if s.peek() != '{' {
		return nil, fmt.Errorf("sqlite: stored document: %w", errDamaged)
	}
	out := append(make([]byte, 0, 512), '{')
	err := s.each('}', func() error {
		start := s.at
		name, err := s.name()
		if err != nil {
			return err
		}
		if err := s.skip(); err != nil {
			return err
		}
		if wanted(string(name), only) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, doc[start:s.at]...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: stored document is damaged near byte %d: %w", s.at, err)
	}
	return append(out, '}'), nil
}

func wanted(name string, only []string) bool {
	return name == "id" || name == "version" || slices.Contains(only, name)
}
