package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"
)

// Kind says what an event does.
type Kind string

// The kinds of events. KindIgnored is an element that was understood and needs no action; KindUnreadable is one that should
// have meant something and could not be read: it is quarantined with its bytes.
const (
	KindMessage    Kind = "message"  // written by the customer
	KindEcho       Kind = "echo"     // written by the business outside Switchboard
	KindStatus     Kind = "status"   // delivery of one of our messages
	KindReaction   Kind = "reaction" // emoji on a message, or its removal
	KindEdit       Kind = "edit"
	KindDelete     Kind = "delete"
	KindSystem     Kind = "system" // anything else that happened: number change, session start, account notice
	KindIgnored    Kind = "ignored"
	KindUnreadable Kind = "unreadable"
)

// Flags of an event and of the message made from it.
const (
	FlagForwarded           = "forwarded"
	FlagFrequentlyForwarded = "frequently_forwarded"
	FlagGroup               = "group"
	FlagHistory             = "history" // imported: must not notify, open timers or move the reply window
	FlagStandby             = "standby" // another app owns the thread
	FlagSelf                = "self"
	FlagUnsupported         = "unsupported"
	FlagPhoneShared         = "phone_shared"
)

// An Event is one element of a webhook in the words of this package. Adapters make it from a parcel; it is a value and is
// never changed after enrichment. The ID is derived from what the platform said (see EventID), so the same element always
// gets the same ID.
type Event struct {
	ID      string
	Kind    Kind
	Channel Channel
	Account string

	// The customer, also for echoes. ContactKey is empty for account-level events.
	ContactKey  string
	KeyType     IdentityKind
	Aliases     map[string]string // wa_id, phone, bsuid, parent_bsuid, username, visitor_id, external_id, email: as the platform wrote them
	Identities  []Identity        // proven identities of this person, strongest first; used to find or make the contact
	ContactName string            // display name from the payload
	Profile     *Profile          // what the platform tells about the person, if anything
	Claims      map[string]string // unproven name, email, phone typed by a visitor
	Verified    bool              // the widget proved the identity
	NoContact   bool              // does not by itself make a contact or conversation (page views, typing, account notices)

	Direction Direction
	MessageID string // platform id of this event's own message; for a status the message it is about
	TargetID  string // message acted on by a reaction, edit or delete
	Type      string // content type of a message, event name of a system event
	Text      string
	ReplyTo   string
	GroupID   string
	Content   Content
	Flags     []string

	Timestamp       time.Time // platform time, UTC; for the widget the server's receive time
	ClientTimestamp time.Time // the sender's own clock, if it says
	Sequence        int       // order of elements that share a timestamp and a request

	Status     string
	Errors     []DeliveryError
	Emoji      string
	Action     string // "add" or "remove"
	EditNumber int

	Change  *IdentityChange // number or id changes
	Session *Session        // web session information carried by the event

	Reason string // why ignored or unreadable: a bounded word
	Detail string // for the operator; no personal data
	Raw    []byte // the element's own bytes, for unreadable elements and unknown types; at most the parcel's size

	// Set by the worker from the parcel.
	RequestID  string
	ReceivedAt time.Time
	Position   Position
}

// Content is what a message carries beside its text. At most a few parts are set.
type Content struct {
	Media       []Media       `json:"media,omitempty" bson:"media,omitempty"`
	Location    *MapLocation  `json:"location,omitempty" bson:"location,omitempty"`
	Cards       []ContactCard `json:"cards,omitempty" bson:"cards,omitempty"`
	Order       *Order        `json:"order,omitempty" bson:"order,omitempty"`
	Interactive *Interactive  `json:"interactive,omitempty" bson:"interactive,omitempty"`
	Referral    *Referral     `json:"referral,omitempty" bson:"referral,omitempty"`
	Product     *ProductRef   `json:"product,omitempty" bson:"product,omitempty"` // catalogue item the message refers to
	Story       *Story        `json:"story,omitempty" bson:"story,omitempty"`     // Instagram story replied to or mentioned
	RawType     string        `json:"raw_type,omitempty" bson:"raw_type,omitempty"`
	Notes       []Fact        `json:"notes,omitempty" bson:"notes,omitempty"` // further named facts worth showing, e.g. new_owner_app_id
}

// A Fact is a named detail. The name comes from our code, never from a client.
type Fact struct {
	Name  string `json:"name" bson:"name"`
	Value string `json:"value" bson:"value"`
}

// Media is one attachment. URLs from platforms expire; Switchboard does not fetch them on intake.
type Media struct {
	ID       string `json:"id,omitempty" bson:"id,omitempty"`
	URL      string `json:"url,omitempty" bson:"url,omitempty"`
	Type     string `json:"type,omitempty" bson:"type,omitempty"` // image, video, audio, document, sticker, share, story_mention...
	MimeType string `json:"mime_type,omitempty" bson:"mime_type,omitempty"`
	SHA256   string `json:"sha256,omitempty" bson:"sha256,omitempty"`
	Filename string `json:"filename,omitempty" bson:"filename,omitempty"`
	Caption  string `json:"caption,omitempty" bson:"caption,omitempty"`
	Title    string `json:"title,omitempty" bson:"title,omitempty"`
	Size     int64  `json:"size,omitempty" bson:"size,omitempty"`
	Voice    bool   `json:"voice" bson:"voice,omitempty"`
	Animated bool   `json:"animated" bson:"animated,omitempty"`
}

