package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchboard/chat"
)

// PlanErasure says what erasing a person would remove. The id of a contact that was merged leads to the one it was merged into.
func (s *Store) PlanErasure(ctx context.Context, contactID string) (chat.ErasurePlan, error) {
	f, err := s.familyOf(ctx, contactID)
	if err != nil {
		return chat.ErasurePlan{}, err
	}
	removed, _, err := s.countOf(ctx, &f)
	return chat.ErasurePlan{ContactID: f.ids[0], Removed: removed}, err
}

// countOf counts what there is of a family, and says when the newest element of it arrived.
func (s *Store) countOf(ctx context.Context, f *family) (counts []chat.ErasureCount, newest time.Time, err error) {
	talks, messages, err := s.conversationIDs(ctx, f.ids)
	if err != nil {
		return nil, newest, err
	}
	counts = []chat.ErasureCount{{Kind: "contact records", Count: int64(len(f.ids))}, {Kind: "messages", Count: messages}}
	for _, p := range personalCollections() {
		values, n := f.ids, int64(0)
		if p.by == ofConversation {
			values = talks
		}
		for len(values) > 0 {
			chunk := values[:min(len(values), 500)]
			values = values[len(chunk):]
			found, err := s.engine.Count(ctx, p.collection, []Condition{{Path: p.path, Is: In, Value: chunk}}, 0)
			if err != nil {
				return nil, newest, failure("count "+p.collection, err)
			}
			n += found
		}
		counts = append(counts, chat.ErasureCount{Kind: p.kind, Count: n})
	}
	var entries int64
	err = s.eachEntry(ctx, f.ids, f.identities, func(n *chat.Entry) error {
		if entries++; n.ReceivedAt.After(newest) {
			newest = n.ReceivedAt
		}
		return nil
	})
	if err != nil {
		return nil, newest, err
	}
	seen, err := get[chat.Visit](ctx, s.engine, visits, visitIDs(f.identities))
	if err != nil {
		return nil, newest, err
	}
	return append(counts, chat.ErasureCount{Kind: "ledger entries", Count: entries}, chat.ErasureCount{Kind: "website visits", Count: int64(len(seen))}), newest, nil
}

// StartErasure decides the erasure of a person: from its return on, records of the log that are older do not bring the person
// back. It removes nothing yet; FinishErasure does, and whoever runs Tidy if that never comes. A person whose erasure was
// started before gets the same erasure again; one who does not exist is chat.ErrNotFound.
func (s *Store) StartErasure(ctx context.Context, contactID string, order chat.ErasureOrder) (chat.Erasure, error) {
	f, err := s.familyOf(ctx, contactID)
	if errors.Is(err, chat.ErrNotFound) {
		return s.Erasure(ctx, chat.ErasureID(contactID))
	}
	if err != nil {
		return chat.Erasure{}, err
	}
	id := chat.ErasureID(f.ids[0])
	removed, newest, err := s.countOf(ctx, &f)
	if err != nil {
		return chat.Erasure{}, err
	}
	salt, err := s.raiseGuard(ctx) // makes the salt, the first time
	if err != nil {
		return chat.Erasure{}, err
	}
	now := s.now()
	at := now
	if !newest.Before(at) { // the clock of the machine that received it is ahead of ours
		at = newest.Add(time.Millisecond)
	}
	doc := chat.Erasure{
		ID: id, Version: 1, At: at, RequestedAt: now, By: order.By, ByName: order.ByName, State: chat.ErasureRunning, Unfinished: true,
		Removed: removed, Expires: order.Expires, ContactIDs: f.ids, Kin: f.kin, Identities: f.identities,
	}
	if doc.Keys, err = s.tombstones(ctx, &f, salt); err != nil {
		return doc, err
	}
	if err := insertOnce(ctx, s.engine, erasures, id, &doc); err != nil {
		return doc, err
	}
	if _, err := s.raiseGuard(ctx); err != nil {
		return doc, err
	}
	return s.Erasure(ctx, id)
}

