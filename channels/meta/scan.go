package meta

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Kind is what a JSON value is.
type Kind uint8

// The kinds of JSON values. Missing is the kind of a value that is not there.
const (
	Missing Kind = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

// A node is one value of the body, and the values inside it are the nodes up to next. While a container is still open, next
// holds its parent instead: the scanner needs no stack and depth costs nothing.
type node struct {
	start, end uint32 // bytes of the value in the body, quotes and brackets included
	next       uint32 // node after this value and all inside it
	kind       Kind
	escaped    bool // a string with a backslash
}

const noNode = math.MaxUint32

// A Document is a JSON text taken apart in one pass. encoding/json would read the nested levels of a webhook again and again
// and matches keys without regard to case; on the intake path the one is too slow, and for identities the other too lax.
// The zero Document is ready for Scan and may be scanned again to reuse its memory; then all its values are void.
type Document struct {
	body  []byte
	nodes []node
}

// Scan takes the body apart and reports whether it is valid JSON, by the same rules as encoding/json except that nesting has
// no limit. The document refers to the body, which must not change as long as values are in use.
func (d *Document) Scan(body []byte) bool {
	d.body, d.nodes = body, d.nodes[:0]
	if len(body) > math.MaxInt32 || !d.scan() {
		d.nodes = d.nodes[:0]
		return false
	}
	return true
}

// Root is the outermost value; Missing when the body was not valid.
func (d *Document) Root() Value {
	if len(d.nodes) == 0 {
		return Value{}
	}
	return Value{doc: d, at: 0}
}

// Release forgets the body, and the nodes too if they take more memory than an idle document should hold.
func (d *Document) Release() {
	const keep = 1 << 12
	d.body, d.nodes = nil, d.nodes[:0]
	if cap(d.nodes) > keep {
		d.nodes = nil
	}
}

func (d *Document) scan() bool {
	i, parent := d.space(0), uint32(noNode)
	for {
		next, opened, ok := d.value(i, parent)
		if !ok {
			return false
		}
		i = next
		if opened {
			parent = uint32(len(d.nodes) - 1)
			if i = d.space(i); !d.closes(i, parent) {
				if i, ok = d.key(i, parent); !ok {
					return false
				}
				continue
			}
		}
		if i, parent, ok = d.after(i, parent); !ok || parent == noNode {
			return ok && i == len(d.body)
		}
	}
}

// after goes on behind a complete value: it closes what ends there and stops where the next value begins. parent is noNode
// once the outermost value is complete.
func (d *Document) after(i int, parent uint32) (int, uint32, bool) {
	for {
		i = d.space(i)
		switch {
		case parent == noNode:
			return i, noNode, true
		case i >= len(d.body):
			return i, parent, false
		case d.body[i] == ',':
			next, ok := d.key(d.space(i+1), parent)
			return next, parent, ok
		case !d.closes(i, parent):
			return i, parent, false
		}
		i++
		p := &d.nodes[parent]
		p.end = uint32(i)
		parent, p.next = p.next, uint32(len(d.nodes))
	}
}

func (d *Document) closes(i int, parent uint32) bool {
	if i >= len(d.body) {
		return false
	}
	if d.nodes[parent].kind == Object {
		return d.body[i] == '}'
	}
	return d.body[i] == ']'
}

// key reads the name and colon of the next member when parent is an object, and nothing otherwise.
func (d *Document) key(i int, parent uint32) (int, bool) {
	if d.nodes[parent].kind != Object {
		return i, true
	}
	if i >= len(d.body) || d.body[i] != '"' {
		return i, false
	}
	i, ok := d.text(i)
	if !ok {
		return i, false
	}
	if i = d.space(i); i >= len(d.body) || d.body[i] != ':' {
		return i, false
	}
	return d.space(i + 1), true
}

// value reads the value at i; of a container only the opening bracket, which opened then tells.
func (d *Document) value(i int, parent uint32) (next int, opened, ok bool) {
	if i >= len(d.body) {
		return i, false, false
	}
	switch c := d.body[i]; c {
	case '{':
		d.nodes = append(d.nodes, node{start: uint32(i), next: parent, kind: Object})
		return i + 1, true, true
	case '[':
		d.nodes = append(d.nodes, node{start: uint32(i), next: parent, kind: Array})
		return i + 1, true, true
	case '"':
		next, ok = d.text(i)
		return next, false, ok
	case 't':
		next, ok = d.word(i, "true", True)
	case 'f':
		next, ok = d.word(i, "false", False)
	case 'n':
		next, ok = d.word(i, "null", Null)
	default:
		next, ok = d.number(i)
	}
	return next, false, ok
}

func (d *Document) leaf(start, end int, kind Kind, escaped bool) {
	d.nodes = append(d.nodes, node{
		start: uint32(start), end: uint32(end), next: uint32(len(d.nodes) + 1), kind: kind, escaped: escaped,
	})
}

func (d *Document) space(i int) int {
	for i < len(d.body) {
		if c := d.body[i]; c > ' ' || (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
			break
		}
		i++
	}
	return i
}

func (d *Document) word(i int, w string, kind Kind) (int, bool) {
	end := i + len(w)
	if end > len(d.body) || string(d.body[i:end]) != w {
		return i, false
	}
	d.leaf(i, end, kind, false)
	return end, true
}

func (d *Document) text(start int) (int, bool) {
	b, escaped := d.body, false
	for i := start + 1; i < len(b); i++ {
		if i = meaningful(b, i); i >= len(b) {
			break
		}
		switch c := b[i]; {
		case c == '"':
			d.leaf(start, i+1, String, escaped)
			return i + 1, true
		case c == '\\':
			n := escape(b[i+1:])
			if n == 0 {
				return i, false
			}
			escaped = true
			i += n
		case c < ' ':
			return i, false
		}
	}
	return len(b), false
}

// meaningful finds the next byte of a string that may mean something: a quote, a backslash or a control character. It looks at
// eight at a time: what people write is most of a webhook.
func meaningful(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, backslash := v^ones*'"', v^ones*'\\'
		// The lowest top bit that is set is right, those above it may be the doing of a borrow.
		found := ((v-ones*' ')&^v | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
		i += 8
	}
	return i
}

// escape is the length of the escape whose backslash precedes b, 0 when it is none.
func escape(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if _, ok := hex4(b[1:]); ok {
			return 5
		}
	}
	return 0
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (d *Document) number(start int) (int, bool) {
	b, i := d.body, start
	if b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return i, false
	case b[i] == '0':
		i++
	default:
		next, ok := digits(b, i)
		if !ok {
			return next, false
		}
		i = next
	}
	i, ok := fraction(b, i)
	if ok {
		d.leaf(start, i, Number, false)
	}
	return i, ok
}

// fraction reads what may follow the integer part of a number.
func fraction(b []byte, i int) (int, bool) {
	ok := true
	if i < len(b) && b[i] == '.' {
		if i, ok = digits(b, i+1); !ok {
			return i, false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		i, ok = digits(b, i)
	}
	return i, ok
}

func digits(b []byte, i int) (int, bool) {
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i, i > start
}