// A MapLocation is a place a customer sent.
type MapLocation struct {
	Latitude  float64 `json:"latitude" bson:"latitude"`
	Longitude float64 `json:"longitude" bson:"longitude"`
	Name      string  `json:"name,omitempty" bson:"name,omitempty"`
	Address   string  `json:"address,omitempty" bson:"address,omitempty"`
	URL       string  `json:"url,omitempty" bson:"url,omitempty"`
}

// A ContactCard is an address-book card a customer shared.
type ContactCard struct {
	Name   string   `json:"name,omitempty" bson:"name,omitempty"`
	Phones []string `json:"phones,omitempty" bson:"phones,omitempty"`
	Emails []string `json:"emails,omitempty" bson:"emails,omitempty"`
	Org    string   `json:"org,omitempty" bson:"org,omitempty"`
	Origin string   `json:"origin,omitempty" bson:"origin,omitempty"`
}

// An Order is a catalogue order. Prices keep the platform's spelling.
type Order struct {
	CatalogID string      `json:"catalog_id,omitempty" bson:"catalog_id,omitempty"`
	Items     []OrderItem `json:"items,omitempty" bson:"items,omitempty"`
}

// An OrderItem is one line of an order.
type OrderItem struct {
	ProductID string `json:"product_id,omitempty" bson:"product_id,omitempty"`
	Quantity  string `json:"quantity,omitempty" bson:"quantity,omitempty"`
	Price     string `json:"price,omitempty" bson:"price,omitempty"`
	Currency  string `json:"currency,omitempty" bson:"currency,omitempty"`
}

// Interactive is an answer to buttons, lists or flows.
type Interactive struct {
	Type        string `json:"type" bson:"type"` // button_reply, list_reply, nfm_reply, button, quick_reply, postback
	ID          string `json:"id,omitempty" bson:"id,omitempty"`
	Name        string `json:"name,omitempty" bson:"name,omitempty"` // which form a nfm_reply answers: flow, address_message
	Title       string `json:"title,omitempty" bson:"title,omitempty"`
	Description string `json:"description,omitempty" bson:"description,omitempty"`
	Payload     string `json:"payload,omitempty" bson:"payload,omitempty"` // payload string, or a flow's response JSON as text
}

// A Referral says which ad, post or link brought the customer.
type Referral struct {
	SourceType string `json:"source_type,omitempty" bson:"source_type,omitempty"`
	SourceID   string `json:"source_id,omitempty" bson:"source_id,omitempty"`
	SourceURL  string `json:"source_url,omitempty" bson:"source_url,omitempty"`
	Headline   string `json:"headline,omitempty" bson:"headline,omitempty"`
	Body       string `json:"body,omitempty" bson:"body,omitempty"`
	Ref        string `json:"ref,omitempty" bson:"ref,omitempty"`
	ClickID    string `json:"click_id,omitempty" bson:"click_id,omitempty"`
}

// A ProductRef names a catalogue item.
type ProductRef struct {
	CatalogID string `json:"catalog_id,omitempty" bson:"catalog_id,omitempty"`
	ProductID string `json:"product_id,omitempty" bson:"product_id,omitempty"`
}

// A Story names an Instagram story.
type Story struct {
	ID  string `json:"id,omitempty" bson:"id,omitempty"`
	URL string `json:"url,omitempty" bson:"url,omitempty"`
}

// A DeliveryError is why a message failed, in the platform's numbers.
type DeliveryError struct {
	Code   int    `json:"code" bson:"code"`
	Title  string `json:"title,omitempty" bson:"title,omitempty"`
	Detail string `json:"detail,omitempty" bson:"detail,omitempty"`
}

// An IdentityChange re-keys a person: after it New belong to the contact that Old belonged to, and Old no longer do.
type IdentityChange struct {
	Old []Identity
	New []Identity
}

// IdentityKeys are the keys of the identities the event names, in its order.
func (e *Event) IdentityKeys() []string {
	keys := make([]string, len(e.Identities))
	for i := range e.Identities {
		keys[i] = e.Identities[i].Key()
	}
	return keys
}

// HasFlag reports whether the event carries the flag.
func (e *Event) HasFlag(flag string) bool { return slices.Contains(e.Flags, flag) }

// Carries reports whether the event is itself a message of a conversation (as opposed to acting on one).
func (e *Event) Carries() bool { return e.Kind == KindMessage || e.Kind == KindEcho }

// Targets reports whether the event acts on an earlier message.
func (e *Event) Targets() bool {
	switch e.Kind {
	case KindStatus, KindReaction, KindEdit, KindDelete:
		return true
	default:
		return false
	}
}

// Target is the platform id of the message a targeting event acts on.
func (e *Event) Target() string {
	if e.Kind == KindStatus {
		return e.MessageID
	}
	return e.TargetID
}

// Key names a message this event speaks of, over all channels and accounts: its own, or one it acts on. Ids that a web widget
// makes up are only good for its own visitor.
func (e *Event) Key(messageID string) string {
	if e.Channel == WebWidget {
		return MessageKey(e.Channel, e.Account+"|"+e.Aliases["visitor_id"], messageID)
	}
	return MessageKey(e.Channel, e.Account, messageID)
}

// EventID derives an event's id from the parts that make the element unique: 128 bits of SHA-256 over the parts, each
// preceded by its length so that no two lists of parts collide by concatenation.
func EventID(parts ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
