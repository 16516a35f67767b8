package geo

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"switchboard/chat"
)

// embeddedCountries is the default: the country of an address and nothing more. See data/NOTICE.
//
//go:embed data/country.mmdb.gz
var embeddedCountries []byte

const (
	// maxEmbedded bounds what is unpacked; the data is ours, the bound is for a mistake in it.
	maxEmbedded = 64 << 20
	// schemaSamples is how many networks are looked at to tell a file's schema: the first ones may say little.
	schemaSamples = 1000
)

// A schema reads the records of one kind of file.
type schema func(maxminddb.Result) (chat.Geo, error)

type database struct {
	name      string
	reader    *maxminddb.Reader
	read      schema
	knowsIPv6 bool // asking an IPv4 file for an IPv6 address is an error, not a miss
	credit    Credit
}

func openFile(path string) (*database, error) {
	reader, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("geo: open %s: %w", path, err)
	}
	db, err := newDatabase(filepath.Base(path), reader)
	if err != nil {
		_ = reader.Close() // the error that matters is the one returned
		return nil, err
	}
	db.credit = creditFor(db.name, reader.Metadata.DatabaseType, reader.Metadata.Description["en"])
	return db, nil
}

func openEmbedded() (*database, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(embeddedCountries))
	if err != nil {
		return nil, fmt.Errorf("geo: embedded countries: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(unzip, maxEmbedded))
	if err != nil {
		return nil, fmt.Errorf("geo: embedded countries: %w", err)
	}
	reader, err := maxminddb.OpenBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("geo: embedded countries: %w", err)
	}
	db, err := newDatabase("embedded countries", reader)
	if err != nil {
		return nil, err
	}
	db.credit = Credit{Text: "Country data by the Number Resource Organization (CC BY 4.0)", URL: "https://www.nro.net/"}
	return db, nil
}

func newDatabase(name string, reader *maxminddb.Reader) (*database, error) {
	read := detect(reader)
	if read == nil {
		return nil, fmt.Errorf("geo: %s: no country_code and no country.iso_code in its records: %w", name, chat.ErrInvalid)
	}
	return &database{name: name, reader: reader, read: read, knowsIPv6: reader.Metadata.IPVersion == 6}, nil
}

// detect tells the schema from the first records that name a country.
func detect(reader *maxminddb.Reader) schema {
	looked := 0
	for result := range reader.Networks() {
		if looked++; looked > schemaSamples || result.Err() != nil {
			break
		}
		var code string
		if result.DecodePath(&code, "country_code") == nil && code != "" {
			return readFlat
		}
		if result.DecodePath(&code, "country", "iso_code") == nil && code != "" {
			return readNested
		}
	}
	return nil
}

// creditFor is the line a licence asks for, told by what the file calls itself.
func creditFor(descriptions ...string) Credit {
	all := strings.ToLower(strings.Join(descriptions, " "))
	switch {
	case strings.Contains(all, "dbip") || strings.Contains(all, "db-ip"):
		return Credit{Text: "IP geolocation by DB-IP (CC BY 4.0)", URL: "https://db-ip.com"}
	case strings.Contains(all, "geolite"):
		return Credit{Text: "Includes GeoLite data created by MaxMind", URL: "https://www.maxmind.com"}
	default:
		return Credit{}
	}
}

func (db *database) describe() string {
	built := time.Unix(int64(db.reader.Metadata.BuildEpoch), 0).UTC() //nolint:gosec // seconds since 1970
	return fmt.Sprintf("%s (%s, %s)", db.name, db.reader.Metadata.DatabaseType, built.Format(time.DateOnly))
}

// lookup reports the place of an address, and whether the database knows its country.
func (db *database) lookup(addr netip.Addr) (chat.Geo, bool, error) {
	result := db.reader.Lookup(addr)
	if err := result.Err(); err != nil {
		return chat.Geo{}, false, fmt.Errorf("geo: %s: %w", db.name, err)
	}
	if !result.Found() {
		return chat.Geo{}, false, nil
	}
	g, err := db.read(result)
	if err != nil {
		return chat.Geo{}, false, fmt.Errorf("geo: %s: %w", db.name, err)
	}
	if g.Country = strings.ToUpper(g.Country); len(g.Country) != 2 {
		return chat.Geo{}, false, nil
	}
	return g, true, nil
}

// readFlat reads the schema of ip-location-db: everything at the top.
func readFlat(result maxminddb.Result) (chat.Geo, error) {
	var r struct {
		Country   string  `maxminddb:"country_code"`
		State     string  `maxminddb:"state1"`
		City      string  `maxminddb:"city"`
		Latitude  float64 `maxminddb:"latitude"`
		Longitude float64 `maxminddb:"longitude"`
		TimeZone  string  `maxminddb:"timezone"`
	}
	if err := result.Decode(&r); err != nil {
		return chat.Geo{}, err
	}
	return chat.Geo{Country: r.Country, Region: r.State, City: r.City, Latitude: r.Latitude, Longitude: r.Longitude, TimeZone: r.TimeZone}, nil
}

// readNested reads the schema of MaxMind's and DB-IP's own files: names by language inside objects. Where an address has no
// country of its own, the country it is registered in has to do.
func readNested(result maxminddb.Result) (chat.Geo, error) {
	type place struct {
		ISOCode string `maxminddb:"iso_code"`
		Names   struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	}
	var r struct {
		Country      place   `maxminddb:"country"`
		Registered   place   `maxminddb:"registered_country"`
		Subdivisions []place `maxminddb:"subdivisions"`
		City         place   `maxminddb:"city"`
		Location     struct {
			Latitude  float64 `maxminddb:"latitude"`
			Longitude float64 `maxminddb:"longitude"`
			TimeZone  string  `maxminddb:"time_zone"`
		} `maxminddb:"location"`
	}
	if err := result.Decode(&r); err != nil {
		return chat.Geo{}, err
	}
	at := r.Country
	if at.ISOCode == "" {
		at = r.Registered
	}
	g := chat.Geo{
		Country: at.ISOCode, CountryName: at.Names.English, City: r.City.Names.English,
		Latitude: r.Location.Latitude, Longitude: r.Location.Longitude, TimeZone: r.Location.TimeZone,
	}
	if len(r.Subdivisions) > 0 {
		g.Region = r.Subdivisions[0].Names.English
	}
	return g, nil
}
