package whatsapp

import (
	"switchboard/channels/meta"
	"switchboard/chat"
)

// message reads an item of messages[], message_echoes[] or a history thread. The caller set the person and, for what the
// business wrote, the direction.
func (r *reader) message(e *chat.Event, m meta.Value) {
	e.Kind = chat.KindMessage
	if e.Direction == "" {
		e.Direction = chat.Inbound
	}
	if e.Direction == chat.Outbound {
		e.Kind = chat.KindEcho
	}
	if e.MessageID = m.Get("id").ID(); e.MessageID == "" {
		unreadable(e, reasonMissingID)
		return
	}
	e.ID = eventID("message", e.Account, e.MessageID)
	typ := m.Get("type")
	if e.ContactKey == "" {
		unreadable(e, reasonMissingSender)
		return
	}
	if !typ.Absent() && typ.Kind() != meta.String {
		unreadable(e, reasonMalformed)
		return
	}
	r.surroundings(e, m)
	switch typ.Text() {
	case "reaction":
		r.reaction(e, m.Get("reaction"))
	case "edit":
		r.edit(e, m.Get("edit"))
	case "revoke":
		r.revoke(e, m.Get("revoke"))
	case "system":
		r.system(e, m)
	case "request_welcome":
		e.Kind, e.Type, e.Direction = chat.KindSystem, "request_welcome", ""
	default:
		content(e, m, typ.Text())
	}
}

// surroundings reads what can accompany a message of any type.
func (r *reader) surroundings(e *chat.Event, m meta.Value) {
	c := m.Get("context")
	e.ReplyTo = c.Get("id").ID()
	if c.Get("forwarded").Bool() {
		e.Flags = append(e.Flags, chat.FlagForwarded)
	}
	if c.Get("frequently_forwarded").Bool() {
		e.Flags = append(e.Flags, chat.FlagFrequentlyForwarded)
	}
	if p := c.Get("referred_product"); p.Kind() == meta.Object {
		e.Content.Product = &chat.ProductRef{CatalogID: p.Get("catalog_id").ID(), ProductID: p.Get("product_retailer_id").ID()}
	}
	if e.GroupID = m.Get("group_id").ID(); e.GroupID != "" {
		e.Flags = append(e.Flags, chat.FlagGroup)
	}
	if ref := m.Get("referral"); ref.Kind() == meta.Object {
		e.Content.Referral = referral(ref)
		note(e, "welcome_message", ref.Get("welcome_message", "text"))
		note(e, "media_type", ref.Get("media_type"))
	}
	e.Errors = deliveryErrors(m.Get("errors"))
}

func referral(v meta.Value) *chat.Referral {
	return &chat.Referral{
		SourceType: v.Get("source_type").Text(),
		SourceID:   v.Get("source_id").ID(),
		SourceURL:  v.Get("source_url").Text(),
		Headline:   v.Get("headline").Text(),
		Body:       v.Get("body").Text(),
		Ref:        v.Get("ref").Text(),
		ClickID:    v.Get("ctwa_clid").ID(),
	}
}

// reaction: a removal comes without emoji or with an empty one.
func (r *reader) reaction(e *chat.Event, v meta.Value) {
	e.Kind, e.ID = chat.KindReaction, eventID("reaction", e.Account, e.MessageID)
	e.TargetID, e.Emoji, e.Action = v.Get("message_id").ID(), v.Get("emoji").Text(), "add"
	if e.Emoji == "" {
		e.Action = "remove"
	}
	if e.TargetID == "" {
		unreadable(e, reasonMissingTarget)
	}
}

// edit carries the whole new content of an earlier message. One whose content nobody can show is set aside: it must not take the
// place of what the message says.
func (r *reader) edit(e *chat.Event, v meta.Value) {
	e.Kind, e.ID, e.ReplyTo = chat.KindEdit, eventID("edit", e.Account, e.MessageID), ""
	e.TargetID = v.Get("original_message_id").ID()
	m := v.Get("message")
	switch {
	case e.TargetID == "":
		unreadable(e, reasonMissingTarget)
	case m.Kind() != meta.Object:
		unreadable(e, reasonMalformed)
	default:
		if content(e, m, m.Get("type").Text()); e.HasFlag(chat.FlagUnsupported) {
			unreadable(e, reasonContent)
		}
	}
}

func (r *reader) revoke(e *chat.Event, v meta.Value) {
	e.Kind, e.ID = chat.KindDelete, eventID("delete", e.Account, e.MessageID)
	if e.TargetID = v.Get("original_message_id").ID(); e.TargetID == "" {
		unreadable(e, reasonMissingTarget)
	}
}

// status reads an item of statuses[]. A word we do not know is kept: it moves no ladder.
func (r *reader) status(e *chat.Event, v meta.Value) {
	e.Kind, e.MessageID, e.Status = chat.KindStatus, v.Get("id").ID(), word(v.Get("status").Text())
	e.Errors = deliveryErrors(v.Get("errors"))
	note(e, "correlation", v.Get("biz_opaque_callback_data"))
	note(e, "pricing_model", v.Get("pricing", "pricing_model"))
	note(e, "pricing_category", v.Get("pricing", "category"))
	note(e, "pricing_type", v.Get("pricing", "type"))
	if toGroup(v) {
		e.GroupID = v.Get("recipient_id").ID()
		e.Flags = append(e.Flags, chat.FlagGroup)
	}
	switch {
	case e.MessageID == "":
		unreadable(e, reasonMissingID)
	case e.Status == "":
		unreadable(e, reasonMissingStatus)
	default:
		participant := v.Get("recipient_participant_user_id").ID() + "/" + v.Get("recipient_participant_id").ID()
		e.ID = eventID("status", e.Account, e.MessageID, e.Status, participant)
	}
}

func deliveryErrors(list meta.Value) []chat.DeliveryError {
	var out []chat.DeliveryError
	for v := range list.Objects {
		detail := first(v.Get("error_data", "details").Text(), v.Get("details").Text())
		out = append(out, chat.DeliveryError{
			Code: int(v.Get("code").Int()), Title: first(v.Get("title").Text(), v.Get("message").Text()), Detail: detail,
		})
	}
	return out
}

// note keeps a named fact if the platform stated it. Names come from this package, never from the body.
func note(e *chat.Event, name string, v meta.Value) {
	text := v.Text()
	if v.Kind() == meta.True || v.Kind() == meta.False {
		text = string(v.Raw())
	}
	if text != "" {
		e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: name, Value: text})
	}
}
