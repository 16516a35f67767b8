package chat

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFieldsAreKeptInOneSpelling(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{FieldName, "  Ada\tQuill\x00 ", "Ada Quill"},
		{FieldName, "أدا", "أدا"},
		{FieldEmail, "Ada.Quill@Example.com", "ada.quill@example.com"},
		{FieldEmail, "", ""},
		{FieldPhone, "+1 (202) 555-0143", "+12025550143"},
		{FieldPhone, "+44 7700 900123", "+447700900123"},
		{FieldLanguage, "pt_br", "pt-BR"},
		{FieldLanguage, "ZH-hant-tw", "zh-Hant-TW"},
		{FieldCountry, "de", "DE"},
		{FieldTimeZone, "Europe/Berlin", "Europe/Berlin"},
		{FieldLocation, "Berlin", "Berlin"},
		{FieldAgentInstructions, " be kind \r\n\tand quick \x00\n", "be kind\n\tand quick"},
		{FieldAgentInstructions, strings.Repeat("ö", 2000), strings.Repeat("ö", 2000)},
	} {
		var k Contact
		require.NoError(t, k.Set(c.field, c.value, 0, "Bo", second(1)), "%s %q", c.field, c.value)
		require.Equal(t, c.want, *k.field(c.field))
	}
}

func TestImpossibleValuesAreRefusedWithAReason(t *testing.T) {
	for _, c := range []struct{ field, value string }{
		{FieldName, strings.Repeat("x", 129)},
		{FieldEmail, "ada"},
		{FieldEmail, "ada@localhost"},
		{FieldEmail, "Ada <ada@example.com>"},
		{FieldEmail, "a b@example.com"},
		{FieldEmail, "ada@example."},
		{FieldEmail, "ada@[127.0.0.1]"},
		{FieldEmail, strings.Repeat("x", 251) + "@a.b"},
		{FieldPhone, "202 555 0143"},
		{FieldPhone, "+123456"},
		{FieldPhone, "+1234567890123456"},
		{FieldPhone, "+0123456789"},
		{FieldPhone, "+1202555O143"},
		{FieldLanguage, "klingon"},
		{FieldLanguage, "e"},
		{FieldCountry, "XX"},
		{FieldCountry, "Atlantis"},
		{FieldTimeZone, "Atlantis"},
		{FieldTimeZone, "Local"},
		{FieldTimeZone, "../etc/passwd"},
		{FieldTimeZone, "/etc/passwd"},
		{FieldLocation, strings.Repeat("x", 201)},
		{FieldAgentInstructions, strings.Repeat("ö", 2001)},
		{"keys", "x"},
		{"", "x"},
	} {
		var k Contact
		err := k.Set(c.field, c.value, 0, "Bo", second(1))
		var input *InputError
		require.ErrorAs(t, err, &input, "%s %q", c.field, c.value)
		require.ErrorIs(t, err, ErrInvalid)
		require.NotEmpty(t, input.Message)
		require.Equal(t, Contact{}, k, "nothing changed")
	}
}

func TestAColleaguesNewerValueIsShownInsteadOfLost(t *testing.T) {
	var c Contact
	require.NoError(t, c.Set(FieldName, "Ada", 0, "Bo", second(1)))
	require.Equal(t, Provenance{Source: SourceAgent, By: "Bo", At: second(1), Version: 1}, c.Provenance[FieldName])
	c.Version = 1

	err := c.Set(FieldName, "Ada Quill", 0, "Cy", second(2)) // Cy had read the empty field
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.ErrorIs(t, err, ErrConflict)
	require.Equal(t, &ConflictError{Field: FieldName, Theirs: "Ada", By: "Bo", At: second(1), Version: 1}, conflict)
	require.NotContains(t, err.Error(), "Ada", "error texts end up in logs")
	require.Equal(t, "Ada", c.Name)

	require.NoError(t, c.Set(FieldName, "Ada", 0, "Cy", second(2)), "the same value is no conflict")
	require.Equal(t, "Bo", c.Provenance[FieldName].By)
	require.NoError(t, c.Set(FieldName, "Ada Quill", conflict.Version, "Cy", second(2)), "keep mine")
	require.Equal(t, "Ada Quill", c.Name)
	require.EqualValues(t, 2, c.Provenance[FieldName].Version)
	require.Contains(t, c.Terms, "quill", "and it can be found by it")
}

