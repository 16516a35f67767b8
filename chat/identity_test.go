package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func phone(value string) Identity {
	return Identity{Channel: WhatsApp, Kind: IdentityPhone, Value: value}
}

func bsuid(value string) Identity {
	return Identity{Channel: WhatsApp, Scope: "portfolio", Kind: IdentityBSUID, Value: value}
}

// known is a contact with these identities.
func known(id string, list ...Identity) Contact {
	c := Contact{ID: id, Identities: list}
	c.Reindex()
	return c
}

func TestVariants(t *testing.T) {
	for value, want := range map[string]string{
		"+5511990000012":  "+551190000012",
		"+551190000012":   "+5511990000012",
		"+551160000012":   "+5511960000012",
		"+551130000012":   "", // a landline in São Paulo
		"+5511930000012":  "", // taking the 9 away would leave a landline
		"+551150000012":   "",
		"+5215500000012":  "+525500000012",
		"+525500000012":   "+5215500000012",
		"+5491100000012":  "+541100000012",
		"+541100000012":   "", // may be a landline
		"+12025550143":    "",
		"+447700900123":   "",
		"+55119900000123": "",
		"+55":             "",
		"+":               "",
		"":                "",
		"5511990000012":   "", // not a normal form
		"+55119900000x2":  "",
	} {
		got := Variants(phone(value))
		if want == "" {
			require.Empty(t, got, value)
			continue
		}
		require.Equal(t, []Identity{phone(want)}, got, value)
	}
	id := phone("+5511990000012")
	id.Kind = IdentityExternal
	require.Empty(t, Variants(id), "only numbers have spellings")
}

func TestNoVariantIsAnothersLandline(t *testing.T) {
	t.Parallel()
	landline := func(value string) bool {
		return strings.HasPrefix(value, "+55") && len(value) == 13 && value[5] >= '2' && value[5] <= '5'
	}
	rapid.Check(t, func(t *rapid.T) {
		country := rapid.SampledFrom([]string{"55", "55", "52", "521", "54", "549", "1", "44"}).Draw(t, "country")
		value := "+" + country + rapid.StringMatching(`[0-9]{4,12}`).Draw(t, "number")
		for _, v := range Variants(phone(value)) {
			if landline(v.Value) || landline(value) || v.Value == value {
				t.Fatalf("%s becomes %s", value, v.Value)
			}
			if strings.HasPrefix(value, "+54") && len(v.Value) > len(value) {
				t.Fatalf("%s gains a digit: %s", value, v.Value)
			}
			if back := Variants(v); !strings.HasPrefix(value, "+54") && !slices.Equal(back, []Identity{phone(value)}) {
				t.Fatalf("%s becomes %s, which becomes %v", value, v.Value, back)
			}
		}
	})
}

