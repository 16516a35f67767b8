// Package view turns documents into what a template shows: plain structs with display-ready values, made by pure functions.
package view

import (
	"fmt"
	"time"
)

// A Clock knows the present and the viewer's time zone.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

// NewClock makes a clock for a viewer; an unknown or empty zone means UTC.
func NewClock(now time.Time, zone string) Clock {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		location = time.UTC
	}
	return Clock{Now: now, Zone: location}
}

// A Moment is one instant in the forms a <time> element needs.
type Moment struct {
	ISO      string // RFC 3339, for machines and for the script that keeps Relative fresh
	Exact    string // full date and time with zone, shown on hover
	Relative string // "3 min"
	Clock    string // "14:03"
}

// Moment describes an instant. The zero time gives the zero Moment, which a template skips.
func (c Clock) Moment(at time.Time) Moment {
	if at.IsZero() {
		return Moment{}
	}
	local := at.In(c.Zone)
	return Moment{
		ISO:      at.UTC().Format(time.RFC3339),
		Exact:    local.Format("Mon 2 Jan 2006, 15:04:05 MST"),
		Relative: c.relative(at),
		Clock:    local.Format("15:04"),
	}
}

// relative must agree with the script's function of the same name (static/js/shell.js), which takes over on the page.
func (c Clock) relative(at time.Time) string {
	switch age := c.Now.Sub(at); {
	case age < 45*time.Second:
		return "now"
	case age < time.Hour:
		return fmt.Sprintf("%d min", max(1, int(age.Minutes())))
	case age < 24*time.Hour:
		return fmt.Sprintf("%d h", int(age.Hours()))
	case age < 7*24*time.Hour:
		return fmt.Sprintf("%d d", int(age.Hours()/24))
	}
	return c.Date(at)
}

// Date is the day of an instant, with the year when it is not the present one.
func (c Clock) Date(at time.Time) string {
	local, now := at.In(c.Zone), c.Now.In(c.Zone)
	if local.Year() != now.Year() {
		return local.Format("2 Jan 2006")
	}
	return local.Format("2 Jan")
}

// day names a day for a separator of the thread.
func (c Clock) day(at time.Time) string {
	switch c.daysAgo(at) {
	case 0:
		return "Today"
	case 1:
		return "Yesterday"
	}
	local := at.In(c.Zone)
	if local.Year() != c.Now.In(c.Zone).Year() {
		return local.Format("Monday 2 January 2006")
	}
	return local.Format("Monday 2 January")
}

func (c Clock) daysAgo(at time.Time) int {
	return int(midnight(c.Now.In(c.Zone)).Sub(midnight(at.In(c.Zone))).Hours() / 24)
}

// midnight is the start of t's calendar day, on a scale without clock changes.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Duration says how long in one unit: "4 min".
func Duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
