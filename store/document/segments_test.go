package document_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

func TestSegmentsAreSingleRanges(t *testing.T) {
	equal := func(path string, v any) store.Condition {
		return store.Condition{Path: path, Is: store.Equal, Value: v}
	}
	state, at := equal("state", "open"), time.Unix(5, 0).UTC()
	desc := []store.Field{{Path: "at", Desc: true}}
	for name, c := range map[string]struct {
		query store.Query
		want  [][]store.Condition
	}{
		"first page": {store.Query{Where: []store.Condition{state}, Sort: desc}, [][]store.Condition{{state}}},
		"descending": {
			store.Query{Where: []store.Condition{state}, Sort: desc, After: []any{at, "x"}},
			[][]store.Condition{
				{state, equal("at", at), {Path: "id", Is: store.Less, Value: "x"}},
				{state, {Path: "at", Is: store.Less, Value: at}},
				{state, {Path: "at", Is: store.Exists, Value: false}},
			},
		},
		"ascending from what has no value": {
			store.Query{Sort: []store.Field{{Path: "name"}}, After: []any{"", "x"}},
			[][]store.Condition{
				{{Path: "name", Is: store.Exists, Value: false}, {Path: "id", Is: store.Greater, Value: "x"}},
				{equal("name", ""), {Path: "id", Is: store.Greater, Value: "x"}},
				{{Path: "name", Is: store.Greater, Value: ""}},
			},
		},
		"descending at the end": {
			store.Query{Sort: desc, After: []any{nil, "x"}},
			[][]store.Condition{{{Path: "at", Is: store.Exists, Value: false}, {Path: "id", Is: store.Less, Value: "x"}}},
		},
		"only the id": {store.Query{After: []any{"x"}}, [][]store.Condition{{{Path: "id", Is: store.Greater, Value: "x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]store.Condition
			for _, s := range document.Segments(c.query) {
				got = append(got, s.Where)
				require.Empty(t, s.After)
				require.Equal(t, "id", s.Sort[len(s.Sort)-1].Path)
			}
			require.Empty(t, cmp.Diff(c.want, got))
		})
	}
}

func TestSuccessor(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "az": "a{", "\x00": "\x01", "a\U0010FFFF": "b", "\uD7FF": "\uE000", "é": "ê"} {
		next, ok := document.Successor(prefix)
		require.True(t, ok)
		require.Equal(t, want, next)
	}
	for _, prefix := range []string{"", "\U0010FFFF", "\U0010FFFF\U0010FFFF"} {
		_, ok := document.Successor(prefix)
		require.False(t, ok)
	}
	rapid.Check(t, func(t *rapid.T) {
		prefix, other := rapid.String().Draw(t, "prefix"), rapid.String().Draw(t, "other")
		next, ok := document.Successor(prefix)
		require.True(t, utf8.ValidString(next))
		for _, s := range []string{other, prefix + other, prefix} {
			require.Equal(t, strings.HasPrefix(s, prefix), s >= prefix && (!ok || s < next), "%q", s)
		}
	})
}

func TestSchemaListsWhatIsDeclared(t *testing.T) {
	s, err := document.NewSchema(store.Collection{
		Name: "c", ExpireAfter: "expires_at", Text: []string{"body"}, Indexes: []store.Index{
			{Name: "a", Fields: []store.Field{{Path: "x"}, {Path: "y.z"}}}, {Name: "b", Fields: []store.Field{{Path: "x"}}}, {Name: "k", Fields: []store.Field{{Path: "keys"}}, Array: true},
		},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y.z", "expires_at"}, s.Scalars())
	require.Len(t, s.Arrays(), 1)
	_, ok := s.Array("x")
	require.False(t, ok)
	q, err := s.Query(store.Query{
		Where: []store.Condition{{Path: "x", Is: store.Equal, Value: chat.WhatsApp}, {Path: "y.z", Is: store.In, Value: []chat.Channel{"a"}}, {Path: "expires_at", Is: store.Less, Value: time.Unix(1, 999_999)}},
		Sort:  []store.Field{{Path: "x"}}, After: []any{chat.WebWidget, "id"},
	})
	require.NoError(t, err)
	require.Equal(t, "whatsapp", q.Where[0].Value)
	require.Equal(t, []string{"a"}, q.Where[1].Value)
	require.Equal(t, time.Unix(1, 0).UTC(), q.Where[2].Value)
	require.Equal(t, []any{"webwidget", "id"}, q.After)
}
