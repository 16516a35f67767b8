package simulate

import (
	"encoding/json"
	"fmt"
	"time"
)

// instagram makes the next event of a person.
func (s *Simulator) instagram(p *person, at time.Time) element {
	account := s.cfg.Instagram.Accounts[p.account]
	event := func(fromCustomer bool, key string, payload any) object {
		from, to := p.igsid, account
		if !fromCustomer {
			from, to = to, from
		}
		return object{"sender": object{"id": from}, "recipient": object{"id": to}, "timestamp": at.UnixMilli(), key: payload}
	}
	if u := p.recall(true); u != nil && u.status == 0 && p.chance(30) {
		u.status = 1
		return element{body: event(true, "read", object{"mid": u.id})}
	}
	if own := p.recall(false); own != nil && p.chance(9) {
		return s.instagramChange(p, own, event)
	}
	text, business := p.line()
	mid := "aWdfZ" + p.nextID("IG", s.seed)
	p.remember(utterance{id: mid, text: text, business: business})
	if business {
		return element{message: &Message{ID: mid, At: at, Business: true}, body: event(false, "message", object{"mid": mid, "text": text, "is_echo": true})}
	}
	e := element{message: &Message{ID: mid, At: at}}
	if p.chance(4) {
		e.body = event(true, "postback", object{"mid": mid, "title": text, "payload": "ICE_BREAKER"})
		return e
	}
	m := s.instagramMessage(p, mid, text)
	p.said[len(p.said)-1].media = m["attachments"] != nil
	e.body = event(true, "message", m)
	return e
}

func (s *Simulator) instagramMessage(p *person, mid, text string) object {
	cdn := func() string {
		return fmt.Sprintf("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=%d&signature=SIMULATED", 1000+p.random.IntN(9000))
	}
	m := object{"mid": mid}
	switch n := p.random.IntN(100); {
	case n < 10:
		m["attachments"] = []any{object{"type": "image", "payload": object{"url": cdn()}}}
	case n < 13:
		m["text"], m["attachments"] = text, []any{object{"type": "video", "payload": object{"url": cdn()}}}
	case n < 16:
		m["attachments"] = []any{object{"type": "story_mention", "payload": object{"url": cdn()}}}
	case n < 20:
		m["text"], m["reply_to"] = text, object{"story": object{"id": fmt.Sprint(18100000000000000 + p.random.IntN(9999)), "url": cdn()}}
	case n < 23:
		m["text"], m["quick_reply"] = text, object{"payload": "TRACK_ORDER"}
	default:
		m["text"] = text
		if u := p.recall(true); u != nil && p.chance(10) {
			m["reply_to"] = object{"mid": u.id}
		}
	}
	return m
}

// instagramChange reacts to a message, edits or takes back one of the person's own.
func (s *Simulator) instagramChange(p *person, u *utterance, event func(bool, string, any) object) element {
	switch n := p.random.IntN(10); {
	case n < 5:
		return element{body: event(true, "reaction", object{"mid": u.id, "action": "react", "reaction": "love", "emoji": pick(p, emojis())})}
	case n < 8 && !u.media:
		u.edits++
		return element{body: event(true, "message_edit", object{"mid": u.id, "text": u.text + " (edited)", "num_edit": u.edits})}
	default:
		u.gone = true
		return element{body: event(true, "message", object{"mid": u.id, "is_deleted": true})}
	}
}

// instagramBody puts events of people of one account into one webhook.
func (s *Simulator) instagramBody(account string, at time.Time, elements []element) ([]byte, error) {
	events := make([]any, len(elements))
	for i, e := range elements {
		events[i] = e.body
	}
	return json.Marshal(object{"object": "instagram", "entry": []any{object{"id": account, "time": at.UnixMilli(), "messaging": events}}})
}
