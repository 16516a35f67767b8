package webwidget

import (
	"errors"
	"path"
	"strconv"
	"strings"

	"switchboard/chat"
)

// The events of the contract.
const (
	eventSessionStarted = "session.started"
	eventSessionEnded   = "session.ended"
	eventPageViewed     = "page.viewed"
	eventPrechat        = "prechat.submitted"
	eventIdentified     = "contact.identified"
	eventMessageCreated = "message.created"
	eventMessageDeleted = "message.deleted"
	eventMessageRead    = "message.read"
	eventTypingStarted  = "typing.started"
	eventTypingStopped  = "typing.stopped"
	eventCSAT           = "csat.submitted"
)

// Reasons of events that were understood and need no action.
const reasonUnknownEvent = "unknown_event"

// Bounds of texts that are shown, in runes.
const (
	maxFilename = 255
	maxComment  = 2000
)

// Parse turns a body into events, in the order of the body. It trusts what Verify proved when the body came in: it never
// asks again whether a proof is valid, so that reading the log years later gives the same events.
func (a *Adapter) Parse(p chat.Parcel) []chat.Event {
	f, err := readFlush(p.Value)
	if err != nil {
		return []chat.Event{unreadable(p, p.Account, p.Value, err)}
	}
	elements := make([]*element, len(f.raw))
	failures := make([]error, len(f.raw))
	for i, raw := range f.raw {
		if elements[i], failures[i] = f.element(raw); failures[i] == nil {
			failures[i] = elements[i].checkStored()
		}
	}
	rank := ranks(elements)
	events := make([]chat.Event, len(f.raw))
	for i, raw := range f.raw {
		if failures[i] == nil {
			events[i], failures[i] = a.event(p, f, elements[i], raw)
		}
		if failures[i] != nil {
			events[i] = unreadable(p, f.inbox, raw, failures[i])
		}
		events[i].Sequence = rank[i]
	}
	return events
}

// checkStored is check for an element of the log, which must also say whose it is.
func (el *element) checkStored() error {
	if !isID(el.Visitor.ID) {
		return errSession
	}
	return el.check()
}

// unreadable is an element that intake should not have let through. Its id comes from its bytes, its reason from the check
// that failed.
func unreadable(p chat.Parcel, account string, raw []byte, err error) chat.Event {
	e := chat.Event{
		ID: chat.EventID(string(chat.WebWidget), "unreadable", account, string(raw)), Kind: chat.KindUnreadable,
		Channel: chat.WebWidget, Account: account, NoContact: true, Timestamp: p.ReceivedAt, Raw: raw, Reason: errNotJSON.reason,
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		e.Reason, e.Detail = r.reason, r.text
	}
	return e
}

// event translates one element.
func (a *Adapter) event(p chat.Parcel, f *flush, el *element, raw []byte) (chat.Event, error) {
	who, err := el.person()
	if err != nil {
		return chat.Event{}, err
	}
	e := chat.Event{Kind: chat.KindSystem, Channel: chat.WebWidget, Account: f.inbox, Timestamp: p.ReceivedAt, ClientTimestamp: el.SentAt.Time}
	who.describe(&e, f.inbox)
	switch el.Event {
	case eventMessageCreated:
		el.Message.created(&e)
	case eventMessageDeleted:
		e.Kind, e.NoContact = chat.KindDelete, true
		e.TargetID = el.Message.clientID()
	case eventMessageRead:
		e.Kind, e.NoContact = chat.KindStatus, true
		e.MessageID, e.Status, e.Direction = el.Message.id(), "read", chat.Outbound
	case eventPrechat:
		e.Type = "prechat"
		e.Content.Notes = el.Prechat.notes()
	case eventIdentified:
		e.Type = "identified"
	case eventSessionStarted:
		e.Type, e.NoContact = "session_started", true
	case eventSessionEnded:
		e.Type, e.NoContact = "session_ended", true
	case eventPageViewed:
		e.Type, e.NoContact = "page_view", true
	case eventTypingStarted, eventTypingStopped:
		e.Type, e.NoContact = "typing", true
		e.Content.Notes = []chat.Fact{{Name: "typing", Value: strings.TrimPrefix(el.Event, "typing.")}}
	case eventCSAT:
		e.Type, e.NoContact = "csat", true
		e.Content.Notes = el.CSAT.Value.notes()
	default:
		e.Kind, e.NoContact, e.Reason, e.Raw = chat.KindIgnored, true, reasonUnknownEvent, raw
	}
	e.ID = el.eventID(f.inbox, e, raw)
	e.Session = a.session(p, el)
	return e, nil
}

