package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// ReasonErased is why an element of somebody who was erased is ignored: it is older than the erasure.
const ReasonErased = "erased"

// ErasureState says how far an erasure is.
type ErasureState string

// The states of an erasure.
const (
	ErasureRunning ErasureState = "running" // documents are being removed
	ErasureDone    ErasureState = "done"    // everything that was found is removed
	ErasureSealed  ErasureState = "sealed"  // looked again a while later: nothing came after
)

// An Erasure is the certificate of the erasure of one person, and the tombstone that keeps old records of the log from
// bringing the person back. What it holds of the person is gone when it is done: the identities by which their documents are
// found. The keys that stay are salted hashes.
type Erasure struct {
	ID          string         `json:"id" bson:"_id"` // derived from the contact's id, so that erasing twice is one erasure
	Version     int64          `json:"version" bson:"version"`
	At          time.Time      `json:"at" bson:"at"` // what is older does not come back
	By          string         `json:"by" bson:"by"` // user id
	ByName      string         `json:"by_name,omitempty" bson:"by_name,omitempty"`
	State       ErasureState   `json:"state" bson:"state"`
	FinishedAt  time.Time      `json:"finished_at,omitzero" bson:"finished_at,omitempty"`
	Removed     []ErasureCount `json:"removed,omitempty" bson:"removed,omitempty"`
	Expires     []Expiry       `json:"expires,omitempty" bson:"expires,omitempty"`
	Keys        []string       `json:"keys,omitempty" bson:"keys,omitempty"`               // salted hashes of the person's identity keys
	ContactIDs  []string       `json:"contact_ids,omitempty" bson:"contact_ids,omitempty"` // until it is sealed
	Kin         []string       `json:"kin,omitempty" bson:"kin,omitempty"`                 // contacts they were once merged with; until it is sealed
	Identities  []Identity     `json:"identities,omitempty" bson:"identities,omitempty"`   // until it is sealed
	Unfinished  bool           `json:"unfinished,omitempty" bson:"unfinished,omitempty"`   // not sealed yet: there is work left
	RequestedAt time.Time      `json:"requested_at" bson:"requested_at"`
}

// An ErasureCount says how many things of a kind were removed.
type ErasureCount struct {
	Kind  string `json:"kind" bson:"kind"` // in words, plural
	Count int64  `json:"count" bson:"count"`
}

// An Expiry is a copy that is not removed now but goes by itself, and when it is gone at the latest.
type Expiry struct {
	What string    `json:"what" bson:"what"`
	At   time.Time `json:"at,omitzero" bson:"at,omitempty"` // zero: nobody knows, see Note
	Note string    `json:"note,omitempty" bson:"note,omitempty"`
}

// An ErasureOrder is who wants a person erased, and what will be left of them outside the documents.
type ErasureOrder struct {
	By, ByName string
	Expires    []Expiry
}

// An ErasurePlan says what an erasure would remove.
type ErasurePlan struct {
	ContactID string
	Removed   []ErasureCount
}

// ErasureID is the id of the erasure of a contact.
func ErasureID(contactID string) string { return EventID("erasure", contactID) }

// Tombstone is the salted hash of an identity key, by which a person who was erased is recognised without being known.
func Tombstone(salt, key string) string {
	h := hmac.New(sha256.New, []byte(salt))
	h.Write([]byte(key))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// OlderThan reports whether the event belongs to before an erasure: it happened before, or had arrived before. Platforms
// that give whole seconds would date a message of the same second before it; of such a tie the message wins.
func (e *Event) OlderThan(erased time.Time) bool {
	return e.Timestamp.Before(erased.Truncate(time.Second)) || e.ReceivedAt.Before(erased)
}

// Persons are the keys of the identities an event speaks of.
func (e *Event) Persons() []string {
	var keys []string
	for _, id := range e.Identities {
		keys = append(keys, id.Key())
	}
	if e.Change != nil {
		for _, id := range e.Change.Old {
			keys = append(keys, id.Key())
		}
		for _, id := range e.Change.New {
			keys = append(keys, id.Key())
		}
	}
	return keys
}

// Belongs reports whether the entry is about the person with this identity.
func (n *Entry) Belongs(id Identity) bool {
	return n.Channel == id.Channel && n.KeyType == id.Kind && n.ContactKey == id.Value && (id.Scope == "" || id.Scope == n.Account)
}

// Erase takes out of the entry whose element it was and what it said. What stays (id, kind, verdict, channel, account, times,
// position) closes the ledger's sum and keeps the element from being taken for a new one. MessageKey stays too: by it, what
// acts on an erased message is known to have nothing left to act on.
func (n *Entry) Erase() {
	n.ContactKey, n.KeyType, n.Aliases, n.ContactID, n.ConversationID, n.ContactName = "", "", nil, "", "", ""
	n.MessageID, n.TargetID, n.ReplyTo, n.Text, n.Emoji = "", "", "", "", ""
	n.Media, n.MediaID, n.Claims, n.Verified = nil, "", nil, false
	n.TargetKey, n.Place, n.Act = "", nil, nil
	n.ClientTimestamp = time.Time{}
}