func TestMatch(t *testing.T) {
	brazil8, brazil9 := phone("+551190000012"), phone("+5511990000012")
	alias := known("alias", phone("+1"))
	alias.MergeInto("other", "m1")
	alias.GiveUpKeys()
	retired := known("retired")
	retired.Identities = []Identity{{Channel: WhatsApp, Kind: IdentityPhone, Value: "+1", FirstSeen: second(1), LastSeen: second(1), RetiredAt: second(2)}}
	retired.Reindex()
	for name, c := range map[string]struct {
		ids    []Identity
		found  []Contact
		winner int
		others []int
	}{
		"nobody":                              {[]Identity{phone("+1")}, nil, -1, nil},
		"nobody asked for":                    {nil, []Contact{known("a", phone("+1"))}, -1, nil},
		"the number":                          {[]Identity{phone("+1")}, []Contact{known("a", phone("+2")), known("b", phone("+1"))}, 1, nil},
		"two identities of one contact":       {[]Identity{bsuid("US.1"), phone("+1")}, []Contact{known("a", bsuid("US.1"), phone("+1"))}, 0, nil},
		"the BSUID decides, the number joins": {[]Identity{bsuid("US.1"), phone("+1")}, []Contact{known("a", phone("+1")), known("b", bsuid("US.1"))}, 1, []int{0}},
		"three of one person": {
			[]Identity{bsuid("US.1"), phone("+1"), phone("+2")},
			[]Contact{known("a", phone("+2")), known("b", bsuid("US.1")), known("c", phone("+1"))},
			1,
			[]int{2, 0},
		},
		"another spelling":                     {[]Identity{brazil9}, []Contact{known("a", brazil8)}, 0, nil},
		"exact before another spelling":        {[]Identity{brazil9}, []Contact{known("a", brazil8), known("b", brazil9)}, 1, nil},
		"another spelling merges nobody":       {[]Identity{bsuid("BR.1"), brazil9}, []Contact{known("a", brazil8), known("b", bsuid("BR.1"))}, 1, nil},
		"another spelling, another BSUID":      {[]Identity{bsuid("BR.2"), brazil9}, []Contact{known("a", bsuid("BR.1"), brazil8)}, -1, nil},
		"another spelling, no BSUID known":     {[]Identity{bsuid("BR.2"), brazil9}, []Contact{known("a", brazil8)}, 0, nil},
		"another spelling, other portfolio":    {[]Identity{{Channel: WhatsApp, Scope: "x", Kind: IdentityBSUID, Value: "BR.2"}, brazil9}, []Contact{known("a", bsuid("BR.1"), brazil8)}, 0, nil},
		"a record that was merged is nobody":   {[]Identity{phone("+1")}, []Contact{alias}, -1, nil},
		"a number that was given up is nobody": {[]Identity{phone("+1")}, []Contact{retired}, -1, nil},
		"another channel is another person":    {[]Identity{{Channel: WebWidget, Kind: IdentityPhone, Value: "+1"}}, []Contact{known("a", phone("+1"))}, -1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			winner, others := Match(c.ids, c.found)
			require.Equal(t, c.winner, winner)
			require.Equal(t, c.others, others)
		})
	}
}

// After the merges that Match asks for, no other contact holds an identity of the payload, so the unique index is at peace;
// and nobody is merged on the strength of a spelling.
func TestMatchLeavesEveryIdentityToTheWinner(t *testing.T) {
	t.Parallel()
	pool := []Identity{
		bsuid("BR.1"), bsuid("BR.2"), phone("+551190000012"), phone("+5511990000012"), phone("+5215500000012"), phone("+525500000012"), phone("+12025550143"),
	}
	rapid.Check(t, func(t *rapid.T) {
		owners := rapid.SliceOfN(rapid.IntRange(-1, 3), len(pool), len(pool)).Draw(t, "owners")
		found := make([]Contact, 4)
		for i := range found {
			var list []Identity
			for j, owner := range owners {
				if owner == i {
					list = append(list, pool[j])
				}
			}
			found[i] = known(fmt.Sprint(i), list...)
		}
		ids := rapid.SliceOfNDistinct(rapid.SampledFrom(pool), 1, 3, Identity.Key).Draw(t, "ids")
		winner, others := Match(ids, found)
		for i, c := range found {
			holds := slices.ContainsFunc(ids, func(id Identity) bool { return slices.Contains(c.Keys, id.Key()) })
			if holds != (i == winner || slices.Contains(others, i)) && (holds || len(others) > 0) {
				t.Fatalf("contact %d holds one: %v; winner %d, others %v", i, holds, winner, others)
			}
		}
		if winner >= 0 && slices.Contains(others, winner) {
			t.Fatal("the winner is merged into itself")
		}
	})
}

// A browser that two people share is given up by the first at the very message of the second. When that message is applied again,
// after a crash between the two, it is still the second's.
func TestWhatAnIdentityWasGivenUpForIsItsNextHolders(t *testing.T) {
	browser := Identity{Channel: WebWidget, Scope: "wgt", Kind: IdentityVisitor, Value: "v1"}
	user := func(id string) Identity {
		return Identity{Channel: WebWidget, Scope: "wgt", Kind: IdentityExternal, Value: id, Verified: true}
	}
	first := Contact{ID: "1", Identities: []Identity{user("ada"), browser}}
	require.True(t, first.Release(browser.Key(), second(9)))
	says := func(at int, ids ...Identity) bool { return first.Wrote(&Event{Timestamp: second(at), Identities: ids}) }
	require.False(t, says(9, user("ben"), browser))
	require.False(t, says(8, user("ben"), browser), "nor is what ben wrote before it")
	require.True(t, says(8, browser), "what comes late without a name is the first one's")
	require.False(t, says(10, browser))
}
