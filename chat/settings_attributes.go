package chat

import (
	"fmt"
	"slices"
	"strings"
)

// AttributeScope says which documents an attribute definition is for.
type AttributeScope string

// The scopes of attribute definitions.
const (
	ContactScope      AttributeScope = "contact"
	ConversationScope AttributeScope = "conversation"
)

// Attributes is the list of definitions of a scope; nil for a scope there is not.
func (s *Settings) Attributes(scope AttributeScope) *[]AttributeDefinition {
	switch scope {
	case ContactScope:
		return &s.ContactAttributes
	case ConversationScope:
		return &s.ConversationAttributes
	default:
		return nil
	}
}

// DefineAttribute adds a definition behind the others.
func (s *Settings) DefineAttribute(scope AttributeScope, d AttributeDefinition, by Editor) error {
	list := s.Attributes(scope)
	if list == nil {
		return invalid("scope", "Attributes are for contacts or for conversations.")
	}
	if err := d.Normalize(); err != nil {
		return err
	}
	if slices.ContainsFunc(*list, func(x AttributeDefinition) bool { return strings.EqualFold(x.Key, d.Key) }) {
		return invalid("key", "There is an attribute of this name already.")
	}
	if len(*list) >= maxDefinitions {
		return invalid("key", fmt.Sprintf("At most %d attributes can be defined.", maxDefinitions))
	}
	*list = append(slices.Clone(*list), d)
	s.done(attributePart(scope, d.Key), by)
	return nil
}

func attributePart(scope AttributeScope, key string) string {
	return "attribute/" + string(scope) + "/" + key
}

// find is the list a definition stands in and its place, provided that it is still what the editor saw.
func (s *Settings) find(scope AttributeScope, key, seen string) (list *[]AttributeDefinition, i int, err error) {
	if list = s.Attributes(scope); list == nil {
		return nil, 0, invalid("scope", "Attributes are for contacts or for conversations.")
	}
	i = slices.IndexFunc(*list, func(x AttributeDefinition) bool { return x.Key == key })
	switch {
	case i < 0:
		return nil, 0, s.conflict(attributePart(scope, key), "attribute", "")
	case (*list)[i].Seen() != seen:
		return nil, 0, s.conflict(attributePart(scope, key), "attribute", (*list)[i].Words())
	}
	return list, i, nil
}

// Words describes the definition in one line.
func (d *AttributeDefinition) Words() string {
	kind, _ := nameOf(AttributeKinds(), string(d.Kind))
	parts := []string{kind}
	if d.Required {
		parts = append(parts, "required")
	}
	if len(d.Options) > 0 {
		parts = append(parts, strings.Join(d.Options, " / "))
	}
	if d.Pattern != "" {
		parts = append(parts, "pattern "+d.Pattern)
	}
	if d.Hint != "" {
		parts = append(parts, d.Hint)
	}
	return strings.Join(parts, ", ")
}

// ChangeAttribute replaces a definition; its key stays, as values stand under it. Values that do not fit the new one are kept
// until somebody edits them.
func (s *Settings) ChangeAttribute(scope AttributeScope, d AttributeDefinition, seen string, by Editor) error {
	if err := d.Normalize(); err != nil {
		return err
	}
	list, i, err := s.find(scope, d.Key, seen)
	if err != nil {
		return err
	}
	*list = slices.Clone(*list)
	(*list)[i] = d
	s.done(attributePart(scope, d.Key), by)
	return nil
}

// DropAttribute removes a definition. Values stay where they are, as free text.
func (s *Settings) DropAttribute(scope AttributeScope, key, seen string, by Editor) error {
	list, i, err := s.find(scope, key, seen)
	if err != nil {
		return err
	}
	*list = slices.Delete(slices.Clone(*list), i, i+1)
	s.done(attributePart(scope, key), by)
	return nil
}

// MoveAttribute moves a definition one place up or down in the order it is shown in. One that cannot move stays.
func (s *Settings) MoveAttribute(scope AttributeScope, key string, up bool, by Editor) error {
	list := s.Attributes(scope)
	if list == nil {
		return invalid("scope", "Attributes are for contacts or for conversations.")
	}
	i := slices.IndexFunc(*list, func(x AttributeDefinition) bool { return x.Key == key })
	j := i + 1
	if up {
		j = i - 1
	}
	if i < 0 || j < 0 || j >= len(*list) {
		return nil
	}
	*list = slices.Clone(*list)
	(*list)[i], (*list)[j] = (*list)[j], (*list)[i]
	s.done("attributes/"+string(scope), by)
	return nil
}
