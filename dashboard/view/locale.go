package view

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// localesJSON is written by scripts/locales.sh from the Unicode CLDR.
//
//go:embed locales.json
var localesJSON []byte

// A Locale is how a language and region write dates, times and numbers. Its patterns are those of CLDR.
type Locale struct {
	Tag         string   `json:"tag"`
	Name        string   `json:"name"` // in itself
	ShortDate   string   `json:"date"`
	YearDate    string   `json:"dateYear"`
	FullDate    string   `json:"dateFull"`
	LongDay     string   `json:"day"`
	LongDayYear string   `json:"dayYear"`
	Time        string   `json:"time"`
	FullTime    string   `json:"timeFull"`
	WeekTime    string   `json:"weekTime"`
	Join        string   `json:"join"`
	Months      []string `json:"months"`
	ShortMonths []string `json:"shortMonths"`
	Days        []string `json:"days"`
	ShortDays   []string `json:"shortDays"`
	AM          string   `json:"am"`
	PM          string   `json:"pm"`
	Now         string   `json:"now"`
	Today       string   `json:"today"`
	Yesterday   string   `json:"yesterday"`
	Tomorrow    string   `json:"tomorrow"`
	Seconds     []string `json:"unitSecond"` // pattern, and another for one where that differs
	Minutes     []string `json:"unitMinute"`
	Hours       []string `json:"unitHour"`
	DaysAgo     []string `json:"unitDay"`
	Group       string   `json:"group"`
	MinGrouping int      `json:"minimumGrouping"`
	Grouping    [2]int   `json:"grouping"` // digits of the last group and of those before it
	Digits      string   `json:"digits"`   // ten digits other than 0 to 9
}

// locales is read once; a file of ours that cannot be read is found by every test.
var locales = sync.OnceValue(func() (all struct {
	List    []Locale `json:"locales"`
	matcher language.Matcher
},
) {
	if err := json.Unmarshal(localesJSON, &all); err != nil {
		panic(fmt.Sprintf("view: locales.json: %v", err))
	}
	var tags []language.Tag
	for i := range all.List {
		tags = append(tags, language.MustParse(all.List[i].Tag))
	}
	all.matcher = language.NewMatcher(tags)
	return all
})

// LocaleFor finds the locale that fits best: what the user has chosen, then what the browser accepts, then the usual one. It
// never fails, whatever a browser sends.
func LocaleFor(chosen, accepted string) *Locale {
	all := locales()
	const most = 256 // no honest browser sends more
	if len(accepted) > most {
		accepted = ""
	}
	var wanted []language.Tag
	if tag, err := language.Parse(chosen); err == nil && chosen != "" {
		wanted = append(wanted, tag)
	} else if tags, _, err := language.ParseAcceptLanguage(accepted); err == nil {
		wanted = tags
	}
	if len(wanted) == 0 {
		return &all.List[0]
	}
	_, i, _ := all.matcher.Match(wanted...)
	return &all.List[i]
}

// LocaleOptions offers the locales under their own names.
func LocaleOptions(selected string) []Option {
	pairs := [][2]string{{"", "As the browser says"}}
	for i := range locales().List {
		pairs = append(pairs, [2]string{locales().List[i].Tag, locales().List[i].Name})
	}
	slices.SortFunc(pairs[1:], func(a, b [2]string) int { return strings.Compare(a[1], b[1]) })
	return Options(selected, pairs...)
}

// Language is the language to mark dates with, empty for English, which all other words of the desk are in.
func (l *Locale) Language() string {
	if strings.HasPrefix(l.Tag, "en") {
		return ""
	}
	return l.Tag
}

// format writes a time by a pattern of CLDR: letters are fields, quoted text and all else stands for itself.
func (l *Locale) format(pattern string, t time.Time) string {
	var out strings.Builder
	quoted := false
	for len(pattern) > 0 {
		r, size := utf8.DecodeRuneInString(pattern)
		letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		switch {
		case strings.HasPrefix(pattern, "''"):
			out.WriteByte('\'')
			size = 2
		case r == '\'':
			quoted = !quoted
		case quoted || !letter:
			out.WriteRune(r)
		default:
			size = len(pattern) - len(strings.TrimLeft(pattern, string(r)))
			out.WriteString(l.field(r, size, t))
		}
		pattern = pattern[size:]
	}
	return l.digits(out.String())
}

// field is one field of a pattern.
func (l *Locale) field(letter rune, width int, t time.Time) string {
	number := func(n int) string { return fmt.Sprintf("%0*d", min(width, 2), n) }
	switch letter {
	case 'y':
		return strconv.Itoa(t.Year())
	case 'M', 'L':
		switch width {
		case 1, 2:
			return number(int(t.Month()))
		case 3:
			return l.ShortMonths[t.Month()-1]
		}
		return l.Months[t.Month()-1]
	case 'E', 'c':
		if width < 4 {
			return l.ShortDays[t.Weekday()]
		}
		return l.Days[t.Weekday()]
	case 'd':
		return number(t.Day())
	case 'H':
		return number(t.Hour())
	case 'h':
		return number((t.Hour()+11)%12 + 1)
	case 'm':
		return number(t.Minute())
	case 's':
		return number(t.Second())
	case 'a':
		if t.Hour() < 12 {
			return l.AM
		}
		return l.PM
	}
	return ""
}

// digits writes the digits 0 to 9 as the locale does.
func (l *Locale) digits(s string) string {
	if l.Digits == "" {
		return s
	}
	own := []rune(l.Digits)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return own[r-'0']
		}
		return r
	}, s)
}

// Number writes a number with its digits grouped.
func (l *Locale) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	if len(s) >= l.Grouping[0]+l.MinGrouping {
		for at := len(s) - l.Grouping[0]; at > 0; at -= l.Grouping[1] {
			s = s[:at] + l.Group + s[at:]
		}
	}
	return sign + l.digits(s)
}

// amount writes a length of time in one unit.
func (l *Locale) amount(unit []string, n int) string {
	pattern := unit[0]
	if n == 1 && len(unit) > 1 {
		pattern = unit[1]
	}
	return strings.Replace(pattern, "{0}", l.Number(int64(n)), 1)
}

// join puts a date and a time together.
func (l *Locale) join(date, clock string) string {
	return strings.NewReplacer("{1}", date, "{0}", clock).Replace(l.Join)
}

// Relative is what the script needs to keep relative times fresh in the same words, and to write numbers.
func (l *Locale) Relative() string {
	words, err := json.Marshal(map[string]any{"tag": l.Tag, "now": l.Now, "s": l.Seconds, "min": l.Minutes, "h": l.Hours, "d": l.DaysAgo, "digits": l.Digits})
	if err != nil {
		return "{}"
	}
	return string(words)
}

// upperFirst begins a separator as a sentence does.
func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
