package chat

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zone names must mean the same on machines without a zone database
	"unicode/utf8"
)

// Longest values of the fields agents edit, in runes.
const (
	maxName         = 128
	maxEmail        = 254
	maxLocation     = 200
	maxInstructions = 2000
)

// field is the place of a field by its name; nil for names that are not fields.
func (c *Contact) field(name string) *string {
	switch name {
	case FieldName:
		return &c.Name
	case FieldPhone:
		return &c.Phone
	case FieldEmail:
		return &c.Email
	case FieldLanguage:
		return &c.Language
	case FieldCountry:
		return &c.Country
	case FieldLocation:
		return &c.Location
	case FieldTimeZone:
		return &c.TimeZone
	case FieldAgentInstructions:
		return &c.AgentInstructions
	default:
		return nil
	}
}

// rank orders sources, the strongest first.
func rank(source string) int {
	return slices.Index([]string{SourceAgent, SourcePlatform, SourceProof, SourceClaim, SourceDerived}, source)
}

// put sets a field and who set it.
func (c *Contact) put(field, value string, p Provenance) {
	*c.field(field) = value
	if c.Provenance == nil {
		c.Provenance = map[string]Provenance{}
	}
	c.Provenance[field] = p
}

// offer sets a field unless a stronger source, or the same source later, has set it. An agent's value always stays.
func (c *Contact) offer(field, value, source, by string, at time.Time) bool {
	have := c.field(field)
	if have == nil || value == "" || rank(source) < 0 {
		return false
	}
	p, set := c.Provenance[field]
	if set && !p.yields(*have, value, source, by, at) {
		return false
	}
	if set && *have == value && p.Source == source { // said again: an editor who read it has still read this value
		if p.By == by && !newMinute(p.At, at) {
			return false
		}
		p.At, p.By = at, by
		c.put(field, value, p)
		return true
	}
	c.put(field, value, Provenance{Source: source, By: by, At: at, Version: c.Version + 1})
	return true
}

// yields reports whether the value that stands gives way: to a stronger source, or to the same source later.
func (p Provenance) yields(have, value, source, by string, at time.Time) bool {
	if p.Source == SourceAgent || rank(source) > rank(p.Source) {
		return false
	}
	return source != p.Source || cmp.Or(at.Compare(p.At), strings.Compare(value, have), strings.Compare(by, p.By)) > 0
}

// Derive fills a field with what was worked out from something else, e.g. the country from the number. Everything somebody
// said is stronger.
func (c *Contact) Derive(field, value string, at time.Time) bool {
	value, err := checkField(field, value)
	if err != nil || !c.offer(field, value, SourceDerived, "", stamp(at)) {
		return false
	}
	c.Reindex()
	return true
}

// Set is an agent's edit of a field. seen is the version of the field that the editor read (Provenance.Version, 0 when it was
// not set): when somebody set it since, the error is a *ConflictError, and passing that error's Version as seen keeps the
// editor's value. A value that cannot be is an *InputError. An empty value clears the field and keeps platforms from filling
// it again.
func (c *Contact) Set(field, value string, seen int64, by string, at time.Time) error {
	have := c.field(field)
	if have == nil {
		return invalid(field, "This field cannot be edited.")
	}
	value, err := checkField(field, value)
	if err != nil {
		return err
	}
	p, set := c.Provenance[field]
	if *have == value && (!set || p.Source == SourceAgent) {
		return nil
	}
	if *have != value && p.Version > seen {
		return &ConflictError{Field: field, Theirs: *have, By: p.By, At: p.At, Version: p.Version}
	}
	c.put(field, value, Provenance{Source: SourceAgent, By: by, At: stamp(at), Version: c.Version + 1})
	c.Reindex()
	return nil
}

// checkField is the spelling a value is kept under, or an *InputError that says what is wrong with it.
func checkField(field, value string) (string, error) {
	if field == FieldAgentInstructions {
		return atMost(field, cleanLines(value), maxInstructions)
	}
	value = clean(value)
	if value == "" {
		return "", nil
	}
	switch field {
	case FieldName:
		return atMost(field, value, maxName)
	case FieldLocation:
		return atMost(field, value, maxLocation)
	case FieldEmail:
		return cleanEmail(value)
	case FieldPhone:
		return cleanPhone(value)
	case FieldLanguage:
		return knownLanguage(value)
	case FieldCountry:
		return cleanCountry(value)
	case FieldTimeZone:
		return cleanTimeZone(value)
	default:
		return "", invalid(field, "This field cannot be edited.")
	}
}

func atMost(field, value string, n int) (string, error) {
	if utf8.RuneCountInString(value) > n {
		return "", invalid(field, fmt.Sprintf("At most %d characters.", n))
	}
	return value, nil
}

