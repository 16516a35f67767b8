package chat

import (
	"fmt"
	"slices"
	"time"
)

const maxReason = 500

// An Escalation is one hand-over from the AI to a human.
type Escalation struct {
	ID             string    `json:"id" bson:"_id"` // chosen by who records it; recording it again changes nothing
	Version        int64     `json:"version" bson:"version"`
	ContactID      string    `json:"contact_id" bson:"contact_id"`
	ConversationID string    `json:"conversation_id" bson:"conversation_id"`
	Channel        Channel   `json:"channel" bson:"channel"`
	Reason         string    `json:"reason" bson:"reason"` // the trigger, in words
	At             time.Time `json:"at" bson:"at"`
	TakenByID      string    `json:"taken_by_id,omitempty" bson:"taken_by_id,omitempty"` // user id; empty: nobody yet
	TakenBy        string    `json:"taken_by,omitempty" bson:"taken_by,omitempty"`       // display name
	TakenAt        time.Time `json:"taken_at,omitzero" bson:"taken_at,omitempty"`
}

// Normalize makes an escalation as documents keep it, and refuses one that belongs nowhere.
func (e *Escalation) Normalize() error {
	if e.ID == "" || e.ContactID == "" || e.ConversationID == "" || e.At.IsZero() {
		return fmt.Errorf("chat: an escalation needs id, contact, conversation and time: %w", ErrInvalid)
	}
	e.Reason, e.At = clip(clean(e.Reason), maxReason), stamp(e.At)
	return nil
}

// Take notes who handles the escalation. The first one stays: a colleague who comes later gets ErrConflict.
func (e *Escalation) Take(by Author, at time.Time) error {
	switch {
	case by.ID == "":
		return fmt.Errorf("chat: an escalation is taken by somebody: %w", ErrInvalid)
	case e.TakenByID == by.ID:
		return nil
	case e.TakenByID != "":
		return fmt.Errorf("chat: the escalation is taken: %w", ErrConflict)
	}
	e.TakenByID, e.TakenBy, e.TakenAt = by.ID, clip(clean(by.Name), maxName), stamp(at)
	return nil
}

// RecordEscalation puts a hand-over, and who took it, on the timeline; doing it again changes nothing.
func (c *Conversation) RecordEscalation(e *Escalation) {
	c.Record(TimelineEntry{ID: EventID("timeline", e.ID, "escalated"), Type: "escalated", At: e.At, Text: e.Reason})
	if e.TakenByID != "" {
		c.Record(TimelineEntry{ID: e.takenEntry(), Type: "escalation_taken", At: e.TakenAt, By: e.TakenBy})
	}
}

// takenEntry is the id of the timeline's entry about who took the hand-over.
func (e *Escalation) takenEntry() string { return EventID("timeline", e.ID, "taken") }

// HandOver gives the conversation to whoever took the hand-over, if it is under way and nobody has it; a colleague who has it
// keeps it. The timeline says both, and doing it again changes nothing.
func (c *Conversation) HandOver(e *Escalation) error {
	again := slices.ContainsFunc(c.Timeline, func(t TimelineEntry) bool { return t.ID == e.takenEntry() })
	c.RecordEscalation(e)
	if again || e.TakenByID == "" || c.Assignee != "" || c.State == StateClosed {
		return nil
	}
	return c.Assign(e.TakenByID, e.TakenBy, e.TakenBy, e.TakenAt)
}
