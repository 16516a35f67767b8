package chat

import (
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