// tombstones are the keys a person will be known by: their identities, except those that belong to somebody else now, and the
// ids of their contacts.
func (s *Store) tombstones(ctx context.Context, f *family, salt string) ([]string, error) {
	var keys, stones []string
	for _, identity := range f.identities {
		keys = append(keys, identity.Key())
	}
	held, err := findIn[chat.Contact](ctx, s.engine, contacts, "keys", keys)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		others := slices.ContainsFunc(held, func(c chat.Contact) bool { return slices.Contains(c.Keys, key) && !slices.Contains(f.ids, c.ID) })
		if !others {
			stones = append(stones, chat.Tombstone(salt, key))
		}
	}
	for _, id := range f.ids {
		stones = append(stones, chat.Tombstone(salt, contactGrave(id)))
	}
	return stones, nil
}

// sealAfter is when an erasure looks again for what was written while it ran by somebody who did not know: a note, say.
const sealAfter = 2 * time.Minute

// FinishErasure removes everything there is of a person whose erasure was started. It may be interrupted anywhere and done
// again; done again later, it removes what was written since by somebody who did not know.
func (s *Store) FinishErasure(ctx context.Context, id string) (chat.Erasure, error) {
	return s.finishErasure(ctx, id, s.now())
}

func (s *Store) finishErasure(ctx context.Context, id string, at time.Time) (chat.Erasure, error) {
	doc, err := s.Erasure(ctx, id)
	if err != nil || doc.State == chat.ErasureSealed {
		return doc, err
	}
	// Before the guard was raised behind the erasure, a batch may have been read that does not know of it.
	if _, err := s.raiseGuard(ctx); err != nil {
		return doc, err
	}
	left := remains{at: doc.At, all: doc.State == chat.ErasureDone && at.Sub(doc.FinishedAt) >= sealAfter, contacts: doc.ContactIDs, kin: doc.Kin, identities: doc.Identities}
	if err := s.remove(ctx, &left); err != nil {
		return doc, err
	}
	return update(ctx, s.engine, erasures, id, func(e *chat.Erasure) *int64 { return &e.Version }, func(e *chat.Erasure) error {
		switch {
		case e.State == chat.ErasureRunning:
			e.State, e.FinishedAt = chat.ErasureDone, at
		case e.State == chat.ErasureDone && at.Sub(e.FinishedAt) >= sealAfter:
			e.State, e.Unfinished, e.ContactIDs, e.Kin, e.Identities = chat.ErasureSealed, false, nil, nil, nil
		}
		return nil
	})
}

// finishErasures goes on with every erasure that is not sealed.
func (s *Store) finishErasures(ctx context.Context, at time.Time) error {
	open, err := find[chat.Erasure](ctx, s.engine, erasures, Query{Where: []Condition{{Path: "unfinished", Is: Equal, Value: true}}})
	if err != nil {
		return err
	}
	var failed []error
	for i := range open {
		if open[i].State == chat.ErasureDone && at.Sub(open[i].FinishedAt) < sealAfter {
			continue
		}
		if _, err := s.finishErasure(ctx, open[i].ID, at); err != nil {
			failed = append(failed, fmt.Errorf("store: erasure %s: %w", open[i].ID, err))
		}
	}
	return errors.Join(failed...)
}

// Erasure returns one erasure.
func (s *Store) Erasure(ctx context.Context, id string) (chat.Erasure, error) {
	return one[chat.Erasure](ctx, s.engine, erasures, id)
}

// Erasures lists erasures, newest first.
func (s *Store) Erasures(ctx context.Context, page chat.PageRequest) (chat.List[chat.Erasure], error) {
	return list(ctx, s.engine, erasures, Query{Sort: desc("at")}, page, nil, func(e *chat.Erasure) []any { return []any{e.At, e.ID} })
}

// remains are what is left of a person: the documents are found by these.
type remains struct {
	at            time.Time
	all           bool // also ledger entries that are newer than at: no batch that has read the contact is under way any more
	contacts      []string
	kin           []string // contacts they were once merged with: records of other merges of those remember the person
	conversations []string // beside those of the contacts: their pages may have outlived them
	identities    []chat.Identity
}

