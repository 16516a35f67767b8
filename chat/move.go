package chat

import (
	"slices"
	"time"
)

// A Move says which merge brought a conversation to its contact, and what it was before.
type Move struct {
	Merge    string    `json:"merge" bson:"merge"`
	From     string    `json:"from" bson:"from"`                              // the contact it belonged to
	State    State     `json:"state,omitempty" bson:"state,omitempty"`        // what it was, when the merge closed it
	ClosedAt time.Time `json:"closed_at,omitzero" bson:"closed_at,omitempty"` // when the merge closed it
}

// MoveTo gives the conversation to another contact: its person turned out to be known under that one. merge is the record of
// why; it is empty when the conversation was only filed under a record that its person is not known by any more. It goes on in
// the thread of owner; with none it keeps its own.
func (c *Conversation) MoveTo(contactID, owner, merge string, at time.Time) {
	from := c.ContactID
	if merge != "" {
		c.Moves = append(c.Moves, Move{Merge: merge, From: from})
	}
	if c.ContactID = contactID; owner != "" {
		c.join(owner)
	}
	c.Record(TimelineEntry{ID: EventID("timeline", c.ID, "merged", from, contactID, merge), Type: "merged", At: at})
}

// MoveBack gives the conversation to the contact that a merge is undone for.
func (c *Conversation) MoveBack(contactID, merge string, at time.Time) {
	c.Moves = slices.DeleteFunc(c.Moves, func(m Move) bool { return m.Merge == merge })
	if c.InThreadOf(c.ContactID) {
		c.join(contactID)
	}
	c.ContactID = contactID
	c.Record(TimelineEntry{ID: EventID("timeline", c.ID, "unmerged", contactID, merge), Type: "unmerged", At: at})
}

// InThreadOf reports whether the conversation is in the contact's own thread.
func (c *Conversation) InThreadOf(contactID string) bool {
	return c.ThreadKey == ThreadKey(contactID, c.Channel, c.Account, c.GroupID)
}

// join puts the conversation into another thread.
func (c *Conversation) join(owner string) {
	c.ThreadKey = ThreadKey(owner, c.Channel, c.Account, c.GroupID)
	if c.OpenKey != "" {
		c.OpenKey = c.ThreadKey
	}
}

// CloseForMerge closes the conversation because its person has another one open on the same account, and remembers what it
// was, so that undoing the merge can open it again.
func (c *Conversation) CloseForMerge(merge string, at time.Time) error {
	was := c.State
	if err := c.SetState(StateClosed, "", at); err != nil || was == StateClosed {
		return err
	}
	for i := range c.Moves {
		if c.Moves[i].Merge == merge {
			c.Moves[i].State, c.Moves[i].ClosedAt = was, c.ClosedAt
		}
	}
	return nil
}

// MoveOf is the move that a merge made; ok is false when it made none.
func (c *Conversation) MoveOf(merge string) (m Move, ok bool) {
	i := slices.IndexFunc(c.Moves, func(m Move) bool { return m.Merge == merge })
	if i < 0 {
		return Move{}, false
	}
	return c.Moves[i], true
}
