package webwidget

import (
	"bytes"
	"encoding/json"
	"errors"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a body.
const (
	maxBody        = 4 << 20
	maxDepth       = 32
	maxBatch       = 100
	maxID          = 128
	maxExternalID  = 256
	maxText        = 10_000 // code points
	maxAttachments = 10
)

// A flush is a body: one event, or the queue of a browser that was offline. All of it belongs to one inbox and one visitor.
type flush struct {
	inbox   string
	visitor visitor
	raw     []json.RawMessage // the events, each with its own bytes
}

type visitor struct {
	ID         string `json:"id"`
	SessionID  string `json:"session_id"`
	ExternalID string `json:"external_id"`
	UserHash   string `json:"user_hash"`
	JWT        string `json:"jwt"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
}

type element struct {
	Version *int             `json:"v"`
	InboxID string           `json:"inbox_id"`
	Event   string           `json:"event"`
	EventID string           `json:"event_id"`
	SentAt  clock            `json:"sent_at"`
	Visitor visitor          `json:"visitor"`
	Message *message         `json:"message"`
	Prechat *prechat         `json:"prechat"`
	Page    advisory[page]   `json:"page"`
	Client  advisory[client] `json:"client"`
	CSAT    advisory[csat]   `json:"csat"`
}

type message struct {
	ID          string       `json:"id"`
	ClientID    string       `json:"client_id"`
	Type        string       `json:"type"`
	Text        string       `json:"text"`
	ReplyTo     string       `json:"reply_to"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	UploadID string          `json:"upload_id"`
	MimeType string          `json:"mime_type"`
	Name     string          `json:"name"`
	Size     advisory[int64] `json:"size"`
}

type prechat struct {
	Name         string         `json:"name"`
	Email        string         `json:"email"`
	Phone        string         `json:"phone"`
	PhoneCountry string         `json:"phone_country"`
	Department   string         `json:"department"`
	Consent      advisory[bool] `json:"consent"`
}

type page struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Referrer string `json:"referrer"`
}

type client struct {
	UserAgent string `json:"user_agent"`
	Locale    string `json:"locale"`
	TimeZone  string `json:"timezone"`
	Screen    string `json:"screen"`
}

type csat struct {
	Rating  advisory[json.Number] `json:"rating"`
	Score   advisory[json.Number] `json:"score"`
	Comment string                `json:"comment"`
}

// advisory is a value that never blocks an event: what has the wrong type is left out.
type advisory[T any] struct{ Value T }

// UnmarshalJSON keeps what fits. The syntax was checked with the whole body, so that only types can be wrong, and
// encoding/json goes on past a field of the wrong type.
func (a *advisory[T]) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &a.Value); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
			var zero T
			a.Value = zero
		}
	}
	return nil
}

// clock is the sender's own time. It orders events and is shown; what is not a sensible instant is left out.
type clock struct{ time.Time }

// UnmarshalJSON reads RFC 3339, or Unix seconds or milliseconds.
func (c *clock) UnmarshalJSON(b []byte) error {
	var text string
	var number int64
	switch {
	case json.Unmarshal(b, &text) == nil:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			c.Time = t.UTC()
		}
	case json.Unmarshal(b, &number) == nil && number > 0 && number < 1e11:
		c.Time = time.Unix(number, 0).UTC()
	case json.Unmarshal(b, &number) == nil && number > 0 && number < 1e14:
		c.Time = time.UnixMilli(number).UTC()
	}
	if y := c.Year(); y < 1970 || y > 9998 { // what documents and JSON cannot hold
		c.Time = time.Time{}
	}
	return nil
}

