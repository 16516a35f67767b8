package instagram

import (
	"bytes"

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
	var few [4]meta.Piece // nearly always enough, and then it costs no allocation
	pieces := few[:0]
	for i := range e.pieces {
		p := &e.pieces[i]
		pieces = append(pieces, meta.Piece{Owner: p.owner(), Account: p.account, Elements: 1})
	}
	return meta.Parcels(body, pieces, e.uncut, e.cut)
}

// owner is the partition key. The same person has another id at each of our accounts.
func (p *piece) owner() string {
	if p.customer == "" {
		return meta.AccountKey(p.account)
	}
	return p.account + "/" + p.customer
}

// cut makes a body with some of the pieces.
func (e *envelope) cut(numbers []int) []byte {
	var c meta.Cutter
	for _, n := range numbers {
		p := &e.pieces[n]
		c.Add(p.at.Raw(), p.rootBracket(), p.entryBracket(), p.listBracket())
	}
	return c.Body()
}

// rootBracket is the same for all roots of a body in an array: a cut body has one.
func (p *piece) rootBracket() meta.Bracket {
	return meta.Bracket{Name: "root", Close: "]}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		if meta.Members(b, p.root, false, "object") {
			b.WriteByte(',')
		}
		b.WriteString(`"entry":[`)
		return false
	}}
}

func (p *piece) entryBracket() meta.Bracket {
	return meta.Bracket{At: p.entry, Close: "}", Open: func(b *bytes.Buffer) bool {
		b.WriteByte('{')
		return meta.Members(b, p.entry, false, "id", "time")
	}}
}

func (p *piece) listBracket() meta.Bracket {
	return meta.Bracket{At: p.list, Close: "]", Open: func(b *bytes.Buffer) bool {
		b.WriteString(`"` + p.name + `":[`)
		return false
	}}
}
