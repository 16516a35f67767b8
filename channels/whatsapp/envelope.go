package whatsapp

import (
	"strings"

	"switchboard/channels/meta"
)

// A class says what a piece of a body is, and so how it is read.
type class uint8

const (
	unparseable  class = iota // not JSON
	foreign                   // not about WhatsApp
	empty                     // a body without any element
	malformed                 // something else where a list or object should be
	unknownField              // a change of a field we have never heard of
	unknownList               // a change of a known field without any list we know
	notice                    // account-level change
	valueErrors               // errors without a message
	message
	echo
	status
	call
	callStatus
	syncEntry // address book
	preference
	idUpdate
	thread      // of a history chunk: several messages of one person
	lateMedia   // message under the field history, outside of a chunk: the file of a placeholder
	chunkErrors // a history chunk that is a refusal
)

// personal reports whether such a piece is about a person.
func (c class) personal() bool { return c >= message && c != chunkErrors }

// A piece is what goes to one person as a unit: one element, except for a thread, which holds several.
type piece struct {
	class class
	at    meta.Value // its bytes
	list  meta.Value // the list that holds it, or the chunk
	name  string     // name of that list in the change's value; empty when the piece is the whole change
	in    *scope
	who   person
	n     int // elements

	contact int // place in the scope's contacts, from 1; 0 for none
}

// A scope is what the elements of one change share.
type scope struct {
	root, entry, change, value meta.Value

	field    string
	account  string
	isNumber bool // account is a phone_number_id, not a business account
	contacts []contact
}

// An envelope is a body taken apart.
type envelope struct {
	doc    meta.Document
	pieces []piece
	uncut  bool
	a      *Adapter

	few  [4]scope // nearly always enough
	used int      // of them
}

// open takes a body apart. Split and Parse both see a body through it, so they count the same elements.
func (e *envelope) open(a *Adapter, body []byte) {
	e.a, e.pieces, e.uncut, e.used = a, e.pieces[:0], false, 0
	if !e.doc.Scan(body) {
		e.add(piece{class: unparseable, in: &scope{}})
		return
	}
	root := e.doc.Root()
	e.list(root, scope{}, func(r meta.Value) { e.root(r) })
	if len(e.pieces) == 0 {
		e.add(piece{class: empty, at: root, in: &scope{account: accountOf(root)}})
	}
}

// close forgets the body.
func (e *envelope) close() {
	e.doc.Release()
	clear(e.pieces)
	clear(e.few[:])
	e.pieces = e.pieces[:0]
	if cap(e.pieces) > 64 {
		e.pieces = nil
	}
}

// newScope is valid until the envelope is closed.
func (e *envelope) newScope(from scope) *scope {
	if e.used == len(e.few) {
		s := new(scope)
		*s = from
		return s
	}
	e.used++
	s := &e.few[e.used-1]
	*s = from
	return s
}

func (e *envelope) add(p piece) {
	if p.n == 0 {
		p.n = 1
	}
	e.pieces = append(e.pieces, p)
}

// list goes through the objects of a list. Strays keep the body from being cut; a list of nothing but strays counts as one
// malformed element.
func (e *envelope) list(list meta.Value, in scope, visit func(meta.Value)) {
	n := 0
	for item := range list.Objects {
		n++
		visit(item)
	}
	if strays := list.Strays(); strays > 0 {
		e.uncut = true
		if n == 0 {
			s := e.newScope(in)
			if s.account == "" {
				s.account = s.entry.Get("id").ID()
			}
			e.add(piece{class: malformed, at: list, in: s})
		}
	}
}

func (e *envelope) root(root meta.Value) {
	if object := root.Get("object"); !object.Absent() && !object.Is("whatsapp_business_account") {
		e.uncut = true
		e.add(piece{class: foreign, at: root, in: &scope{root: root}})
		return
	}
	for name, entries := range root.Members() {
		if name.Is("entry") {
			e.list(entries, scope{root: root}, func(entry meta.Value) { e.entry(root, entry) })
		}
	}
}

func (e *envelope) entry(root, entry meta.Value) {
	for name, changes := range entry.Members() {
		if name.Is("changes") {
			e.list(changes, scope{root: root, entry: entry}, func(change meta.Value) { e.change(root, entry, change) })
		}
	}
}

func (e *envelope) change(root, entry, change meta.Value) {
	field := fieldOf(change)
	if !carriesElements(field) {
		s := e.scope(root, entry, change, change.Get("value"), field)
		class := unknownField
		if accountField(field) {
			class = notice
		}
		e.add(piece{class: class, at: change, in: s})
		return
	}
	values := 0
	for name, value := range change.Members() {
		if !name.Is("value") || value.Absent() {
			continue
		}
		if values++; values > 1 {
			e.uncut = true // the same name twice: a piece cannot be told from the whole
		}
		s := e.scope(root, entry, change, value, field)
		if value.Kind() != meta.Object {
			e.uncut = true
			e.add(piece{class: malformed, at: change, in: s})
			continue
		}
		e.value(s)
	}
}

