package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"time"
)

type object map[string]any

// whatsapp makes the next update of a person, as the Cloud API sends it.
func (s *Simulator) whatsapp(p *person, at time.Time) element {
	if u := p.recall(true); u != nil && u.status < 3 && p.chance(45) {
		return s.whatsappStatus(p, u, at)
	}
	if own := p.recall(false); own != nil && p.chance(8) {
		if p.chance(40) {
			return s.whatsappReaction(p, at)
		}
		return s.whatsappChange(p, own, at)
	}
	text, business := p.line()
	id := "wamid." + p.nextID("WA", s.seed)
	if business {
		p.remember(utterance{id: id, text: text, business: true})
		echo := object{"from": s.number(p).digits(), "id": id, "timestamp": unix(at), "type": "text", "text": object{"body": text}}
		addTo(p, echo)
		return element{
			field: "smb_message_echoes", message: &Message{ID: id, At: at, Business: true},
			body: s.whatsappValue(p, object{"message_echoes": []any{echo}}),
		}
	}
	m := object{"id": id, "timestamp": unix(at)}
	addFrom(p, m)
	s.whatsappContent(p, m, text)
	if quoted := p.recall(true); quoted != nil && p.chance(12) {
		m["context"] = object{"from": s.number(p).digits(), "id": quoted.id}
	}
	p.remember(utterance{id: id, text: text, media: m["type"] != "text"})
	return element{field: "messages", message: &Message{ID: id, At: at}, body: s.whatsappValue(p, object{"messages": []any{m}})}
}

// whatsappContent is mostly text, now and then one of the other types.
func (s *Simulator) whatsappContent(p *person, m object, text string) {
	media := func(mime string, more object) object {
		o := object{"id": strconv.Itoa(700000000000000 + p.random.IntN(99999999)), "mime_type": mime, "sha256": "c2ltdWxhdGVkLW5vdC1hLXJlYWwtaGFzaC1vZi1ieXRlcw=="}
		maps.Copy(o, more)
		return o
	}
	set := func(kind string, content any) { m["type"], m[kind] = kind, content }
	switch n := p.random.IntN(100); {
	case n < 8:
		set("image", media("image/jpeg", object{"caption": pick(p, captions())}))
	case n < 11:
		set("audio", media("audio/ogg; codecs=opus", object{"voice": true}))
	case n < 13:
		set("document", media("application/pdf", object{"filename": fmt.Sprintf("invoice-%d.pdf", 1000+p.random.IntN(9000)), "caption": text}))
	case n < 15:
		set("sticker", media("image/webp", object{"animated": p.chance(50)}))
	case n < 16:
		set("video", media("video/mp4", object{"caption": text}))
	case n < 18:
		set("location", object{"latitude": 48.8 + p.random.Float64(), "longitude": 2.2 + p.random.Float64(), "name": "Market square", "address": "1 Market Square"})
	case n < 19:
		set("contacts", []any{object{"name": object{"formatted_name": "Sam Sample", "first_name": "Sam"}, "phones": []any{object{"phone": "+1 202-555-0178", "wa_id": "12025550178", "type": "WORK"}}}})
	case n < 22:
		set("interactive", object{"type": "button_reply", "button_reply": object{"id": "track_order", "title": text}})
	case n < 23:
		set("order", object{"catalog_id": "900000000000009", "text": text, "product_items": []any{object{"product_retailer_id": "MUG-BLUE", "quantity": 2, "item_price": 12.5, "currency": "USD"}}})
	case n < 24:
		m["type"], m["errors"] = "unsupported", []any{object{"code": 131051, "title": "Message type unknown", "error_data": object{"details": "Message type is currently not supported."}}}
		m["unsupported"] = object{"type": "poll_creation"}
	default:
		set("text", object{"body": text})
	}
}

func (s *Simulator) whatsappStatus(p *person, u *utterance, at time.Time) element {
	word := [...]string{"sent", "delivered", "read"}[u.status]
	u.status++
	st := object{"id": u.id, "status": word, "timestamp": unix(at), "recipient_user_id": p.bsuid}
	if p.phone != "" {
		st["recipient_id"] = p.phone
	}
	if word == "sent" {
		st["pricing"] = object{"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"}
	}
	return element{field: "messages", body: s.whatsappValue(p, object{"statuses": []any{st}})}
}

func (s *Simulator) whatsappReaction(p *person, at time.Time) element {
	target := p.recall(true)
	if target == nil {
		target = p.recall(false)
	}
	m := object{"id": "wamid." + p.nextID("WR", s.seed), "timestamp": unix(at), "type": "reaction"}
	m["reaction"] = object{"message_id": target.id, "emoji": pick(p, emojis())}
	addFrom(p, m)
	return element{field: "messages", body: s.whatsappValue(p, object{"messages": []any{m}})}
}

// whatsappChange edits or takes back one of the person's own messages.
func (s *Simulator) whatsappChange(p *person, u *utterance, at time.Time) element {
	m := object{"id": "wamid." + p.nextID("WE", s.seed), "timestamp": unix(at)}
	addFrom(p, m)
	if u.media || p.chance(30) {
		u.gone = true
		m["type"], m["revoke"] = "revoke", object{"original_message_id": u.id}
	} else {
		u.edits++
		m["type"] = "edit"
		m["edit"] = object{"original_message_id": u.id, "message": object{"type": "text", "text": object{"body": u.text + " (edited)"}}}
	}
	return element{field: "messages", body: s.whatsappValue(p, object{"messages": []any{m}})}
}

func addFrom(p *person, m object) {
	m["from_user_id"] = p.bsuid
	if p.phone != "" {
		m["from"] = p.phone
	}
}

func addTo(p *person, m object) {
	m["to_user_id"] = p.bsuid
	if p.phone != "" {
		m["to"] = p.phone
	}
}

func (s *Simulator) number(p *person) Number { return s.cfg.WhatsApp.Numbers[p.account] }

func (s *Simulator) whatsappValue(p *person, content object) object {
	n := s.number(p)
	contact := object{"profile": object{"name": p.name}, "user_id": p.bsuid}
	if p.phone != "" {
		contact["wa_id"] = p.phone
	} else {
		contact["profile"] = object{"name": p.name, "username": p.username}
	}
	content["messaging_product"] = "whatsapp"
	content["metadata"] = object{"display_phone_number": n.digits(), "phone_number_id": n.ID}
	content["contacts"] = []any{contact}
	return content
}

// whatsappBody puts updates of people of one business account into one webhook.
func (s *Simulator) whatsappBody(waba string, elements []element) ([]byte, error) {
	changes := make([]any, len(elements))
	for i, e := range elements {
		changes[i] = object{"value": e.body, "field": e.field}
	}
	return json.Marshal(object{"object": "whatsapp_business_account", "entry": []any{object{"id": waba, "changes": changes}}})
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