// checkShape refuses, in one pass and without allocating, what must not reach the decoder.
func checkShape(body []byte) error {
	if len(body) > maxBody {
		return errTooLarge
	}
	if !utf8.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return errNotJSON
	}
	depth, quoted, escaped := 0, false, false
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = c != '"', c == '\\'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// readFlush reads whose body it is and finds its events without decoding them.
func readFlush(body []byte) (*flush, error) {
	if err := checkShape(body); err != nil {
		return nil, err
	}
	var envelope struct {
		InboxID string             `json:"inbox_id"`
		Visitor visitor            `json:"visitor"`
		Batch   *[]json.RawMessage `json:"batch"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, decodeRefusal(err)
	}
	f := &flush{inbox: envelope.InboxID, visitor: envelope.Visitor, raw: []json.RawMessage{body}}
	if envelope.Batch != nil {
		f.raw = *envelope.Batch
	}
	return f, nil
}

func decodeRefusal(err error) error {
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errBadType
	}
	return errNotJSON
}

// element decodes one event and completes it from the body around it. The event must not name another inbox or visitor.
func (f *flush) element(raw json.RawMessage) (*element, error) {
	var el element
	if err := json.Unmarshal(raw, &el); err != nil {
		return nil, decodeRefusal(err)
	}
	if el.InboxID != "" && el.InboxID != f.inbox {
		return nil, errOneInbox
	}
	if el.Visitor.ID != "" && el.Visitor.ID != f.visitor.ID {
		return nil, errOneVisitor
	}
	el.Visitor = el.Visitor.within(f.visitor)
	return &el, nil
}

// within fills what an event leaves to the flush around it. A proof is taken as a whole, never mixed.
func (v visitor) within(outer visitor) visitor {
	v.ID = outer.ID
	v.SessionID = first(v.SessionID, outer.SessionID)
	if v.ExternalID == "" && v.JWT == "" && v.UserHash == "" {
		v.ExternalID, v.UserHash, v.JWT = outer.ExternalID, outer.UserHash, outer.JWT
	}
	v.Name, v.Email, v.Phone = first(v.Name, outer.Name), first(v.Email, outer.Email), first(v.Phone, outer.Phone)
	return v
}

// ranks gives every event its place by the sender's clock. Events without one stay behind the event they were listed after.
func ranks(elements []*element) []int {
	at := make([]time.Time, len(elements))
	order := make([]int, len(elements))
	var last time.Time
	for i, el := range elements {
		if el != nil && !el.SentAt.IsZero() {
			last = el.SentAt.Time
		}
		at[i], order[i] = last, i
	}
	sort.SliceStable(order, func(a, b int) bool { return at[order[a]].Before(at[order[b]]) })
	rank := make([]int, len(elements))
	for place, i := range order {
		rank[i] = place
	}
	return rank
}

// check refuses content the contract does not allow.
func (el *element) check() error {
	switch {
	case el.Version != nil && *el.Version != 1:
		return errVersion
	case !isID(el.Event):
		return errNoEvent
	case el.EventID != "" && !isID(el.EventID):
		return errEventID
	}
	switch el.Event {
	case eventMessageCreated:
		return el.Message.checkCreated()
	case eventMessageDeleted:
		if !isID(el.Message.clientID()) {
			return errClientID
		}
	case eventMessageRead:
		if !isID(el.Message.id()) {
			return errMessageID
		}
	case eventIdentified:
		if el.Visitor.ExternalID == "" && el.Visitor.JWT == "" {
			return errNotIdentified
		}
	}
	return nil
}

// clientID names a message of the visitor, id one of ours; browsers that know one name for both may send either.
func (m *message) clientID() string {
	if m == nil {
		return ""
	}
	return first(m.ClientID, m.ID)
}

func (m *message) id() string {
	if m == nil {
		return ""
	}
	return first(m.ID, m.ClientID)
}

func (m *message) checkCreated() error {
	switch {
	case m == nil:
		return errNoMessage
	case !isID(m.ClientID):
		return errClientID
	case m.ReplyTo != "" && !isID(m.ReplyTo):
		return errReplyTo
	case utf8.RuneCountInString(m.Text) > maxText:
		return errTextTooLong
	case len(m.Attachments) > maxAttachments:
		return errAttachments
	case len(m.Attachments) == 0 && isBlank(m.Text):
		return errBlank
	}
	for _, a := range m.Attachments {
		if !isID(a.UploadID) {
			return errUploadID
		}
	}
	return nil
}

func isID(s string) bool { return isName(s, maxID) }

func isExternalID(s string) bool { return isName(s, maxExternalID) }

// isName reports whether s can name something: printable, not blank, of bounded length.
func isName(s string, limit int) bool {
	if s == "" || len(s) > limit || !utf8.ValidString(s) || strings.TrimSpace(s) == "" {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) < 0
}

// isBlank reports whether an agent would see nothing.
func isBlank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r)
	}) < 0
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
