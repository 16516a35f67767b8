package chat

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// show writes hits in brackets.
func show(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSnippetMarksWhatWasSearchedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, search, want string }{
		{"The blue mug arrived broken", "BLUE mu", "The [blue] [mug] arrived broken"},
		{"The blue mug arrived broken", "blu", "The [blue] mug arrived broken"},
		{"The blue mug arrived broken", "blu ", "The blue mug arrived broken"},
		{"Crème à São Paulo", "creme sao", "[Crème] à [São] Paulo"},
		{"Йогурт и кефир", "йогурт", "[Йогурт] и кефир"},
		{"東京で寿司を食べる", "寿司", "東京で[寿][司]を食べる"},
		{"call +1 202 555 0143 now", "202-555-0143", "call +1 [202] [555] [0143] now"},
		{"x and y", "x", "[x] and y"},
		{"axe", "a", "axe"},
		{`<b>"quoted"</b>`, `"quoted`, `<b>"[quoted]"</b>`},
		{"nothing", `"*' OR 1=1`, "nothing"},
		{"", "x", ""},
		{"a\x00b \xff c", "b", "ab  c"},
	} {
		require.Equal(t, c.want, show(Snippet(c.text, c.search, 100)), "%q in %q", c.search, c.text)
	}
}

func TestSnippetIsCutAroundTheFirstHit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("lorem ", 5000) + "needle " + strings.Repeat("ipsum ", 5000)
	got := Snippet(long, "needle", 120)
	require.Contains(t, show(got), "[needle]")
	n := 0
	for _, p := range got {
		n += utf8.RuneCountInString(p.Text)
	}
	require.LessOrEqual(t, n, 122)
	require.True(t, strings.HasPrefix(show(got), "…") && strings.HasSuffix(show(got), "…"))
	require.Contains(t, show(Snippet(strings.Repeat("lorem ", 50)+"needle", "needle", 60)), "[needle]", "at the very end")
	require.Equal(t, "…", got[0].Text)
	word := Snippet(strings.Repeat("W", 65536), "w", 100)
	require.Less(t, utf8.RuneCountInString(show(word)), 110)
	require.Equal(t, "lore…", show(Snippet("lorem", "nothing", 4)))
}
