package whatsapp

import (
	"strings"

	"switchboard/channels/meta"
	"switchboard/chat"
)

// knownTypes are the content types with an object of the same name, in the order they are looked for when an element does
// not state its type.
var knownTypes = [...]string{
	"text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "button", "order", "template",
}

// content reads the body of a message or of an edit. Text becomes what an agent reads; a type that nobody can show, or one
// without its object, stays visible as a placeholder.
func content(e *chat.Event, m meta.Value, typ string) {
	if typ == "" {
		typ = typeOf(m)
	}
	v := m.Get(typ)
	if v.Absent() || !known(typ) {
		placeholder(e, m, typ)
		return
	}
	if !shaped(typ, v) {
		unreadable(e, reasonMalformed)
		return
	}
	e.Type = typ
	switch typ {
	case "text":
		e.Text = v.Get("body").Text()
	case "location":
		location(e, v)
	case "contacts":
		cards(e, m, v)
	case "interactive":
		interactive(e, v)
	case "button":
		e.Text = v.Get("text").Text()
		e.Content.Interactive = &chat.Interactive{Type: "button", ID: v.Get("payload").Text(), Title: e.Text}
	case "order":
		order(e, v)
	case "template":
		note(e, "template", v.Get("name"))
	default:
		media(e, v)
	}
}

func known(typ string) bool {
	for _, k := range knownTypes {
		if k == typ {
			return true
		}
	}
	return false
}

func typeOf(m meta.Value) string {
	for _, k := range knownTypes {
		if !m.Get(k).Absent() {
			return k
		}
	}
	return ""
}

func shaped(typ string, v meta.Value) bool {
	return v.Kind() == meta.Object || (typ == "contacts" && v.Kind() == meta.Array)
}

// placeholder stands for what the channel could not deliver (unsupported, ephemeral, media_placeholder) or what we do not know.
func placeholder(e *chat.Event, m meta.Value, typ string) {
	e.Type = "unsupported"
	e.Flags = append(e.Flags, chat.FlagUnsupported)
	e.Content.RawType = typ
	if inner := m.Get("unsupported", "type").Text(); typ == "unsupported" && inner != "" {
		e.Content.RawType = inner
	}
	e.Raw = m.Raw()
}

func media(e *chat.Event, v meta.Value) {
	e.Text = v.Get("caption").Text()
	e.Content.Media = []chat.Media{{
		ID:       v.Get("id").ID(),
		URL:      v.Get("url").Text(),
		Type:     e.Type,
		MimeType: v.Get("mime_type").Text(),
		SHA256:   v.Get("sha256").Text(),
		Filename: v.Get("filename").Text(),
		Caption:  e.Text,
		Size:     v.Get("file_size").Int(),
		Voice:    v.Get("voice").Bool(),
		Animated: v.Get("animated").Bool(),
	}}
}

// location: coordinates come as numbers and as strings. Without usable ones the name and address remain as text.
func location(e *chat.Event, v meta.Value) {
	lat, okLat := v.Get("latitude").Float()
	lon, okLon := v.Get("longitude").Float()
	name, address := v.Get("name").Text(), v.Get("address").Text()
	if !okLat || !okLon || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		e.Text = strings.TrimSpace(name + "\n" + address)
		return
	}
	e.Content.Location = &chat.MapLocation{Latitude: lat, Longitude: lon, Name: name, Address: address, URL: v.Get("url").Text()}
}

// cards: a shared card is content. It makes and merges no contact, except that the answer to a request for the person's own
// number is a claim about that number.
func cards(e *chat.Event, m, list meta.Value) {
	requested := m.Get("origin").Is("contact_request")
	for v := range list.Objects {
		card := cardOf(v)
		requested = requested || card.Origin == "contact_request"
		e.Content.Cards = append(e.Content.Cards, card)
	}
	if !requested {
		return
	}
	e.Flags = append(e.Flags, chat.FlagPhoneShared)
	if len(e.Content.Cards) == 1 && len(e.Content.Cards[0].Phones) > 0 {
		e.Claims = map[string]string{"phone": e.Content.Cards[0].Phones[0]}
	}
}

func cardOf(v meta.Value) chat.ContactCard {
	card := chat.ContactCard{
		Name: v.Get("name", "formatted_name").Text(), Org: v.Get("org", "company").Text(), Origin: v.Get("origin").Text(),
	}
	if card.Name == "" {
		card.Name = strings.TrimSpace(v.Get("name", "first_name").Text() + " " + v.Get("name", "last_name").Text())
	}
	for p := range v.Get("phones").Objects {
		if phone := first(p.Get("phone").Text(), plus(p.Get("wa_id").Digits())); phone != "" {
			card.Phones = append(card.Phones, phone)
		}
	}
	for m := range v.Get("emails").Objects {
		if email := m.Get("email").Text(); email != "" {
			card.Emails = append(card.Emails, email)
		}
	}
	if vcard := v.Get("vcard").Text(); vcard != "" {
		readVCard(&card, vcard)
	}
	return card
}

// readVCard fills in from a vCard what the structured card leaves out.
func readVCard(card *chat.ContactCard, vcard string) {
	noPhones, noEmails := len(card.Phones) == 0, len(card.Emails) == 0
	for line := range strings.Lines(vcard) {
		property, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || value == "" {
			continue
		}
		name, _, _ := strings.Cut(property, ";")
		if at := strings.LastIndexByte(name, '.'); at >= 0 {
			name = name[at+1:] // "item1.TEL"
		}
		switch strings.ToUpper(name) {
		case "FN":
			card.Name = first(card.Name, value)
		case "TEL":
			if noPhones {
				card.Phones = append(card.Phones, value)
			}
		case "EMAIL":
			if noEmails {
				card.Emails = append(card.Emails, value)
			}
		}
	}
}

// interactive reads answers to buttons, lists and flows, and kinds to come that are built alike; of what the business itself
// sent, the text above its buttons.
func interactive(e *chat.Event, v meta.Value) {
	kind := v.Get("type").Text()
	answer := v.Get(kind)
	i := &chat.Interactive{
		Type:        kind,
		ID:          answer.Get("id").Text(),
		Name:        answer.Get("name").Text(),
		Title:       answer.Get("title").Text(),
		Description: answer.Get("description").Text(),
		Payload:     document(answer.Get("response_json")),
	}
	e.Content.Interactive = i
	e.Text = first(i.Title, answer.Get("body").Text())
	e.Text = first(e.Text, v.Get("body", "text").Text())
	e.Text = first(e.Text, answer.Get("response").Text())
}

// document is a JSON document inside a string. It is data of whoever made the form: it may be malformed, and here and there it
// comes as a bare object.
func document(v meta.Value) string {
	if v.Kind() == meta.Object {
		return string(v.Raw())
	}
	return v.Text()
}

// order: quantities and prices are documented as integers, shown as decimals and seen as strings; they keep their spelling.
func order(e *chat.Event, v meta.Value) {
	e.Text = v.Get("text").Text()
	o := &chat.Order{CatalogID: v.Get("catalog_id").ID()}
	for item := range v.Get("product_items").Objects {
		o.Items = append(o.Items, chat.OrderItem{
			ProductID: item.Get("product_retailer_id").ID(),
			Quantity:  item.Get("quantity").Text(),
			Price:     item.Get("item_price").Text(),
			Currency:  item.Get("currency").Text(),
		})
	}
	e.Content.Order = o
}
