package chat

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// maxClaims bounds what visitors typed about themselves; the newest stay.
const maxClaims = 20

// NewContact makes the contact of a person first seen in this event, with what the event tells about them.
func NewContact(e *Event) Contact {
	c := Contact{ID: EventID("contact", e.ID), CreatedAt: happenedAt(e)}
	c.Learn(e)
	return c
}

// Learn takes in what an event says about its person and reports whether that is news. The same events in any order leave
// the same contact, except that a profile which leaves out a field keeps what an earlier one said.
func (c *Contact) Learn(e *Event) bool {
	at := happenedAt(e)
	changed := false
	thread := c.threadOf(e.IdentityKeys()...)
	for _, id := range e.Identities {
		id.Thread = thread // of one that is new: whoever writes in a thread goes on in it under another id
		changed = c.meet(id, at) || changed
	}
	changed = c.visit(e, at) || changed
	if e.Profile != nil {
		changed = c.profile(*e.Profile, at) || changed
	}
	changed = c.learnFields(e, at) || changed
	for kind, value := range e.Claims {
		changed = c.claim(Claim{Kind: kind, Value: clip(clean(value), maxEmail), At: at}) || changed
	}
	if changed {
		c.Reindex()
	}
	return changed
}

// meet adds an identity, or notes that it was seen again. One that was given up comes back only when it is seen later.
func (c *Contact) meet(id Identity, at time.Time) bool {
	i := slices.IndexFunc(c.Identities, func(x Identity) bool { return x.Key() == id.Key() })
	if i < 0 {
		id.FirstSeen, id.LastSeen = at, at
		c.Identities = append(c.Identities, id)
		return true
	}
	was := c.Identities[i]
	now := was
	now.FirstSeen = earlier(was.FirstSeen, at)
	now.Verified = was.Verified || id.Verified
	if newMinute(was.LastSeen, at) || !was.RetiredAt.IsZero() {
		now.LastSeen = later(was.LastSeen, at)
	}
	if now.LastSeen.After(now.RetiredAt) {
		now.RetiredAt = time.Time{}
	}
	c.Identities[i] = now
	return now != was
}

// threadOf is the Thread of the first of these identities that the contact has.
func (c *Contact) threadOf(keys ...string) string {
	for _, key := range keys {
		if i := slices.IndexFunc(c.Identities, func(x Identity) bool { return x.Key() == key }); i >= 0 {
			return c.Identities[i].Thread
		}
	}
	return ""
}

// ThreadOwner is the contact whose conversations messages by the identities with these keys go on in: this one, or one that an
// agent merged into it. Two telephones are two threads, whoever holds them: that is how an answer finds the right one, and how
// a merge is undone without anything left behind.
func (c *Contact) ThreadOwner(keys ...string) string { return cmp.Or(c.threadOf(keys...), c.ID) }

