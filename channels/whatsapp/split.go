package whatsapp

import (
	"bytes"
	"slices"

	"switchboard/channels/meta"
	"switchboard/chat"
)

// Split cuts a body into parcels for one person each.
func (a *Adapter) Split(body []byte) []chat.Parcel {
	e := a.envelopes.Get().(*envelope)
	defer func() {
		e.close()
		a.envelopes.Put(e)
	}()
	e.open(a, body)
	keys := keysOf(e.pieces)
	var few [4]meta.Piece // nearly always enough, and then it costs no allocation
	pieces := few[:0]
	for i := range e.pieces {
		p := &e.pieces[i]
		pieces = append(pieces, meta.Piece{Owner: keys.of(p), Account: p.in.account, Elements: p.n})
	}
	return meta.Parcels(body, pieces, e.uncut, e.cut)
}

// keys says which identities in a body are one person.
type keys map[string]string

// keysOf joins the identities that appear together. A BSUID stands for its person whenever the body mentions one; the person's
// number alone, on another element, then finds it too.
func keysOf(pieces []piece) keys {
	if len(pieces) < 2 {
		return nil
	}
	k := keys{}
	for i := range pieces {
		k.join(pieces[i].who)
	}
	return k
}

func (k keys) join(p person) {
	ids := [...]string{p.bsuid, p.phone, p.waID}
	root := ""
	for _, id := range ids {
		if id == "" {
			continue
		}
		r := k.find(id)
		switch {
		case root == "":
			root = r
		case r != root && isPhone(root) && !isPhone(r):
			k[root], root = r, r
		case r != root:
			k[r] = root
		}
	}
}

// find is the identity that stands for the person of id.
func (k keys) find(id string) string {
	for {
		up, ok := k[id]
		if !ok || up == id {
			return id
		}
		id = up
	}
}

func isPhone(id string) bool { return numeric(id) }

func (k keys) of(p *piece) string {
	switch {
	case p.who.bsuid != "":
		return k.find(p.who.bsuid)
	case p.who.phone != "":
		return k.find(p.who.phone)
	default:
		return meta.AccountKey(p.in.account)
	}
}

// cut makes a body with some of the pieces.
func (e *envelope) cut(numbers []int) []byte {
	var c meta.Cutter
	kept := e.contactsOf(numbers)
	for _, n := range numbers {
		p := &e.pieces[n]
		around := append(make([]meta.Bracket, 0, 6), rootBracket(p.in), entryBracket(p.in))
		if p.name != "" {
			around = append(around, valueBracket(p.in, kept[p.in]))
		}
		switch p.class {
		case thread:
			c.Add(p.at.Raw(), append(around, chunksBracket(p), chunkBracket(p), plainBracket(p.list, "threads"))...)
		case chunkErrors:
			c.Add(member("errors", p.at), append(around, chunksBracket(p), chunkBracket(p))...)
		case valueErrors:
			c.Add(member("errors", p.at), around...)
		default:
			if p.name != "" {
				around = append(around, plainBracket(p.list, p.name))
			}
			c.Add(p.at.Raw(), around...)
		}
	}
	return c.Body()
}

func member(name string, v meta.Value) []byte {
	return append([]byte(`"`+name+`":`), v.Raw()...)
}

// contactsOf lists the contacts that belong to some pieces, by their place in the scope.
func (e *envelope) contactsOf(numbers []int) map[*scope][]int {
	kept := map[*scope][]int{}
	for _, n := range numbers {
		p := &e.pieces[n]
		if at := p.contact - 1; at >= 0 && !slices.Contains(kept[p.in], at) {
			kept[p.in] = append(kept[p.in], at)
		}
	}
	for _, list := range kept {
		slices.Sort(list)
	}
	return kept
}

// rootBracket is the same for all roots of a body in an array: a cut body has one.
func rootBracket(s *scope) meta.Bracket {
	return meta.Bracket{Name: "root", Close: "]}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		return openList(b, meta.Members(b, s.root, false, "object"), "entry")
	}}
}

func entryBracket(s *scope) meta.Bracket {
	return meta.Bracket{At: s.entry, Close: "]}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		return openList(b, meta.Members(b, s.entry, false, "id", "time"), "changes")
	}}
}

func valueBracket(s *scope, contacts []int) meta.Bracket {
	return meta.Bracket{At: s.value, Close: "}}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		if meta.Members(b, s.change, false, "field") {
			b.WriteByte(',')
		}
		b.WriteString(`"value":{`)
		comma := meta.Members(b, s.value, false, "messaging_product", "metadata")
		if len(contacts) == 0 {
			return comma
		}
		openList(b, comma, "contacts")
		for i, at := range contacts {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(s.contacts[at].at.Raw())
		}
		b.WriteByte(']')
		return true
	}}
}

func chunksBracket(p *piece) meta.Bracket { return plainBracket(p.in.value, "history") }

func chunkBracket(p *piece) meta.Bracket {
	return meta.Bracket{At: p.list, Name: "chunk", Close: "}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		return meta.Members(b, p.list, false, "metadata")
	}}
}

func plainBracket(at meta.Value, name string) meta.Bracket {
	return meta.Bracket{At: at, Name: name, Close: "]", Open: func(b *bytes.Buffer) bool { return openList(b, false, name) }}
}

func openList(b *bytes.Buffer, comma bool, name string) bool {
	if comma {
		b.WriteByte(',')
	}
	b.WriteString(`"` + name + `":[`)
	return false
}
