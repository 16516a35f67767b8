package chat

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Bounds of what a contact can be found by.
const (
	maxTerms      = 64
	maxTermLength = 64
)

// Reindex computes what the contact is found by: the keys of its identities and its search terms.
func (c *Contact) Reindex() {
	slices.SortFunc(c.Identities, func(a, b Identity) int {
		if n := a.FirstSeen.Compare(b.FirstSeen); n != 0 {
			return n
		}
		return strings.Compare(a.Key(), b.Key())
	})
	c.Keys, c.Former = []string{}, nil
	if c.MergedInto != "" {
		c.Terms, c.Traits = nil, nil
		return
	}
	for _, id := range c.Identities {
		if id.RetiredAt.IsZero() {
			c.Keys = append(c.Keys, id.Key())
		} else {
			c.Former = append(c.Former, id.Key())
		}
	}
	slices.Sort(c.Keys)
	slices.Sort(c.Former)
	c.Terms = c.terms()
	c.Traits = nil
	for _, a := range c.Attributes {
		for _, t := range []string{Trait(a.Key), Trait(a.Key + "=" + a.Value)} {
			if !slices.Contains(c.Traits, t) {
				c.Traits = append(c.Traits, t)
			}
		}
	}
}

// maxTrait bounds what an attribute is found by, in runes.
const maxTrait = 120

// Trait is the spelling under which contacts are found by an attribute: "tier" or "tier=gold".
func Trait(s string) string {
	key, value, both := strings.Cut(clean(s), "=")
	t := fold(strings.TrimSpace(key))
	if both {
		t += "=" + fold(strings.TrimSpace(value))
	}
	return clip(t, maxTrait)
}

// terms are the words and numbers of the contact, the most telling first, so that the bound cuts the least.
func (c *Contact) terms() []string {
	var t termList
	t.words(c.Name)
	t.email(c.Email)
	t.phone(c.Phone)
	for _, id := range c.Identities {
		switch {
		case !id.RetiredAt.IsZero():
		case id.Kind == IdentityPhone:
			t.phone(id.Value)
		case id.Kind == IdentityExternal:
			t.add(fold(id.Value))
		}
	}
	for _, p := range c.Profiles {
		t.add(fold(p.Username))
		t.words(p.Username)
		t.words(p.Name)
	}
	for _, n := range c.Claims {
		switch n.Kind {
		case "email":
			t.email(n.Value)
		case "phone":
			t.phone(n.Value)
		default:
			t.words(n.Value)
		}
	}
	return t.list
}

type termList struct{ list []string }

func (t *termList) add(s string) {
	for len(s) > maxTermLength {
		r := []rune(s)
		s = string(r[:min(len(r)-1, maxTermLength)])
	}
	if s != "" && len(t.list) < maxTerms && !slices.Contains(t.list, s) {
		t.list = append(t.list, s)
	}
}

// words adds every word as it is written, and the parts of words like Jean-Luc.
func (t *termList) words(s string) {
	for _, w := range SearchWords(s) {
		t.add(w)
		for _, part := range strings.FieldsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
			t.add(part)
		}
	}
}

func (t *termList) email(s string) {
	s = fold(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return
	}
	t.add(s)
	t.add(s[at+1:])
	t.words(s[:at])
}

// phone adds a number with plus, as digits, without its country code, and its last seven and four digits.
func (t *termList) phone(s string) {
	d := digits(s)
	if len(d) < 5 {
		return
	}
	if strings.HasPrefix(s, "+") {
		t.add("+" + d)
	}
	t.add(d)
	t.add(d[countryCodeLength(d):])
	t.add(d[max(0, len(d)-7):])
	t.add(d[len(d)-4:])
}

// countryCodeLength is how many of the leading digits are the country code: one for North America and Russia, two or three
// elsewhere.
func countryCodeLength(d string) int {
	switch d[0] {
	case '1', '7':
		return 1
	}
	const two = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
	if strings.Contains(two, d[:2]) {
		return 2
	}
	return 3
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// SearchWords cuts text into words spelled like a contact's Terms: what somebody types into a search box finds a contact
// when every word begins one of its terms. A number stays one word however it is punctuated.
func SearchWords(s string) []string {
	s = fold(clean(s))
	if d := digits(s); len(d) >= 4 && strings.Trim(s, "+0123456789 ().-/") == "" {
		if strings.HasPrefix(s, "+") {
			d = "+" + d
		}
		return []string{clipBytes(d)}
	}
	var words []string
	for w := range strings.FieldsSeq(s) {
		w = strings.TrimFunc(w, func(r rune) bool { return r != '+' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) })
		if w != "" {
			words = append(words, clipBytes(w))
		}
	}
	return words
}

func clipBytes(s string) string {
	var t termList
	t.add(s)
	return strings.Join(t.list, "")
}

// fold makes spellings comparable: lower case, Latin letters without their accents.
func fold(s string) string {
	s = strings.ToLower(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return s
	}
	letters := unaccented()
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		if letter, ok := letters[r]; ok {
			return letter
		}
		return r
	}, s)
}

// unaccented gives the letter without its accent. The map is never changed.
var unaccented = sync.OnceValue(func() map[rune]rune {
	letters := map[rune]rune{}
	for i, r := range []rune(accented) {
		letters[r] = rune(plain[i])
	}
	return letters
})

// The accented letters of Latin-1 and Latin Extended-A, and what they are without accents.
const (
	accented = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżžșț"
	plain    = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzzst"
)
