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

	countryLocals  = sync.OnceValue(func() map[string]string { return parseLocals(countryLines) })
	languageLocals = sync.OnceValue(func() map[string]string { return parseLocals(languageLines) })
)

func parseNames(lines string) []Named {
	var list []Named
	for line := range strings.Lines(lines) {
		code, names, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		name, _, _ := strings.Cut(names, "\t")
		list = append(list, Named{Code: code, Name: name})
	}
	return list
}

// Countries lists ISO 3166-1 alpha-2 codes by English name.
func Countries() []Named { return slices.Clone(countryList()) }

// Languages lists BCP 47 tags by English name, with a region where people choose one.
func Languages() []Named { return slices.Clone(languageList()) }

// TimeZones lists the IANA time zones that people choose from, by name.
func TimeZones() []string { return slices.Clone(zoneList()) }

var zoneList = sync.OnceValue(func() []string { return strings.Fields(zoneLines) }) // never changed

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

// parseLocals reads what people call their own country or language, by code, where that is not the English name.
func parseLocals(lines string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(lines) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) == 3 {
			out[fields[0]] = fields[2]
		}
	}
	return out
}

// CountryLocal is what people of a country call it; "" where that is its English name, or not known.
func CountryLocal(code string) string { return countryLocals()[code] }

// LanguageLocal is what its speakers call a language; "" where that is its English name, or not known.
func LanguageLocal(tag string) string { return languageLocals()[tag] }

// codeOf is the code of what somebody typed or chose: a code, an English name or a local one, in any case. A name that several
// have is the first one's.
func codeOf(list []Named, locals map[string]string, typed string) (string, bool) {
	for _, n := range list { // what a program says is a code, and it says it for every message
		if n.Code == typed {
			return typed, true
		}
	}
	typed = fold(typed)
	for _, n := range list {
		if fold(n.Code) == typed || fold(n.Name) == typed {
			return n.Code, true
		}
	}
	for _, n := range list {
		if fold(locals[n.Code]) == typed && typed != "" {
			return n.Code, true
		}
	}
	return "", false
}

// zoneOf is the time zone of what somebody typed: its name with blanks or underscores, or its city alone where only one zone
// has it.
func zoneOf(typed string) (string, bool) {
	if slices.Contains(zoneList(), typed) {
		return typed, true
	}
	typed = fold(strings.ReplaceAll(typed, " ", "_"))
	city := ""
	for _, zone := range zoneList() {
		name := fold(zone)
		if name == typed {
			return zone, true
		}
		if strings.HasSuffix(name, "/"+typed) {
			if city != "" {
				return "", false
			}
			city = zone
		}
	}
	return city, city != ""
}
