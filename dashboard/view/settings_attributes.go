package view

import (
	"net/url"
	"strings"

	"switchboard/chat"
)

// An AttributesScreen is where attributes are defined.
type AttributesScreen struct {
	Form
	Scopes []AttributeList
	Edit   *DefinitionForm
}

// An AttributeList is the definitions for contacts or for conversations.
type AttributeList struct {
	Scope, Title, Text string
	Lines              []DefinitionLine
	NewURL             string
}

// A DefinitionLine is one definition.
type DefinitionLine struct {
	Key, Words, Seen string
	Required         bool
	First, Last      bool
	EditURL          string
}

// A DefinitionForm is the form of a definition; Seen is empty for a new one.
type DefinitionForm struct {
	Form
	Scope, For   string
	Key          string
	Kinds        []Option
	Choices      string // one on each line
	Required     bool
	Pattern      string
	Hint         string
	Seen         string
	Refusal      Refusal
	Conflict     *Conflict
	Trial        Trial
	DeleteSeen   string
	CloseMatters bool // required ones are asked for when a conversation is closed
}

// A Trial is a sample value held against a definition.
type Trial struct {
	Sample string
	Done   bool
	Kept   string // how the value would be kept
	Error  string
}

const attributesURL = "/settings/attributes"

// AttributesScreenOf shows the definitions of the workspace.
func AttributesScreenOf(s *chat.Settings, form Form) AttributesScreen {
	return AttributesScreen{Form: form, Scopes: []AttributeList{
		attributeList(chat.ContactScope, "For contacts", "Kept on the person, on every channel.", s.ContactAttributes),
		attributeList(chat.ConversationScope, "For conversations", "Kept on one conversation. Required ones must be filled in before it is closed.", s.ConversationAttributes),
	}}
}

func attributeList(scope chat.AttributeScope, title, text string, defined []chat.AttributeDefinition) AttributeList {
	list := AttributeList{Scope: string(scope), Title: title, Text: text, NewURL: URL(attributesURL, url.Values{"scope": {string(scope)}, "new": {"1"}})}
	for i := range defined {
		d := &defined[i]
		list.Lines = append(list.Lines, DefinitionLine{
			Key: d.Key, Words: d.Words(), Seen: d.Seen(), Required: d.Required, First: i == 0, Last: i == len(defined)-1,
			EditURL: URL(attributesURL, url.Values{"scope": {string(scope)}, "edit": {d.Key}}),
		})
	}
	return list
}

// DefinitionFormOf is the form of a definition; seen is empty for a new one.
func DefinitionFormOf(scope chat.AttributeScope, d *chat.AttributeDefinition, seen string, form Form) *DefinitionForm {
	var pairs [][2]string
	for _, k := range chat.AttributeKinds() {
		pairs = append(pairs, [2]string{k.Code, k.Name})
	}
	f := &DefinitionForm{
		Form: form, Scope: string(scope), For: "contacts", Key: d.Key, Kinds: Options(string(d.Kind), pairs...), Choices: strings.Join(d.Options, "\n"),
		Required: d.Required, Pattern: d.Pattern, Hint: d.Hint, Seen: seen,
	}
	if scope == chat.ConversationScope {
		f.For, f.CloseMatters = "conversations", true
	}
	return f
}

// TryDefinition holds a sample value against a definition as it is typed.
func TryDefinition(d chat.AttributeDefinition, sample string) Trial {
	t := Trial{Sample: sample, Done: sample != ""}
	if !t.Done {
		return t
	}
	if d.Key == "" {
		d.Key = "The value"
	}
	if err := d.Normalize(); err != nil {
		t.Error = RefusalOf(err).Text
		return t
	}
	kept, err := d.Check(sample)
	t.Kept, t.Error = kept, RefusalOf(err).Text
	return t
}
