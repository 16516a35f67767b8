package chat

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func sessionOf(t *rapid.T) Session {
	word := func(name string) string {
		return rapid.SampledFrom([]string{"", "", name + "1", name + "2"}).Draw(t, name)
	}
	s := Session{
		ID: word("id"), IP: word("ip"), IPPolicy: word("policy"), UserAgent: word("agent"), Locale: word("locale"), TimeZone: word("zone"),
		Screen: word("screen"), Referrer: word("referrer"), SeenAt: second(rapid.IntRange(0, 3).Draw(t, "seen")),
	}
	if rapid.Bool().Draw(t, "started") {
		s.StartedAt = second(rapid.IntRange(0, 3).Draw(t, "start"))
	}
	if c := word("country"); c != "" {
		s.Geo = &Geo{Country: c, Source: "ip"}
	}
	if d := word("device"); d != "" {
		s.Device = &Device{Type: d}
	}
	for range rapid.IntRange(0, 12).Draw(t, "pages") {
		s.Pages = append(s.Pages, Page{URL: word("url"), Title: word("title"), At: second(rapid.IntRange(0, 20).Draw(t, "at"))})
	}
	return s
}

func TestAnyOrderOfSessionsMergesToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(sessionOf), 1, 6).Draw(t, "sessions")
		var a, b Session
		for _, s := range list {
			a.Merge(s)
		}
		for _, s := range rapid.Permutation(append(list, list[0])).Draw(t, "order") {
			b.Merge(s)
		}
		var halves [2]Session // merged apart, then together
		for i, s := range list {
			halves[i%2].Merge(s)
		}
		halves[0].Merge(halves[1])
		if d := cmp.Diff(a, b, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-in order +shuffled:\n%s", d)
		}
		if d := cmp.Diff(a, halves[0], cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-in order +in two halves:\n%s", d)
		}
	})
}

func TestSessionKeepsTheNewestOfEachField(t *testing.T) {
	var s Session
	s.Merge(Session{Locale: "en", Screen: "1x1", SeenAt: second(1), StartedAt: second(1)})
	s.Merge(Session{Locale: "de", SeenAt: second(3), StartedAt: second(3)})
	s.Merge(Session{Locale: "fr", Screen: "2x2", SeenAt: second(2), Geo: &Geo{Country: "DE"}})
	require.Equal(t, "de", s.Locale, "the newest said")
	require.Equal(t, "2x2", s.Screen, "an empty field overwrites nothing, an older one nothing newer")
	require.Equal(t, "DE", s.Geo.Country)
	require.Equal(t, second(1), s.StartedAt)
	require.Equal(t, second(3), s.SeenAt)
}

func TestSessionKeepsTheNewestPagesOnce(t *testing.T) {
	var s Session
	for i := range MaxPages + 5 {
		p := Page{URL: fmt.Sprint("https://shop.example/", i), At: second(i)}
		s.Merge(Session{Pages: []Page{p}})
		s.Merge(Session{Pages: []Page{p}})
	}
	require.Len(t, s.Pages, MaxPages)
	require.Equal(t, second(5), s.Pages[0].At)
	require.Equal(t, second(MaxPages+4), s.Pages[MaxPages-1].At)
}
