package chat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Suggestion is a contact who might be the same person, with the reason in words.
type Suggestion struct {
	Contact Contact
	Proven  bool // both sides are proven; everything else is somebody's word
	Reason  string
}

// A handle is something two records of one person would share.
type handle struct {
	kind, value string
	proven      bool
	how         string // where it comes from, in words
}

// maxDismissed bounds how many contacts one is said not to be; the newest stay.
const maxDismissed = 100

// handles are the phones, e-mails and customer ids of a contact, the proven ones first.
func (c *Contact) handles() []handle {
	var list []handle
	for _, id := range c.Identities {
		switch {
		case !id.RetiredAt.IsZero():
		case id.Kind == IdentityPhone:
			list = append(list, handle{"phone", id.Value, true, "writes from it"})
		case id.Kind == IdentityExternal && id.Verified:
			list = append(list, handle{"customer id", id.Value, true, "your site proved it"})
		}
	}
	if p, ok := c.Provenance[FieldEmail]; ok && p.Source == SourceProof {
		list = append(list, handle{"e-mail", strings.ToLower(c.Email), true, "your site proved it"})
	}
	list = append(list, handle{"phone", c.Phone, false, "on the profile"}, handle{"e-mail", strings.ToLower(c.Email), false, "on the profile"})
	for _, n := range c.Claims {
		switch n.Kind {
		case "phone":
			if phone, err := cleanPhone(n.Value); err == nil {
				list = append(list, handle{"phone", phone, false, "typed by the visitor"})
			}
		case "email":
			list = append(list, handle{"e-mail", strings.ToLower(n.Value), false, "typed by the visitor"})
		}
	}
	return slices.DeleteFunc(list, func(h handle) bool { return h.value == "" })
}

// Handles are the search terms under which other records of the same person would be found.
func (c *Contact) Handles() []string {
	var t termList
	for _, h := range c.handles() {
		t.add(fold(h.value))
	}
	return t.list
}

// Alike lists who of others might be the same person, the proven ones first. Nobody is suggested who was merged with the
// contact before, or of whom an agent said that they are somebody else.
func (c *Contact) Alike(others []Contact) []Suggestion {
	var out []Suggestion
	mine := c.handles()
	for i := range others {
		o := &others[i]
		if o.ID == c.ID || o.MergedInto != "" || c.RelatedTo(o.ID) || slices.Contains(c.Dismissed, o.ID) || slices.Contains(o.Dismissed, c.ID) {
			continue
		}
		if s, ok := alike(mine, o.handles()); ok {
			s.Contact = *o
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		if a.Proven != b.Proven {
			if a.Proven {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Contact.LastSeenAt.Compare(a.Contact.LastSeenAt), strings.Compare(a.Contact.ID, b.Contact.ID))
	})
	return out
}

// alike finds the strongest thing two records share. Both lists have the proven handles first.
func alike(mine, theirs []handle) (best Suggestion, found bool) {
	for _, a := range mine {
		for _, b := range theirs {
			if a.kind != b.kind || a.value != b.value || found && (best.Proven || !a.proven || !b.proven) {
				continue
			}
			words := fmt.Sprintf("Same %s %s (here: %s; there: %s)", a.kind, a.value, a.how, b.how)
			best, found = Suggestion{Proven: a.proven && b.proven, Reason: words}, true
		}
	}
	return best, found
}

// Dismiss notes that another contact is somebody else.
func (c *Contact) Dismiss(id string) {
	if id == "" || id == c.ID || slices.Contains(c.Dismissed, id) {
		return
	}
	c.Dismissed = append(c.Dismissed, id)
	c.Dismissed = slices.Delete(c.Dismissed, 0, max(0, len(c.Dismissed)-maxDismissed))
}

// Undismiss takes it back.
func (c *Contact) Undismiss(id string) {
	c.Dismissed = slices.DeleteFunc(slices.Clone(c.Dismissed), func(x string) bool { return x == id })
}
