package chat

import (
	"slices"
	"strings"
	"time"
)

// Variants are the other spellings under which the person with this identity may be known: the ninth digit of Brazilian
// mobiles, the 1 of Mexican and the 9 of Argentine ones. They are for looking up only, after the exact spelling. No variant
// of a number is another subscriber's landline: Brazilian landlines begin with 2 to 5 and have none; an Argentine number
// without the 9 may be a landline, so only the 9 is taken away, never added.
func Variants(i Identity) []Identity {
	if i.Kind != IdentityPhone {
		return nil
	}
	digits, ok := strings.CutPrefix(i.Value, "+")
	if !ok || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return nil
	}
	other := respell(digits)
	if other == "" {
		return nil
	}
	i.Value = "+" + other
	return []Identity{i}
}

// respell is the other spelling of a number's digits, "" when there is none.
func respell(d string) string {
	n := len(d)
	switch {
	case strings.HasPrefix(d, "55") && n == 13 && d[4] == '9' && brazilianMobile(d[5:]):
		return d[:4] + d[5:]
	case strings.HasPrefix(d, "55") && n == 12 && brazilianMobile(d[4:]):
		return d[:4] + "9" + d[4:]
	case strings.HasPrefix(d, "521") && n == 13:
		return "52" + d[3:]
	case strings.HasPrefix(d, "52") && n == 12:
		return "521" + d[2:]
	case strings.HasPrefix(d, "549") && n == 13:
		return "54" + d[3:]
	default:
		return ""
	}
}

// brazilianMobile looks at the eight digits after the area code and the optional nine.
func brazilianMobile(d string) bool { return len(d) == 8 && d[0] >= '6' && d[0] <= '9' }

// Match decides whose event it is, given the identities of its payload, strongest first, and the contacts found under them
// and their variants. winner is -1 when the person is new.
//
// The contact that holds the strongest identity wins. A payload that shows exact identities of several contacts proves that
// they are one person: the others must be merged into the winner (in the order of their identities). After that no other
// found contact holds any of the ids, so the winner can take them all.
//
// A visitor id shown together with a proven user id does not lead to a contact that is proven to be another user: somebody else
// sits at the same browser now. The contact that loses an identity this way gives it up (Release).
//
// Another spelling of a number only decides when no identity matches exactly, and never proves two contacts to be one. It
// does not decide for a contact that is known by another id of the same kind as one in the payload: two BSUIDs of one
// portfolio are two people, however alike their numbers.
func Match(ids []Identity, found []Contact) (winner int, others []int) {
	winner = -1
	for _, id := range ids {
		switch n := holderOf(id.Key(), found); {
		case n < 0 || n == winner || slices.Contains(others, n):
		case id.Kind == IdentityVisitor && otherUser(&found[n], ids):
		case winner < 0:
			winner = n
		default:
			others = append(others, n)
		}
	}
	if winner >= 0 {
		return winner, others
	}
	for _, id := range ids {
		for _, v := range Variants(id) {
			if n := holderOf(v.Key(), found); n >= 0 && !differs(&found[n], ids) {
				return n, nil
			}
		}
	}
	return -1, nil
}

// otherUser reports whether the contact is proven to be a user that none of these ids is, though they prove one.
func otherUser(c *Contact, ids []Identity) bool {
	isUser := func(x Identity) bool { return x.Kind == IdentityExternal && x.RetiredAt.IsZero() }
	proven := slices.ContainsFunc(ids, isUser)
	same := slices.ContainsFunc(c.Identities, func(x Identity) bool {
		return isUser(x) && slices.ContainsFunc(ids, func(id Identity) bool { return id.Key() == x.Key() })
	})
	return proven && !same && slices.ContainsFunc(c.Identities, isUser)
}

// Wrote reports whether the event is from the time when the contact had one of its identities, which it has given up since: a
// message that comes late is still theirs, whoever has the number now. What comes from a proven other user is not: a browser that two
// people share was given up at that very event.
func (c *Contact) Wrote(e *Event) bool {
	at := happenedAt(e)
	return !otherUser(c, e.Identities) && slices.ContainsFunc(c.Identities, func(x Identity) bool {
		return !x.RetiredAt.IsZero() && !at.After(x.RetiredAt) &&
			slices.ContainsFunc(e.Identities, func(id Identity) bool { return id.Key() == x.Key() })
	})
}

// Release gives up an identity that turned out to be somebody else's now, and reports whether the contact held it.
func (c *Contact) Release(key string, at time.Time) bool {
	for i := range c.Identities {
		if x := &c.Identities[i]; x.Key() == key && x.RetiredAt.IsZero() {
			x.RetiredAt = later(x.LastSeen, at)
			c.Reindex()
			return true
		}
	}
	return false
}

func holderOf(key string, found []Contact) int {
	return slices.IndexFunc(found, func(c Contact) bool { return slices.Contains(c.Keys, key) })
}

// differs reports whether the contact is known by an identity that one of these contradicts. A number contradicts nothing:
// people have several.
func differs(c *Contact, ids []Identity) bool {
	return slices.ContainsFunc(ids, func(id Identity) bool {
		return id.Kind != IdentityPhone && slices.ContainsFunc(c.Identities, func(own Identity) bool {
			return own.RetiredAt.IsZero() && own.Kind == id.Kind && own.Channel == id.Channel && own.Scope == id.Scope && own.Value != id.Value
		})
	})
}
