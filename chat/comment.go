package chat

import (
	"fmt"
	"slices"
	"time"
)

// maxInvited bounds how many colleagues can be tagged in one conversation.
const maxInvited = 50

// A Comment is a remark between colleagues on a conversation that is under way. It vanishes when the conversation closes.
type Comment struct {
	ID             string    `json:"id" bson:"_id"`
	Version        int64     `json:"version" bson:"version"`
	ConversationID string    `json:"conversation_id" bson:"conversation_id"`
	Text           string    `json:"text" bson:"text"`
	AuthorID       string    `json:"author_id" bson:"author_id"`
	AuthorName     string    `json:"author_name" bson:"author_name"`
	Tagged         []Tagged  `json:"tagged,omitempty" bson:"tagged,omitempty"`
	CreatedAt      time.Time `json:"created_at" bson:"created_at"`
}

// Tagged is a colleague whom a comment calls in, with the name as it was then.
type Tagged struct {
	ID   string `json:"id" bson:"id"`
	Name string `json:"name" bson:"name"`
}

// NewComment checks what was typed. Tagging alone is not enough: a comment says why.
func NewComment(id, conversation, text string, tagged []Tagged, by Author, at time.Time) (Comment, error) {
	words, err := internalText("comment", text)
	if err != nil {
		return Comment{}, err
	}
	c := Comment{ID: id, ConversationID: conversation, Text: words, AuthorID: by.ID, AuthorName: clip(clean(by.Name), maxName), CreatedAt: stamp(at)}
	for _, t := range tagged {
		if t.ID != by.ID && !slices.ContainsFunc(c.Tagged, func(x Tagged) bool { return x.ID == t.ID }) {
			c.Tagged = append(c.Tagged, Tagged{ID: t.ID, Name: clip(clean(t.Name), maxName)})
		}
	}
	return c, nil
}

// Invite lets tagged colleagues see the conversation whatever their departments, until it closes. It reports who is new.
func (c *Conversation) Invite(tagged []Tagged, by string, at time.Time) ([]Tagged, error) {
	if c.State == StateClosed {
		return nil, invalid("text", "This conversation is closed, so nobody can be called in any more.")
	}
	var fresh []Tagged
	for _, t := range tagged {
		if slices.Contains(c.Invited, t.ID) {
			continue
		}
		if len(c.Invited) >= maxInvited {
			return nil, invalid("tag", fmt.Sprintf("At most %d colleagues can be tagged in one conversation.", maxInvited))
		}
		c.Invited = append(c.Invited, t.ID)
		c.note("invited", t.Name, by, at)
		fresh = append(fresh, t)
	}
	return fresh, nil
}
