package chat

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A MergeStep is a merge, or the undoing of one, announced on the contact that survives. Whoever meets it finishes it, so a
// crash between any two of its writes leaves nothing half done for good.
type MergeStep struct {
	Merge    string      `json:"merge" bson:"merge"` // id of the record
	Other    string      `json:"other" bson:"other"` // the contact that is taken in, or given back
	Undo     bool        `json:"undo,omitempty" bson:"undo,omitempty"`
	Released bool        `json:"released,omitempty" bson:"released,omitempty"` // undoing: the survivor has let go already
	Choice   MergeChoice `json:"choice" bson:"choice"`
	By       string      `json:"by,omitempty" bson:"by,omitempty"` // agent's display name; empty: a message proved it
	At       time.Time   `json:"at" bson:"at"`
}

// A MergeChoice says which values of the record that goes away win over the survivor's.
type MergeChoice struct {
	Proven     bool     `json:"proven,omitempty" bson:"proven,omitempty"` // nobody chose: stronger sources win (Contact.Absorb)
	Fields     []string `json:"fields,omitempty" bson:"fields,omitempty"`
	Attributes []string `json:"attributes,omitempty" bson:"attributes,omitempty"`
}

// A MergeOrder is what an agent decided about two records. Digest is their MergeDigest as the agent saw them.
type MergeOrder struct {
	Choice MergeChoice
	Digest string
	By     string
}

// A Merge is the record of two contacts having become one: all that is needed to undo it, beside the alias that the taken
// record has become.
type Merge struct {
	ID       string    `json:"id" bson:"_id"`
	Version  int64     `json:"version" bson:"version"`
	Into     string    `json:"into" bson:"into"`
	From     string    `json:"from" bson:"from"`
	FromName string    `json:"from_name,omitempty" bson:"from_name,omitempty"`
	Step     MergeStep `json:"step" bson:"step"`
	Before   Contact   `json:"before" bson:"before"` // the survivor as it was
	At       time.Time `json:"at" bson:"at"`

	Keys     []string  `json:"keys,omitempty" bson:"keys,omitempty"`         // identities on their way from one contact to the other at this moment
	Returned *Contact  `json:"returned,omitempty" bson:"returned,omitempty"` // undoing: what the other contact is about to be
	UndoneBy string    `json:"undone_by,omitempty" bson:"undone_by,omitempty"`
	UndoneAt time.Time `json:"undone_at,omitzero" bson:"undone_at,omitempty"`
}

// MergeID names the merge that is announced on this version of the surviving contact.
func MergeID(into *Contact, from string) string {
	return EventID("merge", into.ID, from, strconv.FormatInt(into.Version, 10))
}

// NewMerge records the merge that is announced on the contact, of the alias into it.
func NewMerge(c, alias *Contact) Merge {
	before := c.clone()
	before.Step = nil
	taken := alias.restored()
	return Merge{
		ID: c.Step.Merge, Into: c.ID, From: alias.ID, FromName: alias.Name, Step: *c.Step, At: c.Step.At,
		Before: before, Keys: taken.Keys,
	}
}

// Undoing reports whether the merge was undone, or is about to be.
func (m *Merge) Undoing() bool { return m.Returned != nil || !m.UndoneAt.IsZero() }

// Done ends the record: nothing is on its way any more.
func (m *Merge) Done() { m.Keys, m.Returned = nil, nil }

// clone shares nothing with the contact.
func (c *Contact) clone() Contact {
	o := *c
	o.Identities, o.Keys, o.Labels, o.Attributes = slices.Clone(c.Identities), slices.Clone(c.Keys), slices.Clone(c.Labels), slices.Clone(c.Attributes)
	o.Former, o.Marks = slices.Clone(c.Former), slices.Clone(c.Marks)
	o.Profiles, o.Claims, o.Provenance = slices.Clone(c.Profiles), slices.Clone(c.Claims), maps.Clone(c.Provenance)
	o.MergedFrom, o.Related, o.Dismissed = slices.Clone(c.MergedFrom), slices.Clone(c.Related), slices.Clone(c.Dismissed)
	o.Channels, o.Terms = slices.Clone(c.Channels), slices.Clone(c.Terms)
	if c.Step != nil {
		step := *c.Step
		o.Step = &step
	}
	return o
}

// Holds reports whether the contact is found by this key.
func (c *Contact) Holds(key string) bool { return slices.Contains(c.Keys, key) }

