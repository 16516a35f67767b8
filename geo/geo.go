// Package geo says where a person probably is and what they hold in their hands: from an IP address, a phone number, or a
// user agent. Every answer carries its source and how exact it is; what is ambiguous is called ambiguous, never guessed.
package geo

import (
	"errors"
	"fmt"
	"net/netip"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"switchboard/chat"
)

// Values of chat.Geo's Source and Accuracy used here.
const (
	sourceIP    = "ip"
	sourcePhone = "phone"

	accuracyCity      = "city"
	accuracyRegion    = "region"
	accuracyCountry   = "country"
	accuracyAmbiguous = "ambiguous"
)

// Results of a look-up, as the metric names them.
const (
	resultFound   = "found"
	resultUnknown = "unknown"
	resultPrivate = "private" // an address that is nowhere: loopback, private, reserved
	resultError   = "error"
)

// Sizes of the caches. When full, what was not used for longest is forgotten.
const (
	phoneCacheSize  = 8192
	deviceCacheSize = 2048
)

// Config of a Locator.
type Config struct {
	// Files are MaxMind DB files of the operator, asked in this order before the country data in the binary. Both the nested
	// schema of MaxMind and the flat one of ip-location-db are understood; IPv4 and IPv6 may be in separate files.
	Files      []string
	Registerer prometheus.Registerer // nil: metrics are kept unregistered
}

// A Locator answers look-ups. It is safe for concurrent use until Close.
type Locator struct {
	databases []*database
	countries countries
	phones    *lru.Cache[string, phoneAnswer]
	devices   *lru.Cache[string, chat.Device]
	lookups   *prometheus.CounterVec
}

type phoneAnswer struct {
	geo   chat.Geo
	found bool
}

// Open loads the databases. A file that cannot be read or has an unknown schema is an error: a place that silently stays
// empty would be worse.
func Open(cfg Config) (*Locator, error) {
	l := &Locator{}
	var err error
	if l.countries, err = loadCountries(); err != nil {
		return nil, err
	}
	if l.phones, err = lru.New[string, phoneAnswer](phoneCacheSize); err != nil {
		return nil, fmt.Errorf("geo: phone cache: %w", err)
	}
	if l.devices, err = lru.New[string, chat.Device](deviceCacheSize); err != nil {
		return nil, fmt.Errorf("geo: device cache: %w", err)
	}
	if err := l.openDatabases(cfg.Files); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.lookups = newLookups(cfg.Registerer)
	return l, nil
}

func (l *Locator) openDatabases(files []string) error {
	for _, path := range files {
		db, err := openFile(path)
		if err != nil {
			return err
		}
		l.databases = append(l.databases, db)
	}
	db, err := openEmbedded()
	if err != nil {
		return err
	}
	l.databases = append(l.databases, db)
	return nil
}

// newLookups makes the metric with every series there from the start, so that rates exist from second zero.
func newLookups(reg prometheus.Registerer) *prometheus.CounterVec {
	vec := promauto.With(reg).NewCounterVec(prometheus.CounterOpts{
		Name: "switchboard_geo_lookups_total",
		Help: "Look-ups of a place by IP address or phone number, or of a device by user agent.",
	}, []string{"source", "result"})
	for _, result := range []string{resultFound, resultUnknown, resultPrivate, resultError} {
		vec.WithLabelValues(sourceIP, result)
	}
	for _, source := range []string{sourcePhone, "device"} {
		vec.WithLabelValues(source, resultFound)
		vec.WithLabelValues(source, resultUnknown)
	}
	return vec
}

// Close releases the files. No look-up may run or follow.
func (l *Locator) Close() error {
	var errs []error
	for _, db := range l.databases {
		if err := db.reader.Close(); err != nil {
			errs = append(errs, fmt.Errorf("geo: close %s: %w", db.name, err))
		}
	}
	l.databases = nil
	return errors.Join(errs...)
}

// Sources names the databases in the order in which they are asked, with their dates.
func (l *Locator) Sources() []string {
	names := make([]string, 0, len(l.databases))
	for _, db := range l.databases {
		names = append(names, db.describe())
	}
	return names
}

// A Credit is a line a data licence asks to show to users.
type Credit struct {
	Text string
	URL  string
}

// Credits lists what must be shown for the databases that are loaded, each once.
func (l *Locator) Credits() []Credit {
	var out []Credit
	seen := map[Credit]bool{}
	for _, db := range l.databases {
		if c := db.credit; c.Text != "" && !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out
}

// IP finds the place of a public address in the first database that knows its country. It is meant for addresses of
// customers: of a browser with the widget, never of a platform that relays.
func (l *Locator) IP(addr netip.Addr) (chat.Geo, bool) {
	addr = addr.Unmap().WithZone("")
	if !isPublic(addr) {
		l.lookups.WithLabelValues(sourceIP, resultPrivate).Inc()
		return chat.Geo{}, false
	}
	result := resultUnknown
	for _, db := range l.databases {
		if addr.Is6() && !db.knowsIPv6 {
			continue
		}
		found, ok, err := db.lookup(addr)
		if err != nil {
			result = resultError // a damaged record must not hide what the next database knows
			continue
		}
		if ok {
			l.lookups.WithLabelValues(sourceIP, resultFound).Inc()
			return l.complete(found), true
		}
	}
	l.lookups.WithLabelValues(sourceIP, result).Inc()
	return chat.Geo{}, false
}

// complete adds what follows from the country, and says how exact the place is.
func (l *Locator) complete(g chat.Geo) chat.Geo {
	g.Source = sourceIP
	if c, ok := l.countries[g.Country]; ok {
		g.CountryName = c.name
		if g.TimeZone == "" {
			g.TimeZone = c.zone
		}
	}
	switch {
	case g.City != "":
		g.Accuracy = accuracyCity
	case g.Region != "":
		g.Accuracy = accuracyRegion
	default:
		g.Accuracy = accuracyCountry
	}
	return g
}
