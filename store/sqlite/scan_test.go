package sqlite

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func tree() *pathTree {
	p := &pathTree{}
	for i, path := range []string{"state", "place.country", "rank", "messages.text", "tags", "messages.media.caption"} {
		p.add(path, i)
	}
	return p
}

func TestCollect(t *testing.T) {
	for name, c := range map[string]struct {
		doc  string
		want [][]any
	}{
		"nothing": {`{}`, [][]any{nil, nil, nil, nil, nil, nil}},
		"all": {
			`{"id":"x","skip":{"state":"no","a":[1,{"b":"]}\""}]},"state":"a\"b\\","place":{"city":"C","country":"DE"},"rank":-7,"messages":[{"text":"one","media":[{"caption":"c1"},{"caption":"c2"}]},{"text":"two\u0000"}],"tags":["t","\\"]}`,
			[][]any{{`a"b\`}, {"DE"}, {int64(-7)}, {"one", "two\x00"}, {"t", `\`}, {"c1", "c2"}},
		},
		"other kinds": {
			`{"state":null,"place":"text","rank":1.5,"messages":{"text":true},"tags":[false,[],{},null,"x"]}`,
			[][]any{nil, nil, {1.5}, {int64(1)}, {int64(0), "x"}, nil},
		},
		"escaped names match nothing": {`{"st\u0061te":"x","a\"b":1}`, [][]any{nil, nil, nil, nil, nil, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tree().collect([]byte(c.doc), 6)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(c.want, got))
		})
	}
}

func TestDamagedDocumentsAreErrors(t *testing.T) {
	for _, doc := range []string{``, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":"`, `{"a":"\`, `{"a":[1,}`, `{"state":"\q"}`, `{"state" "x"}`} {
		_, err := tree().collect([]byte(doc), 6)
		if err == nil {
			_, err = project([]byte(doc), []string{"a"})
		}
		require.Error(t, err, "%s", doc)
	}
}

func TestProject(t *testing.T) {
	doc := `{"id":"x","version":3,"a":{"id":[1,"}"]},"b":"\"","c":[]}`
	for want, only := range map[string][]string{
		`{"id":"x","version":3}`:                    {"id"},
		`{"id":"x","version":3,"b":"\"","c":[]}`:    {"c", "b", "zz"},
		`{"id":"x","version":3,"a":{"id":[1,"}"]}}`: {"a"},
		doc: {"a", "b", "c"},
	} {
		got, err := project([]byte(doc), only)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

// Whatever lies in the file, reading it ends, without a panic; and what is JSON stays JSON.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{`{"state":"a","messages":[{"text":"x"}]}`, `{"a":"\\\""}`, `[]`, `{"state":tru`, "\"", `{"tags":[[["x"]]]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, collectErr := tree().collect(doc, 6)
		out, err := project(doc, []string{"state", "messages"})
		var compact map[string]json.RawMessage
		if json.Unmarshal(doc, &compact) != nil || !json.Valid(doc) {
			return
		}
		clean, marshalErr := json.Marshal(compact)
		require.NoError(t, marshalErr)
		if string(clean) != string(doc) { // not as the encoder writes: spaces, other order, names twice
			return
		}
		require.NoError(t, collectErr)
		require.NoError(t, err)
		require.True(t, json.Valid(out))
	})
}
