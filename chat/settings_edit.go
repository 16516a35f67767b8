package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Edits of the settings. Each takes what the editor saw (Seen of the thing, "" for a new one): when a colleague changed it
// since, the error is a *ConflictError that says who, when, and what stands there now.

// maxSettingEdits bounds how many last changes are remembered.
const maxSettingEdits = 200

// An Editor is the colleague who changes the settings, and when.
type Editor struct {
	Name string
	At   time.Time
}

// done notes who changed a part of the settings last.
func (s *Settings) done(what string, by Editor) {
	s.Edits = slices.DeleteFunc(slices.Clone(s.Edits), func(e SettingEdit) bool { return e.What == what })
	s.Edits = append(s.Edits, SettingEdit{What: what, By: clip(clean(by.Name), maxName), At: stamp(by.At)})
	s.Edits = slices.Delete(s.Edits, 0, max(0, len(s.Edits)-maxSettingEdits))
}

// conflict is a *ConflictError about a part of the settings.
func (s *Settings) conflict(what, field, theirs string) error {
	e := &ConflictError{Field: field, Theirs: theirs}
	if i := slices.IndexFunc(s.Edits, func(e SettingEdit) bool { return e.What == what }); i >= 0 {
		e.By, e.At = s.Edits[i].By, s.Edits[i].At
	}
	return e
}

// Seen is what a form remembers of a label to notice that a colleague changed it.
func (l *LabelDefinition) Seen() string { return EventID("seen", l.Name, l.Color) }

// Seen is what a form remembers of a definition to notice that a colleague changed it.
func (d *AttributeDefinition) Seen() string {
	return EventID("seen", d.Key, string(d.Kind), strings.Join(d.Options, "\n"), fmt.Sprint(d.Required), d.Pattern, d.Hint)
}

const (
	maxDefinedLabels = 300
	maxTags          = 200
	maxTag           = 64
)

func (s *Settings) label(name string) int {
	return slices.IndexFunc(s.Labels, func(l LabelDefinition) bool { return l.Name == name })
}

// DefineLabel adds a label with a colour, in alphabetical order.
func (s *Settings) DefineLabel(name, color string, by Editor) error {
	l, err := NormalizeLabel(name)
	switch {
	case err != nil:
		return err
	case s.label(l) >= 0:
		return invalid("label", "There is a label of this name already.")
	case len(s.Labels) >= maxDefinedLabels:
		return invalid("label", fmt.Sprintf("At most %d labels can be defined.", maxDefinedLabels))
	case color == "":
		return invalid("color", "Choose a colour.")
	}
	s.Labels = append(slices.Clone(s.Labels), LabelDefinition{Name: l, Color: color})
	slices.SortFunc(s.Labels, func(a, b LabelDefinition) int { return strings.Compare(a.Name, b.Name) })
	s.done("label/"+l, by)
	return nil
}

// ChangeLabel gives a label another colour, another name, or both. A new name is carried to every contact and conversation
// in the background (LabelJobs). It cannot move the label into, out of or between exclusive groups: then two labels of one
// group could meet on one document, and one of them would be lost.
func (s *Settings) ChangeLabel(name, to, color, seen string, by Editor) error {
	l, err := NormalizeLabel(to)
	if err != nil {
		return err
	}
	i := s.label(name)
	switch {
	case i < 0:
		return s.conflict("label/"+name, "label", "")
	case s.Labels[i].Seen() != seen:
		return s.conflict("label/"+name, "label", s.Labels[i].Name+", "+s.Labels[i].Color)
	case color == "":
		return invalid("color", "Choose a colour.")
	case l != name && LabelKey(l) != LabelKey(name):
		return invalid("label", "A new name cannot move a label into or out of a group (the part before ::). Make a new label instead.")
	case l != name && s.label(l) >= 0:
		return invalid("label", "There is a label of this name already.")
	case l != name && s.busy(l, name):
		return invalid("label", "One of these names is still being changed on conversations. Try again when that is done.")
	}
	s.Labels = slices.Clone(s.Labels)
	s.Labels[i] = LabelDefinition{Name: l, Color: color}
	slices.SortFunc(s.Labels, func(a, b LabelDefinition) int { return strings.Compare(a.Name, b.Name) })
	if l != name {
		s.LabelJobs = append(slices.Clone(s.LabelJobs), LabelJob{From: name, To: l})
		s.done("label/"+name, by)
	}
	s.done("label/"+l, by)
	return nil
}

// busy reports whether a label is part of a change that documents do not show yet.
func (s *Settings) busy(labels ...string) bool {
	return slices.ContainsFunc(s.LabelJobs, func(j LabelJob) bool { return slices.Contains(labels, j.From) || slices.Contains(labels, j.To) })
}

