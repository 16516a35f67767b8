package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"switchboard/chat"
)

// guardID names the one document, among the settings, that says whether anybody was erased.
const guardID = "erasures"

// An erasureGuard counts erasures, so that whoever writes documents of people notices one that began meanwhile, and holds
// the salt of their tombstones.
type erasureGuard struct {
	ID      string `json:"id" bson:"_id"`
	Version int64  `json:"version" bson:"version"`
	Salt    string `json:"salt" bson:"salt"`
}

// guard reads the guard; its zero value says that nobody was ever erased.
func (s *Store) guard(ctx context.Context) (erasureGuard, error) {
	g, err := one[erasureGuard](ctx, s.engine, settings, guardID)
	if errors.Is(err, chat.ErrNotFound) {
		return erasureGuard{ID: guardID, Salt: rand.Text() + rand.Text()}, nil
	}
	return g, err
}

// raiseGuard makes every batch that was read before look again after it has written. It returns the salt.
func (s *Store) raiseGuard(ctx context.Context) (salt string, err error) {
	err = again(ctx, func() error {
		g, err := s.guard(ctx)
		if err != nil {
			return err
		}
		g.Version++
		salt = g.Salt
		w := Write{Op: Replace, ID: guardID, Version: g.Version - 1, Doc: &g}
		if g.Version == 1 {
			w.Op = Insert
		}
		return write(ctx, s.engine, settings, []Write{w})
	})
	return salt, err
}

// graves says who of some people was erased, and when last.
type graves struct {
	guard int64                // version of the guard it was read under
	at    map[string]time.Time // by identity key, or contactGrave of an id
}

// contactGrave is the key under which the id of an erased contact is known.
func contactGrave(id string) string { return "contact|" + id }

// graves looks people up by their keys. As long as nobody was ever erased it costs one read by id.
func (s *Store) graves(ctx context.Context, keys []string) (graves, error) {
	g := graves{at: map[string]time.Time{}}
	guard, err := s.guard(ctx)
	if err != nil {
		return g, fmt.Errorf("store: read the guard of erasures: %w", err)
	}
	if g.guard = guard.Version; guard.Version == 0 {
		return g, nil
	}
	persons := make(map[string]string, len(keys))
	stones := make([]string, 0, len(keys))
	for _, key := range unique(keys) {
		stone := chat.Tombstone(guard.Salt, key)
		persons[stone] = key
		stones = append(stones, stone)
	}
	found, err := findIn[chat.Erasure](ctx, s.engine, erasures, "keys", stones)
	if err != nil {
		return g, err
	}
	for i := range found {
		for _, stone := range found[i].Keys {
			if key, ok := persons[stone]; ok && found[i].At.After(g.at[key]) {
				g.at[key] = found[i].At
			}
		}
	}
	return g, nil
}

// of is when the person of an event was erased last.
func (g *graves) of(e *chat.Event) (at time.Time, ok bool) {
	if len(g.at) == 0 {
		return time.Time{}, false
	}
	for _, key := range e.Persons() {
		if t, found := g.at[key]; found && t.After(at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// loadGraves looks up which people of the batch were erased. It comes after the contacts were read: a contact that an erasure
// has removed is missed only by a batch that sees the erasure.
func (b *batch) loadGraves(ctx context.Context) (err error) {
	var keys []string
	for _, it := range b.items {
		keys = append(keys, it.event.Persons()...)
	}
	b.graves, err = b.s.graves(ctx, keys)
	return err
}

// judgeErased keeps an element that is older than the erasure of its person from bringing the person back: a first copy is
// ignored, and of no copy more than the bare entry is kept. An element that also shows an identity of somebody who is there is
// theirs: two people can sit at one browser.
func (b *batch) judgeErased(it *item) {
	at, ok := b.graves.of(it.event)
	if !ok || it.repeats || !it.event.OlderThan(at) || len(b.candidates(it.event.Persons())) > 0 {
		return
	}
	it.erased = true
	if it.verdict == chat.Applied {
		it.verdict, it.reason = chat.Ignored, chat.ReasonErased
	}
}

// actsOnNothing tells a delivery word, a reaction or the like that comes after the erasure of its person, who has not written
// since: what it speaks of is gone, and it must not bring the person back.
func (b *batch) actsOnNothing(it *item) bool {
	if _, ok := b.graves.of(it.event); !ok || it.event.Carries() {
		return false
	}
	it.erased, it.verdict, it.reason = true, chat.Ignored, chat.ReasonErased
	return true
}

// bury removes what this batch has written to contacts whose erasure began after the batch was read. An erasure raises the
// guard before it removes anything: either it began before this look, which finds it; or it began after, and then it finds
// everything that was written. A batch that is read again after a crash in between knows its entries, and that they should not
// name anybody any more. What is newer than the erasure was written to the wrong contact: its entry is taken back, and the
// batch is applied again.
func (b *batch) bury(ctx context.Context) error {
	guard, err := b.s.guard(ctx)
	if err != nil || guard.Version == 0 {
		return err
	}
	byContact := map[string][]*item{}
	var keys []string
	for _, it := range b.items {
		if it.contact != "" && (it.repeats || guard.Version != b.graves.guard || len(b.graves.at) > 0) {
			byContact[it.contact] = append(byContact[it.contact], it)
			keys = append(keys, contactGrave(it.contact))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	now, err := b.s.graves(ctx, keys)
	if err != nil {
		return err
	}
	misled := false
	for contact, items := range byContact {
		at, ok := now.at[contactGrave(contact)]
		if !ok {
			continue
		}
		newer, err := b.buryContact(ctx, contact, at, items)
		if err != nil {
			return err
		}
		misled = misled || newer
	}
	if misled {
		return errAgain
	}
	return nil
}

// buryContact removes what items wrote to an erased contact, and reports whether one of them has to be applied again.
func (b *batch) buryContact(ctx context.Context, contact string, at time.Time, items []*item) (newer bool, err error) {
	left := remains{at: at, contacts: []string{contact}}
	var takenBack []string
	for _, it := range items {
		left.identities = append(left.identities, it.event.Identities...)
		if it.talk != "" {
			left.conversations = append(left.conversations, it.talk)
		}
		if !it.event.OlderThan(at) {
			takenBack = append(takenBack, it.entryID)
		}
	}
	left.conversations = unique(left.conversations)
	for _, id := range left.conversations {
		if t := b.talks[id]; t != nil {
			t.stale = true
		}
	}
	if err := b.s.deleteAll(ctx, ledger, takenBack); err != nil {
		return false, err
	}
	return len(takenBack) > 0, b.s.remove(ctx, &left)
}
