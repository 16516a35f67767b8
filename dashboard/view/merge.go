package view

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/chat"
)

// SamePerson is what a profile says about other records of the same person.
type SamePerson struct {
	ContactID, Name string
	Suggestions     []Alike
	Merges          []MergeLine
	MergeURL        string
	Form            Form
	Notice          *MergeNotice
}

// An Alike is another contact who might be the same person.
type Alike struct {
	ID, Name, URL, Reason, Strength string
	Proven                          bool
	Avatar                          Avatar
	MergeURL, DismissURL            string
}

// A MergeLine is one merge into the contact.
type MergeLine struct {
	Name, By, UndoneBy string
	At, UndoneAt       Moment
	UndoURL            string // empty: undone already
}

// A MergeNotice says what has just been done.
type MergeNotice struct {
	Text, LinkText, LinkURL string
}

// SamePersonInput is what it is made from.
type SamePersonInput struct {
	Contact     *chat.Contact
	Suggestions []chat.Suggestion
	Merges      []chat.Merge
	Notice      string // id of a merge that was just made or undone
	Form        Form
	Clock       Clock
}

// SamePersonOf words suggestions and merges.
func SamePersonOf(in *SamePersonInput) *SamePerson {
	base := ContactURL(in.Contact.ID)
	out := &SamePerson{ContactID: in.Contact.ID, Name: ContactName(in.Contact), MergeURL: base + "/merge", Form: in.Form}
	for i := range in.Suggestions {
		s := &in.Suggestions[i]
		name := ContactName(&s.Contact)
		strength := "Not proven"
		if s.Proven {
			strength = "Proven"
		}
		out.Suggestions = append(out.Suggestions, Alike{
			ID: s.Contact.ID, Name: name, URL: ContactURL(s.Contact.ID), Reason: line(s.Reason), Proven: s.Proven, Strength: strength,
			Avatar: avatar(s.Contact.ID, name, nil), MergeURL: MergeURL(in.Contact.ID, s.Contact.ID, ""), DismissURL: base + "/alike/dismiss",
		})
	}
	for i := range in.Merges {
		m := &in.Merges[i]
		l := mergeLine(m, base, in.Clock)
		out.Merges = append(out.Merges, l)
		switch {
		case m.ID != in.Notice:
		case l.UndoURL == "":
			out.Notice = &MergeNotice{Text: "The merge with " + l.Name + " is undone. They are two contacts again.", LinkText: "To " + l.Name, LinkURL: ContactURL(m.From)}
		default:
			out.Notice = &MergeNotice{Text: l.Name + " is part of this contact now.", LinkText: "Undo merge", LinkURL: l.UndoURL}
		}
	}
	return out
}

func mergeLine(m *chat.Merge, base string, clock Clock) MergeLine {
	l := MergeLine{Name: line(m.FromName), By: line(m.Step.By), At: clock.Moment(m.At), UndoneBy: line(m.UndoneBy), UndoneAt: clock.Moment(m.UndoneAt)}
	if l.Name == "" {
		l.Name = "Contact " + tail(m.From)
	}
	if m.UndoneAt.IsZero() {
		l.UndoURL = base + "/merges/" + url.PathEscape(m.ID) + "/undo"
	}
	return l
}

// MergeURL is the preview of merging two contacts.
func MergeURL(contact, with, keep string) string {
	return URL(ContactURL(contact)+"/merge", url.Values{"with": {with}, "keep": {keep}})
}

// A MergePreview shows what merging two contacts does, with what there is to decide.
type MergePreview struct {
	Keep, Gone MergeSide
	Moves      []string // in words
	Clashes    []MergeClash
	Fills      []Attribute // values the survivor gets because it has none
	Digest     string
	SaveURL    string
	SwitchURL  string
	BackURL    string
	CSRF       string
	Error      string
}

// A MergeSide is one of the two contacts.
type MergeSide struct {
	ID, Name, URL string
	Avatar        Avatar
	Facts         []string
	Created, Seen Moment
}

// A MergeClash is one value both have and disagree about.
type MergeClash struct {
	ID, Name, Input string // DOM id, label, name of the radio buttons
	Mine, Theirs    string
	TakeTheirs      bool
}

// MergeInput is what a preview is made from.
type MergeInput struct {
	Keep, Gone    *chat.Contact
	Page          string                  // of the contact the agent came from
	Conversations []chat.Conversation     // of the one that goes away, that the agent may see
	More          bool                    // there are more
	Notes         string                  // how many notes move, in words; empty for none
	Chosen        func(input string) bool // what was chosen before the form was refused
	CSRF, Error   string
	Clock         Clock
}

// MergePreviewOf words a merge before it is done.
func MergePreviewOf(in *MergeInput) *MergePreview {
	p := &MergePreview{
		Keep: mergeSide(in.Keep, in.Clock), Gone: mergeSide(in.Gone, in.Clock), Digest: chat.MergeDigest(in.Keep, in.Gone),
		SaveURL: ContactURL(in.Keep.ID) + "/merge", SwitchURL: MergeURL(in.Page, otherOf(in), in.Gone.ID), BackURL: ContactURL(in.Page), CSRF: in.CSRF, Error: in.Error,
	}
	p.Moves = mergeMoves(in)
	for i, x := range chat.Clashes(in.Keep, in.Gone) {
		c := MergeClash{ID: "clash-" + strconv.Itoa(i), Name: fieldLabel(x.Name), Input: "clash-" + strconv.Itoa(i), Mine: fieldValue(x.Name, x.Mine), Theirs: fieldValue(x.Name, x.Theirs)}
		if x.Attribute {
			c.Name, c.Mine, c.Theirs = line(x.Name), line(x.Mine), line(x.Theirs)
		}
		c.TakeTheirs = in.Chosen != nil && in.Chosen(c.Input)
		p.Clashes = append(p.Clashes, c)
	}
	for _, s := range fieldSpecs() {
		if mine, theirs := RawField(in.Keep, s.name), RawField(in.Gone, s.name); mine == "" && theirs != "" {
			p.Fills = append(p.Fills, Attribute{Key: s.label, Value: fieldValue(s.name, theirs)})
		}
	}
	return p
}

