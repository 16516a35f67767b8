package view

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchboard/chat"
)

// A Message is one bubble, ready to show.
type Message struct {
	ID        string
	Mine      bool // written by the business
	Author    string
	Found     bool // a search led to it
	Grouped   bool // follows one of the same author closely: no heading of its own
	At        Moment
	Text      []Segment
	Long      bool // the text scrolls in its bubble
	Quote     *Quote
	Media     []Attachment
	Location  *Location
	Cards     []Card
	Order     *Order
	Answer    *Answer // a pressed button, chosen list row or filled-in flow
	Source    *Source // the ad, post or link that brought the customer
	Facts     []Fact  // product, story and other named details
	Unknown   string  // raw name of a type Switchboard cannot show
	Marks     []Mark  // forwarded, sent from the phone, late...
	Edited    *Edited // set when the text was changed
	Deleted   *Moment // set when the writer took it back
	Reactions []Reaction
	Status    *Status // of an outbound message
}

// A Quote is the message that is being answered.
type Quote struct {
	Target string // DOM id when the message is on the page
	Author string
	Text   string
}

// An Attachment is a file that stays where it is: its kind, name and size, and a link when it has a safe web address.
type Attachment struct {
	Icon, Kind, Name, Detail, Caption, URL string
}

// A Location is a place on the map.
type Location struct{ Name, Address, Coordinates, URL string }

// A Card is a shared address-book entry.
type Card struct {
	Name, Org string
	Lines     []string
}

// An Order lists what the customer wants to buy.
type Order struct {
	Catalog string
	Items   []OrderItem
}

// An OrderItem is one line of an order.
type OrderItem struct{ Product, Quantity, Price string }

// An Answer is a reply given by pressing something.
type Answer struct{ Kind, Title, Description, Payload string }

// A Source says what brought the customer.
type Source struct{ Kind, Headline, Body, URL, Ref string }

// A Fact is a named detail.
type Fact struct{ Name, Value, URL string }

// A Mark is a small remark on a bubble.
type Mark struct{ Icon, Text, Title string }

// Edited tells when a text was changed and what it said before.
type Edited struct {
	At       Moment
	Original string
}

// A Reaction is an emoji and who gave it.
type Reaction struct {
	Emoji string
	By    string
}

// A Status is how far an outbound message got.
type Status struct {
	Key   string
	Word  string
	Icon  string
	At    Moment
	Error string
}

// longText is where a bubble begins to scroll, in runes.
const longText = 3000

func message(m *chat.Message, byID map[string]*chat.Message, in *ThreadInput) *Message {
	out := &Message{
		ID: m.ID, Mine: m.Direction == chat.Outbound, Author: author(m, in), At: in.Clock.Moment(m.Timestamp),
		Marks: marks(m, in.Clock), Status: status(m, in.Clock), Reactions: reactions(m, in),
	}
	out.Quote = quote(m, byID, in)
	if m.Deleted {
		at := in.Clock.Moment(m.DeletedAt)
		out.Deleted = &at
		return out
	}
	out.Text = Segments(m.Text)
	out.Long = utf8.RuneCountInString(m.Text) > longText
	if m.Edit != nil {
		out.Edited = &Edited{At: in.Clock.Moment(m.Edit.At), Original: cut(m.Edit.Original, longText)}
	}
	content(out, m)
	return out
}

// content fills in what the message carries beside its text.
func content(out *Message, m *chat.Message) {
	c := &m.Content
	for i := range c.Media {
		out.Media = append(out.Media, attachment(&c.Media[i], m))
	}
	out.Location = location(c.Location)
	for _, card := range c.Cards {
		out.Cards = append(out.Cards, Card{Name: line(card.Name), Org: line(card.Org), Lines: lined(card.Phones, card.Emails)})
	}
	if c.Order != nil {
		out.Order = order(c.Order)
	}
	if a := c.Interactive; a != nil {
		out.Answer = &Answer{Kind: sentence(a.Type), Title: line(unless(a.Title, m.Text)), Description: line(a.Description), Payload: cut(a.Payload, longText)}
	}
	if r := c.Referral; r != nil {
		out.Source = &Source{Kind: strings.TrimSpace("Came from " + line(r.SourceType)), Headline: line(r.Headline), Body: line(r.Body), URL: Link(r.SourceURL), Ref: line(r.Ref)}
	}
	out.Facts = facts(c)
	out.Unknown = unknown(out, m)
}

