package meta

import (
	"bytes"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A Value is one JSON value of a document. The zero Value is Missing, and every method is safe on a value of any kind: what is
// not there or is of another kind reads as empty.
type Value struct {
	doc *Document
	at  uint32
}

func (v Value) node() *node { return &v.doc.nodes[v.at] }

// Kind is what the value is.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return Missing
	}
	return v.node().kind
}

// Absent reports whether there is nothing: no such member, or null.
func (v Value) Absent() bool { return v.Kind() <= Null }

// Raw is the value's own bytes in the body, untouched.
func (v Value) Raw() []byte {
	if v.doc == nil {
		return nil
	}
	n := v.node()
	return v.doc.body[n.start:n.end:n.end]
}

// Same reports whether both are the same place of the same document.
func (v Value) Same(w Value) bool { return v == w }

// Items goes through the elements of an array.
func (v Value) Items() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		for at := v.at + 1; at < v.node().next; at = v.doc.nodes[at].next {
			if !yield(Value{doc: v.doc, at: at}) {
				return
			}
		}
	}
}

// Members goes through the members of an object in the order of the body, name and value; a name that stands there twice
// comes twice.
func (v Value) Members() iter.Seq2[Value, Value] {
	return func(yield func(name, value Value) bool) {
		if v.Kind() != Object {
			return
		}
		for at := v.at + 1; at < v.node().next; {
			member := Value{doc: v.doc, at: at + 1}
			if !yield(Value{doc: v.doc, at: at}, member) {
				return
			}
			at = member.node().next
		}
	}
}

// Get follows names into nested objects. Names are compared exactly. Of a name that stands there twice the last one counts,
// as with every common parser.
func (v Value) Get(path ...string) Value {
	for _, name := range path {
		v = v.member(name)
	}
	return v
}

// member is most of what intake does with a body, so it goes through the nodes itself.
func (v Value) member(name string) Value {
	var found Value
	if v.Kind() != Object {
		return found
	}
	nodes := v.doc.nodes
	for at, end := v.at+1, nodes[v.at].next; at < end; at = nodes[at+1].next {
		if v.doc.is(&nodes[at], name) {
			found = Value{doc: v.doc, at: at + 1}
		}
	}
	return found
}

// Is reports whether the value is the string s.
func (v Value) Is(s string) bool { return v.Kind() == String && v.doc.is(v.node(), s) }

// is compares a string with s, nearly always by its length alone.
func (d *Document) is(n *node, s string) bool {
	written := d.body[n.start+1 : n.end-1]
	if n.escaped {
		return string(unescape(written)) == s
	}
	return string(written) == s
}

// Word is a string without its quotes, for switches that must not allocate; nil when the value is no string.
func (v Value) Word() []byte {
	switch {
	case v.Kind() != String:
		return nil
	case v.node().escaped:
		return unescape(v.inner())
	default:
		return v.inner()
	}
}

// inner is a string without its quotes, still escaped.
func (v Value) inner() []byte {
	n := v.node()
	return v.doc.body[n.start+1 : n.end-1]
}

// Text is the value of a string, or the digits of a number, fit to be stored and shown: what is not UTF-8 and what is NUL,
// which neither databases nor HTML hold, becomes U+FFFD. Everything else stays as it was written.
func (v Value) Text() string {
	switch v.Kind() {
	case Number:
		return string(v.Raw())
	case String:
		return clean(unescape(v.inner()))
	default:
		return ""
	}
}

func clean(b []byte) string {
	if bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) {
		return string(b)
	}
	return strings.Map(func(r rune) rune {
		if r == 0 {
			return utf8.RuneError
		}
		return r
	}, string(b))
}

// unescape resolves the escapes of a string. A half of a surrogate pair alone becomes U+FFFD.
func unescape(b []byte) []byte {
	at := bytes.IndexByte(b, '\\')
	if at < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for ; at >= 0; at = bytes.IndexByte(b, '\\') {
		out = append(out, b[:at]...)
		b = b[at+1:]
		if b[0] != 'u' {
			out = append(out, plain(b[0]))
			b = b[1:]
			continue
		}
		r, _ := hex4(b[1:])
		b = b[5:]
		if utf16.IsSurrogate(r) {
			r, b = surrogate(r, b)
		}
		out = utf8.AppendRune(out, r)
	}
	return append(out, b...)
}

func surrogate(high rune, b []byte) (rune, []byte) {
	if len(b) >= 6 && b[0] == '\\' && b[1] == 'u' {
		low, _ := hex4(b[2:])
		if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
			return r, b[6:]
		}
	}
	return utf8.RuneError, b
}

func plain(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return c
	}
}

// maxID bounds identifiers: they become index keys.
const maxID = 1024

// ID is an identifier: a string without surrounding space, or an integer number digit by digit (ids exceed what a float
// holds). Anything else, and what is longer than any platform's identifier, is none.
func (v Value) ID() string {
	if v.Kind() == Number && bytes.ContainsAny(v.Raw(), "-.eE") {
		return ""
	}
	if len(v.Raw()) > maxID {
		return ""
	}
	return strings.TrimSpace(v.Text())
}

// Digits is an identifier that is a telephone number, reduced to its digits. What has letters in it is none: the id of a group
// or a user must not become the number of a stranger.
func (v Value) Digits() string {
	id := v.ID()
	for i := range len(id) {
		if id[i] >= '0' && id[i] <= '9' {
			continue
		}
		if strings.ContainsFunc(id, unicode.IsLetter) {
			return ""
		}
		return strings.Map(digit, id)
	}
	return id
}

func digit(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// Int is a whole number, written as a number or as a string of digits.
func (v Value) Int() int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(v.Text()), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Float is a finite number, written as a number or as a string.
func (v Value) Float() (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(v.Text()), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	return f, true
}

// Bool is true for true and for what senders that confuse types write instead.
func (v Value) Bool() bool {
	return v.Kind() == True || v.Is("true") || v.Is("1") || (v.Kind() == Number && string(v.Raw()) == "1")
}

const (
	firstMillisecond = 1e11 // below it is a number of seconds; 1e11 ms is in 1973, 1e11 s in the year 5138
	lastMillisecond  = 253402300799999
)

// Time is an instant: seconds or milliseconds since 1970, as a number or a string. Anything else is fallback.
func (v Value) Time(fallback time.Time) time.Time {
	text := strings.TrimSpace(v.Text())
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f > 0 && f <= lastMillisecond) {
			return fallback
		}
		if f < firstMillisecond {
			return time.UnixMilli(int64(math.Round(f * 1000))).UTC()
		}
		n = int64(f)
	}
	switch {
	case n <= 0 || n > lastMillisecond:
		return fallback
	case n < firstMillisecond:
		return time.Unix(n, 0).UTC()
	default:
		return time.UnixMilli(n).UTC()
	}
}
