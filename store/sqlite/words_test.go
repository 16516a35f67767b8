package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
	"switchboard/store"
)

// A search finds exactly the documents that have the word now, whatever was inserted, changed, removed, refused as a whole,
// indexed or only owed, and after a crash at any moment.
func TestSearchesFindWhatIsStored(t *testing.T) {
	dir, file := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		file++
		path := filepath.Join(dir, fmt.Sprint(file, ".db"))
		e := open(t, path, nil)
		stored := map[string]doc{}
		ids := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
		bodies := rapid.SampledFrom([]string{"", "red", "green", "red green", "..."})
		change := func(rt *rapid.T) (store.Write, func()) {
			id := ids.Draw(rt, "id")
			next := doc{ID: id, Version: stored[id].Version + 1, Body: bodies.Draw(rt, "body")}
			_, there := stored[id]
			switch {
			case !there:
				return store.Write{Op: store.Insert, ID: id, Doc: &next}, func() { stored[id] = next }
			case rapid.Bool().Draw(rt, "delete"):
				return store.Write{Op: store.Delete, ID: id}, func() { delete(stored, id) }
			default:
				return store.Write{Op: store.Replace, ID: id, Version: next.Version - 1, Doc: &next}, func() { stored[id] = next }
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				w, done := change(rt)
				results, err := e.Write(t.Context(), "docs", []store.Write{w})
				require.NoError(rt, errors.Join(append(results, err)...))
				done()
			},
			"refused as a whole": func(rt *rapid.T) {
				w, _ := change(rt)
				conflict := store.Write{Op: store.Replace, ID: "nobody", Version: 1, Doc: &doc{ID: "nobody", Version: 2}}
				_, err := e.WriteAll(t.Context(), []store.Group{{Collection: "docs", Writes: []store.Write{w, conflict}}})
				require.ErrorIs(rt, err, store.ErrVersion)
			},
			"index": func(rt *rapid.T) { require.NoError(rt, e.writer.indexNow(t.Context())) },
			"crash": func(*rapid.T) { // nothing is indexed on the way out
				require.NoError(rt, e.Close(t.Context()))
				e = open(t, path, nil)
			},
			"search": func(rt *rapid.T) {
				word := rapid.SampledFrom([]string{"red", "green"}).Draw(rt, "word")
				var want []string
				for _, id := range slices.Sorted(maps.Keys(stored)) {
					if strings.Contains(stored[id].Body, word) {
						want = append(want, id)
					}
				}
				require.ElementsMatch(rt, want, searched(t, e, word))
			},
		})
		require.NoError(rt, e.Close(t.Context()))
	})
}

func TestNewWordsAreIndexedWithinAMoment(t *testing.T) {
	e := open(t, file(t), nil)
	put(t, e, doc{ID: "a", Body: "word"})
	require.Eventually(t, func() bool { return !e.writer.owing.Load() }, 10*time.Second, wordsWithin)
	require.Equal(t, []string{"a"}, searched(t, e, "word"))
}

// More than the memory keeps words for, and more than one transaction takes.
func TestManyNewWordsAreIndexedAsTheyCome(t *testing.T) {
	e := open(t, file(t), nil)
	text := "gamma"
	for n := range 80 {
		text += fmt.Sprintf(" %060d", n)
	}
	var docs []doc
	for n := range wordsOwed + 1 {
		docs = append(docs, doc{ID: fmt.Sprint(n), Body: fmt.Sprint("w", n, " ", text)})
	}
	put(t, e, docs...)
	require.Equal(t, []string{"2000"}, searched(t, e, "w2000"))
	require.Len(t, searched(t, e, "gamma"), len(docs))
	require.Empty(t, e.writer.session.owed, "nothing is owed, nothing kept")
}

// An index that cannot be written keeps nobody from storing, says so to whoever searches, and is caught up with when it can be.
func TestStoringGoesOnWhileWordsCannotBeIndexed(t *testing.T) {
	e := open(t, file(t), nil)
	put(t, e, doc{ID: "before", Body: "word"})
	require.Equal(t, []string{"before"}, searched(t, e, "word"))
	run := func(text string) {
		require.NoError(t, e.writer.alone(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, text)
			return err
		}))
	}
	run(`CREATE TRIGGER broken BEFORE INSERT ON "docs@@text_data" BEGIN SELECT raise(ABORT, 'no'); END`)
	var docs []doc
	for n := range wordsOwed + 1 {
		docs = append(docs, doc{ID: fmt.Sprint(n), Body: "word"})
	}
	put(t, e, docs...)
	put(t, e, doc{ID: "after", Body: "word"})
	require.Len(t, found(t, e), len(docs)+2)
	require.ErrorIs(t, e.Search(t.Context(), "docs", store.TextQuery{Text: "word"}, nil), chat.ErrUnavailable)
	run(`DROP TRIGGER broken`)
	require.Len(t, searched(t, e, "word"), len(docs)+2)
}