// RelatedTo reports whether the two were ever merged.
func (c *Contact) RelatedTo(id string) bool { return slices.Contains(c.Related, id) }

// restored is an alias as the contact it was.
func (c *Contact) restored() Contact {
	o := c.clone()
	o.MergedInto, o.MergedBy, o.Step = "", "", nil
	o.Reindex()
	return o
}

// mergeFields are the fields an agent chooses between, in the order they are shown.
func mergeFields() []string {
	return []string{FieldName, FieldPhone, FieldEmail, FieldLanguage, FieldCountry, FieldLocation, FieldTimeZone, FieldAgentInstructions}
}

// Merged is what the contact becomes by taking in the alias as its step says.
func (c *Contact) Merged(alias *Contact) Contact {
	return merged(c, alias, *c.Step)
}

func merged(c, alias *Contact, step MergeStep) Contact {
	out := c.clone()
	out.Step = nil
	out.Absorb(*alias)
	if step.Choice.Proven {
		return out
	}
	for i := range out.Identities { // an agent says that two are one, but they go on writing from where they do
		if id := &out.Identities[i]; !has(c.Identities, *id) {
			id.Thread = cmp.Or(id.Thread, alias.ID)
		}
	}
	for _, name := range mergeFields() {
		out.take(name, c, alias, step)
	}
	for _, a := range alias.Attributes {
		mine, have := attributeOf(c.Attributes, a.Key)
		if have && mine != a.Value && slices.Contains(step.Choice.Attributes, a.Key) {
			if list, _, err := setAttribute(out.Attributes, a.Key, a.Value, mine); err == nil {
				out.Attributes = list
			}
		}
	}
	out.credit(c, alias)
	out.offerPhone()
	out.Reindex()
	return out
}

func has(list []Identity, id Identity) bool {
	return slices.ContainsFunc(list, func(x Identity) bool { return x.Key() == id.Key() })
}

// take sets one field as the agent chose it. A value that was chosen over another is the agent's from now on: no platform
// changes it again. One that was not contested keeps its source.
func (c *Contact) take(name string, mine, theirs *Contact, step MergeStep) {
	a, b := *mine.field(name), *theirs.field(name)
	from := mine
	if a == "" || b != "" && b != a && slices.Contains(step.Choice.Fields, name) {
		from = theirs
	}
	if *from.field(name) == "" {
		from = mine
	}
	p, set := from.Provenance[name]
	contested := a != "" && b != "" && a != b
	switch {
	case contested && p.Source != SourceAgent:
		p = Provenance{Source: SourceAgent, By: step.By, At: stamp(step.At)}
	case !set:
		*c.field(name) = *from.field(name)
		delete(c.Provenance, name)
		return
	}
	if from != mine || contested || *c.field(name) != a {
		p.Version = c.Version + 1
	}
	c.put(name, *from.field(name), p)
}

func attributeOf(list []Attribute, key string) (string, bool) {
	for _, a := range list {
		if a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// A Clash is one value that two records disagree about.
type Clash struct {
	Name         string // of the field or attribute
	Attribute    bool
	Mine, Theirs string // the survivor's, and that of the record that goes away
}

// Clashes lists what two records disagree about: fields first, then attributes.
func Clashes(into, from *Contact) []Clash {
	var out []Clash
	for _, name := range mergeFields() {
		if a, b := *into.field(name), *from.field(name); a != "" && b != "" && a != b {
			out = append(out, Clash{Name: name, Mine: a, Theirs: b})
		}
	}
	for _, x := range from.Attributes {
		if mine, have := attributeOf(into.Attributes, x.Key); have && mine != x.Value {
			out = append(out, Clash{Name: x.Key, Attribute: true, Mine: mine, Theirs: x.Value})
		}
	}
	return out
}

// MergeDigest is short for everything an agent decides about when merging two records. When it has changed since the preview,
// the decision was about something else.
func MergeDigest(into, from *Contact) string {
	h := sha256.New()
	for _, c := range []*Contact{into, from} {
		h.Write([]byte(c.ID))
		for _, name := range mergeFields() {
			h.Write([]byte("\x00" + name + "\x00" + *c.field(name)))
		}
		for _, a := range c.Attributes {
			h.Write([]byte("\x01" + a.Key + "\x01" + a.Value))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
