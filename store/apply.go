package store

import (
	"context"
	"errors"
	"slices"
	"sync"

	"switchboard/chat"
)

// Apply makes the documents what the events say and answers with a verdict for each. It may be called again with the same
// events, in other batches, by several processes at once, and after a crash between any two of its writes: the documents end
// up the same. It returns an error when the engine cannot be used (wrapping chat.ErrUnavailable) or refuses a document; then
// nothing may be assumed about what was written and the batch is to be applied again.
//
// Order of the writes: widget visits, contacts, older pages, conversations, ledger, tallies. The ledger entry comes after the
// documents it speaks of, so an entry proves that its event is in them; without an entry the event is folded in again, which
// changes nothing where it already is.
//
// Receipts say what the log held. They are counted last, so a count stands for elements that were applied; receipts counted
// before change nothing. They come in log order, with the last events of their records, before the records' offsets are
// committed.
func (s *Store) Apply(ctx context.Context, events []chat.Event, receipts ...chat.Receipt) (chat.Outcome, error) {
	out := chat.Outcome{Created: map[chat.Channel]int{}}
	err := again(ctx, func() error {
		b, err := s.read(ctx, events, receipts)
		if err != nil {
			return err
		}
		b.made = out.Created
		for _, step := range []func(context.Context) error{b.people, b.threads, b.fold, b.write, b.turnOverfull, b.settle, b.bury} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		out.Entries, out.Changes = b.entries(), b.changes()
		b.keepWarm()
		return nil
	})
	return out, err
}

// A batch is the working memory of one Apply.
type batch struct {
	s     *Store
	items []*item

	contacts map[string]*holder[chat.Contact] // by id
	byKey    map[string]string                // identity key -> contact id
	former   map[string]string                // the same of identities that were given up
	visits   map[string]*holder[chat.Visit]
	talks    map[string]*talk   // conversations by id
	open     map[string]*talk   // by thread key
	messages map[string]locator // by message key: where messages of this batch and known ones are
	acts     map[string][]chat.Act
	pending  map[string]bool                // act event ids seen parked before the ledger was written
	graves   graves                         // who of these people was erased
	created  map[chat.Channel]int           // contacts that are new in this batch
	made     map[chat.Channel]int           // those of them that were written, over all attempts
	kin      map[string][]chat.Conversation // by contact: newest conversations of those it was ever merged with
	tallies  []Write
}

// An item is one event on its way.
type item struct {
	event   *chat.Event
	known   *chat.Entry // the first copy's entry, when there is one
	verdict chat.Verdict
	reason  string
	entryID string
	contact string
	talk    string
	place   *chat.Place
	erased  bool // of somebody who was erased, and older than that: nothing of it is kept
	repeats bool // redelivery of a record whose entry exists: nothing left to do
	copy    bool // a further copy: only an entry is written
	filled  bool // a further copy that says more than the first
}

// A holder is a document with what the engine needs to write it.
type holder[T any] struct {
	doc   T
	seen  int64 // version read; 0 for a new document
	dirty bool
}

// A locator says where a message is.
type locator struct {
	conversation string
	event        string // the message's event id
	place        chat.Place
}

func (s *Store) newBatch(n int) *batch {
	return &batch{
		s: s, items: make([]*item, n),
		contacts: map[string]*holder[chat.Contact]{}, byKey: map[string]string{}, former: map[string]string{}, visits: map[string]*holder[chat.Visit]{},
		talks: map[string]*talk{}, open: map[string]*talk{}, messages: map[string]locator{}, acts: map[string][]chat.Act{},
		pending: map[string]bool{}, created: map[chat.Channel]int{}, made: map[chat.Channel]int{}, kin: map[string][]chat.Conversation{},
	}
}

