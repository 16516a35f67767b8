package chat

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// AttributeDefinitionOf finds the definition of an attribute. One without a definition is free text: ok is false then.
func AttributeDefinitionOf(defined []AttributeDefinition, key string) (d AttributeDefinition, ok bool) {
	i := slices.IndexFunc(defined, func(d AttributeDefinition) bool { return d.Key == clean(key) })
	if i < 0 {
		return AttributeDefinition{Key: clean(key), Kind: AttributeText}, false
	}
	return defined[i], true
}

// MissingAttributes lists the required attributes that have no value, in the order of their definitions.
func MissingAttributes(defined []AttributeDefinition, attributes []Attribute) []AttributeDefinition {
	var missing []AttributeDefinition
	for _, d := range defined {
		has := slices.ContainsFunc(attributes, func(a Attribute) bool { return a.Key == d.Key && a.Value != "" })
		if d.Required && !has {
			missing = append(missing, d)
		}
	}
	return missing
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$`)

// Check gives the one spelling a value of the attribute is kept under. What cannot be is an *InputError in words for the
// person who typed it; the definition's hint is part of them. Empty is always allowed: it means that there is no value.
func (d *AttributeDefinition) Check(value string) (string, error) {
	value = cleanLines(value)
	if value == "" {
		return "", nil
	}
	switch d.Kind {
	case AttributeNumber:
		if value = clean(value); !decimal.MatchString(value) {
			return "", d.refuse("is a number, such as 42 or -3.5")
		}
		value = strings.TrimPrefix(value, "+")
	case AttributeYesNo:
		if value = strings.ToLower(clean(value)); value != "yes" && value != "no" {
			return "", d.refuse("is yes or no")
		}
	case AttributeDate:
		value = clean(value)
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "", d.refuse("is a date, such as 2026-10-05")
		}
	case AttributeList:
		i := slices.IndexFunc(d.Options, func(o string) bool { return strings.EqualFold(o, clean(value)) })
		if i < 0 {
			return "", d.refuse("is one of the values in the list")
		}
		value = d.Options[i]
	case AttributeLink:
		if value = clean(value); !webAddress(value) {
			return "", d.refuse("is a web address that begins with https:// or http://")
		}
	case AttributeText:
	}
	if err := d.match(value); err != nil {
		return "", err
	}
	return value, nil
}

// webAddress reports whether a link may be offered to be clicked: http(s), to a host, without a password in it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// patterned reports whether values of a kind are typed freely enough for a pattern to mean something.
func (k AttributeKind) patterned() bool {
	return k == AttributeText || k == AttributeNumber || k == AttributeLink
}

// match holds a value against the pattern. A pattern that does not compile was stored by other means than ours: it stops nobody.
func (d *AttributeDefinition) match(value string) error {
	if d.Pattern == "" || !d.Kind.patterned() {
		return nil
	}
	whole, err := regexp.Compile(`\A(?:` + d.Pattern + `)\z`)
	if err == nil && !whole.MatchString(value) {
		return d.refuse("does not look as it should")
	}
	return nil
}

// refuse words what is wrong with a value, with the hint when there is one.
func (d *AttributeDefinition) refuse(what string) error {
	message := fmt.Sprintf("%s %s.", d.Key, what)
	if d.Hint != "" {
		message += " " + d.Hint
	}
	return invalid("attribute", message)
}

// SetTypedAttribute is SetAttribute under the workspace's definitions: a value that does not fit is an *InputError, an empty
// value of a defined attribute takes it off.
func (c *Contact) SetTypedAttribute(defined []AttributeDefinition, key, value, was, by string, at time.Time) error {
	list, _, err := setTyped(c.Attributes, defined, key, value, was)
	if err != nil {
		m, _ := c.MarkOf(MarkAttribute, clean(key))
		return told(err, m)
	}
	before := *c
	c.Attributes = list
	c.sign(&before, by, at)
	return nil
}

// told adds to a conflict who set the newer value, and when.
func told(err error, m Mark) error {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		conflict.By, conflict.At = m.By, m.At
	}
	return err
}

// SetTypedAttribute is SetAttribute under the workspace's definitions: a value that does not fit is an *InputError, an empty
// value of a defined attribute takes it off.
func (c *Conversation) SetTypedAttribute(defined []AttributeDefinition, key, value, was, by string, at time.Time) error {
	list, changed, err := setTyped(c.Attributes, defined, key, value, was)
	if err != nil {
		m, _ := c.AttributeMark(clean(key))
		return told(err, m)
	}
	if !changed {
		return nil
	}
	what := "attribute"
	if len(list) < len(c.Attributes) {
		what = "attribute_removed"
	}
	c.Attributes = list
	c.note(what, clean(key), by, at)
	return nil
}

func setTyped(list []Attribute, defined []AttributeDefinition, key, value, was string) ([]Attribute, bool, error) {
	d, ok := AttributeDefinitionOf(defined, key)
	if !ok {
		return setAttribute(list, key, value, was)
	}
	value, err := d.Check(value)
	if err != nil {
		return nil, false, err
	}
	if value != "" {
		return setAttribute(list, key, value, was)
	}
	if i := slices.IndexFunc(list, func(a Attribute) bool { return a.Key == d.Key }); i >= 0 && list[i].Value != cleanLines(was) && list[i].Value != "" {
		return nil, false, &ConflictError{Field: d.Key, Theirs: list[i].Value}
	}
	list, changed := removeAttribute(list, key)
	return list, changed, nil
}

// Bounds of definitions.
const (
	maxDefinitions   = 100
	maxOptions       = 200
	maxPatternLength = 500
	maxHint          = 200
)

// Normalize checks a definition as an administrator typed it. What is wrong is an *InputError whose field is "key", "kind",
// "options", "pattern" or "hint".
func (d *AttributeDefinition) Normalize() error {
	d.Key, d.Hint, d.Pattern = clean(d.Key), clean(d.Hint), strings.TrimSpace(d.Pattern)
	switch {
	case d.Key == "":
		return invalid("key", "An attribute needs a name.")
	case utf8.RuneCountInString(d.Key) > maxAttributeKey:
		return invalid("key", fmt.Sprintf("The name can have at most %d characters.", maxAttributeKey))
	case !slices.ContainsFunc(AttributeKinds(), func(n Named) bool { return n.Code == string(d.Kind) }):
		return invalid("kind", "Choose one of the kinds.")
	case utf8.RuneCountInString(d.Hint) > maxHint:
		return invalid("hint", fmt.Sprintf("The hint can have at most %d characters.", maxHint))
	}
	if err := d.normalizeOptions(); err != nil {
		return err
	}
	if !d.Kind.patterned() {
		d.Pattern = ""
	}
	if d.Pattern == "" {
		return nil
	}
	return d.checkPattern()
}

func (d *AttributeDefinition) normalizeOptions() error {
	var options []string
	for _, o := range d.Options {
		o = clean(o)
		if o != "" && !slices.ContainsFunc(options, func(x string) bool { return strings.EqualFold(x, o) }) {
			options = append(options, o)
		}
	}
	if d.Options = options; d.Kind != AttributeList {
		d.Options = nil
		return nil
	}
	switch {
	case len(options) == 0:
		return invalid("options", "A list needs at least one value. Write one on each line.")
	case len(options) > maxOptions:
		return invalid("options", fmt.Sprintf("A list can have at most %d values.", maxOptions))
	case slices.ContainsFunc(options, func(o string) bool { return utf8.RuneCountInString(o) > maxAttributeKey }):
		return invalid("options", fmt.Sprintf("A value of a list can have at most %d characters.", maxAttributeKey))
	}
	return nil
}

func (d *AttributeDefinition) checkPattern() error {
	if len(d.Pattern) > maxPatternLength {
		return invalid("pattern", fmt.Sprintf("The pattern can have at most %d characters.", maxPatternLength))
	}
	if _, err := regexp.Compile(d.Pattern); err != nil {
		return invalid("pattern", "This is not a regular expression that can be used here. "+patternTrouble(err))
	}
	return nil
}

// patternTrouble says in the words of the regular expression package what is wrong, and where.
func patternTrouble(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// AttributeKinds lists the kinds with their names, in the order a form offers them.
func AttributeKinds() []Named {
	return []Named{
		{string(AttributeText), "Text"},
		{string(AttributeNumber), "Number"},
		{string(AttributeYesNo), "Yes or no"},
		{string(AttributeDate), "Date"},
		{string(AttributeList), "List"},
		{string(AttributeLink), "Link"},
	}
}