// scope reads what the elements of a change share. The account is the number that received them; changes that name none
// concern the business account.
func (e *envelope) scope(root, entry, change, value meta.Value, field string) *scope {
	s := e.newScope(scope{root: root, entry: entry, change: change, value: value, field: field})
	s.account = value.Get("metadata", "phone_number_id").ID()
	if s.account == "" {
		s.account = e.a.byPhone[value.Get("metadata", "display_phone_number").Digits()]
	}
	s.isNumber = s.account != ""
	if !s.isNumber {
		s.account = entry.Get("id").ID()
	}
	return s
}

// value lists the elements of a change and finds out whose each is.
func (e *envelope) value(s *scope) {
	first, other := len(e.pieces), false
	for name, list := range s.value.Members() {
		switch string(name.Word()) {
		case "messages":
			e.elements(s, list, "messages", pick(s.field == "history", lateMedia, message))
		case "statuses":
			e.elements(s, list, "statuses", pick(s.field == "calls", callStatus, status))
		case "message_echoes":
			e.elements(s, list, "message_echoes", echo)
		case "calls":
			e.elements(s, list, "calls", call)
		case "state_sync":
			e.elements(s, list, "state_sync", syncEntry)
		case "user_preferences":
			e.elements(s, list, "user_preferences", preference)
		case "user_id_update":
			e.elements(s, list, "user_id_update", idUpdate)
		case "errors":
			e.errors(s, list, "errors", valueErrors)
		case "history":
			e.list(list, *s, func(chunk meta.Value) { e.chunk(s, chunk) })
		case "messaging_product", "metadata", "contacts":
		default:
			other = other || !list.Absent()
		}
	}
	if len(e.pieces) == first && other {
		e.add(piece{class: unknownList, at: s.change, in: s})
	}
	s.introduce(e.pieces[first:])
}

func pick(condition bool, yes, no class) class {
	if condition {
		return yes
	}
	return no
}

func (e *envelope) elements(s *scope, list meta.Value, name string, c class) {
	e.list(list, *s, func(v meta.Value) {
		e.add(piece{class: c, at: v, list: list, name: name, in: s})
	})
}

// errors is one element, however many codes it lists.
func (e *envelope) errors(s *scope, list meta.Value, name string, c class) {
	n := 0
	for range list.Objects {
		n++
	}
	switch {
	case n > 0:
		e.add(piece{class: c, at: list, list: list, name: name, in: s})
	case list.Strays() > 0:
		e.uncut = true
		e.add(piece{class: malformed, at: list, in: s})
	}
}

func (e *envelope) chunk(s *scope, chunk meta.Value) {
	for name, list := range chunk.Members() {
		switch string(name.Word()) {
		case "threads":
			e.list(list, *s, func(t meta.Value) { e.thread(s, chunk, t) })
		case "errors":
			first := len(e.pieces)
			e.errors(s, list, "history", chunkErrors)
			for i := range e.pieces[first:] {
				e.pieces[first+i].list = chunk
			}
		}
	}
}

func (e *envelope) thread(s *scope, chunk, t meta.Value) {
	n := 0
	for name, list := range t.Members() {
		if name.Is("messages") {
			e.list(list, *s, func(meta.Value) { n++ })
		}
	}
	if n > 0 {
		e.add(piece{class: thread, at: t, list: chunk, name: "history", in: s, n: n})
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

// fieldOf is the name of a change's field. Nearly always it is one, which costs no allocation.
func fieldOf(change meta.Value) string {
	if field := change.Get("field"); !field.Is("messages") {
		return field.Text()
	}
	return "messages"
}

// carriesElements names the fields whose values list elements of persons. A change without a field is read by its lists.
func carriesElements(field string) bool {
	switch field {
	case "", "messages", "smb_message_echoes", "history", "smb_app_state_sync", "user_preferences", "calls", "user_id_update":
		return true
	default:
		return false
	}
}

// accountField names the fields that concern the business account; each change of theirs is one notice.
func accountField(field string) bool {
	switch field {
	case "security", "flows", "automatic_events", "partner_solutions", "business_capability_update", "business_username_update",
		"business_status_update", "template_category_update":
		return true
	}
	for _, family := range []string{"account_", "message_template_", "phone_number_", "group_", "payment_"} {
		if strings.HasPrefix(field, family) {
			return true
		}
	}
	return false
}