// read looks the events up in the ledger: which of them are known, which messages they act on, and which acts wait for them.
func (s *Store) read(ctx context.Context, events []chat.Event, receipts []chat.Receipt) (*batch, error) {
	b := s.newBatch(len(events))
	ids := make([]string, 0, len(events))
	for i := range events {
		b.items[i] = &item{event: &events[i]}
		ids = append(ids, events[i].ID)
	}
	var known []chat.Entry
	err := together(
		func() (err error) { known, err = get[chat.Entry](ctx, s.engine, ledger, unique(ids)); return err },
		func() error { return b.locate(ctx) },
		func() error { return b.loadPeople(ctx) },
		func() (err error) { b.tallies, err = s.counted(ctx, receipts); return err },
	)
	if err != nil {
		return nil, err
	}
	if err := b.loadGraves(ctx); err != nil {
		return nil, err
	}
	first := make(map[string]*chat.Entry, len(known))
	for i := range known {
		first[known[i].ID] = &known[i]
	}
	b.judge(first)
	return b, nil
}

// together runs reads that do not depend on each other at the same time and waits for all.
func together(reads ...func() error) error {
	errs := make([]error, len(reads))
	var all sync.WaitGroup
	for i, read := range reads {
		all.Go(func() { errs[i] = read() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// judge tells first copies, redelivered records and further copies apart. The n-th time an element stands in one record it is
// a copy of its own.
func (b *batch) judge(first map[string]*chat.Entry) {
	type place struct {
		id string
		at chat.Position
	}
	times := map[place]int{}
	inBatch := map[string]bool{}
	for _, it := range b.items {
		e := it.event
		n := times[place{e.ID, e.Position}]
		times[place{e.ID, e.Position}]++
		it.known = first[e.ID]
		switch {
		case n == 0 && it.known != nil && it.known.Position == e.Position:
			it.repeats, it.entryID = true, e.ID
		case n > 0 || it.known != nil || inBatch[e.ID]:
			it.copy, it.verdict = true, chat.Duplicate
			it.entryID = chat.CopyID(e.ID, e.Position, n)
		default:
			it.entryID = e.ID
			inBatch[e.ID] = true
			it.verdict, it.reason = chat.Applied, ""
			if e.Kind == chat.KindIgnored {
				it.verdict, it.reason = chat.Ignored, e.Reason
			}
			if e.Kind == chat.KindUnreadable {
				it.verdict, it.reason = chat.Quarantine, e.Reason
			}
		}
		b.judgeErased(it)
	}
}

// fresh lists the items that have something to do beside their entry.
func (b *batch) fresh() []*item {
	var list []*item
	for _, it := range b.items {
		if !it.repeats && !it.copy && it.verdict == chat.Applied {
			list = append(list, it)
		}
	}
	return list
}

// locate finds the messages that acts of the batch act on, and the parked acts that wait for messages of the batch.
func (b *batch) locate(ctx context.Context) error {
	var targets, carried []string
	for _, it := range b.items {
		if e := it.event; e.Targets() && e.Target() != "" {
			targets = append(targets, e.Key(e.Target()))
		} else if e.Carries() && e.MessageID != "" {
			carried = append(carried, e.Key(e.MessageID))
		}
	}
	var located, parked []chat.Entry
	err := together(
		func() (err error) {
			located, err = findIn[chat.Entry](ctx, b.s.engine, ledger, "message_key", unique(targets))
			return err
		},
		func() (err error) {
			parked, err = findIn[chat.Entry](ctx, b.s.engine, ledger, "target_key", unique(carried))
			return err
		},
	)
	if err != nil {
		return err
	}
	for _, entry := range located {
		b.messages[entry.MessageKey] = locatorOf(&entry)
	}
	for _, entry := range parked {
		if entry.Act != nil {
			b.acts[entry.TargetKey] = append(b.acts[entry.TargetKey], *entry.Act)
			b.pending[entry.Act.EventID] = true
		}
	}
	return nil
}

func locatorOf(e *chat.Entry) locator {
	l := locator{conversation: e.ConversationID, event: e.EventID}
	if e.Place != nil {
		l.place = *e.Place
	}
	return l
}

// newEntries are the ledger's entries of first copies, or of further ones.
func (b *batch) newEntries(copies bool) []Write {
	var writes []Write
	for _, it := range b.items {
		if !it.repeats && it.copy == copies {
			entry := b.entry(it)
			writes = append(writes, Write{Op: Insert, ID: entry.ID, Doc: &entry})
		}
	}
	return writes
}

// writeCopies adds the entries of further copies. One that is there already was written by an earlier life of its record.
func (b *batch) writeCopies(ctx context.Context) error {
	writes := b.newEntries(true)
	if len(writes) == 0 {
		return nil
	}
	results, err := b.s.engine.Write(ctx, ledger, writes)
	if err != nil {
		return failure("write to ledger", err)
	}
	for _, err := range results {
		if err != nil && !isDuplicate(err) {
			return failure("write to ledger", err)
		}
	}
	return nil
}

func (b *batch) entry(it *item) chat.Entry {
	e := it.event
	entry := chat.EntryOf(e)
	entry.ID, entry.Verdict, entry.Reason, entry.AppliedAt = it.entryID, it.verdict, it.reason, b.s.now()
	entry.ContactID, entry.ConversationID, entry.Place = it.contact, it.talk, it.place
	if it.copy {
		entry.MessageKey, entry.TargetKey, entry.Act, entry.Place = "", "", nil, nil
		if it.known != nil {
			entry.ContactID, entry.ConversationID = it.known.ContactID, it.known.ConversationID
		} else if of := b.firstOf(e.ID); of != nil {
			entry.ContactID, entry.ConversationID = of.contact, of.talk
		}
	}
	if e.NoContact { // page views and the like are nobody's doing on record, even where the person is known
		entry.ContactID = ""
	}
	if it.verdict != chat.Applied {
		entry.MessageKey, entry.TargetKey, entry.Act, entry.Place = "", "", nil, nil
	}
	if it.erased {
		entry.Erase()
	}
	return entry
}

func (b *batch) firstOf(eventID string) *item {
	for _, it := range b.items {
		if it.event.ID == eventID && !it.copy {
			return it
		}
	}
	return nil
}

// entries answers with one entry for each event, in order.
func (b *batch) entries() []chat.Entry {
	list := make([]chat.Entry, len(b.items))
	for i, it := range b.items {
		if it.repeats && it.known != nil {
			list[i] = *it.known
			continue
		}
		list[i] = b.entry(it)
	}
	return list
}

// changes sums the batch up for dashboards: one change for each conversation, and one for each contact without.
func (b *batch) changes() []chat.Change {
	index := map[string]int{}
	var list []chat.Change
	for _, it := range b.items {
		if it.contact == "" || it.verdict != chat.Applied && !it.filled {
			continue
		}
		e := it.event
		key := it.talk + "|" + it.contact
		i, ok := index[key]
		if !ok {
			i = len(list)
			index[key] = i
			c := chat.Change{Conversation: it.talk, Contact: it.contact, Channel: e.Channel, Account: e.Account, StoredAt: b.s.now()}
			if t := b.talks[it.talk]; t != nil {
				c.Created = t.conv.seen == 0
			}
			list = append(list, c)
		}
		c := &list[i]
		if e.Carries() && !it.filled {
			c.Messages++
		}
		if e.ReceivedAt.After(c.ReceivedAt) {
			c.ReceivedAt = e.ReceivedAt
		}
		if what := string(e.Kind); !slices.Contains(c.What, what) {
			c.What = append(c.What, what)
		}
	}
	return list
}

// inAtOnce bounds the values of one lookup: servers that estimate what a query finds read the whole collection for more
// (DocumentDB on PostgreSQL from 200 on: 0.9 s of 45,000 entries instead of 1 ms).
const inAtOnce = 100

// findIn is a lookup of many values of one indexed field.
func findIn[T any](ctx context.Context, e Engine, collection, path string, values []string) ([]T, error) {
	var all []T
	for len(values) > 0 {
		n := min(len(values), inAtOnce)
		found, err := find[T](ctx, e, collection, Query{Where: []Condition{{Path: path, Is: In, Value: values[:n]}}})
		if err != nil {
			return nil, err
		}
		all, values = append(all, found...), values[n:]
	}
	return all, nil
}

func unique(list []string) []string {
	seen := make(map[string]bool, len(list))
	kept := list[:0]
	for _, v := range list {
		if v != "" && !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	return kept
}

func isDuplicate(err error) bool {
	var duplicate *DuplicateError
	return errors.As(err, &duplicate)
}
