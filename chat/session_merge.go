package chat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Merge takes in what another event of the same conversation says about its session. Of each field the newest value stays
// and an empty one never overwrites; the same sessions in any order give the same result.
func (s *Session) Merge(o Session) {
	seen := later(s.SeenAt, o.SeenAt)
	ages := map[string]time.Time{}
	for i, f := range s.fields() {
		p := o.fields()[i]
		at, otherAt := s.fieldAt(f), o.fieldAt(p)
		if p.text != "" && (f.text == "" || cmp.Or(otherAt.Compare(at), strings.Compare(p.text, f.text)) > 0) {
			p.copyTo(s)
			at = otherAt
		} else if f.text == "" {
			continue
		}
		if !at.Equal(seen) {
			ages[f.name] = at
		}
	}
	s.FieldAt = nil
	if len(ages) > 0 {
		s.FieldAt = ages
	}
	s.Pages = mergePages(s.Pages, o.Pages)
	if s.StartedAt.IsZero() || !o.StartedAt.IsZero() && o.StartedAt.Before(s.StartedAt) {
		s.StartedAt = o.StartedAt
	}
	s.SeenAt = seen
}

// A sessionField is one field with its value as text, and how to put that value into another session.
type sessionField struct {
	name   string
	text   string
	copyTo func(*Session)
}

func (s *Session) fields() [10]sessionField {
	v := *s
	return [10]sessionField{
		{"id", v.ID, func(d *Session) { d.ID = v.ID }},
		{"ip", v.IP, func(d *Session) { d.IP = v.IP }},
		{"ip_policy", v.IPPolicy, func(d *Session) { d.IPPolicy = v.IPPolicy }},
		{"user_agent", v.UserAgent, func(d *Session) { d.UserAgent = v.UserAgent }},
		{"locale", v.Locale, func(d *Session) { d.Locale = v.Locale }},
		{"timezone", v.TimeZone, func(d *Session) { d.TimeZone = v.TimeZone }},
		{"screen", v.Screen, func(d *Session) { d.Screen = v.Screen }},
		{"referrer", v.Referrer, func(d *Session) { d.Referrer = v.Referrer }},
		{"geo", textOf(v.Geo), func(d *Session) { d.Geo = v.Geo }},
		{"device", textOf(v.Device), func(d *Session) { d.Device = v.Device }},
	}
}

func textOf[T any](p *T) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%+v", *p)
}

func (s *Session) fieldAt(f sessionField) time.Time {
	if at, ok := s.FieldAt[f.name]; ok {
		return at
	}
	return s.SeenAt
}

// mergePages is both lists, each view once, the newest MaxPages.
func mergePages(a, b []Page) []Page {
	if len(b) == 0 {
		return a
	}
	list := slices.Concat(a, b)
	slices.SortFunc(list, func(x, y Page) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.URL, y.URL), strings.Compare(y.Title, x.Title))
	})
	list = slices.CompactFunc(list, func(x, y Page) bool { return x.At.Equal(y.At) && x.URL == y.URL })
	return slices.Clone(list[max(0, len(list)-MaxPages):])
}
