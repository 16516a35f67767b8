package chat

import "time"

// KeepNotification is how long a notification that nobody opened is kept.
const KeepNotification = 30 * 24 * time.Hour

// NotificationTagged is the kind of a notification that a colleague was tagged in a comment.
const NotificationTagged = "tagged"

// NotificationOffered is the kind of a notification that a conversation was offered by a transfer.
const NotificationOffered = "offered"

// A Notification tells one user that a colleague wants something of them. It carries no text of the conversation: the reader
// opens it with their own rights. It is gone when it was opened.
type Notification struct {
	ID             string    `json:"id" bson:"_id"` // derived from its cause, so that telling twice tells once
	Version        int64     `json:"version" bson:"version"`
	UserID         string    `json:"user_id" bson:"user_id"`
	Kind           string    `json:"kind" bson:"kind"`
	ConversationID string    `json:"conversation_id" bson:"conversation_id"`
	By             string    `json:"by,omitempty" bson:"by,omitempty"` // colleague's display name
	CreatedAt      time.Time `json:"created_at" bson:"created_at"`
	ExpiresAt      time.Time `json:"expires_at" bson:"expires_at"`
}

// Notifications are the notifications of a comment: one for each tagged colleague.
func (c *Comment) Notifications() []Notification {
	var out []Notification
	for _, t := range c.Tagged {
		out = append(out, Notification{
			ID: EventID("notification", c.ID, t.ID), UserID: t.ID, Kind: NotificationTagged, ConversationID: c.ConversationID,
			By: c.AuthorName, CreatedAt: c.CreatedAt, ExpiresAt: c.CreatedAt.Add(KeepNotification),
		})
	}
	return out
}
