package chat

import "time"

// MoveTo gives the conversation to another contact: its person turned out to be known under that one.
func (c *Conversation) MoveTo(contactID string, at time.Time) {
	from := c.ContactID
	c.ContactID = contactID
	c.ThreadKey = ThreadKey(contactID, c.Channel, c.Account, c.GroupID)
	if c.OpenKey != "" {
		c.OpenKey = c.ThreadKey
	}
	c.Record(TimelineEntry{ID: EventID("timeline", c.ID, "merged", from, contactID), Type: "merged", At: at})
}
