package view

import (
	"errors"
	"net/url"

	"switchboard/chat"
)

// A SettingsLink is one entry of the navigation below /settings.
type SettingsLink struct {
	Name, Icon, URL string
	Current         bool
}

// Refusal is what was wrong with a form: the words, and the input they belong to.
type Refusal struct {
	Field, Text string
}

// RefusalOf reads the words out of an input error; the zero Refusal of anything else.
func RefusalOf(err error) Refusal {
	if input, ok := errors.AsType[*chat.InputError](err); ok {
		return Refusal{Field: input.Field, Text: input.Message}
	}
	return Refusal{}
}

// A Profile is the form of what a user says about themselves.
type Profile struct {
	Form
	Name, Email, TimeZone string
	Role                  string
	Zones                 []string
	Locales               []Option
	Refusal               Refusal
}

// ProfileOf makes the form.
func ProfileOf(u *chat.User, form Form) Profile {
	return Profile{
		Form: form, Name: u.Name, Email: u.Email, TimeZone: u.TimeZone, Role: RoleName(u.Role), Zones: chat.TimeZones(), Locales: LocaleOptions(u.Locale),
	}
}

// Refused is the form again with what was typed and what was wrong with it.
func (p Profile) Refused(err error, name, zone, locale string) Profile {
	p.Name, p.TimeZone, p.Locales, p.Refusal = name, zone, LocaleOptions(locale), RefusalOf(err)
	return p
}

// RoleName is a role in words.
func RoleName(r chat.Role) string {
	switch r {
	case chat.RoleAdmin:
		return "Administrator"
	case chat.RoleSupervisor:
		return "Supervisor"
	case chat.RoleAgent:
		return "Agent"
	default:
		return "Unknown role"
	}
}

// An Audit is the audit log with its filter.
type Audit struct {
	Kinds, People []Option
	Rows          []AuditRow
	MoreURL       string
	Filtered      bool
	Empty         *Empty
}

// An AuditRow is one line of the audit log.
type AuditRow struct {
	ID, Who, What, About, Detail, IP string
	At                               Moment
}

// AuditInput is what the audit log is made from.
type AuditInput struct {
	Entries []chat.AuditEntry
	Next    string
	Query   url.Values
	Users   []chat.User
	Clock   Clock
}

// AuditOf makes the audit log.
func AuditOf(in *AuditInput) Audit {
	names := make(map[string]string, len(in.Users))
	people := [][2]string{{"", "Everybody"}}
	for i := range in.Users {
		names[in.Users[i].ID] = UserName(&in.Users[i])
		people = append(people, [2]string{in.Users[i].ID, UserName(&in.Users[i])})
	}
	kinds, words := [][2]string{{"", "Everything"}}, map[string]string{}
	for _, k := range chat.AuditKinds() {
		kinds = append(kinds, [2]string{k.Code, k.Name})
		words[k.Code] = k.Name
	}
	out := Audit{
		Kinds: Options(in.Query.Get("what"), kinds...), People: Options(in.Query.Get("who"), people...),
		Filtered: in.Query.Get("what")+in.Query.Get("who") != "",
	}
	for i := range in.Entries {
		out.Rows = append(out.Rows, auditRow(&in.Entries[i], names, words, in.Clock))
	}
	if in.Next != "" {
		out.MoreURL = URL("/settings/audit", url.Values{"what": in.Query["what"], "who": in.Query["who"], "after": {in.Next}})
	}
	if len(out.Rows) == 0 {
		out.Empty = &Empty{Icon: "shield-check", Title: "Nothing noted", Text: "No entry fits this filter.", LinkText: "Show everything", LinkURL: "/settings/audit"}
	}
	return out
}

func auditRow(e *chat.AuditEntry, names, words map[string]string, clock Clock) AuditRow {
	row := AuditRow{ID: e.ID, Who: names[e.Who], What: words[e.What], About: e.About, Detail: e.Detail, IP: e.IP, At: clock.Moment(e.At)}
	switch {
	case e.Who == "":
		row.Who = "Nobody known"
	case row.Who == "":
		row.Who = e.Who
	}
	if row.What == "" {
		row.What = e.What
	}
	if name := names[e.About]; name != "" {
		row.About = name
	}
	if e.About == e.Who {
		row.About = ""
	}
	return row
}
