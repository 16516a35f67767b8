package chat

import "time"

// A Change says that documents changed, so that open dashboards can fetch what they show. It carries no content: every
// viewer reads with their own rights.
type Change struct {
	Conversation string    `json:"conversation,omitempty"`
	Contact      string    `json:"contact,omitempty"`
	Channel      Channel   `json:"channel,omitempty"`
	Account      string    `json:"account,omitempty"`
	Created      bool      `json:"created,omitempty"` // the conversation is new
	Messages     int       `json:"messages,omitempty"`
	What         []string  `json:"what,omitempty"` // message, status, reaction, edit, delete, contact, conversation, note, comment, escalation
	For          []string  `json:"for,omitempty"`  // user ids who were told something by it
	By           string    `json:"by,omitempty"`   // agent who caused it; empty for the platform
	ReceivedAt   time.Time `json:"received_at,omitzero"`
	StoredAt     time.Time `json:"stored_at"`
	Presence     *Presence `json:"presence,omitempty"` // an agent's page, instead of a changed document
	Read         bool      `json:"read,omitempty"`     // By has seen all of the conversation, which concerns nobody else
}
