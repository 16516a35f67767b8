package geo

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"switchboard/chat"
)

// maxPhone bounds a number before it is looked at: 15 digits, a plus, and some room.
const maxPhone = 20

// Phone finds where a number in E.164 form is from. The place is where the number was given out: numbers travel, so a
// calling code that several countries share, or a country of several time zones without a region, is called ambiguous.
func (l *Locator) Phone(e164 string) (chat.Geo, bool) {
	if len(e164) > maxPhone || !strings.HasPrefix(e164, "+") || strings.Trim(e164[1:], "0123456789") != "" {
		l.lookups.WithLabelValues(sourcePhone, resultUnknown).Inc()
		return chat.Geo{}, false
	}
	answer, ok := l.phones.Get(e164)
	if !ok {
		answer.geo, answer.found = l.locatePhone(e164)
		l.phones.Add(strings.Clone(e164), answer)
	}
	result := resultUnknown
	if answer.found {
		result = resultFound
	}
	l.lookups.WithLabelValues(sourcePhone, result).Inc()
	return answer.geo, answer.found
}

func (l *Locator) locatePhone(e164 string) (chat.Geo, bool) {
	number, err := phonenumbers.Parse(currentForm(e164), "")
	if err != nil {
		return chat.Geo{}, false
	}
	code := regionOf(number)
	place, ok := l.countries[code]
	if !ok { // satellite, toll-free, or nobody's
		return chat.Geo{}, false
	}
	g := chat.Geo{Country: code, CountryName: place.name, TimeZone: place.zone, Source: sourcePhone, Accuracy: accuracyCountry}
	if phonenumbers.IsValidNumber(number) {
		g.Region = regionName(number, place.name)
	}
	if g.Region != "" {
		g.Accuracy = accuracyRegion
	}
	if g.TimeZone == "" && g.Region != "" {
		g.TimeZone = onlyZone(number)
	}
	if shared := number.GetCountryCode() == 1 || number.GetCountryCode() == 44; shared || g.TimeZone == "" {
		g.Accuracy = accuracyAmbiguous
	}
	return g, true
}

// currentForm is the number as it is dialled today: Mexico dropped the 1 after its calling code in 2019, WhatsApp still
// writes it.
func currentForm(e164 string) string {
	if rest, ok := strings.CutPrefix(e164, "+521"); ok && len(rest) == 10 {
		return "+52" + rest
	}
	return e164
}

// regionOf is the country of a number, also of one that is not assigned when its calling code belongs to one country.
func regionOf(number *phonenumbers.PhoneNumber) string {
	if code := phonenumbers.GetRegionCodeForNumber(number); code != "" && code != "ZZ" {
		return code
	}
	if codes := phonenumbers.GetRegionCodesForCountryCode(int(number.GetCountryCode())); len(codes) == 1 {
		return codes[0]
	}
	return ""
}

// regionName is the part of the country a number belongs to. For numbers that belong to all of it the library gives the
// country's name.
func regionName(number *phonenumbers.PhoneNumber, country string) string {
	name, err := phonenumbers.GetGeocodingForNumber(number, "en")
	if err != nil || name == country {
		return ""
	}
	return name
}

// onlyZone is the time zone of a number when there is just one.
func onlyZone(number *phonenumbers.PhoneNumber) string {
	zones, err := phonenumbers.GetTimezonesForNumber(number)
	zones = slices.DeleteFunc(slices.Clone(zones), func(z string) bool { return z == phonenumbers.UNKNOWN_TIMEZONE })
	if err != nil || len(zones) != 1 {
		return ""
	}
	return zones[0]
}