func TestAnotherFieldIsNoConflict(t *testing.T) {
	var c Contact
	require.NoError(t, c.Set(FieldName, "Ada", 0, "Bo", second(1)))
	c.Version = 1
	require.NoError(t, c.Set(FieldEmail, "ada@example.com", 0, "Cy", second(2)))
}

func TestAClearedFieldStaysCleared(t *testing.T) {
	c := NewContact(new(hello("e", 1, phone("+1"))))
	require.NoError(t, c.Set(FieldName, " ", c.Provenance[FieldName].Version, "Bo", second(2)))
	require.Empty(t, c.Name)
	c.Learn(new(hello("f", 9, phone("+1"))))
	require.Empty(t, c.Name)
}

func TestAnAgentMayConfirmWhatThePlatformSaid(t *testing.T) {
	c := NewContact(new(hello("e", 1, phone("+1"))))
	require.NoError(t, c.Set(FieldName, "Ada Quill", c.Provenance[FieldName].Version, "Bo", second(2)))
	require.Equal(t, SourceAgent, c.Provenance[FieldName].Source)
}

func TestDerivedValuesGiveWayToEverything(t *testing.T) {
	var c Contact
	require.True(t, c.Derive(FieldCountry, "DE", second(1)))
	require.False(t, c.Derive(FieldCountry, "DE", second(1)))
	require.False(t, c.Derive(FieldCountry, "AT", second(0)), "older")
	require.True(t, c.Derive(FieldCountry, "AT", second(2)))
	require.False(t, c.Derive(FieldCountry, "nowhere", second(3)))
	require.False(t, c.Derive(FieldCountry, "", second(3)))
	require.False(t, c.Derive("keys", "x", second(3)))
	require.NoError(t, c.Set(FieldCountry, "CH", c.Provenance[FieldCountry].Version, "Bo", second(4)))
	require.False(t, c.Derive(FieldCountry, "DE", second(5)))
	require.Equal(t, "CH", c.Country)
}

func TestAttributes(t *testing.T) {
	var c Contact
	require.NoError(t, c.SetAttribute(" size\x00 ", "M", "", "Bo", second(1)))
	require.Equal(t, []Attribute{{"size", "M"}}, c.Attributes)
	require.NoError(t, c.SetAttribute("size", "M", "whatever", "Bo", second(1)), "the same value is no conflict")
	err := c.SetAttribute("size", "L", "", "Bo", second(1))
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "M", conflict.Theirs)
	require.NoError(t, c.SetAttribute("size", "L", "M", "Bo", second(1)))
	require.NoError(t, c.SetAttribute("colour", "red", "", "Bo", second(1)))
	require.Equal(t, []Attribute{{"colour", "red"}, {"size", "L"}}, c.Attributes)
	require.True(t, c.RemoveAttribute("size"))
	require.False(t, c.RemoveAttribute("size"))
	for _, a := range []Attribute{{"", "x"}, {" ", "x"}, {strings.Repeat("x", 65), "x"}, {"x", strings.Repeat("x", 1001)}} {
		require.ErrorIs(t, c.SetAttribute(a.Key, a.Value, "", "Bo", second(1)), ErrInvalid)
	}
	require.ErrorIs(t, c.SetAttribute("gone", "new", "old", "Bo", second(1)), ErrConflict, "a colleague removed it")
	for i := len(c.Attributes); i < MaxAttributes; i++ {
		require.NoError(t, c.SetAttribute(strings.Repeat("k", i%60+1)+string(rune('a'+i/60)), "x", "", "Bo", second(1)))
	}
	require.ErrorIs(t, c.SetAttribute("one more", "x", "", "Bo", second(1)), ErrInvalid)
}

