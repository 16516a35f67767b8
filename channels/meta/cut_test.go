package meta

import (
	"bytes"
	"strconv"
	"testing"
)

func bracket(name string) Bracket {
	return Bracket{Name: name, Close: "]}", Open: func(b *bytes.Buffer) bool {
		b.WriteString(`{"` + name + `":[`)
		return false
	}}
}

func TestCutterSharesBracketsOfNeighbours(t *testing.T) {
	var c Cutter
	a, b, d := bracket("a"), bracket("b"), bracket("d")
	c.Add([]byte("1"), a, b)
	c.Add([]byte("2"), a, b)
	c.Add([]byte("3"), a)
	c.Add([]byte("4"), a, b)
	c.Add([]byte("5"), d)
	const want = `{"a":[{"b":[1,2]},3,{"b":[4]}]},{"d":[5]}`
	if got := string(c.Body()); got != want {
		t.Fatalf("\ngot  %s\nwant %s", got, want)
	}
}

func TestMembersCopiesWhatIsThere(t *testing.T) {
	var b bytes.Buffer
	v := value(t, `{"id": 7 ,"x":1,"time":null}`)
	if comma := Members(&b, v, false, "none", "id", "time"); !comma || b.String() != `"id":7,"time":null` {
		t.Fatal(b.String())
	}
	b.Reset()
	if comma := Members(&b, v, false, "none"); comma || b.Len() > 0 {
		t.Fatal(b.String())
	}
}

func TestParcels(t *testing.T) {
	body := []byte(`the body`)
	piece := func(owner string) Piece { return Piece{Owner: owner, Account: "9", Elements: 2} }
	cut := func(numbers []int) []byte {
		out := []byte("cut")
		for _, n := range numbers {
			out = strconv.AppendInt(out, int64(n), 10)
		}
		return out
	}
	one := Parcels(body, []Piece{piece("p"), piece("p")}, false, cut)
	if len(one) != 1 || one[0].Key != "p" || one[0].Elements != 4 || one[0].Account != "9" || &one[0].Value[0] != &body[0] {
		t.Errorf("one owner: %+v", one)
	}
	two := Parcels(body, []Piece{piece("p"), piece("q"), piece("p")}, false, cut)
	if len(two) != 2 || two[0].Key != "p" || string(two[0].Value) != "cut02" || two[0].Elements != 4 || string(two[1].Value) != "cut1" {
		t.Errorf("two owners: %+v", two)
	}
	uncut := Parcels(body, []Piece{piece("p"), piece("q")}, true, cut)
	if len(uncut) != 1 || uncut[0].Key != "account:9" || uncut[0].Elements != 4 {
		t.Errorf("uncut: %+v", uncut)
	}
	grown := Parcels(body, []Piece{piece("p"), piece("q")}, false, func([]int) []byte { return make([]byte, growthFree) })
	if len(grown) != 1 || string(grown[0].Value) != "the body" {
		t.Errorf("cutting may not multiply a body: %d parcels", len(grown))
	}
	if got := Parcels(nil, nil, false, cut); len(got) != 1 || got[0].Key != UnknownKey {
		t.Errorf("nothing: %+v", got)
	}
}
