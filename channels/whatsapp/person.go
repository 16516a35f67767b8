package whatsapp

import (
	"strings"

	"switchboard/channels/meta"
	"switchboard/chat"
)

// A person is what a body says about somebody. Empty fields were not in it.
type person struct {
	bsuid, parent string
	phone         string // digits of the id the person writes from
	waID          string // digits of the contact's wa_id, where that is another spelling
	name          string
	username      string
}

// A contact is an item of contacts[].
type contact struct {
	person
	at meta.Value
}

func (p person) anonymous() bool { return p.bsuid == "" && p.phone == "" }

// introduce finds out whose each piece of the scope is. contacts[] belong to elements by id and never by position. With one
// contact and one sender they are the same person even if wa_id and sender differ; a change of number is an exception, for
// there the contact may be the new number.
func (s *scope) introduce(pieces []piece) {
	s.readContacts()
	single := len(s.contacts) == 1
	var only *piece
	for i := range pieces {
		p := &pieces[i]
		if p.who = sender(p); !p.class.personal() {
			continue
		}
		if only == nil {
			only = p
		}
		single = single && only.who == p.who && p.class != syncEntry && !isSystem(p)
	}
	for i := range pieces {
		p := &pieces[i]
		if !p.class.personal() {
			continue
		}
		if at := s.find(p.who, single); at >= 0 {
			p.who, p.contact = join(p.who, s.contacts[at].person), at+1
		}
	}
}

func (s *scope) readContacts() {
	for v := range s.value.Get("contacts").Objects {
		s.contacts = append(s.contacts, contact{at: v, person: person{
			bsuid:  v.Get("user_id").ID(),
			parent: v.Get("parent_user_id").ID(),
			phone:  v.Get("wa_id").Digits(),
		}})
	}
}

// find is the contact of a sender: the one with the same BSUID, else the one with the same number, else the only one; -1 when
// there is none.
func (s *scope) find(p person, single bool) int {
	for i, c := range s.contacts {
		if p.bsuid != "" && c.bsuid == p.bsuid {
			return i
		}
	}
	for i, c := range s.contacts {
		if p.phone != "" && c.phone == p.phone && !conflict(p.bsuid, c.bsuid) {
			return i
		}
	}
	if single && !conflict(p.bsuid, s.contacts[0].bsuid) {
		return 0
	}
	return -1
}

// named adds what the contact of a piece is called.
func (p *piece) named() person {
	who := p.who
	if p.contact > 0 {
		profile := p.in.contacts[p.contact-1].at.Get("profile")
		who.name, who.username = profile.Get("name").Text(), strings.TrimPrefix(profile.Get("username").ID(), "@")
	}
	return who
}

func conflict(a, b string) bool { return a != "" && b != "" && a != b }

