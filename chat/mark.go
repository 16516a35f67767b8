package chat

import (
	"slices"
	"time"
)

// A Mark says who put a label or an attribute on a contact, and when. Documents from before there were marks have none.
type Mark struct {
	Kind string    `json:"kind" bson:"kind"` // MarkLabel or MarkAttribute
	Name string    `json:"name" bson:"name"` // of the label, or the key of the attribute
	By   string    `json:"by,omitempty" bson:"by,omitempty"`
	At   time.Time `json:"at" bson:"at"`
}

// What a Mark is about.
const (
	MarkLabel     = "label"
	MarkAttribute = "attribute"
)

// MarkOf is who set a label or attribute of the contact; ok is false when nobody knows.
func (c *Contact) MarkOf(kind, name string) (m Mark, ok bool) {
	i := slices.IndexFunc(c.Marks, func(m Mark) bool { return m.Kind == kind && m.Name == name })
	if i < 0 {
		return Mark{}, false
	}
	return c.Marks[i], true
}

// has reports whether the contact has this label, or this attribute with this value.
func (c *Contact) has(kind, name, value string) bool {
	if kind == MarkLabel {
		return slices.Contains(c.Labels, name)
	}
	now, ok := attributeOf(c.Attributes, name)
	return ok && now == value
}

// sign marks what is new since before as set by somebody. What was there keeps its mark, or stays without.
func (c *Contact) sign(before *Contact, by string, at time.Time) {
	c.remark(func(kind, name, value string) (Mark, bool) {
		if before.has(kind, name, value) {
			return before.MarkOf(kind, name)
		}
		return Mark{Kind: kind, Name: name, By: by, At: stamp(at)}, true
	})
}

// credit gives each label and attribute the mark it has on the first of the records that have it.
func (c *Contact) credit(records ...*Contact) {
	c.remark(func(kind, name, value string) (Mark, bool) {
		for _, r := range records {
			if r.has(kind, name, value) {
				return r.MarkOf(kind, name)
			}
		}
		return Mark{}, false
	})
}

func (c *Contact) remark(find func(kind, name, value string) (Mark, bool)) {
	var marks []Mark
	for _, l := range c.Labels {
		if m, ok := find(MarkLabel, l, ""); ok {
			marks = append(marks, m)
		}
	}
	for _, a := range c.Attributes {
		if m, ok := find(MarkAttribute, a.Key, a.Value); ok {
			marks = append(marks, m)
		}
	}
	c.Marks = marks
}

// Apply changes the labels of a contact as the job says. A renamed label was set by whoever set it under its old name.
func (j LabelJob) Apply(c *Contact) {
	was := *c
	if c.Labels, _ = j.Relabel(c.Labels); j.To == "" || slices.Contains(was.Labels, j.To) {
		c.credit(&was)
		return
	}
	was.Labels, was.Marks = c.Labels, slices.Clone(was.Marks)
	for i := range was.Marks {
		if m := &was.Marks[i]; m.Kind == MarkLabel && m.Name == j.From {
			m.Name = j.To
		}
	}
	c.credit(&was)
}

// LabelMark is who put a label on the conversation, as its timeline tells; ok is false when that was too long ago.
func (c *Conversation) LabelMark(label string) (m Mark, ok bool) {
	return c.markOf(MarkLabel, label, "labelled", "unlabelled")
}

// AttributeMark is who set an attribute of the conversation, as its timeline tells; ok is false when that was too long ago.
func (c *Conversation) AttributeMark(key string) (m Mark, ok bool) {
	return c.markOf(MarkAttribute, key, "attribute", "attribute_removed")
}

func (c *Conversation) markOf(kind, name, set, unset string) (Mark, bool) {
	e := c.newest(func(e *TimelineEntry) bool { return e.Text == name && (e.Type == set || e.Type == unset) })
	if e.Type != set { // none, or it came back under this name by another way than an agent's hand
		return Mark{}, false
	}
	return Mark{Kind: kind, Name: name, By: e.By, At: e.At}, true
}
