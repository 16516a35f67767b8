package view

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"switchboard/chat"
)

// A Field is one value of a contact that is edited in place.
type Field struct {
	ID         string // DOM id
	Name       string // of the form and in URLs
	Label      string
	Value      string // as shown
	Raw        string // as stored, or as it was typed when it was refused
	Typed      string // as edited: the name where Raw is a code
	Input      string // text, tel, email, list, textarea
	Options    []Option
	MaxLength  int
	Seen       int64 // version of the value that is shown
	Provenance string
	Editing    bool
	Error      string
	Conflict   *Conflict
	EditURL    string // the form
	ShowURL    string // the value
	SaveURL    string
	PageURL    string // the form within its page, without JavaScript
	CSRF       string
	Return     string
	LTR        bool // numbers and addresses run left to right whatever surrounds them
}

// A Conflict shows somebody else's newer value.
type Conflict struct {
	Theirs, By, Ago string
	Version         int64
	Mine            string
}

// fieldSpec says how a field is edited.
type fieldSpec struct {
	name, label, input string
	max                int
}

func fieldSpecs() []fieldSpec {
	return []fieldSpec{
		{chat.FieldName, "Name", "text", 200},
		{chat.FieldPhone, "Phone", "tel", 40},
		{chat.FieldEmail, "E-mail", "email", 254},
		{chat.FieldLanguage, "Language", "list", 100},
		{chat.FieldCountry, "Country", "list", 100},
		{chat.FieldLocation, "Location", "text", 200},
		{chat.FieldTimeZone, "Time zone", "list", 64},
		{chat.FieldAgentInstructions, "Agent instructions", "textarea", 2000},
	}
}

// FieldNames lists the names of the fields of a contact.
func FieldNames() []string {
	var out []string
	for _, s := range fieldSpecs() {
		out = append(out, s.name)
	}
	return out
}

// Fields are all fields of a contact in their order.
func Fields(c *chat.Contact, form Form, clock Clock) []Field {
	var out []Field
	for _, s := range fieldSpecs() {
		out = append(out, field(c, s, form, clock))
	}
	return out
}

// FieldOf is one field; ok is false when there is none of that name.
func FieldOf(c *chat.Contact, name string, form Form, clock Clock) (f Field, ok bool) {
	for _, s := range fieldSpecs() {
		if s.name == name {
			return field(c, s, form, clock), true
		}
	}
	return Field{}, false
}

func field(c *chat.Contact, s fieldSpec, form Form, clock Clock) Field {
	raw := RawField(c, s.name)
	base := ContactURL(c.ID) + "/fields/" + s.name
	f := Field{
		ID: "field-" + s.name + "-" + c.ID, Name: s.name, Label: s.label, Raw: raw, Value: raw, Input: s.input, MaxLength: s.max,
		Editing: form.Edit == s.name, CSRF: form.CSRF, Return: form.Return,
		ShowURL: base, EditURL: base + "?edit=1", SaveURL: base, PageURL: editURL(form.Return, s.name, "field-"+s.name+"-"+c.ID),
		LTR: s.input == "tel" || s.input == "email",
	}
	if p, ok := c.Provenance[s.name]; ok {
		f.Seen = p.Version
		f.Provenance = provenance(p, clock)
	}
	switch s.name {
	case chat.FieldLanguage:
		f.Value = LanguageName(raw)
	case chat.FieldCountry:
		f.Value = CountryName(raw)
	case chat.FieldTimeZone:
		f.Value = strings.ReplaceAll(raw, "_", " ")
	}
	f.Typed = f.Value
	if f.Editing {
		f.Options = suggestions(s.name)
	}
	return f
}

// Edit turns a shown field into its form.
func (f Field) Edit(c *chat.Contact, form Form, clock Clock) Field {
	form.Edit = f.Name
	edited, _ := FieldOf(c, f.Name, form, clock)
	return edited
}

// editURL is the page with one field as a form, for browsers without JavaScript.
func editURL(page, name, anchor string) string {
	u, err := url.Parse(page)
	if err != nil {
		return "?edit=" + url.QueryEscape(name)
	}
	q := u.Query()
	q.Set("edit", name)
	u.RawQuery, u.Fragment = q.Encode(), anchor
	return u.String()
}

