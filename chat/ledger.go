package chat

import "time"

// Verdict is what became of an element. Every element of every authentic webhook gets exactly one.
type Verdict string

// The verdicts. received = applied + duplicate + ignored + quarantined always closes.
const (
	Applied    Verdict = "applied"
	Duplicate  Verdict = "duplicate"
	Ignored    Verdict = "ignored"
	Quarantine Verdict = "quarantined"
)

// An Entry is the ledger's record of one element. The first copy of an element has the event's id; each further copy has an
// id made from the event's id and its own position in the log, so that reading the log again never adds an entry.
type Entry struct {
	ID              string            `json:"id" bson:"_id"`
	Version         int64             `json:"version" bson:"version"` // 0 until the entry is changed: when its person is erased
	EventID         string            `json:"event_id" bson:"event_id"`
	RequestID       string            `json:"request_id" bson:"request_id"`
	Kind            Kind              `json:"kind" bson:"kind"`
	Channel         Channel           `json:"channel" bson:"channel"`
	Account         string            `json:"account" bson:"account"`
	ContactKey      string            `json:"contact_key,omitempty" bson:"contact_key,omitempty"`
	KeyType         IdentityKind      `json:"key_type,omitempty" bson:"key_type,omitempty"`
	Aliases         map[string]string `json:"contact_aliases,omitempty" bson:"contact_aliases,omitempty"` // names from our adapters, never from clients
	ContactID       string            `json:"contact_id,omitempty" bson:"contact_id,omitempty"`
	ConversationID  string            `json:"conversation_id,omitempty" bson:"conversation_id,omitempty"`
	ContactName     string            `json:"contact_name,omitempty" bson:"contact_name,omitempty"`
	Direction       Direction         `json:"direction,omitempty" bson:"direction,omitempty"`
	MessageID       string            `json:"message_id,omitempty" bson:"message_id,omitempty"`
	TargetID        string            `json:"target_id,omitempty" bson:"target_id,omitempty"`
	Type            string            `json:"type,omitempty" bson:"type,omitempty"`
	Text            string            `json:"text,omitempty" bson:"text,omitempty"`
	Timestamp       time.Time         `json:"timestamp,omitzero" bson:"timestamp,omitempty"`
	ClientTimestamp time.Time         `json:"client_timestamp,omitzero" bson:"client_timestamp,omitempty"`
	ReplyTo         string            `json:"reply_to,omitempty" bson:"reply_to,omitempty"`
	Media           []Media           `json:"media,omitempty" bson:"media,omitempty"`
	MediaID         string            `json:"media_id,omitempty" bson:"media_id,omitempty"`
	Status          string            `json:"status,omitempty" bson:"status,omitempty"`
	Errors          []int             `json:"errors,omitempty" bson:"errors,omitempty"`
	Emoji           string            `json:"emoji,omitempty" bson:"emoji,omitempty"`
	Action          string            `json:"action,omitempty" bson:"action,omitempty"`
	Flags           []string          `json:"flags,omitempty" bson:"flags,omitempty"`
	Claims          map[string]string `json:"claims,omitempty" bson:"claims,omitempty"` // name, email, phone
	Verified        bool              `json:"verified,omitempty" bson:"verified,omitempty"`
	Verdict         Verdict           `json:"verdict" bson:"verdict"`
	Reason          string            `json:"reason,omitempty" bson:"reason,omitempty"`
	ReceivedAt      time.Time         `json:"received_at" bson:"received_at"`
	AppliedAt       time.Time         `json:"applied_at" bson:"applied_at"`
	Position        Position          `json:"position" bson:"position"`

	// Locator of messages and of what acts on them; set only on first copies.
	MessageKey string `json:"message_key,omitempty" bson:"message_key,omitempty"` // MessageKey() of a message or echo
	TargetKey  string `json:"target_key,omitempty" bson:"target_key,omitempty"`   // MessageKey() of what a status, reaction, edit or delete acts on
	Place      *Place `json:"place,omitempty" bson:"place,omitempty"`             // where the message stands in its conversation
	Act        *Act   `json:"act,omitempty" bson:"act,omitempty"`                 // the targeting event, complete enough to be applied when its message turns up
}

// An Act is the part of a targeting event that changes the message it acts on.
type Act struct {
	EventID    string          `json:"event_id" bson:"event_id"`
	Kind       Kind            `json:"kind" bson:"kind"`
	At         time.Time       `json:"at" bson:"at"`
	By         string          `json:"by,omitempty" bson:"by,omitempty"` // of a reaction: see Reaction; status: group participant
	Status     string          `json:"status,omitempty" bson:"status,omitempty"`
	Errors     []DeliveryError `json:"errors,omitempty" bson:"errors,omitempty"`
	Emoji      string          `json:"emoji,omitempty" bson:"emoji,omitempty"`
	Text       string          `json:"text,omitempty" bson:"text,omitempty"`
	EditNumber int             `json:"edit_number,omitempty" bson:"edit_number,omitempty"`
}

// MessageKey names a message over all channels and accounts.
func MessageKey(channel Channel, account, messageID string) string {
	return EventID("message-key", string(channel), account, messageID)
}

// Summary counts the verdicts of a window. Received is counted on its own, from the log's element counts, so that a lost
// element shows as a sum that does not close.
type Summary struct {
	Received    int64 `json:"received"`
	Applied     int64 `json:"applied"`
	Duplicate   int64 `json:"duplicate"`
	Ignored     int64 `json:"ignored"`
	Quarantined int64 `json:"quarantined"`
}

// LedgerSummary is the sum of all channels and of each.
type LedgerSummary struct {
	Summary
	Channels map[Channel]Summary `json:"channels"`
}
