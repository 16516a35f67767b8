package instagram

import (
	"strconv"

	"switchboard/channels/meta"
	"switchboard/chat"
)

// message reads a message, an echo of one of ours, or the deletion of either.
func (r *reader) message(e *chat.Event, m meta.Value, p *piece) {
	e.Kind, e.Direction = chat.KindMessage, chat.Inbound
	if p.fromUs {
		e.Kind, e.Direction = chat.KindEcho, chat.Outbound
	}
	mid := m.Get("mid").ID()
	switch {
	case m.Kind() != meta.Object:
		unreadable(e, reasonMalformed)
		return
	case mid == "":
		unreadable(e, reasonMissingID)
		return
	case m.Get("is_deleted").Bool():
		e.Kind, e.TargetID, e.ID = chat.KindDelete, mid, eventID("delete", e.Account, mid)
		r.someone(e)
		return
	}
	e.MessageID, e.ID = mid, eventID("message", e.Account, mid)
	if !r.someone(e) {
		return
	}
	if m.Get("is_self").Bool() {
		e.Flags = append(e.Flags, chat.FlagSelf)
	}
	e.Text = m.Get("text").Text()
	r.surroundings(e, m, p)
	attachments(e, m)
}

// surroundings reads what can accompany a message: what it answers, what brought the person, which tool sent it.
func (r *reader) surroundings(e *chat.Event, m meta.Value, p *piece) {
	e.ReplyTo = m.Get("reply_to", "mid").ID()
	if story := m.Get("reply_to", "story"); story.Kind() == meta.Object {
		e.Content.Story = &chat.Story{ID: story.Get("id").ID(), URL: story.Get("url").Text()}
	}
	if tap := m.Get("quick_reply"); tap.Kind() == meta.Object {
		e.Content.Interactive = &chat.Interactive{Type: "quick_reply", ID: tap.Get("payload").Text(), Title: e.Text}
	}
	ref := m.Get("referral")
	if ref.Absent() {
		ref = p.event.Get("referral")
	}
	if ref.Kind() == meta.Object {
		e.Content.Referral = referral(ref)
	}
	if p.fromUs {
		r.sentBy(e, m.Get("app_id"))
	}
}

// sentBy tells our own messages from those of other tools and of the Instagram app, which names no app.
func (r *reader) sentBy(e *chat.Event, app meta.Value) {
	note(e, "app_id", app)
	by := "other_app"
	switch app.ID() {
	case "":
		by = "instagram_app"
	case r.a.config.AppID:
		by = "own_app"
	}
	e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: "sent_by", Value: by})
}

func referral(v meta.Value) *chat.Referral {
	ads := v.Get("ads_context_data")
	return &chat.Referral{
		SourceType: v.Get("source").Text(),
		SourceID:   first(v.Get("ad_id").ID(), v.Get("product", "id").ID()),
		SourceURL:  v.Get("referer_uri").Text(),
		Headline:   ads.Get("ad_title").Text(),
		Ref:        v.Get("ref").Text(),
	}
}

// edit: the platform counts the edits of a message, which makes each of them one event.
func (r *reader) edit(e *chat.Event, v meta.Value, p *piece) {
	e.Kind, e.Type, e.Direction = chat.KindEdit, "text", direction(p)
	e.TargetID, e.Text, e.EditNumber = v.Get("mid").ID(), v.Get("text").Text(), int(v.Get("num_edit").Int())
	if !r.targets(e) {
		return
	}
	if v.Get("num_edit").Absent() {
		return // without its number an edit is known by its bytes
	}
	e.ID = eventID("edit", e.Account, e.TargetID, strconv.Itoa(e.EditNumber))
}

func direction(p *piece) chat.Direction {
	if p.fromUs {
		return chat.Outbound
	}
	return chat.Inbound
}

// targets reports whether the event can act on a message.
func (r *reader) targets(e *chat.Event) bool {
	if e.TargetID == "" {
		unreadable(e, reasonMissingTarget)
		return false
	}
	return r.someone(e)
}

