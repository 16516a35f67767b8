package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheckAttribute(t *testing.T) {
	t.Parallel()
	define := func(kind AttributeKind) AttributeDefinition {
		return AttributeDefinition{Key: "Tier", Kind: kind, Options: []string{"Gold", "Silver"}, Hint: "Ask the back office."}
	}
	number := AttributeDefinition{Key: "Customer number", Kind: AttributeText, Pattern: "K-[0-9]{4}|N/A", Hint: "K- and four digits."}
	for name, c := range map[string]struct {
		d                    AttributeDefinition
		value, want, refused string
	}{
		"text is kept":                    {d: define(AttributeText), value: " a\r\nb\x00 ", want: "a\nb"},
		"empty is no value":               {d: define(AttributeNumber), value: " \n "},
		"a number":                        {d: define(AttributeNumber), value: "+12.50", want: "12.50"},
		"a negative number":               {d: define(AttributeNumber), value: "-3", want: "-3"},
		"no number":                       {d: define(AttributeNumber), value: "1e9", refused: "Tier is a number, such as 42 or -3.5. Ask the back office."},
		"a number with a comma":           {d: define(AttributeNumber), value: "1,5", refused: "Tier is a number, such as 42 or -3.5. Ask the back office."},
		"yes":                             {d: define(AttributeYesNo), value: "YES", want: "yes"},
		"neither yes nor no":              {d: define(AttributeYesNo), value: "true", refused: "Tier is yes or no. Ask the back office."},
		"a date":                          {d: define(AttributeDate), value: "2024-02-29", want: "2024-02-29"},
		"a day there is not":              {d: define(AttributeDate), value: "2023-02-29", refused: "Tier is a date, such as 2026-10-05. Ask the back office."},
		"one of the list":                 {d: define(AttributeList), value: "gold", want: "Gold"},
		"not in the list":                 {d: define(AttributeList), value: "bronze", refused: "Tier is one of the values in the list. Ask the back office."},
		"a link":                          {d: define(AttributeLink), value: "https://shop.example/a?b=c", want: "https://shop.example/a?b=c"},
		"a link that runs code":           {d: define(AttributeLink), value: "javascript:alert(1)", refused: "Tier is a web address that begins with https:// or http://. Ask the back office."},
		"a link with a password":          {d: define(AttributeLink), value: "https://a:b@shop.example", refused: "Tier is a web address that begins with https:// or http://. Ask the back office."},
		"fits the pattern":                {d: number, value: "K-1043", want: "K-1043"},
		"fits the pattern's other branch": {d: number, value: "N/A", want: "N/A"},
		"the whole text must fit":         {d: number, value: "xK-1043", refused: "Customer number does not look as it should. K- and four digits."},
		"and nothing behind it":           {d: number, value: "K-1043\nmore", refused: "Customer number does not look as it should. K- and four digits."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.d.Check(c.value)
			message, _ := IsInput(err)
			require.Equal(t, c.refused, message)
			require.Equal(t, c.refused == "", err == nil)
			require.Equal(t, c.want, got)
			again, err := c.d.Check(got)
			require.NoError(t, err)
			require.Equal(t, got, again, "what is kept is kept the same way again")
		})
	}
}

func TestMissingAttributes(t *testing.T) {
	t.Parallel()
	defined := []AttributeDefinition{{Key: "order", Required: true}, {Key: "tier"}, {Key: "reason", Required: true}, {Key: "region", Required: true}}
	missing := MissingAttributes(defined, []Attribute{{Key: "order", Value: "1"}, {Key: "reason", Value: ""}})
	require.Len(t, missing, 2)
	require.Equal(t, "reason", missing[0].Key, "an empty value is none")
	require.Equal(t, "region", missing[1].Key)
	require.Empty(t, MissingAttributes(nil, nil))
}

func TestTypedAttributes(t *testing.T) {
	t.Parallel()
	defined := []AttributeDefinition{{Key: "tier", Kind: AttributeList, Options: []string{"Gold", "Silver"}}}
	var c Contact
	require.ErrorIs(t, c.SetTypedAttribute(defined, "tier", "wood", "", "Bo", second(1)), ErrInvalid)
	require.NoError(t, c.SetTypedAttribute(defined, "tier", "gold", "", "Bo", second(1)))
	require.NoError(t, c.SetTypedAttribute(defined, "free", "anything", "", "Bo", second(1)), "a key without definition is free text")
	require.Equal(t, []Attribute{{"free", "anything"}, {"tier", "Gold"}}, c.Attributes)
	require.ErrorIs(t, c.SetTypedAttribute(defined, "tier", "Silver", "", "Bo", second(1)), ErrConflict, "a colleague was faster")
	require.ErrorIs(t, c.SetTypedAttribute(defined, "tier", "", "Silver", "Bo", second(1)), ErrConflict, "also when clearing")
	require.NoError(t, c.SetTypedAttribute(defined, "tier", "", "Gold", "Bo", second(1)))
	require.Equal(t, []Attribute{{"free", "anything"}}, c.Attributes, "an empty value of a defined attribute takes it off")
	require.NoError(t, c.SetTypedAttribute(defined, "tier", "", "", "Bo", second(1)), "and again is no trouble")

	d := Conversation{ID: "d"}
	require.NoError(t, d.SetTypedAttribute(defined, "tier", "silver", "", "Ada", time.Unix(1, 0)))
	require.NoError(t, d.SetTypedAttribute(defined, "tier", "", "Silver", "Ada", time.Unix(2, 0)))
	require.Empty(t, d.Attributes)
	require.Equal(t, []string{"attribute", "attribute_removed"}, []string{d.Timeline[0].Type, d.Timeline[1].Type})
}

func TestNormalizeDefinition(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		d       AttributeDefinition
		field   string
		refused string
	}{
		"no name":                         {AttributeDefinition{Key: " ", Kind: AttributeText}, "key", "An attribute needs a name."},
		"a name that is too long":         {AttributeDefinition{Key: strings.Repeat("x", 65), Kind: AttributeText}, "key", "The name can have at most 64 characters."},
		"an unknown kind":                 {AttributeDefinition{Key: "x", Kind: "blob"}, "kind", "Choose one of the kinds."},
		"a list of nothing":               {AttributeDefinition{Key: "x", Kind: AttributeList, Options: []string{" ", ""}}, "options", "A list needs at least one value. Write one on each line."},
		"a pattern that does not compile": {AttributeDefinition{Key: "x", Kind: AttributeText, Pattern: "("}, "pattern", "This is not a regular expression that can be used here. Missing closing ): `(`."},
		"a pattern that closes ours":      {AttributeDefinition{Key: "x", Kind: AttributeText, Pattern: "a)(b"}, "pattern", "This is not a regular expression that can be used here. Unexpected ): `a)(b`."},
		"a hint that is too long":         {AttributeDefinition{Key: "x", Kind: AttributeText, Hint: strings.Repeat("x", 201)}, "hint", "The hint can have at most 200 characters."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e *InputError
			require.ErrorAs(t, c.d.Normalize(), &e)
			require.Equal(t, c.field, e.Field)
			require.Equal(t, c.refused, e.Message)
		})
	}
	d := AttributeDefinition{Key: " Tier ", Kind: AttributeList, Options: []string{" Gold", "gold", "Silver "}, Pattern: "(", Hint: " x "}
	require.NoError(t, d.Normalize(), "a list has no pattern")
	require.Equal(t, AttributeDefinition{Key: "Tier", Kind: AttributeList, Options: []string{"Gold", "Silver"}, Hint: "x"}, d)
}
