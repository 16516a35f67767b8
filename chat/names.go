package chat

import (
	_ "embed" // the lists below
	"slices"
	"strings"
	"sync"
)

// A Named is a code with its English name, for lists to choose from.
type Named struct {
	Code string
	Name string
}

var (
	//go:embed countries.txt
	countryLines string
	//go:embed languages.txt
	languageLines string
	//go:embed timezones.txt
	zoneLines string

	countryList  = sync.OnceValue(func() []Named { return parseNames(countryLines) })
	languageList = sync.OnceValue(func() []Named { return parseNames(languageLines) })
)

func parseNames(lines string) []Named {
	var list []Named
	for line := range strings.Lines(lines) {
		code, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, Named{Code: code, Name: name})
	}
	return list
}

// Countries lists ISO 3166-1 alpha-2 codes by English name.
func Countries() []Named { return slices.Clone(countryList()) }

// Languages lists BCP 47 tags by English name, with a region where people choose one.
func Languages() []Named { return slices.Clone(languageList()) }

// TimeZones lists the IANA time zones that people choose from, by name.
func TimeZones() []string { return strings.Fields(zoneLines) }

// CountryName is the English name of a country, "" for a code that is none.
func CountryName(code string) string {
	n, _ := nameOf(countryList(), code)
	return n
}

// LanguageName is the English name of a language tag in Languages, or of the tag without its region; "" for others.
func LanguageName(tag string) string {
	if n, ok := nameOf(languageList(), tag); ok {
		return n
	}
	base, _, _ := strings.Cut(tag, "-")
	n, _ := nameOf(languageList(), base)
	return n
}

func nameOf(list []Named, code string) (string, bool) {
	for _, n := range list {
		if n.Code == code {
			return n.Name, true
		}
	}
	return "", false
}