// RawField is the value of a field as it is stored.
func RawField(c *chat.Contact, name string) string {
	switch name {
	case chat.FieldName:
		return c.Name
	case chat.FieldPhone:
		return c.Phone
	case chat.FieldEmail:
		return c.Email
	case chat.FieldLanguage:
		return c.Language
	case chat.FieldCountry:
		return c.Country
	case chat.FieldLocation:
		return c.Location
	case chat.FieldTimeZone:
		return c.TimeZone
	case chat.FieldAgentInstructions:
		return c.AgentInstructions
	default:
		return ""
	}
}

// provenance says who set a value, when and from where.
func provenance(p chat.Provenance, clock Clock) string {
	by := p.By
	switch p.Source {
	case chat.SourceAgent:
		by = "Set by " + orSomebody(by)
	case chat.SourcePlatform:
		by = "From the " + ChannelOf(chat.Channel(by)).Name + " profile"
	case chat.SourceProof:
		by = "Signed by your site"
	case chat.SourceClaim:
		by = "Typed by the visitor, not proven"
	case chat.SourceDerived:
		by = "Derived from other details"
	default:
		by = "Set by " + orSomebody(by)
	}
	return by + ", " + clock.Moment(p.At).Exact
}

func orSomebody(name string) string {
	if name == "" {
		return "somebody"
	}
	return name
}

// CountryName is the country's name, or the code when it has none.
func CountryName(code string) string { return cmp.Or(chat.CountryName(code), code) }

// LanguageName is the language's name, or the tag when it has none.
func LanguageName(tag string) string { return cmp.Or(chat.LanguageName(tag), tag) }

// LocaleName is the language a browser asks for with the region it names: "German (Germany)".
func LocaleName(tag string) string {
	parts := strings.FieldsFunc(tag, func(r rune) bool { return r == '-' || r == '_' })
	if len(parts) == 0 {
		return ""
	}
	name, region := chat.LanguageName(parts[0]), strings.ToUpper(parts[len(parts)-1])
	if name == "" {
		return tag
	}
	if country := chat.CountryName(region); len(parts) > 1 && country != "" {
		return name + " (" + country + ")"
	}
	return name
}

// suggestions are what a field's searchable list offers: English names, found by the local ones too.
func suggestions(name string) []Option {
	var list []chat.Named
	var local func(string) string
	switch name {
	case chat.FieldLanguage:
		list, local = chat.Languages(), chat.LanguageLocal
	case chat.FieldCountry:
		list, local = chat.Countries(), chat.CountryLocal
	case chat.FieldTimeZone:
		var out []Option
		for _, zone := range chat.TimeZones() {
			out = append(out, Option{Value: strings.ReplaceAll(zone, "_", " ")})
		}
		return out
	}
	out := make([]Option, 0, len(list))
	for _, n := range list {
		out = append(out, Option{Value: n.Name, Name: local(n.Code)})
	}
	return out
}

// choices offers a list with "not set" first, and the present value even if the list does not have it.
func choices(list []chat.Named, selected string) []Option {
	pairs, there := [][2]string{{"", "Not set"}}, selected == ""
	for _, n := range list {
		pairs = append(pairs, [2]string{n.Code, n.Name})
		there = there || n.Code == selected
	}
	if !there {
		pairs = append(pairs, [2]string{selected, selected})
	}
	return Options(selected, pairs...)
}

// ConflictOf words somebody else's newer value next to the one that was typed.
func ConflictOf(c *chat.ConflictError, mine string, clock Clock) *Conflict {
	theirs := c.Theirs
	switch c.Field {
	case chat.FieldLanguage:
		theirs, mine = LanguageName(theirs), LanguageName(mine)
	case chat.FieldCountry:
		theirs, mine = CountryName(theirs), CountryName(mine)
	}
	ago := "just now"
	if age := clock.Now.Sub(c.At); age >= 0 && !c.At.IsZero() {
		ago = clock.Duration(age) + " ago"
	}
	return &Conflict{Theirs: theirs, By: orSomebody(c.By), Ago: ago, Version: c.Version, Mine: mine}
}

// Version writes a version for a form.
func Version(v int64) string { return strconv.FormatInt(v, 10) }
