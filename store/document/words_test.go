package document_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/store/document"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"Hello, hello WORLD!":            "hello world",
		"don't under_score a-b c.d":      "don t under score a b c d",
		"Ünïcödé ÉÈ ñ":                   "unicode ee n",
		"e\u0301te\u0301":                "ete", // accents apart from their letters
		"Straße №42 ½":                   "straße 42 1 2",
		"ﬁne ＡＢ１":                        "fine ab1",
		"İstanbul":                       "istanbul",
		"東京へ":                            "東 京 へ",
		"iPhone東京15":                     "iphone 東 京 15",
		"हिन्दी में":                     "हिन्दी में",
		"مُحَمَّد":                       "محمد",
		"йод":                            "иод",
		"한국어":                            "한국어",
		"\x00a\x00b":                     "a b",
		"😀 x😀y":                          "x y",
		"$where {\"$gt\":1} NEAR(a b)":   "where gt 1 near a b",
		strings.Repeat("x", 100):         strings.Repeat("x", 64),
		strings.Repeat("ж", 100):         strings.Repeat("ж", 32),
		"a" + strings.Repeat("ж", 100):   "a" + strings.Repeat("ж", 31),
		"192.168.0.1 bob@example.com +1": "192 168 0 1 bob example com",
	} {
		require.Equal(t, want, strings.Join(document.Words(text), " "), "%q", text)
	}
	require.Equal(t, []string{"one", "two", "three"}, document.Words("one two", "two three"))
}

func TestWordsAreBounded(t *testing.T) {
	var b strings.Builder
	for n := range 3 * document.MaxWords {
		fmt.Fprintf(&b, "w%d ", n)
	}
	require.Len(t, document.Words(b.String(), "more"), document.MaxWords)
	require.Len(t, document.Words(strings.Repeat("東京都", 10)), 3)
}

// A text is found by its own words, however it is written, and a word is one word again.
func TestWordsAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		words := document.Words(text)
		for _, w := range words {
			require.True(t, utf8.ValidString(w))
			require.LessOrEqual(t, len(w), 64)
			require.NotContains(t, w, " ")
		}
		require.Equal(t, words, document.Words(strings.Join(words, " ")))
	})
}