// newMinute reports whether at is in a later minute than seen. "Seen" marks move once a minute: a contact is not written anew
// for every message of a burst.
func newMinute(seen, at time.Time) bool {
	return at.Truncate(time.Minute).After(seen.Truncate(time.Minute))
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// visit notes where and when the person was there. Echoes and delivery words are not their doing.
func (c *Contact) visit(e *Event, at time.Time) bool {
	changed := false
	if len(e.Identities) > 0 && !slices.Contains(c.Channels, e.Channel) {
		c.Channels = append(c.Channels, e.Channel)
		slices.Sort(c.Channels)
		changed = true
	}
	if e.Kind != KindEcho && e.Kind != KindStatus && e.Direction != Outbound && newMinute(c.LastSeenAt, at) {
		c.LastSeenAt, changed = at, true
	}
	return changed
}

// profile keeps the newest profile of each channel account; what it leaves out stays.
func (c *Contact) profile(p Profile, at time.Time) bool {
	p.Name, p.Username = clip(clean(p.Name), maxName), strings.TrimPrefix(clip(clean(p.Username), maxName), "@")
	if p.SeenAt.IsZero() {
		p.SeenAt = at
	}
	i := slices.IndexFunc(c.Profiles, func(x Profile) bool { return x.Channel == p.Channel && x.Account == p.Account })
	if i < 0 {
		c.Profiles = append(c.Profiles, p)
		slices.SortFunc(c.Profiles, func(a, b Profile) int {
			return cmp.Or(strings.Compare(string(a.Channel), string(b.Channel)), strings.Compare(a.Account, b.Account))
		})
		return true
	}
	was := c.Profiles[i]
	now := newerProfile(was, p)
	if seen := now.SeenAt; !newMinute(was.SeenAt, seen) {
		now.SeenAt = was.SeenAt
		if now != was {
			now.SeenAt = seen
		}
	}
	c.Profiles[i] = now
	return now != was
}

func newerProfile(a, b Profile) Profile {
	if order := b.SeenAt.Compare(a.SeenAt); order < 0 || order == 0 && cmp.Or(strings.Compare(b.Name, a.Name), strings.Compare(b.Username, a.Username)) < 0 {
		a, b = b, a
	}
	b.Name, b.Username = cmp.Or(b.Name, a.Name), cmp.Or(b.Username, a.Username)
	b.FollowerCount = cmp.Or(b.FollowerCount, a.FollowerCount)
	return b
}

// learnFields fills fields of the contact from what the event proves, tells or lets us guess.
func (c *Contact) learnFields(e *Event, at time.Time) bool {
	by := string(e.Channel)
	source := SourcePlatform
	if e.Channel == WebWidget {
		source = SourceClaim
		if e.Verified {
			source = SourceProof
		}
	}
	changed := c.offer(FieldName, clip(clean(e.ContactName), maxName), source, by, at)
	if e.Verified {
		if email, err := cleanEmail(e.Aliases["email"]); err == nil {
			changed = c.offer(FieldEmail, email, SourceProof, by, at) || changed
		}
	}
	changed = c.offerPhone() || changed
	if e.Session != nil {
		changed = c.offer(FieldLanguage, languageOf(e.Session.Locale), SourceDerived, by, at) || changed
	}
	return changed
}

// offerPhone takes the number from the phone identity the person took up last.
func (c *Contact) offerPhone() bool {
	var best *Identity
	for i := range c.Identities {
		id := &c.Identities[i]
		if id.Kind != IdentityPhone || !id.RetiredAt.IsZero() {
			continue
		}
		if best == nil || cmp.Or(id.FirstSeen.Compare(best.FirstSeen), strings.Compare(id.Key(), best.Key())) > 0 {
			best = id
		}
	}
	p, set := c.Provenance[FieldPhone]
	if best == nil || set && rank(p.Source) < rank(SourcePlatform) {
		return false
	}
	now := Provenance{Source: SourcePlatform, By: string(best.Channel), At: best.FirstSeen, Version: c.Version + 1}
	if c.Phone == best.Value && set {
		now.Version = p.Version
	}
	if c.Phone == best.Value && now == p {
		return false
	}
	c.put(FieldPhone, best.Value, now)
	return true
}

// claim notes what a visitor typed; of equal claims the newest time stays.
func (c *Contact) claim(n Claim) bool {
	if n.Value == "" || n.Kind != "name" && n.Kind != "email" && n.Kind != "phone" {
		return false
	}
	i := slices.IndexFunc(c.Claims, func(x Claim) bool { return x.Kind == n.Kind && x.Value == n.Value })
	if i >= 0 && !n.At.After(c.Claims[i].At) {
		return false
	}
	was := slices.Clone(c.Claims)
	if i >= 0 {
		c.Claims[i] = n
	} else {
		c.Claims = append(c.Claims, n)
	}
	slices.SortFunc(c.Claims, func(a, b Claim) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Value, b.Value))
	})
	c.Claims = slices.Delete(c.Claims, 0, max(0, len(c.Claims)-maxClaims))
	return !slices.Equal(was, c.Claims)
}

// Rekey moves the person to new identities: the old ones find nobody any more, unless they were seen again after at. An
// identity that is in both lists stays.
func (c *Contact) Rekey(ch IdentityChange, at time.Time) {
	stays := func(x Identity) bool {
		return slices.ContainsFunc(ch.New, func(n Identity) bool { return n.Key() == x.Key() })
	}
	for _, id := range ch.New {
		c.meet(id, at)
	}
	for _, id := range ch.Old {
		if stays(id) {
			continue
		}
		c.meet(id, at)
		i := slices.IndexFunc(c.Identities, func(x Identity) bool { return x.Key() == id.Key() })
		if own := &c.Identities[i]; !own.LastSeen.After(at) {
			own.RetiredAt = later(own.RetiredAt, at)
		}
	}
	c.offerPhone()
	c.Reindex()
}

