package meta

import "bytes"

// Objects goes through the objects of a list. An object where a list should be is a list of one; what is no object is passed
// over (see Strays).
func (v Value) Objects(yield func(Value) bool) {
	if v.Kind() == Object {
		yield(v)
		return
	}
	for item := range v.Items() {
		if item.Kind() == Object && !yield(item) {
			return
		}
	}
}

// Strays counts what is in a list of objects, or in its place, and is neither object nor null. No platform sends such things:
// they are no elements, but a body that has any is not cut, so that the log keeps them where they were.
func (v Value) Strays() int {
	switch v.Kind() {
	case Missing, Null, Object:
		return 0
	case Array:
	default:
		return 1
	}
	n := 0
	for item := range v.Items() {
		if k := item.Kind(); k != Object && k != Null {
			n++
		}
	}
	return n
}

// A Bracket is a level of a body around its elements: open writes what comes before them and reports whether a comma must
// follow before the first, and Close comes after them. Two brackets are one when they stand for the same place.
type Bracket struct {
	At    Value
	Name  string
	Open  func(b *bytes.Buffer) bool
	Close string
}

// A Cutter puts elements of one body together again into a smaller body of the same shape. Elements that share brackets and
// follow each other are written into the same ones. The bytes of an element are copied as they are.
type Cutter struct {
	buf   bytes.Buffer
	open  []Bracket
	comma bool
}

// Add writes an element inside its brackets, the outermost first.
func (c *Cutter) Add(element []byte, around ...Bracket) {
	same := 0
	for same < len(c.open) && same < len(around) && c.open[same].At == around[same].At && c.open[same].Name == around[same].Name {
		same++
	}
	c.closeTo(same)
	for _, b := range around[same:] {
		c.separate()
		c.comma = b.Open(&c.buf)
		c.open = append(c.open, b)
	}
	c.separate()
	c.buf.Write(element)
	c.comma = true
}

// Body closes every bracket and gives the body.
func (c *Cutter) Body() []byte {
	c.closeTo(0)
	return c.buf.Bytes()
}

func (c *Cutter) closeTo(depth int) {
	for len(c.open) > depth {
		last := len(c.open) - 1
		c.buf.WriteString(c.open[last].Close)
		c.open, c.comma = c.open[:last], true
	}
}

func (c *Cutter) separate() {
	if c.comma {
		c.buf.WriteByte(',')
	}
}

// Members writes the named members of v that are there, as they are, each with a comma before it if one is needed, and
// reports whether a comma is needed after them.
func Members(b *bytes.Buffer, v Value, comma bool, names ...string) bool {
	for _, name := range names {
		member := v.Get(name)
		if member.Kind() == Missing {
			continue
		}
		if comma {
			b.WriteByte(',')
		}
		b.WriteString(`"` + name + `":`)
		b.Write(member.Raw())
		comma = true
	}
	return comma
}