// unless leaves out what is already said.
func unless(s, said string) string {
	if s == said {
		return ""
	}
	return s
}

// unknown names the type of a message that would otherwise be an empty bubble, or that the platform itself could not carry.
func unknown(out *Message, m *chat.Message) string {
	unsupported := m.Type == "unsupported" || slices.Contains(m.Flags, chat.FlagUnsupported)
	empty := len(out.Text)+len(out.Media)+len(out.Cards)+len(out.Facts) == 0 && out.Location == nil && out.Order == nil && out.Answer == nil && out.Source == nil
	if !unsupported && !empty {
		return ""
	}
	if m.Content.RawType != "" {
		return line(m.Content.RawType)
	}
	return line(m.Type)
}

func author(m *chat.Message, in *ThreadInput) string {
	if m.Direction == chat.Outbound {
		return in.Business
	}
	return in.Contact
}

func marks(m *chat.Message, clock Clock) []Mark {
	var out []Mark
	has := func(flag string) bool { return slices.Contains(m.Flags, flag) }
	if m.Echo {
		out = append(out, Mark{"smartphone", sentFrom(&m.Content), "Written outside Switchboard: in the phone app or another tool"})
	}
	switch {
	case has(chat.FlagFrequentlyForwarded):
		out = append(out, Mark{"forward", "forwarded many times", ""})
	case has(chat.FlagForwarded):
		out = append(out, Mark{"forward", "forwarded", ""})
	}
	if has(chat.FlagHistory) {
		out = append(out, Mark{"history", "imported", "From the history of the phone app"})
	}
	if has(chat.FlagStandby) {
		out = append(out, Mark{"bot", "another app is answering", "Another app owned this thread when the message came"})
	}
	if m.Late > 0 {
		out = append(out, Mark{"clock", "arrived " + clock.Duration(m.Late) + " late", "Shown where it belongs by the platform's time; newer messages were here before it"})
	}
	return out
}

func quote(m *chat.Message, byID map[string]*chat.Message, in *ThreadInput) *Quote {
	if m.ReplyTo == "" {
		return nil
	}
	target, ok := byID[m.ReplyTo]
	if !ok {
		return &Quote{Text: "An earlier message"}
	}
	text := cut(target.Text, 140)
	switch {
	case target.Deleted:
		text = "Deleted message"
	case text == "":
		text = Kind(target.Type, target.Content.RawType)
	}
	return &Quote{Target: "m-" + target.ID, Author: author(target, in), Text: text}
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimSpace(string(runes[:n])) + "…"
}

func reactions(m *chat.Message, in *ThreadInput) []Reaction {
	var out []Reaction
	for _, r := range m.Reactions {
		if r.Emoji == "" {
			continue // taken back
		}
		by := in.Contact
		if r.By == chat.ByBusiness {
			by = in.Business
		}
		out = append(out, Reaction{Emoji: cut(r.Emoji, 16), By: by})
	}
	return out
}

func status(m *chat.Message, clock Clock) *Status {
	if m.Direction != chat.Outbound || m.Status == "" {
		return nil
	}
	icons := map[string]string{"sent": "check", "delivered": "check-check", "read": "check-check", "played": "check-check", "failed": "circle-alert", "deleted": "trash-2"}
	s := &Status{Key: m.Status, Word: sentence(m.Status), Icon: icons[m.Status]}
	if s.Icon == "" {
		s.Key, s.Icon = "other", "info"
	}
	for _, mark := range m.Statuses {
		if mark.Status != m.Status {
			continue
		}
		s.At = clock.Moment(mark.At)
		if len(mark.Errors) > 0 {
			s.Error = deliveryError(&mark.Errors[0])
		}
	}
	return s
}

func deliveryError(e *chat.DeliveryError) string {
	text := line(e.Title)
	if e.Detail != "" && e.Detail != e.Title {
		text = strings.TrimSpace(text + ". " + line(e.Detail))
	}
	return strings.TrimSpace(strings.TrimPrefix(text, ". ") + " (" + strconv.Itoa(e.Code) + ")")
}
