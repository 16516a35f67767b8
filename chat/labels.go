package chat

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of labels and attributes on one document.
const (
	MaxLabels     = 50
	MaxAttributes = 100

	maxLabelLength    = 64
	maxAttributeKey   = 64
	maxAttributeValue = 1000
)

// NormalizeLabel gives the one spelling a label is kept under: lower case, single spaces.
func NormalizeLabel(s string) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return "", invalid("label", "A label cannot contain control characters.")
	}
	l := strings.ToLower(strings.Join(strings.Fields(s), " "))
	switch {
	case l == "":
		return "", invalid("label", "A label needs a name.")
	case utf8.RuneCountInString(l) > maxLabelLength:
		return "", invalid("label", fmt.Sprintf("A label can have at most %d characters.", maxLabelLength))
	case strings.Contains(l, ","):
		return "", invalid("label", "A label cannot contain a comma.")
	}
	return l, nil
}

func tooManyLabels() error {
	return invalid("label", fmt.Sprintf("At most %d labels are possible. Remove one first.", MaxLabels))
}

// LabelKey is the part before the last "::" of a label, within which only one label can be set; "" for a plain label.
func LabelKey(l string) string {
	i := strings.LastIndex(l, "::")
	if i < 0 {
		return ""
	}
	return l[:i]
}

// AddLabel returns the list with l, sorted. A label with the same key gives way to it. The list itself is not changed.
func AddLabel(list []string, l string) []string {
	key := LabelKey(l)
	out := make([]string, 0, len(list)+1)
	for _, x := range list {
		if x != l && (key == "" || LabelKey(x) != key) {
			out = append(out, x)
		}
	}
	out = append(out, l)
	slices.Sort(out)
	return out
}

// RemoveLabel returns the list without l. The list itself is not changed.
func RemoveLabel(list []string, l string) []string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		if x != l {
			out = append(out, x)
		}
	}
	return out
}

// withLabel is the list with one label that somebody typed.
func withLabel(list []string, typed string) ([]string, error) {
	l, err := NormalizeLabel(typed)
	if err != nil {
		return nil, err
	}
	if list = AddLabel(list, l); len(list) > MaxLabels {
		return nil, tooManyLabels()
	}
	return list, nil
}

// withoutLabel is the list without one label that somebody typed.
func withoutLabel(list []string, typed string) ([]string, error) {
	l, err := NormalizeLabel(typed)
	if err != nil {
		return nil, err
	}
	return RemoveLabel(list, l), nil
}

// labelList is a list as somebody wrote it, each label in its one spelling. Of several with one key the last stays.
func labelList(labels []string) ([]string, error) {
	var list []string
	for _, raw := range labels {
		l, err := NormalizeLabel(raw)
		if err != nil {
			return nil, err
		}
		list = AddLabel(list, l)
	}
	if len(list) > MaxLabels {
		return nil, tooManyLabels()
	}
	return list, nil
}

// EditLabels returns the list with what somebody changed about it: was are the labels they saw as set, chosen those they want.
// What they did not touch stays, whatever colleagues did meanwhile. A chosen label takes the place of one with the same key;
// two new ones with the same key are an *InputError. The list itself is not changed.
func EditLabels(list, was, chosen []string) ([]string, error) {
	var wanted, added []string
	for _, raw := range chosen {
		l, err := NormalizeLabel(raw)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, l)
		if slices.Contains(was, l) || slices.Contains(added, l) {
			continue
		}
		if key := LabelKey(l); key != "" {
			if i := slices.IndexFunc(added, func(x string) bool { return LabelKey(x) == key }); i >= 0 {
				return nil, invalid("label", fmt.Sprintf("Only one of %s and %s can be set.", added[i], l))
			}
		}
		added = append(added, l)
	}
	out := slices.Clone(list)
	for _, l := range was {
		if !slices.Contains(wanted, l) {
			out = RemoveLabel(out, l)
		}
	}
	for _, l := range added {
		out = AddLabel(out, l)
	}
	if len(out) > MaxLabels && len(out) > len(list) {
		return nil, tooManyLabels()
	}
	return out, nil
}

// setAttribute returns the attributes with key set to value, in order of keys, and whether that changed anything.
func setAttribute(list []Attribute, key, value, was string) ([]Attribute, bool, error) {
	key, value = clean(key), cleanLines(value)
	switch {
	case key == "":
		return nil, false, invalid("attribute", "An attribute needs a name.")
	case utf8.RuneCountInString(key) > maxAttributeKey:
		return nil, false, invalid("attribute", fmt.Sprintf("The name can have at most %d characters.", maxAttributeKey))
	case utf8.RuneCountInString(value) > maxAttributeValue:
		return nil, false, invalid("attribute", fmt.Sprintf("The value can have at most %d characters.", maxAttributeValue))
	}
	i, found := slices.BinarySearchFunc(list, key, func(a Attribute, k string) int { return strings.Compare(a.Key, k) })
	now := ""
	if found {
		now = list[i].Value
	}
	if found && now == value {
		return list, false, nil
	}
	if now != cleanLines(was) {
		return nil, false, &ConflictError{Field: key, Theirs: now}
	}
	if found {
		out := slices.Clone(list)
		out[i].Value = value
		return out, true, nil
	}
	if len(list) >= MaxAttributes {
		return nil, false, invalid("attribute", fmt.Sprintf("At most %d attributes are possible. Remove one first.", MaxAttributes))
	}
	return slices.Insert(slices.Clone(list), i, Attribute{Key: key, Value: value}), true, nil
}

func removeAttribute(list []Attribute, key string) ([]Attribute, bool) {
	i := slices.IndexFunc(list, func(a Attribute) bool { return a.Key == clean(key) })
	if i < 0 {
		return list, false
	}
	return slices.Delete(slices.Clone(list), i, i+1), true
}
