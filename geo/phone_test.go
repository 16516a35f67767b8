package geo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func TestPhone(t *testing.T) {
	l := defaultLocator(t)
	for number, want := range map[string]chat.Geo{
		"+493012345678":  {Country: "DE", CountryName: "Germany", Region: "Berlin", TimeZone: "Europe/Berlin", Accuracy: "region"},
		"+4915112345678": {Country: "DE", CountryName: "Germany", TimeZone: "Europe/Berlin", Accuracy: "country"},
		"+33199000000":   {Country: "FR", CountryName: "France", TimeZone: "Europe/Paris", Accuracy: "country"},
		// Calling codes shared by countries, between which people keep their numbers.
		"+12025550100":  {Country: "US", CountryName: "United States", Region: "Washington D.C.", TimeZone: "America/New_York", Accuracy: "ambiguous"},
		"+14165550123":  {Country: "CA", CountryName: "Canada", Region: "Ontario", TimeZone: "America/Toronto", Accuracy: "ambiguous"},
		"+447911123456": {Country: "GG", CountryName: "Guernsey", TimeZone: "Europe/Guernsey", Accuracy: "ambiguous"},
		// A country of several time zones, and nothing that says where in it.
		"+61491570156": {Country: "AU", CountryName: "Australia", Accuracy: "ambiguous"},
		"+79161234567": {Country: "RU", CountryName: "Russia", Accuracy: "ambiguous"},
		"+74951234567": {Country: "RU", CountryName: "Russia", Region: "Moscow", TimeZone: "Europe/Moscow", Accuracy: "region"},
		// Mexico: the old form with a 1, as WhatsApp writes it, and the current one.
		"+5215512345678": {Country: "MX", CountryName: "Mexico", Region: "Mexico City, FD", TimeZone: "America/Mexico_City", Accuracy: "region"},
		"+525512345678":  {Country: "MX", CountryName: "Mexico", Region: "Mexico City, FD", TimeZone: "America/Mexico_City", Accuracy: "region"},
		// Brazil: new and old mobiles; the second is no valid number any more, its country is certain.
		"+5511900000000": {Country: "BR", CountryName: "Brazil", Region: "São Paulo", TimeZone: "America/Sao_Paulo", Accuracy: "region"},
		"+551190000000":  {Country: "BR", CountryName: "Brazil", Accuracy: "ambiguous"},
		// The library puts Moroccan mobiles on the Canaries; a country with one zone has that zone.
		"+212612345678": {Country: "MA", CountryName: "Morocco", TimeZone: "Africa/Casablanca", Accuracy: "country"},
		// Not assigned, but nobody else's.
		"+4670174060500": {Country: "SE", CountryName: "Sweden", TimeZone: "Europe/Stockholm", Accuracy: "country"},
	} {
		want.Source = "phone"
		for range 2 { // the second answer comes from the cache
			got, ok := l.Phone(number)
			require.True(t, ok, number)
			require.Empty(t, cmp.Diff(want, got), number)
		}
	}
}

func TestPhoneKnowsNothing(t *testing.T) {
	l := defaultLocator(t)
	for _, number := range []string{
		"", "+", "+0", "+1", "4930123456", "+49 30 123456", "+88213300000", "+80012345678", "+999123456", "+70000000000",
		"US.13491208655302741918", "+4930123456789012345678", "+٤٩٣٠١٢٣٤٥٦٧٨", "+49\x0030123456",
	} {
		got, ok := l.Phone(number)
		require.False(t, ok, number)
		require.Zero(t, got, number)
	}
}

func FuzzPhone(f *testing.F) {
	l := defaultLocator(f)
	for _, seed := range []string{"+12025550100", "+5215512345678", "+447911123456", "+", "+000000000000000", "+70000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, number string) {
		g, ok := l.Phone(number)
		if ok && (len(g.Country) != 2 || g.CountryName == "" || g.Source != "phone" || g.Accuracy == "") {
			t.Fatalf("%q: %+v", number, g)
		}
		if !ok && g != (chat.Geo{}) {
			t.Fatalf("%q: not found, and yet %+v", number, g)
		}
	})
}

func TestATypedNumberFitsItsCountry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, country, want, refused string }{
		"as it is":            {typed: "+12025550143", want: "+12025550143"},
		"with blanks":         {typed: " +44 7700 900123 ", want: "+44 7700 900123"},
		"with the zero":       {typed: "+44 (0)20 7946 0018", want: "+442079460018"},
		"Italy keeps it":      {typed: "+39 06 1234 5678", want: "+390612345678"},
		"within the country":  {typed: "020 7946 0018", country: "GB", want: "+442079460018"},
		"no country is known": {typed: "020 7946 0018", want: "020 7946 0018"},
		"Mexico, old":         {typed: "+5215512345678", want: "+5215512345678"},
		"too short":           {typed: "+1 202 555", refused: "This is too short for numbers that begin with +1. Check that no digit and no area code is missing."},
		"too long":            {typed: "+4420794600181234", refused: "This is too long for numbers that begin with +44. Check for a digit too many."},
		"nobody's code":       {typed: "+999 123 456 78", refused: "No country has this country code. Check the digits after the +. Example: +44 20 7946 0018"},
		"no number":           {typed: "call me", want: "call me"},
		"nothing":             {typed: "  ", country: "GB", want: ""},
		"hostile":             {typed: "+" + strings.Repeat("1", 5000), want: "+" + strings.Repeat("1", 5000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Number(c.typed, c.country)
			if c.refused != "" {
				message, _ := chat.IsInput(err)
				require.Equal(t, c.refused, message)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}
