package store

import (
	"context"
	"errors"

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
	if err := b.loadHolders(ctx, "keys", unique(keys)); err != nil {
		return err
	}
	return b.missing(ctx)
}

// loadHolders reads the contacts that have any of these identities, or had it: path says which.
func (b *batch) loadHolders(ctx context.Context, path string, keys []string) error {
	found, err := findIn[chat.Contact](ctx, b.s.engine, contacts, path, keys)
	if err != nil {
		return err
	}
	for _, c := range found {
		if pending := unfinished(&c); pending != "" {
			return thenAgain(b.s.finishStep(ctx, pending))
		}
		if b.contacts[c.ID] == nil {
			b.know(&holder[chat.Contact]{doc: c, seen: c.Version})
		}
	}
	return nil
}

// missing looks at the identities that no contact holds: one that is on its way from one contact to another in a merge at this
// moment is not new, and one that somebody gave up may still be theirs in what comes late. Asked after the contacts, so that
// one of them always knows it.
func (b *batch) missing(ctx context.Context) error {
	var keys []string
	for _, it := range b.items {
		for _, id := range it.event.Identities {
			if b.byKey[id.Key()] == "" {
				keys = append(keys, id.Key())
			}
		}
	}
	keys = unique(keys)
	moving, err := findIn[chat.Merge](ctx, b.s.engine, merges, "keys", keys)
	if err != nil {
		return err
	}
	if len(moving) == 0 {
		return b.loadHolders(ctx, "former", keys)
	}
	for i := range moving {
		if err := b.s.finishRecord(ctx, &moving[i]); err != nil {
			return err
		}
	}
	return errAgain
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
	for _, k := range h.doc.Former {
		b.former[k] = h.doc.ID
	}
}

// writer is the contact that had an identity of the event when it happened and has given it up since; nil when there is none.
func (b *batch) writer(e *chat.Event) *holder[chat.Contact] {
	for _, key := range e.IdentityKeys() {
		if h := b.contacts[b.former[key]]; h != nil && h.doc.Wrote(e) {
			return h
		}
	}
	return nil
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
		if h := b.writer(e); h != nil {
			b.learn(h, it)
			return nil
		}
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
		if err := write(ctx, b.s.engine, contacts, b.changedPeople()); err != nil {
			return err
		}
		b.madePeople()
	}
	if err := b.s.unite(ctx, winner.doc.ID, other.doc.ID); err != nil && !errors.Is(err, chat.ErrConflict) {
		return err
	}
	return errAgain
}

// changedPeople are new and changed contacts.
func (b *batch) changedPeople() []Write {
	var writes []Write
	for _, h := range b.contacts {
		if !h.dirty {
			continue
		}
		writes = append(writes, h.write(h.doc.ID, &h.doc.Version))
	}
	sortWrites(writes)
	return writes
}

// madePeople notes that the new contacts are written.
func (b *batch) madePeople() {
	for c, n := range b.created {
		b.made[c] += n
	}
	clear(b.created)
}
