package view

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/chat"
)

// An AttributeBox shows attributes with the means to set and remove them: the defined ones in their order, set or not, then
// the free ones.
type AttributeBox struct {
	ID         string
	Title      string
	Attributes []TypedAttribute
	Missing    []string // names of required ones without a value
	SetURL     string
	RemoveURL  string
	CSRF       string
	Return     string
	Error      string // about a new attribute
	Conflict   *Conflict
	Key, Value string // what was typed when it was refused
}

// A TypedAttribute is one named value with the input it is edited in.
type TypedAttribute struct {
	ID       string // DOM id of the input
	Key      string
	Value    string // as shown, or as typed when it was refused
	Was      string // as stored
	Input    string // text, number, date, url or select
	Options  []Option
	Defined  bool
	Required bool
	Hint     string
	Link     string // address to open; empty: none that is safe
	Error    string // why it was refused, or does not fit any more
	From     string // who set it, and when
	Refused  bool   // what was typed is not what is stored: a refresh must not take it away
}

// Refused is the box with what was wrong with an attribute: at its place when it has one, else at the form for a new one.
func (b AttributeBox) Refused(message, key, value string) AttributeBox {
	key = AttributeKey(key)
	b.Attributes = slices.Clone(b.Attributes)
	for i := range b.Attributes {
		if a := &b.Attributes[i]; a.Key == key && message != "" {
			a.Value, a.Error, a.Refused = value, message, true
			return b
		}
	}
	b.Error, b.Key, b.Value = message, key, value
	return b
}

// AttributeKey is the one spelling of an attribute's name.
func AttributeKey(key string) string {
	d, _ := chat.AttributeDefinitionOf(nil, key)
	return d.Key
}

// AttributeValue finds a value by name.
func AttributeValue(list []chat.Attribute, key string) (value string, ok bool) {
	for _, a := range list {
		if a.Key == key {
			return a.Value, true
		}
	}
	return "", false
}

// ContactAttributes is the attribute box of a contact.
func ContactAttributes(c *chat.Contact, defined []chat.AttributeDefinition, form Form, clock Clock) AttributeBox {
	box := attributeBox("contact-attributes-"+c.ID, "Contact attributes", ContactURL(c.ID), c.Attributes, defined, form)
	for i := range box.Attributes {
		a := &box.Attributes[i]
		a.From = setBy(clock)(c.MarkOf(chat.MarkAttribute, a.Key))
	}
	return box
}

// ConversationAttributes is the attribute box of a conversation.
func ConversationAttributes(c *chat.Conversation, defined []chat.AttributeDefinition, form Form, clock Clock) AttributeBox {
	box := attributeBox("conversation-attributes-"+c.ID, "Conversation attributes", "/inbox/"+url.PathEscape(c.ID), c.Attributes, defined, form)
	for i := range box.Attributes {
		a := &box.Attributes[i]
		a.From = setBy(clock)(c.AttributeMark(a.Key))
	}
	return box
}

func attributeBox(id, title, base string, attributes []chat.Attribute, defined []chat.AttributeDefinition, form Form) AttributeBox {
	box := AttributeBox{ID: id, Title: title, SetURL: base + "/attributes", RemoveURL: base + "/attributes/remove", CSRF: form.CSRF, Return: form.Return}
	for i := range defined {
		value, _ := AttributeValue(attributes, defined[i].Key)
		box.Attributes = append(box.Attributes, typedAttribute(&defined[i], value))
	}
	for _, a := range attributes {
		if _, ok := chat.AttributeDefinitionOf(defined, a.Key); !ok {
			box.Attributes = append(box.Attributes, TypedAttribute{Key: a.Key, Value: a.Value, Was: a.Value, Input: "text"})
		}
	}
	for i := range box.Attributes {
		box.Attributes[i].ID = id + "-" + strconv.Itoa(i)
	}
	for _, d := range chat.MissingAttributes(defined, attributes) {
		box.Missing = append(box.Missing, d.Key)
	}
	return box
}

// typedAttribute is a defined attribute with its input. A value from before the definition that does not fit it is shown as
// text, with what is wrong, rather than lost in an input that cannot hold it.
func typedAttribute(d *chat.AttributeDefinition, value string) TypedAttribute {
	a := TypedAttribute{Key: d.Key, Value: value, Was: value, Input: "text", Defined: true, Required: d.Required, Hint: d.Hint}
	if _, err := d.Check(value); err != nil {
		a.Error, _ = chat.IsInput(err)
		return a
	}
	switch d.Kind {
	case chat.AttributeNumber:
		a.Input = "number"
	case chat.AttributeDate:
		a.Input = "date"
	case chat.AttributeLink:
		a.Input, a.Link = "url", Link(value)
	case chat.AttributeYesNo:
		a.Input, a.Options = "select", Options(value, [2]string{"", "Not set"}, [2]string{"yes", "Yes"}, [2]string{"no", "No"})
	case chat.AttributeList:
		pairs := [][2]string{{"", "Not set"}}
		selected := value
		for _, o := range d.Options {
			pairs = append(pairs, [2]string{o, o})
			if strings.EqualFold(o, value) {
				selected = o
			}
		}
		a.Input, a.Options = "select", Options(selected, pairs...)
	case chat.AttributeText:
	}
	return a
}
