package chat

import (
	"slices"
	"time"
)

// A Split is what becomes of two merged records when their merge is undone.
type Split struct {
	Survivor Contact
	Returned Contact
	Back     []string // fields of the survivor that go back to what they were
	Kept     []string // fields that were edited since and stay with the survivor
}

// Split works out what undoing the merge leaves: now is the survivor, alias the record that was taken in. Both get back what
// they had. What an agent set since then stays with the survivor; what platforms told since then is told again with the next
// message. An identity that was first seen since goes with its thread, or to the record that alone has others of its channel;
// else it stays.
func (m *Merge) Split(now, alias *Contact) Split {
	taken := alias.restored()
	left := merged(&m.Before, alias, m.Step)
	s := Split{Survivor: now.clone(), Returned: taken}
	s.Survivor.Identities, s.Returned.Identities = m.splitIdentities(now, &taken)
	s.fields(&m.Before, &left)
	s.lists(&m.Before, &left, &taken)
	s.profiles(&m.Before, &taken)
	s.history(&m.Before, &taken)
	s.Returned.Step = nil
	s.Survivor.offerPhone()
	s.Returned.offerPhone()
	s.Survivor.Reindex()
	s.Returned.Reindex()
	return s
}

func (m *Merge) splitIdentities(now, taken *Contact) (stay, back []Identity) {
	for _, id := range now.Identities {
		i := slices.IndexFunc(m.Before.Identities, func(x Identity) bool { return x.Key() == id.Key() })
		was := slices.IndexFunc(taken.Identities, func(x Identity) bool { return x.Key() == id.Key() })
		switch {
		case was >= 0:
			id.Thread = taken.Identities[was].Thread
			back = append(back, id)
			if i >= 0 { // given up by one of them at some time; both remember it
				stay = append(stay, m.Before.Identities[i])
			}
		case i < 0 && id.Thread == taken.ID, i < 0 && id.Thread == "" && taken.knows(id) && !m.Before.knows(id):
			id.Thread = ""
			back = append(back, id)
		case i < 0 && id.Thread != "" && slices.ContainsFunc(taken.Identities, func(x Identity) bool { return x.Thread == id.Thread }):
			back = append(back, id)
		default:
			stay = append(stay, id)
		}
	}
	return stay, back
}

// knows reports whether the contact has an identity of the same channel and scope in use.
func (c *Contact) knows(id Identity) bool {
	return slices.ContainsFunc(c.Identities, func(x Identity) bool {
		return x.RetiredAt.IsZero() && x.Channel == id.Channel && x.Scope == id.Scope
	})
}

func (s *Split) fields(before, left *Contact) {
	c := &s.Survivor
	for _, name := range mergeFields() {
		had, p := *before.field(name), before.Provenance[name]
		value, now := *c.field(name), c.Provenance[name]
		same := value == *left.field(name) && now.Source == left.Provenance[name].Source && now.By == left.Provenance[name].By
		switch {
		case !same && now.Source == SourceAgent:
			if value != had {
				s.Kept = append(s.Kept, name)
			}
			continue
		case !same && had == "" && value != *left.field(name):
			continue // learned since, and nothing else is known
		}
		if value != had {
			s.Back = append(s.Back, name)
		}
		if _, set := before.Provenance[name]; !set {
			*c.field(name) = had
			delete(c.Provenance, name)
			continue
		}
		if p.Version = now.Version; value != had {
			p.Version = c.Version + 1
		}
		c.put(name, had, p)
	}
}

// lists takes back the labels and attributes that came with the other record, unless they were edited since.
func (s *Split) lists(before, left, taken *Contact) {
	c := &s.Survivor
	now := *c
	for _, l := range taken.Labels {
		if !slices.Contains(before.Labels, l) && slices.Contains(left.Labels, l) {
			c.Labels = RemoveLabel(c.Labels, l)
		}
	}
	for _, a := range taken.Attributes {
		merged, _ := attributeOf(left.Attributes, a.Key)
		value, there := attributeOf(c.Attributes, a.Key)
		had, was := attributeOf(before.Attributes, a.Key)
		switch {
		case !there || value != merged:
		case !was:
			c.Attributes, _ = removeAttribute(c.Attributes, a.Key)
		case had != value:
			if list, _, err := setAttribute(c.Attributes, a.Key, had, value); err == nil {
				c.Attributes = list
			}
		}
	}
	c.credit(&now, before)
	c.Claims = slices.DeleteFunc(c.Claims, func(n Claim) bool {
		same := func(x Claim) bool { return x.Kind == n.Kind && x.Value == n.Value }
		return slices.ContainsFunc(taken.Claims, same) && !slices.ContainsFunc(before.Claims, same)
	})
}

// profiles gives each record the profiles of the accounts it had; what was learned since is told again.
func (s *Split) profiles(before, taken *Contact) {
	var stay []Profile
	for _, p := range s.Survivor.Profiles {
		same := func(x Profile) bool { return x.Channel == p.Channel && x.Account == p.Account }
		mine := slices.IndexFunc(before.Profiles, same)
		theirs := slices.IndexFunc(taken.Profiles, same)
		switch {
		case mine >= 0 && theirs >= 0:
			stay = append(stay, before.Profiles[mine])
		case theirs >= 0:
			s.Returned.Profiles[theirs] = p
		default:
			stay = append(stay, p)
		}
	}
	s.Survivor.Profiles = stay
}

func (s *Split) history(before, taken *Contact) {
	c, o := &s.Survivor, &s.Returned
	gone := append([]string{o.ID}, taken.MergedFrom...)
	c.MergedFrom = slices.DeleteFunc(c.MergedFrom, func(id string) bool {
		return slices.Contains(gone, id) && !slices.Contains(before.MergedFrom, id)
	})
	o.MergedFrom = taken.MergedFrom
	c.CreatedAt = before.CreatedAt
	c.Channels, c.LastSeenAt = was(c, before)
	o.Channels, o.LastSeenAt = was(o, taken)
}

// was is where and when the person was there, from what the record says and from its identities.
func was(c, before *Contact) ([]Channel, time.Time) {
	channels, seen := slices.Clone(before.Channels), before.LastSeenAt
	for _, id := range c.Identities {
		seen = later(seen, id.LastSeen)
		if !slices.Contains(channels, id.Channel) {
			channels = append(channels, id.Channel)
		}
	}
	slices.Sort(channels)
	return channels, seen
}

// Owns reports whether a conversation of the survivor goes back when the merge is undone: the merge moved it, it is in the
// thread of who goes, or somebody opened it since by an identity that goes back. Messages stay in their conversation.
func (m *Merge) Owns(c *Conversation) bool {
	if _, moved := c.MoveOf(m.ID); moved || c.InThreadOf(m.From) {
		return true
	}
	return len(c.Moves) == 0 && c.Opener != "" && m.Returned != nil && m.Returned.Holds(c.Opener) && !m.Before.Holds(c.Opener)
}
