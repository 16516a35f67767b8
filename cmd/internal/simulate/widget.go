package simulate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// webwidget makes the next event of a visitor: they arrive, look around, say who they are, write.
func (s *Simulator) webwidget(p *person, at time.Time) element {
	w := s.cfg.WebWidget.Widgets[p.account]
	event := func(name string) object {
		return object{
			"v": 1, "inbox_id": w.ID, "event": name, "event_id": p.uuid(), "sent_at": at.UTC().Format("2006-01-02T15:04:05.000Z"),
			"visitor": object{"id": p.visitor, "session_id": p.session},
			"client":  object{"user_agent": p.agent, "locale": p.region.locale, "timezone": p.region.zone, "screen": "1440x900"},
		}
	}
	if !p.greeted {
		p.greeted, p.referrer = true, "https://search.example/?q=mug"
		e := event("session.started")
		s.look(p, w, e)
		return element{body: e}
	}
	switch n := p.random.IntN(100); {
	case n < 15:
		e := event("page.viewed")
		s.look(p, w, e)
		return element{body: e}
	case n < 18:
		return element{body: event("typing.started")}
	case n < 21:
		e := event("prechat.submitted")
		e["prechat"] = object{"name": p.name, "email": p.email, "department": "sales", "consent": true}
		return element{body: e}
	case n < 24 && len(p.said) > 0 && !p.proven:
		return s.identify(p, w, event("contact.identified"))
	case n < 26 && p.recall(false) != nil:
		u := p.recall(false)
		u.gone = true
		e := event("message.deleted")
		e["message"] = object{"client_id": u.id}
		return element{body: e}
	default:
		return s.widgetMessage(p, w, event("message.created"), at)
	}
}

func (s *Simulator) widgetMessage(p *person, w Widget, e object, at time.Time) element {
	text, business := p.line()
	for business { // answers to the widget come from the dashboard, not from a webhook
		text, business = p.line()
	}
	m := object{"client_id": p.uuid(), "type": "text", "text": text}
	if p.chance(7) {
		m["attachments"] = []any{object{"upload_id": "upl_" + p.uuid()[:8], "mime_type": "image/png", "name": "photo.png", "size": 1000 + p.random.IntN(90000)}}
	}
	s.look(p, w, e)
	e["message"] = m
	id, _ := m["client_id"].(string)
	p.remember(utterance{id: id, text: text})
	return element{body: e, message: &Message{ID: id, At: at}}
}

// look turns to another page of the shop.
func (s *Simulator) look(p *person, w Widget, e object) {
	pages := sitePages()
	p.page = p.random.IntN(len(pages))
	url := w.Origin + pages[p.page].path
	e["page"] = object{"url": url, "title": pages[p.page].title, "referrer": p.referrer}
	p.referrer = url
}

// identify proves with the shop's secret who the visitor is in the shop.
func (s *Simulator) identify(p *person, w Widget, e object) element {
	mac := hmac.New(sha256.New, []byte(w.Secret))
	mac.Write([]byte(p.external))
	p.proven = true
	e["visitor"] = object{
		"id": p.visitor, "session_id": p.session, "external_id": p.external, "user_hash": hex.EncodeToString(mac.Sum(nil)),
		"name": p.name, "email": p.email,
	}
	return element{body: e}
}

func (s *Simulator) widgetBody(e element) ([]byte, error) { return json.Marshal(e.body) }
