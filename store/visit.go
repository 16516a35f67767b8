package store

import (
	"context"
	"time"

	"switchboard/chat"
)

// visitLife is how long a widget visit is remembered after it was last seen.
const visitLife = 30 * 24 * time.Hour

// visitID names the visit an event belongs to; "" for events without one.
func visitID(e *chat.Event) string {
	visitor := e.Aliases["visitor_id"]
	if e.Channel != chat.WebWidget || visitor == "" || e.Session == nil {
		return ""
	}
	return chat.EventID("visit", e.Account, visitor)
}

// loadVisits reads the visits of the batch: what a browser said about itself before its first message made a conversation.
func (b *batch) loadVisits(ctx context.Context) error {
	var ids []string
	for _, it := range b.fresh() {
		ids = append(ids, visitID(it.event))
	}
	found, err := get[chat.Visit](ctx, b.s.engine, visits, unique(ids))
	if err != nil {
		return err
	}
	for _, v := range found {
		b.visits[v.ID] = &holder[chat.Visit]{doc: v, seen: v.Version}
	}
	return nil
}

// visit lets the visit of an event learn what the event says.
func (b *batch) visit(it *item) {
	id := visitID(it.event)
	if id == "" {
		return
	}
	h := b.visits[id]
	if h == nil {
		h = &holder[chat.Visit]{doc: chat.Visit{ID: id}}
		b.visits[id] = h
	}
	h.doc.Session.Merge(*it.event.Session)
	if until := it.event.ReceivedAt.Add(visitLife); until.After(h.doc.ExpiresAt) {
		h.doc.ExpiresAt = until
	}
	h.dirty = true
}

func (b *batch) changedVisits() []Write {
	var writes []Write
	for _, h := range b.visits {
		if h.dirty {
			writes = append(writes, h.write(h.doc.ID, &h.doc.Version))
		}
	}
	sortWrites(writes)
	return writes
}