func otherOf(in *MergeInput) string {
	if in.Keep.ID == in.Page {
		return in.Gone.ID
	}
	return in.Keep.ID
}

func mergeSide(c *chat.Contact, clock Clock) MergeSide {
	name := ContactName(c)
	s := MergeSide{ID: c.ID, Name: name, URL: ContactURL(c.ID), Avatar: avatar(c.ID, name, nil), Created: clock.Moment(c.CreatedAt), Seen: clock.Moment(c.LastSeenAt)}
	for _, v := range []string{c.Phone, c.Email, CountryName(c.Country)} {
		if v != "" && v != name {
			s.Facts = append(s.Facts, line(v))
		}
	}
	return s
}

// mergeMoves counts what goes over.
func mergeMoves(in *MergeInput) []string {
	var out []string
	counts := map[chat.Channel]int{}
	for i := range in.Conversations {
		counts[in.Conversations[i].Channel]++
	}
	more := ""
	if in.More {
		more = " or more"
	}
	for _, channel := range []chat.Channel{chat.WhatsApp, chat.Instagram, chat.WebWidget} {
		if n := counts[channel]; n > 0 {
			out = append(out, fmt.Sprintf("%s%s on %s", in.Clock.Plural(n, "conversation"), more, ChannelOf(channel).Name))
		}
	}
	if in.Notes != "" {
		out = append(out, in.Notes)
	}
	active := slices.DeleteFunc(slices.Clone(in.Gone.Identities), func(i chat.Identity) bool { return !i.RetiredAt.IsZero() })
	if n := len(active); n > 0 {
		out = append(out, in.Clock.Plural(n, "identity"))
	}
	if n := len(in.Gone.Labels); n > 0 {
		out = append(out, in.Clock.Plural(n, "label"))
	}
	if n := len(in.Gone.Attributes); n > 0 {
		out = append(out, in.Clock.Plural(n, "attribute"))
	}
	return out
}

func fieldLabel(name string) string {
	for _, s := range fieldSpecs() {
		if s.name == name {
			return s.label
		}
	}
	return sentence(name)
}

// fieldValue is a field's value as people read it.
func fieldValue(name, raw string) string {
	switch name {
	case chat.FieldLanguage:
		return LanguageName(raw)
	case chat.FieldCountry:
		return CountryName(raw)
	case chat.FieldTimeZone:
		return strings.ReplaceAll(raw, "_", " ")
	}
	return raw
}

// An UndoPreview says what undoing a merge does.
type UndoPreview struct {
	Stays, Returns MergeSide
	Back           []string // identities and other things that go back
	Fields         []string // fields that become what they were
	Kept           []string // what stays with the survivor
	Proven         bool     // a message proved the merge, so they wrote in one conversation
	SaveURL        string
	BackURL        string
	CSRF           string
}

// UndoPreviewOf words the undoing of a merge before it is done.
func UndoPreviewOf(m *chat.Merge, split *chat.Split, conversations int, csrf string, clock Clock) *UndoPreview {
	base := ContactURL(m.Into)
	p := &UndoPreview{
		Stays: mergeSide(&split.Survivor, clock), Returns: mergeSide(&split.Returned, clock),
		SaveURL: base + "/merges/" + url.PathEscape(m.ID) + "/undo", BackURL: base, CSRF: csrf, Proven: m.Step.Choice.Proven,
	}
	for i := range split.Returned.Identities {
		id := identity(&split.Returned.Identities[i], clock)
		p.Back = append(p.Back, id.Channel.Name+", "+strings.ToLower(id.Kind)+": "+id.Value)
	}
	if conversations > 0 {
		p.Back = append(p.Back, clock.Plural(conversations, "conversation"))
	}
	if n := len(split.Returned.Labels); n > 0 {
		p.Back = append(p.Back, clock.Plural(n, "label"))
	}
	if n := len(split.Returned.Attributes); n > 0 {
		p.Back = append(p.Back, clock.Plural(n, "attribute"))
	}
	for _, name := range split.Back {
		value := fieldValue(name, RawField(&split.Survivor, name))
		if value == "" {
			value = "empty"
		}
		p.Fields = append(p.Fields, fieldLabel(name)+": "+line(value))
	}
	for _, name := range split.Kept {
		p.Kept = append(p.Kept, fieldLabel(name)+": "+line(fieldValue(name, RawField(&split.Survivor, name))))
	}
	return p
}

// MergeSearch finds the contact to merge with.
type MergeSearch struct {
	Name, Query, URL, BackURL string
	Found                     []Alike
	Nobody                    bool
}

// MergeSearchOf lists who could be merged with a contact.
func MergeSearchOf(c *chat.Contact, query string, found []chat.Contact, clock Clock) *MergeSearch {
	s := &MergeSearch{Name: ContactName(c), Query: query, URL: ContactURL(c.ID) + "/merge", BackURL: ContactURL(c.ID)}
	for i := range found {
		if found[i].ID == c.ID {
			continue
		}
		side := mergeSide(&found[i], clock)
		s.Found = append(s.Found, Alike{ID: side.ID, Name: side.Name, URL: side.URL, Avatar: side.Avatar, Reason: strings.Join(side.Facts, " · "), MergeURL: MergeURL(c.ID, side.ID, "")})
	}
	s.Nobody = query != "" && len(s.Found) == 0
	return s
}