// DropLabel removes the definition of a label. Contacts and conversations keep the label, without its colour, unless
// everywhere is set: then it is taken off all of them in the background (LabelJobs).
func (s *Settings) DropLabel(name, seen string, everywhere bool, by Editor) error {
	i := s.label(name)
	switch {
	case i < 0:
		return nil
	case s.Labels[i].Seen() != seen:
		return s.conflict("label/"+name, "label", s.Labels[i].Name+", "+s.Labels[i].Color)
	case everywhere && s.busy(name):
		return invalid("label", "This label is still being changed on conversations. Try again when that is done.")
	}
	s.Labels = slices.Delete(slices.Clone(s.Labels), i, i+1)
	if everywhere {
		s.LabelJobs = append(slices.Clone(s.LabelJobs), LabelJob{From: name})
	}
	s.done("label/"+name, by)
	return nil
}

// FinishLabelJob says that documents show a label change. One that is not there is no error.
func (s *Settings) FinishLabelJob(j LabelJob) {
	s.LabelJobs = slices.DeleteFunc(slices.Clone(s.LabelJobs), func(x LabelJob) bool { return x == j })
}

// Relabel applies a label change to the labels of one document and reports whether that changed anything.
func (j LabelJob) Relabel(labels []string) ([]string, bool) {
	if !slices.Contains(labels, j.From) {
		return labels, false
	}
	list := RemoveLabel(labels, j.From)
	if j.To != "" {
		list = AddLabel(list, j.To)
	}
	return list, true
}

// AddTag adds a tag of the close dialog; tags are kept in alphabetical order.
func (s *Settings) AddTag(tag string, by Editor) error {
	tag = clean(tag)
	switch {
	case tag == "":
		return invalid("tag", "A tag needs a name.")
	case utf8.RuneCountInString(tag) > maxTag:
		return invalid("tag", fmt.Sprintf("A tag can have at most %d characters.", maxTag))
	case slices.ContainsFunc(s.Tags, func(t string) bool { return fold(t) == fold(tag) }):
		return invalid("tag", "There is a tag of this name already.")
	case len(s.Tags) >= maxTags:
		return invalid("tag", fmt.Sprintf("At most %d tags are possible.", maxTags))
	}
	s.Tags = append(slices.Clone(s.Tags), tag)
	slices.SortFunc(s.Tags, func(a, b string) int {
		if n := strings.Compare(fold(a), fold(b)); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	s.done("tags", by)
	return nil
}

// RemoveTag removes a tag. Conversations closed with it keep it. One that is not there is no error.
func (s *Settings) RemoveTag(tag string, by Editor) {
	i := slices.Index(s.Tags, clean(tag))
	if i < 0 {
		return
	}
	s.Tags = slices.Delete(slices.Clone(s.Tags), i, i+1)
	s.done("tags", by)
}

// SetIPPolicy says what is kept of visitors' addresses from now on; "" leaves it to how the process is configured.
func (s *Settings) SetIPPolicy(policy, seen string, by Editor) error {
	switch policy {
	case "", "full", "truncated", "none":
	default:
		return invalid("ip_policy", "Choose full, truncated or none.")
	}
	if s.IPPolicy == policy {
		return nil
	}
	if s.IPPolicy != seen {
		return s.conflict("ip_policy", "ip_policy", s.IPPolicy)
	}
	s.IPPolicy = policy
	s.done("ip_policy", by)
	return nil
}

// Seen is what a form remembers of the rules to notice that a colleague changed them.
func (r ClosingRules) Seen() string {
	return fmt.Sprintf("%t,%t,%t", r.Sentiment, r.Notes, r.Tag)
}

// String lists what must be filled in.
func (r ClosingRules) String() string {
	var list []string
	for name, wanted := range map[string]bool{"sentiment": r.Sentiment, "notes": r.Notes, "tag": r.Tag} {
		if wanted {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return "nothing required"
	}
	return strings.Join(list, ", ") + " required"
}

// SetClosing says what the close dialog asks for. A tag can only be required when there are tags.
func (s *Settings) SetClosing(rules ClosingRules, seen string, by Editor) error {
	switch {
	case s.Closing == rules:
		return nil
	case s.Closing.Seen() != seen:
		return s.conflict("closing", "closing", s.Closing.String())
	case rules.Tag && len(s.Tags) == 0:
		return invalid("tag", "There are no tags to choose from yet. Add some under Labels and tags first.")
	}
	s.Closing = rules
	s.done("closing", by)
	return nil
}
