package chat

import "time"

// A Visit is what a browser with the widget told before, and between, its messages. It makes no contact by itself.
type Visit struct {
	ID        string    `json:"id" bson:"_id"`
	Version   int64     `json:"version" bson:"version"`
	Session   Session   `json:"session" bson:"session"`
	ExpiresAt time.Time `json:"expires_at" bson:"expires_at"`
}