func (r *reader) reaction(e *chat.Event, v meta.Value, p *piece) {
	e.Kind, e.TargetID, e.Action, e.Direction = chat.KindReaction, v.Get("mid").ID(), "add", direction(p)
	if v.Get("action").Is("unreact") {
		e.Action = "remove"
	} else {
		e.Emoji = first(v.Get("emoji").Text(), emoji(v.Get("reaction").Text()))
	}
	if r.targets(e) {
		author := p.event.Get("sender", "id").ID()
		e.ID = eventID("reaction", e.Account, e.TargetID, author, e.Action, p.event.Get("timestamp").Text())
	}
}

// emoji is what a reaction looks like when the platform only names it; a name we do not know is shown as it is.
func emoji(name string) string {
	switch name {
	case "love", "":
		return "❤️"
	case "smile", "haha":
		return "😆"
	case "wow":
		return "😮"
	case "sad":
		return "😢"
	case "angry":
		return "😠"
	case "like", "yes":
		return "👍"
	case "dislike", "no":
		return "👎"
	default:
		return name
	}
}

// read is a delivery word of one of our messages.
func (r *reader) read(e *chat.Event, v meta.Value, p *piece) {
	e.Kind, e.Status, e.MessageID = chat.KindStatus, "read", v.Get("mid").ID()
	switch {
	case e.MessageID == "" && !v.Get("watermark").Absent():
		ignored(e, reasonUnneeded) // the Messenger way to say it names no message
	case e.MessageID == "":
		unreadable(e, reasonMissingTarget)
	case r.someone(e):
		e.ID = eventID("read", e.Account, e.MessageID, p.event.Get("sender", "id").ID())
	}
}

// postback is a tap of the person: it starts a conversation like a message does.
func (r *reader) postback(e *chat.Event, v meta.Value, p *piece) {
	e.Kind, e.Type, e.Direction = chat.KindMessage, "postback", chat.Inbound
	e.Text = first(v.Get("title").Text(), v.Get("payload").Text())
	e.Content.Interactive = &chat.Interactive{Type: "postback", ID: v.Get("payload").Text(), Title: v.Get("title").Text()}
	if ref := v.Get("referral"); ref.Kind() == meta.Object {
		e.Content.Referral = referral(ref)
	}
	if v.Kind() != meta.Object {
		unreadable(e, reasonMalformed)
		return
	}
	if e.MessageID = v.Get("mid").ID(); e.MessageID == "" {
		e.MessageID = "postback-" + eventID("postback", e.Account, string(p.at.Raw()))
	}
	e.ID = eventID("message", e.Account, e.MessageID)
	r.someone(e)
}

// optin: the token is a key to send with and is not kept among the facts.
func (r *reader) optin(e *chat.Event, v meta.Value) {
	e.Kind, e.Type = chat.KindSystem, "optin"
	note(e, "optin_type", v.Get("type"))
	note(e, "payload", v.Get("payload"))
	note(e, "title", v.Get("title"))
	note(e, "timezone", v.Get("notification_messages_timezone"))
	note(e, "notification_messages_status", v.Get("notification_messages_status"))
	r.someone(e)
}

// handover: another app takes or gives the thread. That the roles of the apps have changed concerns the account, and may name
// nobody.
func (r *reader) handover(e *chat.Event, name string, v meta.Value) {
	e.Kind, e.Type = chat.KindSystem, "handover"
	e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: "event", Value: name})
	for _, fact := range [...]string{"previous_owner_app_id", "new_owner_app_id", "requested_owner_app_id", "metadata"} {
		note(e, fact, v.Get(fact))
	}
	if owner := v.Get("new_owner_app_id").ID(); owner != "" && r.a.config.AppID != "" {
		e.Content.Notes = append(e.Content.Notes, chat.Fact{Name: "ours", Value: strconv.FormatBool(owner == r.a.config.AppID)})
	}
	if name != "app_roles" {
		r.someone(e)
	}
}