func cleanEmail(s string) (string, error) {
	bad := invalid(FieldEmail, "This is not an e-mail address. Example: ada@example.com")
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxEmail || !strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".") {
		return "", bad
	}
	local, domain := s[:strings.LastIndexByte(s, '@')], s[strings.LastIndexByte(s, '@')+1:]
	if strings.ContainsAny(local, " \"") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "[") {
		return "", bad
	}
	return strings.ToLower(s), nil
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func cleanPhone(s string) (string, error) {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0-\u2010\u2011\u2012\u2013().\u202f/", r) {
			return -1
		}
		return r
	}, s)
	if !e164.MatchString(s) {
		return "", invalid(FieldPhone, "Write the number with + and country code, 7 to 15 digits. Example: +1 202 555 0143")
	}
	return s, nil
}

var bcp47 = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|[0-9]{3}))?$`)

// cleanLanguage is the usual spelling of a language tag: pt-BR, zh-Hant-TW.
func cleanLanguage(s string) (string, error) {
	s = strings.ReplaceAll(s, "_", "-")
	if !bcp47.MatchString(s) {
		return "", invalid(FieldLanguage, "Choose a language from the list.")
	}
	parts := strings.Split(strings.ToLower(s), "-")
	for i, p := range parts[1:] {
		if len(p) == 4 {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		} else {
			parts[i+1] = strings.ToUpper(p)
		}
	}
	return strings.Join(parts, "-"), nil
}

// knownLanguage takes a tag or a name of Languages, and a tag with a region or script that is not in the list when its
// language is.
func knownLanguage(s string) (string, error) {
	if code, ok := codeOf(languageList(), languageLocals(), s); ok {
		return code, nil
	}
	tag, err := cleanLanguage(s)
	if err != nil {
		return "", err
	}
	if _, ok := nameOf(languageList(), tag); ok {
		return tag, nil
	}
	base, _, _ := strings.Cut(tag, "-")
	if _, ok := nameOf(languageList(), base); ok {
		return tag, nil
	}
	return "", invalid(FieldLanguage, "Choose a language from the list.")
}

// languageOf is the language of a browser locale: with its region where that matters (it is in Languages), else without.
func languageOf(locale string) string {
	tag, err := cleanLanguage(clean(locale))
	if err != nil {
		return ""
	}
	if _, ok := nameOf(languageList(), tag); ok {
		return tag
	}
	base, _, _ := strings.Cut(tag, "-")
	if _, ok := nameOf(languageList(), base); ok {
		return base
	}
	return ""
}

func cleanCountry(s string) (string, error) {
	code, ok := codeOf(countryList(), countryLocals(), s)
	if !ok {
		return "", invalid(FieldCountry, "Choose a country from the list.")
	}
	return code, nil
}

func cleanTimeZone(s string) (string, error) {
	bad := invalid(FieldTimeZone, "Choose a time zone from the list. Example: Europe/Berlin")
	if zone, ok := zoneOf(s); ok {
		return zone, nil
	}
	if s == "Local" || len(s) > 64 || strings.ContainsAny(s, `.\`) {
		return "", bad
	}
	if _, err := time.LoadLocation(s); err != nil {
		return "", bad
	}
	return s, nil
}

// AddLabel puts a label on the contact; one with the same key gives way.
func (c *Contact) AddLabel(label, by string, at time.Time) error {
	list, err := withLabel(c.Labels, label)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// RemoveLabel takes a label off the contact. One that is not there is no error.
func (c *Contact) RemoveLabel(label, by string, at time.Time) error {
	list, err := withoutLabel(c.Labels, label)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// SetLabels makes these the labels of the contact. Of several labels with one key the last stays.
func (c *Contact) SetLabels(labels []string, by string, at time.Time) error {
	list, err := labelList(labels)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// EditLabels changes the labels as EditLabels says.
func (c *Contact) EditLabels(was, chosen []string, by string, at time.Time) error {
	list, err := EditLabels(c.Labels, was, chosen)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// relabel replaces the labels; those that are new are marked.
func (c *Contact) relabel(list []string, by string, at time.Time) {
	was := *c
	c.Labels = list
	c.sign(&was, by, at)
}

// SetAttribute sets a named value. was is the value the editor saw, empty for a new name: if a colleague changed it since,
// the error is a *ConflictError with who and when.
func (c *Contact) SetAttribute(key, value, was, by string, at time.Time) error {
	return c.SetTypedAttribute(nil, key, value, was, by, at)
}

// RemoveAttribute removes a named value and reports whether it was there.
func (c *Contact) RemoveAttribute(key string) bool {
	before := *c
	list, changed := removeAttribute(c.Attributes, key)
	c.Attributes = list
	c.credit(&before)
	return changed
}
