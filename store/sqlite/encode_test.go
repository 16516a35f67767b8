package sqlite

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
)

// all has every kind of field a document may have, with every tag.
type all struct {
	ID     string             `json:"id"`
	Quoted string             `json:"quoted,omitempty"`
	Plain  string             // named by the field
	Hidden string             `json:"-"`
	Bool   bool               `json:"bool,omitempty"`
	Int    int                `json:"int"`
	Small  int8               `json:"small,omitempty"`
	Uint   uint32             `json:"uint"`
	Float  float64            `json:"float,omitempty"`
	Single float32            `json:"single"`
	At     time.Time          `json:"at"`
	Maybe  time.Time          `json:"maybe,omitzero"`
	Took   time.Duration      `json:"took,omitempty"`
	Ptr    *inner             `json:"ptr"`
	Opt    *inner             `json:"opt,omitempty"`
	Struct inner              `json:"struct,omitzero"`
	Bytes  []byte             `json:"bytes"`
	List   []inner            `json:"list"`
	Strs   []string           `json:"strs,omitempty"`
	Map    map[string]float64 `json:"map"`
	Maps   map[string]inner   `json:"maps,omitempty"`
}

type inner struct {
	A string         `json:"a,omitempty"`
	B *int64         `json:"b,omitempty"`
	C []chat.Channel `json:"c"`
}

// What the encoder writes, encoding/json reads as the same value, and for anything but times it is what encoding/json writes.
func TestEncodeAgreesWithEncodingJSON(t *testing.T) {
	var e encoder
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00\x1f\"\\/", "<a>&", "\u2028", "\n\r\t", "{\"a\":1}", "😀"}))
	rapid.Check(t, func(t *rapid.T) {
		draw := func() inner {
			n := rapid.Int64().Draw(t, "n")
			return rapid.SampledFrom([]inner{{}, {A: text.Draw(t, "a"), B: &n, C: []chat.Channel{}}, {C: []chat.Channel{"x", ""}}}).Draw(t, "inner")
		}
		first, second := draw(), draw()
		doc := all{
			ID: text.Draw(t, "id"), Quoted: text.Draw(t, "quoted"), Plain: text.Draw(t, "plain"), Bool: rapid.Bool().Draw(t, "bool"), Int: rapid.Int().Draw(t, "int"),
			Small: rapid.Int8().Draw(t, "small"), Uint: rapid.Uint32().Draw(t, "uint"), Float: rapid.Float64().Draw(t, "float"), Single: rapid.Float32().Draw(t, "single"),
			At: time.UnixMilli(rapid.Int64Range(-60e12, 250e12).Draw(t, "at")).UTC(), Took: time.Duration(rapid.Int64().Draw(t, "took")), Struct: second,
			Map: map[string]float64{text.Draw(t, "key"): 1, "b": 2, "a": 3}, Strs: rapid.SampledFrom([][]string{nil, {"", "x"}}).Draw(t, "strs"),
		}
		if rapid.Bool().Draw(t, "full") {
			doc.Ptr, doc.Opt, doc.List, doc.Maps, doc.Bytes = &first, &second, []inner{first, second}, map[string]inner{"x": first}, []byte{0, 255}
			doc.Maybe = doc.At.Add(time.Hour)
		}
		raw, err := e.encode(&doc)
		require.NoError(t, err)
		var back, twice all
		require.NoError(t, json.Unmarshal(raw, &back), "%s", raw)
		require.Empty(t, cmp.Diff(doc, back))
		theirs, err := json.Marshal(&doc)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(theirs, &twice))
		require.Empty(t, cmp.Diff(twice, back))
		require.Equal(t, names(t, theirs), names(t, raw))
	})
}

// names lists which fields an encoding has.
func names(t *rapid.T, raw []byte) []string {
	var fields map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &fields))
	var list []string
	for name := range fields {
		list = append(list, name)
	}
	return distinct(list)
}

func TestEncodedTimesSortAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return time.UnixMilli(rapid.Int64Range(-62167219200000, 253402300799999).Draw(t, name))
		}
		a, b := at("a"), at("b")
		require.Equal(t, a.Before(b), formatTime(a) < formatTime(b))
	})
	require.Equal(t, "0001-01-01T00:00:00.000Z", formatTime(time.Time{}))
}

func TestEncodeRefusesWhatHasNoJSON(t *testing.T) {
	var e encoder
	for _, doc := range []any{&struct{ C chan int }{}, &struct{ F []func() }{}, &struct{ I map[string]any }{}, &struct{ P *any }{}} {
		_, err := e.encode(doc)
		require.ErrorIs(t, err, chat.ErrInvalid)
	}
}
