package instagram

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
	reasonScope         = "unsupported_field"
	reasonField         = "unknown_field"
	reasonEvent         = "unknown_event"
	reasonUnneeded      = "unsupported_event"
	reasonAccount       = "unknown_account"
	reasonMissingID     = "missing_id"
	reasonMissingSender = "missing_sender"
	reasonMissingTarget = "missing_target"
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
	e := r.event(p)
	switch p.class {
	case event:
		r.payload(&e, p)
	case outOfScope:
		ignored(&e, reasonScope)
		e.Type = word(p.field)
	case unknownField:
		ignored(&e, reasonField)
		e.Type = word(p.field)
	case foreign:
		ignored(&e, reasonObject)
	case empty:
		ignored(&e, reasonEmpty)
	case malformed:
		unreadable(&e, reasonMalformed)
	default:
		unreadable(&e, reasonUnparseable)
	}
	r.finish(e, p)
}

// event is the start of any event: whose it is and when it happened.
func (r *reader) event(p *piece) chat.Event {
	e := chat.Event{
		Channel: chat.Instagram, Account: p.account, Sequence: len(r.events),
		Timestamp: p.event.Get("timestamp").Time(p.entry.Get("time").Time(r.parcel.ReceivedAt)),
	}
	if p.customer == "" {
		e.NoContact = true
		return e
	}
	e.ContactKey, e.KeyType = p.customer, chat.IdentityIGSID
	e.Identities = []chat.Identity{{
		Channel: chat.Instagram, Scope: p.account, Kind: chat.IdentityIGSID, Value: p.customer, Verified: true,
	}}
	if p.standby {
		e.Flags = append(e.Flags, chat.FlagStandby)
	}
	return e
}

// finish gives the event its id if its kind has no better one, and sets aside what belongs to nobody of ours.
func (r *reader) finish(e chat.Event, p *piece) {
	raw := p.at.Raw()
	if len(raw) == 0 {
		raw = r.parcel.Value
	}
	if e.ID == "" {
		e.ID = eventID("element", e.Account, p.moment(), string(raw))
	}
	if e.Kind != chat.KindIgnored && e.Kind != chat.KindUnreadable && !r.a.accounts[e.Account] {
		unreadable(&e, reasonAccount)
		e.Detail = "not listed under instagram.accounts of the channels file"
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
func (p *piece) moment() string {
	if p.event.Get("timestamp").Absent() {
		return string(p.entry.Get("time").Raw())
	}
	return ""
}

// payload reads the part of an event that says what happened. Where an event has several, the first of this order counts.
func (r *reader) payload(e *chat.Event, p *piece) {
	switch v, name := payloadOf(p.event); name {
	case "message":
		r.message(e, v, p)
	case "message_edit":
		r.edit(e, v, p)
	case "reaction":
		r.reaction(e, v, p)
	case "read":
		r.read(e, v, p)
	case "postback":
		r.postback(e, v, p)
	case "referral":
		e.Kind, e.Type = chat.KindSystem, "referral"
		e.Content.Referral = referral(v)
		r.someone(e)
	case "optin":
		r.optin(e, v)
	case "delivery":
		ignored(e, reasonUnneeded)
	case "":
		ignored(e, reasonEvent)
	default:
		r.handover(e, name, v)
	}
}

// payloadOf finds what an event is about. An object where nothing is known is no payload.
func payloadOf(v meta.Value) (meta.Value, string) {
	for _, name := range [...]string{
		"message", "message_edit", "reaction", "read", "postback", "referral", "optin", "pass_thread_control", "take_thread_control",
		"request_thread_control", "app_roles", "delivery",
	} {
		if payload := v.Get(name); !payload.Absent() {
			return payload, name
		}
	}
	return meta.Value{}, ""
}

// someone reports whether the event says whose it is; without that it cannot be filed.
func (r *reader) someone(e *chat.Event) bool {
	if e.ContactKey == "" {
		unreadable(e, reasonMissingSender)
	}
	return e.ContactKey != ""
}

func unreadable(e *chat.Event, reason string) {
	e.Kind, e.Reason = chat.KindUnreadable, reason
}

func ignored(e *chat.Event, reason string) {
	e.Kind, e.Reason = chat.KindIgnored, reason
}

// eventID is an event's id. A message id alone is none: edits, deletions and reactions reuse it.
func eventID(kind, account string, parts ...string) string {
	return chat.EventID(append([]string{string(chat.Instagram), kind, account}, parts...)...)
}

// word is a platform's word if it looks like one, for use as a type; otherwise nothing.
func word(s string) string {
	s = strings.ToLower(s)
	if len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return ""
	}
	return s
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// note keeps a named fact if the platform stated it. Names come from this package, never from the body.
func note(e *chat.Event, name string, v meta.Value) {
	if text := v.Text(); text != "" {
		e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: name, Value: text})
	}
}
