package whatsapp

import (
	"switchboard/channels/meta"
	"switchboard/chat"
)

// system reads a notice about the person: a new number, a new user id, a new security key. The event is filed under the
// identity the person had before; Change says what takes its place.
func (r *reader) system(e *chat.Event, m meta.Value) {
	s := m.Get("system")
	e.Kind, e.Direction, e.ID = chat.KindSystem, "", eventID("system", e.Account, e.MessageID)
	if e.Type = word(s.Get("type").Text()); e.Type == "" {
		e.Type = "system"
	}
	e.Text = s.Get("body").Text()
	note(e, "identity_key_hash", s.Get("identity"))
	switch e.Type {
	case "user_changed_number", "customer_changed_number", "user_changed_user_id":
		old := systemSender(m)
		e.Change = rekey(old, person{
			bsuid:  s.Get("user_id").ID(),
			parent: s.Get("parent_user_id").ID(),
			phone:  first(s.Get("wa_id").Digits(), s.Get("new_wa_id").Digits()),
		})
	}
}

// rekey changes what differs. An identity without a successor is not retired: the platform did not say that it ended.
func rekey(old, now person) *chat.IdentityChange {
	var c chat.IdentityChange
	replace := func(kind chat.IdentityKind, before, after string) {
		if after == "" || before == after {
			return
		}
		c.New = append(c.New, chat.Identity{Channel: chat.WhatsApp, Kind: kind, Value: after, Verified: true})
		if before != "" {
			c.Old = append(c.Old, chat.Identity{Channel: chat.WhatsApp, Kind: kind, Value: before, Verified: true})
		}
	}
	replace(chat.IdentityBSUID, old.bsuid, now.bsuid)
	replace(chat.IdentityPhone, plus(old.phone), plus(now.phone))
	replace(chat.IdentityParentBSUID, old.parent, now.parent)
	if len(c.New) == 0 {
		return nil
	}
	return &c
}

// idUpdate reads the withdrawn field user_id_update, which may still arrive.
func (r *reader) idUpdate(e *chat.Event, v meta.Value) {
	e.Kind, e.Type = chat.KindSystem, "user_id_update"
	if e.ContactKey == "" {
		unreadable(e, reasonMissingSender)
		return
	}
	id := v.Get("user_id")
	e.Change = rekey(
		person{bsuid: id.Get("previous").ID(), parent: v.Get("parent_user_id", "previous").ID()},
		person{bsuid: id.Get("current").ID(), parent: v.Get("parent_user_id", "current").ID()},
	)
}

// call reads a call's events. It opens the reply window like a message does.
func (r *reader) call(e *chat.Event, v meta.Value, isStatus bool) {
	e.Kind, e.Type, e.MessageID = chat.KindSystem, "call", v.Get("id").ID()
	what := v.Get("event")
	if isStatus {
		what = v.Get("status")
	}
	e.Errors = deliveryErrors(v.Get("errors"))
	note(e, "event", what)
	note(e, "call_direction", v.Get("direction"))
	note(e, "call_duration", v.Get("duration"))
	if !isStatus {
		note(e, "call_status", v.Get("status"))
	}
	note(e, "correlation", v.Get("biz_opaque_callback_data"))
	switch {
	case e.MessageID == "":
		unreadable(e, reasonMissingID)
	case e.ContactKey == "":
		unreadable(e, reasonMissingSender)
	default:
		e.ID = eventID("call", e.Account, e.MessageID, what.Text())
	}
}

// sync reads an entry of the phone's address book. It names nobody new and its removal deletes nobody.
func (r *reader) sync(e *chat.Event, v meta.Value) {
	e.Kind, e.Type, e.Action, e.NoContact = chat.KindSystem, "contact_sync", word(v.Get("action").Text()), true
	e.Timestamp = v.Get("metadata", "timestamp").Time(e.Timestamp)
	name := v.Get("contact", "full_name")
	if name.Text() == "" {
		name = v.Get("contact", "first_name")
	}
	note(e, "address_book_name", name)
	if e.ContactKey == "" {
		unreadable(e, reasonMissingSender)
	}
}

// preference reads that a person wants no marketing any more, or again.
func (r *reader) preference(e *chat.Event, v meta.Value) {
	e.Kind, e.Type = chat.KindSystem, "user_preferences"
	note(e, "preference", v.Get("value"))
	note(e, "category", v.Get("category"))
	if e.ContactKey == "" {
		unreadable(e, reasonMissingSender)
	}
}

// platformError reads errors that concern no message: of the account, or the refusal of a history import.
func (r *reader) platformError(e *chat.Event, p *piece) {
	e.Kind, e.Type, e.NoContact = chat.KindSystem, "platform_error", true
	e.Errors = deliveryErrors(p.at)
	if p.class == chunkErrors {
		e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: "field", Value: "history"})
	}
	e.Timestamp = p.in.entry.Get("time").Time(e.Timestamp)
}

// notice reads a change of the business account. Its facts are kept by name.
func (r *reader) notice(e *chat.Event, p *piece) {
	e.Kind, e.Type, e.NoContact = chat.KindSystem, word(p.in.field), true
	e.Timestamp = p.in.entry.Get("time").Time(e.Timestamp)
	for _, name := range [...]string{
		"event", "reason", "message_template_id", "message_template_name", "message_template_language", "message_template_category",
		"previous_category", "new_category", "previous_quality_score", "new_quality_score", "display_phone_number", "phone_number",
		"current_limit", "old_limit", "max_daily_conversation_per_phone", "max_phone_numbers_per_waba", "decision",
		"requested_verified_name", "rejection_reason", "username", "status", "entity_type", "entity_id", "alert_severity", "alert_status",
		"alert_type", "alert_description", "requester",
	} {
		note(e, name, p.in.value.Get(name))
	}
	note(e, "ban_state", p.in.value.Get("ban_info", "waba_ban_state"))
	note(e, "violation", p.in.value.Get("violation_info", "violation_type"))
	for restriction := range p.in.value.Get("restriction_info").Objects {
		note(e, "restriction", restriction.Get("restriction_type"))
	}
}
