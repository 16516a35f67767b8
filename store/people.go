package store

import (
	"context"
	"fmt"

	"switchboard/chat"
)

// people finds or makes the contact of every item and lets it learn what the events say about the person.
func (b *batch) people(ctx context.Context) error {
	for _, it := range b.items {
		if it.repeats && it.known != nil {
			it.contact, it.talk = it.known.ContactID, it.known.ConversationID
		}
	}
	for _, it := range b.fresh() {
		if err := b.person(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// loadPeople reads every contact that an identity of the batch, or another spelling of it, belongs to.
func (b *batch) loadPeople(ctx context.Context) error {
	var keys []string
	for _, it := range b.items {
		keys = append(keys, lookupKeys(it.event)...)
	}
	found, err := findIn[chat.Contact](ctx, b.s.engine, contacts, "keys", unique(keys))
	if err != nil {
		return err
	}
	for _, c := range found {
		if c.Absorbing != "" {
			if err := b.s.finishMerge(ctx, c.ID); err != nil {
				return err
			}
			return errAgain
		}
		b.know(&holder[chat.Contact]{doc: c, seen: c.Version})
	}
	return nil
}

func lookupKeys(e *chat.Event) []string {
	ids := e.Identities
	if e.Change != nil {
		ids = append(append(append([]chat.Identity(nil), ids...), e.Change.Old...), e.Change.New...)
	}
	var keys []string
	for _, id := range ids {
		keys = append(keys, id.Key())
		for _, v := range chat.Variants(id) {
			keys = append(keys, v.Key())
		}
	}
	return keys
}

func (b *batch) know(h *holder[chat.Contact]) {
	b.contacts[h.doc.ID] = h
	for _, k := range h.doc.Keys {
		b.byKey[k] = h.doc.ID
	}
}

// person decides whose event it is.
func (b *batch) person(ctx context.Context, it *item) error {
	e := it.event
	if len(e.Identities) == 0 {
		return nil
	}
	found := b.candidates(lookupKeys(e))
	docs := make([]chat.Contact, len(found))
	for i, h := range found {
		docs[i] = h.doc
	}
	ids := e.Identities
	if e.Change != nil { // a change proves that the old and the new identities are one person
		ids = append(append(append([]chat.Identity(nil), ids...), e.Change.Old...), e.Change.New...)
	}
	winner, others := chat.Match(ids, docs)
	if winner < 0 {
		if e.NoContact || b.actsOnNothing(it) {
			return nil
		}
		c := chat.NewContact(e)
		b.learn(&holder[chat.Contact]{doc: c, dirty: true}, it)
		b.created[e.Channel]++
		return nil
	}
	if len(others) > 0 {
		return b.unite(ctx, found[winner], found[others[0]])
	}
	b.learn(found[winner], it)
	return nil
}

func (b *batch) candidates(keys []string) []*holder[chat.Contact] {
	var list []*holder[chat.Contact]
	seen := map[string]bool{}
	for _, k := range keys {
		if id, ok := b.byKey[k]; ok && !seen[id] {
			seen[id] = true
			list = append(list, b.contacts[id])
		}
	}
	return list
}

func (b *batch) learn(h *holder[chat.Contact], it *item) {
	e := it.event
	changed := h.doc.Learn(e)
	if e.Change != nil {
		h.doc.Rekey(*e.Change, e.Timestamp)
		changed = true
	}
	if e.Session != nil && e.Session.Geo != nil {
		changed = b.derive(&h.doc, e) || changed
	}
	h.dirty = h.dirty || changed
	if e.Change != nil {
		for _, old := range e.Change.Old {
			delete(b.byKey, old.Key())
		}
	}
	for _, id := range e.Identities {
		if other := b.contacts[b.byKey[id.Key()]]; other != nil && other != h && other.doc.Release(id.Key(), e.Timestamp) {
			other.dirty = true
		}
	}
	b.know(h)
	it.contact = h.doc.ID
}

// derive fills the person's country and time zone from where they are, where nothing better is known.
func (b *batch) derive(c *chat.Contact, e *chat.Event) bool {
	country := c.Derive(chat.FieldCountry, e.Session.Geo.Country, e.Timestamp)
	zone := e.Session.TimeZone
	if zone == "" {
		zone = e.Session.Geo.TimeZone
	}
	return c.Derive(chat.FieldTimeZone, zone, e.Timestamp) || country
}

// unite merges two contacts that a payload proves to be one person, then starts the batch again on what is there now. A
// contact that only exists in this batch is written first: the merge works on stored documents.
func (b *batch) unite(ctx context.Context, winner, other *holder[chat.Contact]) error {
	if winner.seen == 0 || other.seen == 0 {
		if err := b.writePeople(ctx); err != nil {
			return err
		}
	}
	if err := b.s.merge(ctx, winner.doc.ID, other.doc.ID); err != nil {
		return err
	}
	return errAgain
}

// writePeople writes new and changed contacts.
func (b *batch) writePeople(ctx context.Context) error {
	var writes []Write
	for _, h := range b.contacts {
		if !h.dirty {
			continue
		}
		writes = append(writes, h.write(h.doc.ID, &h.doc.Version))
	}
	sortWrites(writes)
	return write(ctx, b.s.engine, contacts, writes)
}

// merge takes the contact other into the contact into. It says on into what it is about to do, and whoever meets such a note
// finishes the work, so a crash between any two writes leaves nothing half done for good:
//
//	into.Absorbing = other; other becomes an alias without keys; other's conversations move; into takes other's identities.
func (s *Store) merge(ctx context.Context, into, other string) error {
	_, err := s.UpdateContact(ctx, into, func(c *chat.Contact) error {
		if c.MergedInto != "" || c.Absorbing != "" {
			return errAgain
		}
		c.Absorbing = other
		return nil
	})
	if err != nil {
		return err
	}
	return s.finishMerge(ctx, into)
}

// finishMerge does what is left of a merge that was announced.
func (s *Store) finishMerge(ctx context.Context, into string) error {
	c, err := one[chat.Contact](ctx, s.engine, contacts, into)
	if err != nil || c.Absorbing == "" {
		return err
	}
	other, err := s.UpdateContact(ctx, c.Absorbing, func(o *chat.Contact) error {
		if o.MergedInto == "" {
			o.MergeInto(into)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: merge contacts: %w", err)
	}
	if other.MergedInto == into {
		if err := s.moveConversations(ctx, other.ID, into); err != nil {
			return err
		}
	}
	_, err = s.UpdateContact(ctx, into, func(c *chat.Contact) error {
		if c.Absorbing == other.ID {
			if other.MergedInto == into {
				c.Absorb(other)
			}
			c.Absorbing = ""
		}
		return nil
	})
	return err
}

// moveConversations gives every conversation of one contact to another. Where both have one open on the same account, the
// moved one is closed: the person goes on in the other.
func (s *Store) moveConversations(ctx context.Context, from, to string) error {
	for {
		batch, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
			Where: []Condition{{Path: "contact_id", Is: Equal, Value: from}}, Sort: desc("last_activity_at"), Limit: 50, Only: []string{"contact_id"},
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, c := range batch {
			if err := s.moveConversation(ctx, c.ID, from, to); err != nil {
				return err
			}
		}
	}
}

func (s *Store) moveConversation(ctx context.Context, id, from, to string) error {
	taken := false
	return again(ctx, func() error {
		c, err := one[chat.Conversation](ctx, s.engine, conversations, id)
		if err != nil || c.ContactID != from {
			return err
		}
		if taken {
			if err := c.SetState(chat.StateClosed, "", s.now()); err != nil {
				return err
			}
		}
		c.MoveTo(to, s.now())
		seen := c.Version
		c.Version++
		err = write(ctx, s.engine, conversations, []Write{{Op: Replace, ID: id, Version: seen, Doc: &c}})
		taken = err != nil // a stale version or a taken open_key: closing is right only for the latter, so look
		if taken && c.OpenKey != "" {
			taken, err = s.openTaken(ctx, c.OpenKey, id, err)
		}
		return err
	})
}

// openTaken tells whether another conversation holds the open key.
func (s *Store) openTaken(ctx context.Context, key, except string, cause error) (bool, error) {
	holders, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
		Where: []Condition{{Path: "open_key", Is: Equal, Value: key}}, Only: []string{"open_key"},
	})
	if err != nil {
		return false, err
	}
	return len(holders) > 0 && holders[0].ID != except, cause
}
