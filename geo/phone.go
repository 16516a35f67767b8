package geo

import (
	"slices"
	"strconv"
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

// Number is the international spelling of a number that somebody typed: with its country code, or as it is dialled within the
// country. What cannot be a number there is a *chat.InputError that says what to do. Whether anybody has the number is not
// known here, and new ranges are given out every month, so only its country code and its length decide. What does not look
// like a number at all is left to the caller.
func Number(typed, country string) (string, error) {
	typed = strings.TrimSpace(typed)
	international := strings.HasPrefix(typed, "+")
	if len(typed) > 2*maxPhone || strings.Trim(typed, "+0123456789 ().-/\u00a0\u202f\u2010\u2011\u2012\u2013") != "" || !international && (country == "" || typed == "") {
		return typed, nil
	}
	dialled := plainDigits(typed)
	if international {
		dialled = currentForm("+" + dialled)
	}
	number, err := phonenumbers.Parse(dialled, country)
	if err != nil && !international {
		return typed, nil
	}
	if err != nil {
		return "", wrongNumber(unknownCode)
	}
	code := "+" + strconv.Itoa(int(number.GetCountryCode()))
	if message := wrongLength(number, "numbers that begin with "+code); message != "" {
		return "", wrongNumber(message)
	}
	if international && !strings.HasPrefix(dialled, code+"0") {
		return typed, nil
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil // +44 (0)20 and 020 are +44 20
}

const unknownCode = "No country has this country code. Check the digits after the +. Example: +44 20 7946 0018"

// wrongLength says what to do about a number that is too long or too short for its country; "" when it is neither.
func wrongLength(number *phonenumbers.PhoneNumber, where string) string {
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return "This is too short for " + where + ". Check that no digit and no area code is missing."
	case phonenumbers.TOO_LONG:
		return "This is too long for " + where + ". Check for a digit too many."
	case phonenumbers.INVALID_COUNTRY_CODE:
		return unknownCode
	case phonenumbers.INVALID_LENGTH:
		return "No " + where + " have this many digits. Check for a missing digit or one too many."
	case phonenumbers.IS_POSSIBLE:
	}
	return ""
}

func wrongNumber(message string) error {
	return &chat.InputError{Field: chat.FieldPhone, Message: message}
}

func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
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
