package instagram

import (
	"strings"

	"switchboard/channels/meta"
)

// A class says what a piece of a body is, and so how it is read.
type class uint8

const (
	unparseable  class = iota // not JSON
	foreign                   // not about Instagram
	empty                     // a body without any element
	malformed                 // something else where a list or object should be
	outOfScope                // a change of a field an inbox has no use for, like comments
	unknownField              // a change of a field we have never heard of
	event                     // a messaging event
)

// A piece is one element.
type piece struct {
	class class
	at    meta.Value // its bytes: an item of messaging[], standby[] or changes[]
	event meta.Value // the messaging event in it
	list  meta.Value
	name  string // of the list
	entry meta.Value
	root  meta.Value
	field string // of a change

	account  string
	customer string
	fromUs   bool
	standby  bool
}

// An envelope is a body taken apart.
type envelope struct {
	doc    meta.Document
	pieces []piece
	uncut  bool
	a      *Adapter
}

// open takes a body apart. Split and Parse both see a body through it, so they count the same elements.
func (e *envelope) open(a *Adapter, body []byte) {
	e.a, e.pieces, e.uncut = a, e.pieces[:0], false
	if !e.doc.Scan(body) {
		e.pieces = append(e.pieces, piece{class: unparseable})
		return
	}
	root := e.doc.Root()
	e.list(root, piece{}, e.root)
	if len(e.pieces) == 0 {
		e.pieces = append(e.pieces, piece{class: empty, at: root, account: accountOf(root)})
	}
}

// close forgets the body.
func (e *envelope) close() {
	e.doc.Release()
	clear(e.pieces)
	e.pieces = e.pieces[:0]
	if cap(e.pieces) > 64 {
		e.pieces = nil
	}
}

// list goes through the objects of a list. Strays keep the body from being cut; a list of nothing but strays counts as one
// malformed element.
func (e *envelope) list(list meta.Value, like piece, visit func(meta.Value)) {
	n := 0
	for item := range list.Objects {
		n++
		visit(item)
	}
	if strays := list.Strays(); strays > 0 {
		e.uncut = true
		if n == 0 {
			like.class, like.at = malformed, list
			e.pieces = append(e.pieces, like)
		}
	}
}

func (e *envelope) root(root meta.Value) {
	if object := root.Get("object"); !object.Absent() && !object.Is("instagram") {
		e.uncut = true
		e.pieces = append(e.pieces, piece{class: foreign, at: root})
		return
	}
	for name, entries := range root.Members() {
		if name.Is("entry") {
			e.list(entries, piece{}, func(entry meta.Value) { e.entry(root, entry) })
		}
	}
}

func (e *envelope) entry(root, entry meta.Value) {
	like := piece{root: root, entry: entry, account: entry.Get("id").ID()}
	for name, list := range entry.Members() {
		switch string(name.Word()) {
		case "messaging":
			like.list, like.name, like.standby = list, "messaging", false
			e.list(list, like, func(v meta.Value) { e.messaging(like, v, v) })
		case "standby":
			like.list, like.name, like.standby = list, "standby", true
			e.list(list, like, func(v meta.Value) { e.messaging(like, v, v) })
		case "changes":
			like.list, like.name, like.standby = list, "changes", false
			e.list(list, like, func(v meta.Value) { e.change(like, v) })
		}
	}
}

// messaging adds a messaging event; at is the item that holds it.
func (e *envelope) messaging(p piece, at, body meta.Value) {
	p.class, p.at, p.event = event, at, body
	sender, recipient := body.Get("sender", "id").ID(), body.Get("recipient", "id").ID()
	echo := body.Get("message", "is_echo").Bool()
	p.account = e.a.account(p.account, sender, recipient, echo)
	p.fromUs = echo || (sender == p.account && sender != recipient)
	if p.customer = sender; p.fromUs {
		p.customer = recipient
	}
	e.pieces = append(e.pieces, p)
}

// account is whose inbox an event belongs to: the entry says so, except in dashboard tests and where apps share a body.
func (a *Adapter) account(entry, sender, recipient string, echo bool) string {
	ours, other := recipient, sender
	if echo {
		ours, other = sender, recipient
	}
	switch {
	case a.accounts[entry]:
		return entry
	case a.accounts[ours]:
		return ours
	case a.accounts[other]:
		return other
	case entry == "" || entry == "0":
		return ours
	default:
		return entry
	}
}

// change is a messaging event in the shape of a change, as dashboard tests and some apps get it, or something else that
// happened on the account.
func (e *envelope) change(p piece, change meta.Value) {
	p.field = change.Get("field").Text()
	value := change.Get("value")
	switch {
	case messagingField(p.field) || (p.field == "" && isEvent(value)):
		if value.Kind() != meta.Object {
			if !value.Absent() {
				p.class, p.at = malformed, change
				e.pieces = append(e.pieces, p)
			}
			return
		}
		p.standby = p.field == "standby"
		e.messaging(p, change, value)
		return
	case scopeOf(p.field):
		p.class = outOfScope
	case isEvent(value):
		e.messaging(p, change, value)
		return
	default:
		p.class = unknownField
	}
	p.at = change
	e.pieces = append(e.pieces, p)
}

func isEvent(v meta.Value) bool {
	return v.Get("sender").Kind() == meta.Object && v.Get("recipient").Kind() == meta.Object
}

// messagingField names the fields whose changes are messaging events.
func messagingField(field string) bool {
	switch field {
	case "messages", "message_echoes", "message_edit", "message_edits", "message_reactions", "messaging_postbacks", "messaging_seen",
		"messaging_referral", "messaging_optins", "messaging_handover", "standby":
		return true
	default:
		return false
	}
}

// scopeOf reports whether a field is known and means nothing to an inbox.
func scopeOf(field string) bool {
	switch field {
	case "comments", "live_comments", "mentions", "story_insights", "story_reactions", "follow", "creator_marketplace_projects",
		"business_login_for_business", "onsite_conversion", "response_feedback", "messaging_policy_enforcement":
		return true
	default:
		return strings.HasPrefix(field, "creator_marketplace")
	}
}

// accountOf is the first entry's account, for bodies that hold nothing else.
func accountOf(root meta.Value) string {
	for r := range root.Objects {
		for entry := range r.Get("entry").Objects {
			return entry.Get("id").ID()
		}
	}
	return ""
}
