package view

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"switchboard/chat"
)

// An Erase asks before a person is erased.
type Erase struct {
	Form
	Name    string
	URL     string // of the contact
	Action  string
	Export  string
	Removed []Fact
	Expires []Expiring
	Refused string
}

// An Expiring is a copy that goes by itself.
type Expiring struct {
	What, When, Note string
}

// EraseOf says what erasing a person removes, and what stays until when.
func EraseOf(c *chat.Contact, plan *chat.ErasurePlan, expires []chat.Expiry, form Form, refused string, clock Clock) Erase {
	page := ContactURL(c.ID)
	return Erase{
		Form: form, Name: ContactName(c), URL: page, Action: page + "/erase", Export: page + "/export",
		Removed: removed(plan.Removed, clock), Expires: expiring(expires, clock), Refused: refused,
	}
}

func removed(counts []chat.ErasureCount, clock Clock) []Fact {
	var out []Fact
	for _, c := range counts {
		if c.Count > 0 {
			out = append(out, Fact{Name: sentence(c.Kind), Value: clock.Number(c.Count)})
		}
	}
	return out
}

func expiring(list []chat.Expiry, clock Clock) []Expiring {
	var out []Expiring
	for _, e := range list {
		x := Expiring{What: e.What, When: "Not known", Note: e.Note}
		if !e.At.IsZero() {
			x.When = "Gone by " + clock.Moment(e.At).Exact
		}
		out = append(out, x)
	}
	return out
}

// A Certificate shows what an erasure removed.
type Certificate struct {
	ID         string
	URL        string
	TextURL    string
	By         string
	At         Moment
	Finished   *Moment // nil: under way
	Removed    []Fact
	Expires    []Expiring
	RefreshURL string // while it is under way
}

func erasureURL(id string) string { return "/settings/erasures/" + url.PathEscape(id) }

// CertificateOf shows an erasure.
func CertificateOf(e *chat.Erasure, clock Clock) Certificate {
	page := erasureURL(e.ID)
	c := Certificate{
		ID: e.ID, URL: page, TextURL: page + "/certificate.txt", By: orSomebody(e.ByName), At: clock.Moment(e.RequestedAt),
		Removed: removed(e.Removed, clock), Expires: expiring(e.Expires, clock),
	}
	if e.State == chat.ErasureRunning {
		c.RefreshURL = page
		return c
	}
	finished := clock.Moment(e.FinishedAt)
	c.Finished = &finished
	return c
}

// An ErasureList is the certificates, newest first.
type ErasureList struct {
	Items []Certificate
	More  string
}

// ErasureListOf lists certificates.
func ErasureListOf(l chat.List[chat.Erasure], clock Clock) ErasureList {
	var out ErasureList
	for i := range l.Items {
		out.Items = append(out.Items, CertificateOf(&l.Items[i], clock))
	}
	if l.Next != "" {
		out.More = URL("/settings/erasures", url.Values{"after": {l.Next}})
	}
	return out
}

// CertificateText is the certificate as a file. Its times are in UTC, so that it says the same to everybody.
func CertificateText(e *chat.Erasure) string {
	var b strings.Builder
	moment := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
	fmt.Fprintf(&b, "CERTIFICATE OF ERASURE\n\nErasure    %s\nOrdered    %s\nBy         %s (user %s)\n", e.ID, moment(e.RequestedAt), orSomebody(e.ByName), e.By)
	if e.State == chat.ErasureRunning {
		b.WriteString("Finished   not yet: documents are still being removed\n")
	} else {
		fmt.Fprintf(&b, "Finished   %s\n", moment(e.FinishedAt))
	}
	b.WriteString("\nRemoved (as counted when it was ordered)\n")
	for _, c := range e.Removed {
		fmt.Fprintf(&b, "  %-40s %d\n", sentence(c.Kind), c.Count)
	}
	b.WriteString("\nLedger entries are kept without names, numbers, ids of the person, and texts: they prove that no webhook was lost.\n")
	b.WriteString("\nExpires by itself\n")
	for _, x := range e.Expires {
		when := "not known"
		if !x.At.IsZero() {
			when = "by " + moment(x.At)
		}
		fmt.Fprintf(&b, "  %s: %s\n", x.What, when)
		if x.Note != "" {
			fmt.Fprintf(&b, "    %s\n", x.Note)
		}
	}
	b.WriteString("\nSalted hashes of the person's identities are kept, so that older records of the log do not bring the person back.\n" +
		"This certificate holds no personal data of the person who was erased.\n")
	return b.String()
}

// FileWord is a word that is safe in a file name on every system: letters, digits and hyphens, not too long, never empty.
func FileWord(s string) string {
	word := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return '-'
	}, s), "-")
	word = strings.Trim(word[:min(len(word), 40)], "-")
	if word == "" {
		return "x"
	}
	return word
}

// Privacy is what may be done with a person's data; empty for those who may not.
type Privacy struct {
	ExportURL, EraseURL string
}

// PrivacyOf offers export and erasure of a person.
func PrivacyOf(contactID string) *Privacy {
	page := ContactURL(contactID)
	return &Privacy{ExportURL: page + "/export", EraseURL: page + "/erase"}
}
