package document_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

type leaf struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	F    float64   `json:"f"`
}

type tree struct {
	ID      string            `json:"id"`
	Version int64             `json:"version"`
	Leaf    *leaf             `json:"leaf"`
	Leaves  []leaf            `json:"leaves"`
	Map     map[string]leaf   `json:"map"`
	Names   map[string]string `json:"names"`
	Raw     []byte            `json:"raw"`
	private func()            //nolint:unused // unexported fields are no concern of an engine
}

func TestInspectReadsIDAndVersion(t *testing.T) {
	var types document.Types
	for range 2 { // the second time from memory
		m, err := types.Inspect(&tree{ID: "a", Version: 7, Raw: []byte{0xff}, Leaf: &leaf{Text: "x"}, Names: map[string]string{"k": "v"}})
		require.NoError(t, err)
		require.Equal(t, document.Meta{ID: "a", Version: 7, Versioned: true}, m)
	}
	m, err := types.Inspect(&struct {
		ID string `json:"id"`
	}{"b"})
	require.NoError(t, err)
	require.Equal(t, document.Meta{ID: "b"}, m)
}

func TestInspectRefuses(t *testing.T) {
	var types document.Types
	type embedded struct {
		leaf

		ID string `json:"id"`
	}
	type odd struct {
		ID  string         `json:"id"`
		Any any            `json:"any"`
		M   map[int]string `json:"m"`
	}
	type keys struct {
		ID string         `json:"id"`
		M  map[int]string `json:"m"`
	}
	type deep struct {
		ID string `json:"id"`
		L  []*odd `json:"l"`
	}
	var none *tree
	for name, doc := range map[string]any{
		"nil": nil, "nil pointer": none, "no pointer": tree{ID: "a"}, "no struct": new(string), "no id field": &leaf{}, "empty id": &tree{}, "id": &tree{ID: "\xff"},
		"long id": &tree{ID: strings.Repeat("x", document.MaxID+1)}, "embedded": &embedded{ID: "a"}, "interface": &odd{ID: "a"}, "keys": &keys{ID: "a"}, "below": &deep{ID: "a"},
		"pointer": &tree{ID: "a", Leaf: &leaf{Text: "\xff"}}, "slice": &tree{ID: "a", Leaves: []leaf{{}, {F: math.NaN()}}},
		"map value": &tree{ID: "a", Map: map[string]leaf{"k": {F: math.Inf(-1)}}}, "time": &tree{ID: "a", Leaf: &leaf{At: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"time west of year 9999": &tree{ID: "a", Leaf: &leaf{At: time.Date(9999, 12, 31, 23, 59, 0, 0, time.FixedZone("w", -3600))}}, "key": &tree{ID: "a", Names: map[string]string{"$inc": ""}},
	} {
		_, err := types.Inspect(doc)
		require.ErrorIs(t, err, chat.ErrInvalid, name)
	}
}

func TestCheckWrite(t *testing.T) {
	m := document.Meta{ID: "a", Version: 2, Versioned: true}
	require.NoError(t, document.CheckWrite(store.Write{Op: store.Insert, ID: "a"}, m))
	require.NoError(t, document.CheckWrite(store.Write{Op: store.Replace, ID: "a", Version: 1}, m))
	for _, w := range []store.Write{{Op: store.Insert, ID: "b"}, {Op: store.Replace, ID: "a", Version: 2}, {Op: store.Delete, ID: "a"}, {ID: "a"}, {Op: 9, ID: "a"}} {
		require.ErrorIs(t, document.CheckWrite(w, m), chat.ErrInvalid, "%+v", w)
	}
	require.ErrorIs(t, document.CheckWrite(store.Write{Op: store.Replace, ID: "a", Version: 1}, document.Meta{ID: "a"}), chat.ErrInvalid)
}
