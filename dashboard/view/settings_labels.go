package view

import (
	"fmt"
	"net/url"
	"strings"

	"switchboard/chat"
)

// A LabelsScreen is where labels and tags are kept.
type LabelsScreen struct {
	Form
	Labels   []LabelLine
	Edit     *LabelEdit
	New      LabelForm
	Tags     []string
	Tag      string // what was typed when it was refused
	TagError string
	Jobs     []string // label changes that documents do not show yet
}

// A LabelLine is one defined label.
type LabelLine struct {
	Label
	EditURL string
}

// A LabelForm is the form of a label.
type LabelForm struct {
	Name     string
	Swatches []Swatch
	Preview  LabelPreview
	Refusal  Refusal
}

// A LabelEdit is the form of a label that is there.
type LabelEdit struct {
	LabelForm
	Was      Label
	Seen     string
	Use      string // how many documents have it, in words
	Conflict *Conflict
}

// A Swatch is one colour to choose.
type Swatch struct {
	Color, Name string
	Chosen      bool
}

// A LabelPreview shows what a label will look like and what it does.
type LabelPreview struct {
	Label *Label // nil: nothing that could be a label was typed
	Text  string
}

// LabelsScreenOf shows the labels and tags of the workspace.
func LabelsScreenOf(s *chat.Settings, form Form) LabelsScreen {
	screen := LabelsScreen{Form: form, Tags: s.Tags, New: LabelForm{Swatches: swatches("gray"), Preview: PreviewLabel("", "gray")}}
	for _, d := range s.Labels {
		screen.Labels = append(screen.Labels, LabelLine{Label: Labels([]string{d.Name}, s.Labels)[0], EditURL: URL("/settings/labels", url.Values{"edit": {d.Name}})})
	}
	for _, j := range s.LabelJobs {
		text := fmt.Sprintf("“%s” is being taken off conversations and contacts", j.From)
		if j.To != "" {
			text = fmt.Sprintf("“%s” is being renamed to “%s” on conversations and contacts", j.From, j.To)
		}
		screen.Jobs = append(screen.Jobs, text)
	}
	return screen
}

// EditLabel is the form of a label that is there; nil when it is not.
func EditLabel(s *chat.Settings, name string, inConversations, inContacts int64, clock Clock) *LabelEdit {
	for i := range s.Labels {
		l := &s.Labels[i]
		if l.Name != name {
			continue
		}
		return &LabelEdit{
			LabelForm: LabelForm{Name: l.Name, Swatches: swatches(l.Color), Preview: PreviewLabel(l.Name, l.Color)},
			Was:       Labels([]string{l.Name}, s.Labels)[0], Seen: l.Seen(), Use: clock.labelUse(inConversations, inContacts),
		}
	}
	return nil
}

// labelUse words how many documents have a label; empty when none has it.
func (c Clock) labelUse(inConversations, inContacts int64) string {
	var parts []string
	if inConversations > 0 {
		parts = append(parts, c.several(inConversations, "conversation"))
	}
	if inContacts > 0 {
		parts = append(parts, c.several(inContacts, "contact"))
	}
	return strings.Join(parts, " and ")
}

// several is a number with its noun; counting stops at 1,000.
func (c Clock) several(n int64, noun string) string {
	if n >= countLimit {
		return c.Number(countLimit) + " or more " + plural(noun)
	}
	return c.Plural(int(n), noun)
}

func swatches(chosen string) []Swatch {
	var out []Swatch
	for _, color := range Palette() {
		out = append(out, Swatch{Color: color, Name: strings.ToUpper(color[:1]) + color[1:], Chosen: color == chosen})
	}
	return out
}

// Typed is the form again as it was filled in.
func (f LabelForm) Typed(name, color string, refusal Refusal) LabelForm {
	return LabelForm{Name: name, Swatches: swatches(color), Preview: PreviewLabel(name, color), Refusal: refusal}
}

// PreviewLabel shows a label as it is typed.
func PreviewLabel(typed, color string) LabelPreview {
	name, err := chat.NormalizeLabel(typed)
	if err != nil {
		return LabelPreview{Text: "Type a name to see the label."}
	}
	label := Labels([]string{name}, []chat.LabelDefinition{{Name: name, Color: color}})[0]
	if label.Scope != "" {
		return LabelPreview{Label: &label, Text: fmt.Sprintf("Exclusive: it takes the place of any other label that begins with %s::", label.Scope)}
	}
	return LabelPreview{Label: &label, Text: "A plain label: it can stand beside any other."}
}