// remove removes everything there is of a person. The contacts go first: from then on new events make a new contact, and a
// batch that knows the old one fails and looks again. Each step may be done again.
func (s *Store) remove(ctx context.Context, r *remains) error {
	if err := s.deleteAll(ctx, contacts, r.contacts); err != nil {
		return err
	}
	talks, _, err := s.conversationIDs(ctx, r.contacts)
	if err != nil {
		return err
	}
	talks = unique(append(talks, r.conversations...))
	for _, p := range personalCollections() {
		values := r.contacts
		if p.by == ofConversation {
			values = talks
		}
		if err := s.deleteOwned(ctx, p, values); err != nil {
			return err
		}
	}
	if err := s.deleteAll(ctx, conversations, r.conversations); err != nil {
		return err
	}
	if err := s.deleteMemories(ctx, r); err != nil {
		return err
	}
	if err := s.deleteVisits(ctx, r); err != nil {
		return err
	}
	return s.eraseEntries(ctx, r)
}

// deleteOwned deletes the documents of a collection that belong to these contacts or conversations.
func (s *Store) deleteOwned(ctx context.Context, p personal, owners []string) error {
	for _, value := range owners {
		var ids []string
		flush := func() error {
			err := s.deleteAll(ctx, p.collection, ids)
			ids = ids[:0]
			return err
		}
		err := p.walk(ctx, s.engine, value, func(id string, _ any) error {
			if ids = append(ids, id); len(ids) < walkPage {
				return nil
			}
			return flush()
		})
		if err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) deleteAll(ctx context.Context, collection string, ids []string) error {
	writes := make([]Write, 0, len(ids))
	for _, id := range ids {
		writes = append(writes, Write{Op: Delete, ID: id})
	}
	return write(ctx, s.engine, collection, writes)
}

// deleteMemories deletes the records of merges between other contacts that remember one of them as it was while it was merged
// with the person. Such a merge cannot be undone any more.
func (s *Store) deleteMemories(ctx context.Context, r *remains) error {
	remembers := func(c *chat.Contact) bool {
		return c != nil && (slices.ContainsFunc(r.contacts, func(id string) bool { return slices.Contains(c.MergedFrom, id) }) ||
			slices.ContainsFunc(r.identities, func(id chat.Identity) bool {
				return slices.ContainsFunc(c.Identities, func(x chat.Identity) bool { return x.Key() == id.Key() })
			}))
	}
	var ids []string
	for _, p := range personalCollections() {
		if p.collection != merges {
			continue
		}
		for _, id := range r.kin {
			err := p.walk(ctx, s.engine, id, func(id string, doc any) error {
				if m, ok := doc.(*chat.Merge); ok && (remembers(&m.Before) || remembers(m.Returned)) {
					ids = append(ids, id)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return s.deleteAll(ctx, merges, unique(ids))
}

// deleteVisits deletes the visits that began before the erasure.
func (s *Store) deleteVisits(ctx context.Context, r *remains) error {
	found, err := get[chat.Visit](ctx, s.engine, visits, visitIDs(r.identities))
	if err != nil {
		return err
	}
	var ids []string
	for i := range found {
		if found[i].Session.StartedAt.Before(r.at) {
			ids = append(ids, found[i].ID)
		}
	}
	return s.deleteAll(ctx, visits, ids)
}

// eraseEntries takes the person out of the ledger. Newer entries that belong to nobody stay: they are of the same browser or
// number, but new. Newer ones of an erased contact are left to the batch that wrote them (see bury) as long as there may be one.
func (s *Store) eraseEntries(ctx context.Context, r *remains) error {
	var writes []Write
	flush := func() error {
		err := write(ctx, s.engine, ledger, writes)
		writes = nil
		if errors.Is(err, errAgain) { // somebody else is erasing it too
			return nil
		}
		return err
	}
	err := s.eachEntry(ctx, r.contacts, r.identities, func(n *chat.Entry) error {
		older := n.ReceivedAt.Before(r.at) || n.Timestamp.Before(r.at.Truncate(time.Second))
		if !older && (n.ContactID == "" || !r.all) {
			return nil
		}
		doc, seen := *n, n.Version
		doc.Erase()
		doc.Version++
		if writes = append(writes, Write{Op: Replace, ID: doc.ID, Version: seen, Doc: &doc}); len(writes) < walkPage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}
