package chat

import "strconv"

// EntryOf is the ledger's record of an event, without a verdict.
func EntryOf(e *Event) Entry {
	n := Entry{
		ID: e.ID, EventID: e.ID, RequestID: e.RequestID, Kind: e.Kind, Channel: e.Channel, Account: e.Account,
		ContactKey: e.ContactKey, KeyType: e.KeyType, Aliases: e.Aliases, ContactName: e.ContactName,
		Direction: e.Direction, MessageID: e.MessageID, TargetID: e.TargetID, Type: e.Type, Text: e.Text,
		Timestamp: e.Timestamp, ClientTimestamp: e.ClientTimestamp, ReplyTo: e.ReplyTo,
		Media: e.Content.Media, Status: e.Status, Emoji: e.Emoji, Action: e.Action, Flags: e.Flags,
		Claims: e.Claims, Verified: e.Verified, Reason: e.Reason, ReceivedAt: e.ReceivedAt, Position: e.Position,
	}
	if len(e.Content.Media) > 0 {
		n.MediaID = e.Content.Media[0].ID
	}
	for _, x := range e.Errors {
		n.Errors = append(n.Errors, x.Code)
	}
	n.locate(e)
	return n
}

// locate sets what finds a message, or lets an act wait for its message.
func (n *Entry) locate(e *Event) {
	switch {
	case e.Carries():
		m := MessageOf(e)
		place := m.Place()
		n.Place = &place
		if e.MessageID != "" {
			n.MessageKey = e.Key(e.MessageID)
		}
	case e.Targets() && e.Target() != "":
		a := ActOf(e)
		n.Act = &a
		n.TargetKey = e.Key(e.Target())
	}
}

// CopyID is the ledger id of a further copy of an element: its n-th occurrence, from 0, in the record at p.
func CopyID(eventID string, p Position, n int) string {
	return EventID("copy", eventID, strconv.FormatInt(int64(p.Partition), 10), strconv.FormatInt(p.Offset, 10), strconv.Itoa(n))
}
