// Package view turns documents into what a template shows: plain structs with display-ready values, made by pure functions.
package view

import (
	"strings"
	"time"
)

// A Clock knows the present and the viewer's time zone and way of writing dates.
type Clock struct {
	Now    time.Time
	Zone   *time.Location
	Locale *Locale
}

// NewClock makes a clock for a viewer; an unknown or empty zone means UTC. It writes dates the usual way, see For.
func NewClock(now time.Time, zone string) Clock {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		location = time.UTC
	}
	return Clock{Now: now, Zone: location, Locale: LocaleFor("", "")}
}

// For writes dates as the locale does.
func (c Clock) For(l *Locale) Clock {
	c.Locale = l
	return c
}

// A Moment is one instant in the forms a <time> element needs.
type Moment struct {
	ISO      string // RFC 3339, for machines and for the script that keeps Relative fresh
	Exact    string // full date and time with zone, shown on hover
	Relative string `json:"-"` // "3 min"
	Clock    string // "14:03"
	Lang     string // of the words in here, empty for English
}

// Moment describes an instant. The zero time gives the zero Moment, which a template skips.
func (c Clock) Moment(at time.Time) Moment {
	if at.IsZero() {
		return Moment{}
	}
	local := at.In(c.Zone)
	l := c.Locale
	return Moment{
		ISO:      at.UTC().Format(time.RFC3339),
		Exact:    l.join(l.format(l.FullDate, local), l.format(l.FullTime, local)) + " " + local.Format("MST"),
		Relative: c.relative(at),
		Clock:    l.format(l.Time, local),
		Lang:     l.Language(),
	}
}

// A Stamp is an instant in words that stay true while the page is open and that fit into a sentence: a customer "since 3 min"
// would be no English, and no date.
type Stamp struct {
	ISO   string // RFC 3339
	Exact string // shown on hover
	Text  string
	Lang  string // of the words in here, empty for English
}

// Day is the stamp that tells the day. The zero time gives the zero Stamp, which a template skips.
func (c Clock) Day(at time.Time) Stamp { return c.stamp(at, c.Date) }

// Stamp is the stamp that tells the day and the time. The zero time gives the zero Stamp, which a template skips.
func (c Clock) Stamp(at time.Time) Stamp { return c.stamp(at, c.DateTime) }

func (c Clock) stamp(at time.Time, write func(time.Time) string) Stamp {
	if at.IsZero() {
		return Stamp{}
	}
	m := c.Moment(at)
	return Stamp{ISO: m.ISO, Exact: m.Exact, Text: write(at), Lang: m.Lang}
}

// relative must agree with the script's function of the same name (static/js/shell.js), which takes over on the page.
func (c Clock) relative(at time.Time) string {
	l := c.Locale
	switch age := c.Now.Sub(at); {
	case age < 45*time.Second:
		return l.Now
	case age < time.Hour:
		return l.amount(l.Minutes, max(1, int(age.Minutes())))
	case age < 24*time.Hour:
		return l.amount(l.Hours, int(age.Hours()))
	case age < 7*24*time.Hour:
		return l.amount(l.DaysAgo, int(age.Hours()/24))
	}
	return c.Date(at)
}

// Date is the day of an instant, with the year when it is not the present one.
func (c Clock) Date(at time.Time) string {
	local, now := at.In(c.Zone), c.Now.In(c.Zone)
	if local.Year() != now.Year() {
		return c.Locale.format(c.Locale.YearDate, local)
	}
	return c.Locale.format(c.Locale.ShortDate, local)
}

// DateTime is the day and the time of an instant.
func (c Clock) DateTime(at time.Time) string { return c.Locale.join(c.Date(at), c.Time(at)) }

// Time is the time of day of an instant.
func (c Clock) Time(at time.Time) string { return c.Locale.format(c.Locale.Time, at.In(c.Zone)) }

// Number writes a number as the viewer does.
func (c Clock) Number(n int64) string { return c.Locale.Number(n) }

// Plural is a number, in the viewer's digits, with its English noun: "1 label", "2 labels".
func (c Clock) Plural(n int, noun string) string {
	if n != 1 {
		noun = plural(noun)
	}
	return c.Number(int64(n)) + " " + noun
}

// beyond counts what is not shown: "+2", or nothing.
func (c Clock) beyond(n int) string {
	if n <= 0 {
		return ""
	}
	return "+" + c.Number(int64(n))
}

// Counted is a number of things in words; n is cut off at most, which reads "50 or more". Empty when there are none.
func (c Clock) Counted(n, most int, noun string) string {
	switch {
	case n == 0:
		return ""
	case n >= most:
		return c.Number(int64(most)) + " or more " + plural(noun)
	}
	return c.Plural(n, noun)
}

func plural(noun string) string {
	if stem, ok := strings.CutSuffix(noun, "ty"); ok {
		return stem + "ties"
	}
	return noun + "s"
}

// day names a day for a separator of the thread.
func (c Clock) day(at time.Time) string {
	switch c.daysAgo(at) {
	case 0:
		return upperFirst(c.Locale.Today)
	case 1:
		return upperFirst(c.Locale.Yesterday)
	}
	local := at.In(c.Zone)
	if local.Year() != c.Now.In(c.Zone).Year() {
		return upperFirst(c.Locale.format(c.Locale.LongDayYear, local))
	}
	return upperFirst(c.Locale.format(c.Locale.LongDay, local))
}

// fullDay is the same day for hover and paper, where "today" says too little.
func (c Clock) fullDay(at time.Time) string {
	return upperFirst(c.Locale.format(c.Locale.LongDayYear, at.In(c.Zone)))
}

func (c Clock) daysAgo(at time.Time) int {
	return int(midnight(c.Now.In(c.Zone)).Sub(midnight(at.In(c.Zone))).Hours() / 24)
}

// midnight is the start of t's calendar day, on a scale without clock changes.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Duration says how long in one unit, in the viewer's words: "4 min". The script's waiting times agree with it.
func (c Clock) Duration(d time.Duration) string {
	l := c.Locale
	switch {
	case d < time.Minute:
		return l.amount(l.Seconds, max(1, int(d.Seconds())))
	case d < time.Hour:
		return l.amount(l.Minutes, int(d.Minutes()))
	case d < 48*time.Hour:
		return l.amount(l.Hours, int(d.Hours()))
	}
	return l.amount(l.DaysAgo, int(d.Hours()/24))
}
