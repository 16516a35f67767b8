package geo

import (
	_ "embed"
	"fmt"
	"strings"

	"switchboard/chat"
)

// countryTable holds, for each ISO 3166-1 code (and XK), the time zone when all of the country keeps the same time
// (otherwise nothing) and the English name. Zones are from zone.tab of the tz database (public domain), names from Unicode
// CLDR.
//
//go:embed data/countries.tsv
var countryTable string

type country struct {
	zone string // empty where the country keeps several times
	name string
}

type countries map[string]country

func loadCountries() (countries, error) {
	table := make(countries, 256)
	for line := range strings.Lines(countryTable) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) != 3 || len(fields[0]) != 2 {
			return nil, fmt.Errorf("geo: country table has a malformed line: %w", chat.ErrInvalid)
		}
		table[fields[0]] = country{zone: fields[1], name: fields[2]}
	}
	return table, nil
}
