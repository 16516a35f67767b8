package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLabelsHaveOneSpelling(t *testing.T) {
	for in, want := range map[string]string{
		"VIP": "vip", "  big   spender ": "big spender", "Priority::HIGH": "priority::high", "tab\tbetween": "tab between", "Ä": "ä",
		strings.Repeat("x", 64): strings.Repeat("x", 64),
	} {
		got, err := NormalizeLabel(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"", "  ", "a,b", "nul\x00", "\xff", strings.Repeat("ö", 65)} {
		_, err := NormalizeLabel(in)
		require.ErrorIs(t, err, ErrInvalid, "%q", in)
		message, ok := IsInput(err)
		require.True(t, ok)
		require.NotEmpty(t, message)
	}
}

func TestLabelWithAKeyTakesThePlaceOfAnother(t *testing.T) {
	list := AddLabel([]string{"priority::low", "vip"}, "priority::high")
	require.Equal(t, []string{"priority::high", "vip"}, list)
	require.Equal(t, []string{"a::b::c", "a::x"}, AddLabel([]string{"a::b::d", "a::x"}, "a::b::c"), "the key ends at the last ::")
	require.Equal(t, []string{"vip"}, RemoveLabel(list, "priority::high"))
	require.Equal(t, []string{"vip"}, RemoveLabel([]string{"vip"}, "gold"))
}

func TestAtMostOneLabelOfEachKey(t *testing.T) {
	t.Parallel()
	label := rapid.SampledFrom([]string{"a::1", "a::2", "a::3", "b::1", "b::2", "a", "b", "a::b::1", "a::b::2"})
	rapid.Check(t, func(t *rapid.T) {
		var list, last []string
		for _, l := range rapid.SliceOf(label).Draw(t, "labels") {
			before := slices.Clone(list)
			next := AddLabel(list, l)
			if !slices.Equal(before, list) {
				t.Fatal("the list passed in was changed")
			}
			list, last = next, append(last, l)
		}
		seen := map[string]string{}
		for _, l := range list {
			if key := LabelKey(l); key != "" && seen[key] != "" {
				t.Fatalf("%s and %s", seen[key], l)
			}
			seen[LabelKey(l)] = l
		}
		for i, l := range last { // what was added last of its key is there
			rest := last[i+1:]
			if !slices.ContainsFunc(rest, func(x string) bool { return LabelKey(x) == LabelKey(l) && LabelKey(l) != "" }) && !slices.Contains(list, l) {
				t.Fatalf("%s is missing in %v", l, list)
			}
		}
		if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) {
			t.Fatalf("%v", list)
		}
	})
}

func TestEditingLabels(t *testing.T) {
	t.Parallel()
	many := make([]string, MaxLabels)
	for i := range many {
		many[i] = fmt.Sprintf("label %02d", i)
	}
	for name, c := range map[string]struct {
		list, was, chosen, want []string
		refused                 string
	}{
		"ticked":                         {list: []string{"a"}, was: []string{"a"}, chosen: []string{"a", "B  b"}, want: []string{"a", "b b"}},
		"unticked":                       {list: []string{"a", "b"}, was: []string{"a", "b"}, chosen: []string{"b"}, want: []string{"b"}},
		"typed only":                     {list: []string{"a"}, chosen: []string{"b"}, want: []string{"a", "b"}},
		"a colleague added one":          {list: []string{"a", "theirs"}, was: []string{"a"}, chosen: []string{"a", "b"}, want: []string{"a", "b", "theirs"}},
		"a colleague removed one":        {list: []string{"a"}, was: []string{"a", "theirs"}, chosen: []string{"a", "theirs", "b"}, want: []string{"a", "b"}},
		"of a group the new one":         {list: []string{"p::high"}, was: []string{"p::high"}, chosen: []string{"p::high", "p::low"}, want: []string{"p::low"}},
		"of a group, by a colleague":     {list: []string{"p::mid"}, was: []string{"p::high"}, chosen: []string{"p::low"}, want: []string{"p::low"}},
		"two new ones of a group":        {list: []string{"a"}, was: []string{"a"}, chosen: []string{"a", "p::high", "p::low"}, refused: "Only one of p::high and p::low can be set."},
		"the same twice":                 {chosen: []string{"p::high", "P::High"}, want: []string{"p::high"}},
		"not a label":                    {list: []string{"a"}, chosen: []string{"x,y"}, refused: "A label cannot contain a comma."},
		"too many":                       {list: many, was: many, chosen: append(slices.Clone(many), "one more"), refused: "At most 50 labels are possible. Remove one first."},
		"one more in the place of one":   {list: many, was: many, chosen: append(slices.Clone(many[1:]), "one more"), want: append(slices.Clone(many[1:]), "one more")},
		"nothing was known, all is gone": {was: []string{"a"}, want: nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(c.list)
			got, err := EditLabels(c.list, c.was, c.chosen)
			require.Equal(t, before, c.list)
			if c.refused != "" {
				message, input := IsInput(err)
				require.True(t, input)
				require.Equal(t, c.refused, message)
				return
			}
			require.NoError(t, err)
			require.Equal(t, len(c.want), len(got))
			require.Subset(t, got, c.want)
		})
	}
}