func TestContactLabelsAreBounded(t *testing.T) {
	var c Contact
	for i := range MaxLabels {
		require.NoError(t, c.AddLabel(strings.Repeat("x", i+1), "Bo", second(1)))
	}
	require.ErrorIs(t, c.AddLabel("more", "Bo", second(1)), ErrInvalid)
	require.ErrorIs(t, c.AddLabel(",", "Bo", second(1)), ErrInvalid)
	require.ErrorIs(t, c.RemoveLabel(",", "Bo", second(1)), ErrInvalid)
	require.NoError(t, c.RemoveLabel("X", "Bo", second(1)))
	require.Len(t, c.Labels, MaxLabels-1)
}

func TestWhateverIsTypedIsKeptCleanOrRefused(t *testing.T) {
	t.Parallel()
	fields := []string{
		FieldName, FieldPhone, FieldEmail, FieldLanguage, FieldCountry, FieldLocation, FieldTimeZone, FieldAgentInstructions,
	}
	rapid.Check(t, func(t *rapid.T) {
		var c Contact
		field := rapid.SampledFrom(fields).Draw(t, "field")
		value := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "value"))
		if err := c.Set(field, value, 0, "Bo", second(1)); err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		kept := *c.field(field)
		if strings.ContainsRune(kept, 0) || !strings.EqualFold(strings.ToValidUTF8(kept, ""), kept) || strings.TrimSpace(kept) != kept {
			t.Fatalf("%q is kept as %q", value, kept)
		}
		if err := c.Set(field, kept, c.Provenance[field].Version, "Bo", second(1)); err != nil || *c.field(field) != kept {
			t.Fatalf("%q does not stay %q: %v", kept, *c.field(field), err)
		}
	})
}

func TestListsToChooseFrom(t *testing.T) {
	for _, list := range [][]Named{Countries(), Languages()} {
		require.Greater(t, len(list), 150)
		seen := map[string]bool{}
		for i, n := range list {
			require.NotEmpty(t, n.Code)
			require.NotEmpty(t, n.Name)
			require.False(t, seen[n.Code], n.Code)
			seen[n.Code] = true
			if i > 0 {
				require.LessOrEqual(t, strings.ToLower(list[i-1].Name), strings.ToLower(n.Name))
			}
		}
	}
	for _, n := range Languages() {
		tag, err := cleanLanguage(n.Code)
		require.NoError(t, err)
		require.Equal(t, n.Code, tag)
	}
	require.Equal(t, "Germany", CountryName("DE"))
	require.Equal(t, "German", LanguageName("de-AT"))
	require.Empty(t, CountryName("XX"))
	Countries()[0] = Named{}
	require.NotEmpty(t, Countries()[0].Name, "a caller's copy is its own")
}

func TestWhatPeopleTypeIntoASearchableList(t *testing.T) {
	for _, c := range [][3]string{
		{FieldLanguage, "portuguese", "pt"},
		{FieldLanguage, "Português", "pt"},
		{FieldLanguage, "pt-br", "pt-BR"},
		{FieldLanguage, "Deutsch", "de"},
		{FieldCountry, "germany", "DE"},
		{FieldCountry, "Deutschland", "DE"},
		{FieldCountry, "br", "BR"},
		{FieldCountry, "日本", "JP"},
		{FieldTimeZone, "america/sao paulo", "America/Sao_Paulo"},
		{FieldTimeZone, "Berlin", "Europe/Berlin"},
		{FieldTimeZone, "UTC", "UTC"},
	} {
		got, err := checkField(c[0], c[1])
		require.NoError(t, err, c[1])
		require.Equal(t, c[2], got, c[1])
	}
	for _, c := range [][2]string{{FieldLanguage, "xx"}, {FieldLanguage, "klingon"}, {FieldCountry, "Atlantis"}, {FieldTimeZone, "Atlantis"}} {
		_, err := checkField(c[0], c[1])
		require.ErrorIs(t, err, ErrInvalid, c[1])
	}
}