// Absorb takes in another record of the same person. Where both have a value the stronger source wins, then the newer one;
// what an agent set here stays.
func (c *Contact) Absorb(o Contact) {
	before := *c
	for _, id := range o.Identities {
		c.absorbIdentity(id)
	}
	for _, l := range o.Labels {
		key := LabelKey(l)
		taken := key != "" && slices.ContainsFunc(c.Labels, func(x string) bool { return LabelKey(x) == key })
		if !taken && len(c.Labels) < MaxLabels {
			c.Labels = AddLabel(c.Labels, l)
		}
	}
	for _, a := range o.Attributes {
		has := slices.ContainsFunc(c.Attributes, func(x Attribute) bool { return x.Key == a.Key })
		if list, changed, err := setAttribute(c.Attributes, a.Key, a.Value, ""); !has && err == nil && changed {
			c.Attributes = list
		}
	}
	c.credit(&before, &o)
	for _, p := range o.Profiles {
		c.profile(p, p.SeenAt)
	}
	for _, n := range o.Claims {
		c.claim(n)
	}
	for field, p := range o.Provenance {
		if value := o.field(field); value != nil {
			c.offer(field, *value, p.Source, p.By, p.At)
		}
	}
	c.offerPhone()
	c.absorbHistory(&o)
	c.Reindex()
}

func (c *Contact) absorbIdentity(id Identity) {
	i := slices.IndexFunc(c.Identities, func(x Identity) bool { return x.Key() == id.Key() })
	if i < 0 {
		c.Identities = append(c.Identities, id)
		return
	}
	own := &c.Identities[i]
	own.FirstSeen, own.LastSeen = earlier(own.FirstSeen, id.FirstSeen), later(own.LastSeen, id.LastSeen)
	own.Verified = own.Verified || id.Verified
	own.RetiredAt = later(own.RetiredAt, id.RetiredAt)
	if own.LastSeen.After(own.RetiredAt) {
		own.RetiredAt = time.Time{}
	}
}

func (c *Contact) absorbHistory(o *Contact) {
	for _, id := range append([]string{o.ID}, o.MergedFrom...) {
		if id != c.ID && !slices.Contains(c.MergedFrom, id) {
			c.MergedFrom = append(c.MergedFrom, id)
		}
	}
	slices.Sort(c.MergedFrom)
	c.relate(o.ID)
	for _, ch := range o.Channels {
		if !slices.Contains(c.Channels, ch) {
			c.Channels = append(c.Channels, ch)
		}
	}
	slices.Sort(c.Channels)
	for _, i := range o.Insights {
		if !slices.Contains(c.Insights, i) {
			c.Insights = append(c.Insights, i)
		}
	}
	c.CreatedAt = earlier(c.CreatedAt, o.CreatedAt)
	c.LastSeenAt = later(c.LastSeenAt, o.LastSeenAt)
}

// maxRelated bounds how many contacts one remembers having been merged with; the newest stay.
const maxRelated = 20

func (c *Contact) relate(id string) {
	if i := slices.Index(c.Related, id); i >= 0 {
		c.Related = slices.Delete(c.Related, i, i+1)
	}
	c.Related = append(c.Related, id)
	c.Related = slices.Delete(c.Related, 0, max(0, len(c.Related)-maxRelated))
}

// MergeInto makes this record an alias of another contact. It keeps all it knew, its keys included, until GiveUpKeys: whoever
// finds it by one of them is led to the other.
func (c *Contact) MergeInto(id, merge string) {
	c.MergedInto, c.MergedBy, c.Step, c.Former, c.Terms, c.Traits = id, merge, nil, nil, nil, nil
	c.relate(id)
}

// GiveUpKeys makes an alias find nobody any more.
func (c *Contact) GiveUpKeys() { c.Keys, c.Terms, c.Traits = []string{}, nil, nil }