// join completes what an element says about its person with what the contact says. Names come later: intake does not need them.
func join(p, c person) person {
	p.bsuid, p.parent = first(p.bsuid, c.bsuid), first(p.parent, c.parent)
	switch {
	case p.phone == "":
		p.phone = c.phone
	case c.phone != p.phone:
		p.waID = c.phone
	}
	return p
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sender is the person an element names itself: who wrote it, or to whom the business did.
func sender(p *piece) person {
	v := p.at
	switch p.class {
	case message:
		if isSystem(p) {
			return systemSender(v)
		}
		return from(v)
	case echo:
		return to(v)
	case lateMedia:
		if outbound(p.in, v) {
			return to(v)
		}
		return from(v)
	case status, callStatus:
		return recipient(v)
	case call:
		if v.Get("direction").Is("BUSINESS_INITIATED") || outbound(p.in, v) {
			return to(v)
		}
		return from(v)
	case syncEntry:
		c := v.Get("contact")
		return person{bsuid: c.Get("user_id").ID(), phone: c.Get("phone_number").Digits()}
	case preference:
		return person{bsuid: v.Get("user_id").ID(), parent: v.Get("parent_user_id").ID(), phone: v.Get("wa_id").Digits()}
	case idUpdate:
		return person{bsuid: v.Get("user_id", "previous").ID(), phone: v.Get("wa_id").Digits()}
	case thread:
		c := v.Get("context")
		return person{
			bsuid:  c.Get("user_id").ID(),
			parent: c.Get("parent_user_id").ID(),
			phone:  first(c.Get("wa_id").Digits(), v.Get("id").Digits()),
		}
	default:
		return person{}
	}
}

func from(v meta.Value) person {
	return person{bsuid: v.Get("from_user_id").ID(), parent: v.Get("from_parent_user_id").ID(), phone: v.Get("from").Digits()}
}

func to(v meta.Value) person {
	return person{bsuid: v.Get("to_user_id").ID(), parent: v.Get("to_parent_user_id").ID(), phone: v.Get("to").Digits()}
}

// recipient is whom a status is about. Of a group's status it is the member, if it names one; recipient_id is the group.
func recipient(v meta.Value) person {
	if toGroup(v) {
		return person{
			bsuid:  v.Get("recipient_participant_user_id").ID(),
			parent: v.Get("recipient_participant_parent_user_id").ID(),
			phone:  v.Get("recipient_participant_id").Digits(),
		}
	}
	return person{
		bsuid:  v.Get("recipient_user_id").ID(),
		parent: first(v.Get("recipient_parent_user_id").ID(), v.Get("parent_recipient_user_id").ID()),
		phone:  v.Get("recipient_id").Digits(),
	}
}

func toGroup(v meta.Value) bool { return v.Get("recipient_type").Is("group") }

func isSystem(p *piece) bool { return p.class == message && p.at.Get("type").Is("system") }

// systemSender is the person of a number or id change under the identities they had before.
func systemSender(v meta.Value) person {
	p, s := from(v), v.Get("system")
	p.bsuid = first(s.Get("previous_user_id").ID(), p.bsuid)
	p.phone = first(p.phone, s.Get("customer").Digits())
	if p.anonymous() { // an early user_changed_user_id names only the new id
		p.bsuid = s.Get("user_id").ID()
	}
	return p
}

// outbound reports whether the business wrote a message that may be anybody's.
func outbound(s *scope, v meta.Value) bool {
	wrote, business := v.Get("from").Digits(), s.value.Get("metadata", "display_phone_number").Digits()
	return wrote != "" && wrote == business
}

// identities are proven by the platform. The BSUID comes first: it is one per person whatever the spelling of the number. The
// parent BSUID comes last: portfolios may be unlinked.
func (p person) identities() []chat.Identity {
	list := make([]chat.Identity, 0, 4)
	add := func(kind chat.IdentityKind, value string) {
		if value != "" {
			list = append(list, chat.Identity{Channel: chat.WhatsApp, Kind: kind, Value: value, Verified: true})
		}
	}
	add(chat.IdentityBSUID, p.bsuid)
	add(chat.IdentityPhone, plus(p.phone))
	add(chat.IdentityPhone, plus(p.waID))
	add(chat.IdentityParentBSUID, p.parent)
	return list
}

func plus(digits string) string {
	if digits == "" {
		return ""
	}
	return "+" + digits
}

// identify puts the person into an event.
func (p person) identify(e *chat.Event) {
	e.Identities = p.identities()
	e.ContactName = p.name
	switch {
	case p.phone != "":
		e.ContactKey, e.KeyType = plus(p.phone), chat.IdentityPhone
	case p.bsuid != "":
		e.ContactKey, e.KeyType = p.bsuid, chat.IdentityBSUID
	default:
		e.NoContact = true
		return
	}
	if place := country(p.bsuid); place != nil {
		e.Session = &chat.Session{Geo: place}
	}
	e.Aliases = map[string]string{}
	for name, value := range map[string]string{
		"wa_id": p.phone, "phone": plus(p.phone), "bsuid": p.bsuid, "parent_bsuid": p.parent, "username": p.username,
	} {
		if value != "" {
			e.Aliases[name] = value
		}
	}
	if p.name != "" || p.username != "" {
		e.Profile = &chat.Profile{
			Channel: chat.WhatsApp, Account: e.Account, Name: p.name, Username: p.username, SeenAt: e.Timestamp,
		}
	}
}

// country is the one a BSUID begins with: all that is known of where somebody is who keeps their number to themselves.
func country(bsuid string) *chat.Geo {
	code, _, _ := strings.Cut(bsuid, ".")
	name := chat.CountryName(code)
	if name == "" {
		return nil
	}
	return &chat.Geo{Country: code, CountryName: name, Source: "profile", Accuracy: "country"}
}
