package whatsapp

import (
	"strings"

	"switchboard/channels/meta"
	"switchboard/chat"
)

// Reasons for which an element is ignored or cannot be read.
const (
	reasonUnparseable   = "unparseable"
	reasonObject        = "unknown_object"
	reasonEmpty         = "empty"
	reasonMalformed     = "malformed"
	reasonField         = "unknown_field"
	reasonContent       = "unknown_content"
	reasonAccount       = "unknown_account"
	reasonMissingID     = "missing_id"
	reasonMissingSender = "missing_sender"
	reasonMissingTarget = "missing_target"
	reasonMissingStatus = "missing_status"
)

// Parse turns a parcel into events.
func (a *Adapter) Parse(p chat.Parcel) []chat.Event {
	var e envelope
	e.open(a, p.Value)
	r := reader{a: a, parcel: p, events: make([]chat.Event, 0, len(e.pieces))}
	for i := range e.pieces {
		r.piece(&e.pieces[i])
	}
	return r.events
}

// A reader collects the events of a parcel.
type reader struct {
	a      *Adapter
	parcel chat.Parcel
	events []chat.Event
}

func (r *reader) piece(p *piece) {
	p.who = p.named()
	if p.class == thread {
		r.thread(p)
		return
	}
	e := r.event(p, p.who, p.at)
	switch p.class {
	case message:
		r.message(&e, p.at)
	case echo:
		e.Direction = chat.Outbound
		r.message(&e, p.at)
	case lateMedia:
		r.imported(&e, p.at, outbound(p.in, p.at))
	case status:
		r.status(&e, p.at)
	case call, callStatus:
		r.call(&e, p.at, p.class == callStatus)
	case syncEntry:
		r.sync(&e, p.at)
	case preference:
		r.preference(&e, p.at)
	case idUpdate:
		r.idUpdate(&e, p.at)
	case valueErrors, chunkErrors:
		r.platformError(&e, p)
	case notice:
		r.notice(&e, p)
	default:
		r.unhandled(&e, p)
	}
	r.finish(e, p, p.at)
}

// event is the start of any event. Its direction is inbound until an element says otherwise.
func (r *reader) event(p *piece, who person, at meta.Value) chat.Event {
	e := chat.Event{
		Channel: chat.WhatsApp, Account: p.in.account, Sequence: len(r.events),
		Timestamp: at.Get("timestamp").Time(r.parcel.ReceivedAt),
	}
	if p.class.personal() {
		who.identify(&e)
	}
	return e
}

// finish gives the event its id if the element named none, and sets aside what belongs to nobody of ours.
func (r *reader) finish(e chat.Event, p *piece, at meta.Value) {
	raw := at.Raw()
	if len(raw) == 0 {
		raw = r.parcel.Value
	}
	if e.ID == "" {
		e.ID = eventID("element", e.Account, p.in.field, p.moment(at), string(raw))
	}
	if e.Kind != chat.KindIgnored && e.Kind != chat.KindUnreadable && !r.a.knows(e.Account, p.in.isNumber || p.class.personal()) {
		unreadable(&e, reasonAccount)
		e.Detail = "not listed under whatsapp.numbers of the channels file"
	}
	if e.Kind == chat.KindUnreadable {
		e.Raw = raw
	}
	if e.Kind == chat.KindIgnored || e.Kind == chat.KindUnreadable {
		e.NoContact = true
	}
	r.events = append(r.events, e)
}

// moment tells apart elements of equal bytes that do not say themselves when they happened. The entry's time is that of the
// delivery, which may change when it is repeated, so it is the last resort.
func (p *piece) moment(at meta.Value) string {
	if at.Get("timestamp").Absent() {
		return string(p.in.entry.Get("time").Raw())
	}
	return ""
}

func unreadable(e *chat.Event, reason string) {
	e.Kind, e.Reason = chat.KindUnreadable, reason
}

func ignored(e *chat.Event, reason string) {
	e.Kind, e.Reason = chat.KindIgnored, reason
}

// unhandled is a piece that says nothing we act on.
func (r *reader) unhandled(e *chat.Event, p *piece) {
	switch p.class {
	case foreign:
		ignored(e, reasonObject)
	case empty:
		ignored(e, reasonEmpty)
	case unknownField:
		ignored(e, reasonField)
		e.Type = word(p.in.field)
	case unknownList:
		ignored(e, reasonContent)
	case malformed:
		unreadable(e, reasonMalformed)
	default:
		unreadable(e, reasonUnparseable)
	}
}

// eventID is the id of an event the platform itself names.
func eventID(kind, account string, parts ...string) string {
	return chat.EventID(append([]string{string(chat.WhatsApp), kind, account}, parts...)...)
}

// word is a platform's word if it looks like one, for use as a type; otherwise nothing.
func word(s string) string {
	if len(s) > 64 || strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return ""
	}
	return strings.ToLower(s)
}

// thread imports one conversation of a history chunk.
func (r *reader) thread(p *piece) {
	for name, list := range p.at.Members() {
		if !name.Is("messages") {
			continue
		}
		for m := range list.Objects {
			e := r.event(p, p.who, m)
			if p.who.anonymous() {
				r.stranger(&e, p, m)
			}
			r.imported(&e, m, p.wroteUs(m))
			r.finish(e, p, m)
		}
	}
}

// stranger finds the person of a message in a thread that does not say whose it is.
func (r *reader) stranger(e *chat.Event, p *piece, m meta.Value) {
	who := from(m)
	if p.wroteUs(m) {
		who = to(m)
	}
	e.NoContact = false
	who.identify(e)
}

// wroteUs reports whether the business wrote a message of a thread: it was not the thread's person.
func (p *piece) wroteUs(m meta.Value) bool {
	author := from(m)
	switch {
	case author.bsuid != "" && author.bsuid == p.who.bsuid, author.phone != "" && author.phone == p.who.phone:
		return false
	case outbound(p.in, m), author.anonymous():
		return true
	default:
		return !to(m).anonymous() || !p.who.anonymous()
	}
}

// imported reads a message of the history import. It starts with the delivery word it has already reached.
func (r *reader) imported(e *chat.Event, m meta.Value, fromUs bool) {
	e.Flags = append(e.Flags, chat.FlagHistory)
	if fromUs {
		e.Direction = chat.Outbound
	}
	r.message(e, m)
	if e.Kind == chat.KindEcho {
		e.Status = deliveryWord(m.Get("history_context", "status"))
	}
}

func deliveryWord(v meta.Value) string {
	if w := word(v.Text()); w != "error" {
		return w
	}
	return "failed"
}