// eventID names the element: a message by the id its browser gave it, whatever event carries it; a deletion and a reading by
// the message they are about; anything else by its event_id, or by its bytes where the browser gave none.
func (el *element) eventID(inbox string, e chat.Event, raw []byte) string {
	visitor := el.Visitor.ID
	switch e.Kind {
	case chat.KindMessage, chat.KindStatus:
		return chat.EventID(string(chat.WebWidget), inbox, visitor, string(e.Kind), e.MessageID)
	case chat.KindDelete:
		return chat.EventID(string(chat.WebWidget), inbox, visitor, string(e.Kind), e.TargetID)
	default:
		if el.EventID != "" {
			return chat.EventID(string(chat.WebWidget), inbox, visitor, el.Event, el.EventID)
		}
		return chat.EventID(string(chat.WebWidget), inbox, visitor, el.Event, "", string(raw))
	}
}

// created fills in what the visitor wrote.
func (m *message) created(e *chat.Event) {
	e.Kind, e.Direction, e.MessageID, e.ReplyTo = chat.KindMessage, chat.Inbound, m.ClientID, m.ReplyTo
	e.Text = strings.ReplaceAll(m.Text, "\x00", "\uFFFD") // what C strings and some stores would cut
	for _, at := range m.Attachments {
		e.Content.Media = append(e.Content.Media, at.media())
	}
	e.Type = m.contentType(e.Content.Media)
}

// contentType is the type the browser gave when we know the word. A message of attachments alone is what the first one is.
func (m *message) contentType(media []chat.Media) string {
	if isBlank(m.Text) && len(media) > 0 {
		return media[0].Type
	}
	switch m.Type {
	case "image", "video", "audio", "document":
		return m.Type
	case "file":
		return "document"
	default:
		return "text"
	}
}

func (at attachment) media() chat.Media {
	mime := mimeType(at.MimeType)
	kind, _, _ := strings.Cut(mime, "/")
	if kind != "image" && kind != "video" && kind != "audio" {
		kind = "document"
	}
	return chat.Media{ID: at.UploadID, Type: kind, MimeType: mime, Filename: filename(at.Name), Size: max(at.Size.Value, 0)}
}

// mimeType keeps type/subtype of printable ASCII and nothing else: parameters are of no use here.
func mimeType(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(s)), ";")
	s = strings.TrimSpace(s)
	kind, sub, ok := strings.Cut(s, "/")
	if !ok || !isToken(kind, 64) || !isToken(sub, 64) {
		return ""
	}
	return s
}

func isToken(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$&^_.+-", r)
	}) < 0
}

// filename keeps the last element of whatever path the browser sent.
func filename(s string) string {
	s = line(strings.ReplaceAll(s, "\\", "/"), 4*maxFilename)
	if s = path.Base(s); s == "." || s == "/" || s == ".." {
		return ""
	}
	return line(s, maxFilename)
}

func (c csat) notes() []chat.Fact {
	var facts []chat.Fact
	if rating := first(c.Rating.Value.String(), c.Score.Value.String()); rating != "" {
		if n, err := strconv.ParseFloat(rating, 64); err == nil && n >= -1000 && n <= 1000 {
			facts = append(facts, chat.Fact{Name: "csat_rating", Value: strconv.FormatFloat(n, 'f', -1, 64)})
		}
	}
	if comment := line(c.Comment, maxComment); comment != "" {
		facts = append(facts, chat.Fact{Name: "csat_comment", Value: comment})
	}
	return facts
}
