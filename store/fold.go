package store

import (
	"context"
	"sort"

	"switchboard/chat"
)

// A talk is a conversation being changed, with those of its older pages that the batch touches.
type talk struct {
	conv  holder[chat.Conversation]
	stale bool                                 // what is in memory is not what is stored
	refs  []chat.MessagePage                   // all pages in order, messages left out; read once when first needed
	pages map[string]*holder[chat.MessagePage] // loaded pages by id
}

// threads reads the conversations the batch will change: the open one of every thread that gets a message, the newest one
// where none is open, and those that hold messages acted on.
func (b *batch) threads(ctx context.Context) error {
	var ids, keys []string
	for _, it := range b.fresh() {
		e := it.event
		if it.contact != "" && !e.Targets() {
			keys = append(keys, b.threadKey(it))
		}
		if l, ok := b.messages[e.Key(e.Target())]; ok && e.Targets() {
			ids = append(ids, l.conversation)
		}
	}
	if err := b.loadOpen(ctx, unique(keys)); err != nil {
		return err
	}
	if err := b.loadActed(ctx, unique(ids)); err != nil {
		return err
	}
	return b.loadVisits(ctx)
}

// loadOpen takes the open conversations of these threads, warm ones first.
func (b *batch) loadOpen(ctx context.Context, keys []string) error {
	var open []chat.Conversation
	var cold []string
	for _, key := range keys {
		if c, ok := b.s.warm.takeOpen(key); ok {
			open = append(open, c)
		} else {
			cold = append(cold, key)
		}
	}
	read, err := findIn[chat.Conversation](ctx, b.s.engine, conversations, "open_key", cold)
	if err != nil {
		return err
	}
	for _, c := range append(open, read...) {
		if b.open[c.OpenKey], err = b.hold(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// loadActed takes the conversations whose messages are acted on.
func (b *batch) loadActed(ctx context.Context, ids []string) error {
	var acted []chat.Conversation
	var cold []string
	for _, id := range ids {
		if b.talks[id] != nil {
			continue
		}
		if c, ok := b.s.warm.take(id); ok {
			acted = append(acted, c)
		} else {
			cold = append(cold, id)
		}
	}
	read, err := get[chat.Conversation](ctx, b.s.engine, conversations, cold)
	if err != nil {
		return err
	}
	for _, c := range append(acted, read...) {
		if _, err := b.hold(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// keepWarm gives back what the batch has written or only read.
func (b *batch) keepWarm() {
	for _, t := range b.talks {
		if !t.stale {
			b.s.warm.put(t.conv.doc)
		}
	}
}

func (b *batch) threadKey(it *item) string {
	return chat.ThreadKey(b.threadOwner(it), it.event.Channel, it.event.Account, it.event.GroupID)
}

func (b *batch) threadOwner(it *item) string {
	if h := b.contacts[it.contact]; h != nil {
		return h.doc.ThreadOwner(it.event.IdentityKeys()...)
	}
	return it.contact
}

// hold takes a conversation into the batch. One that has outgrown its page is turned first, by whoever meets it: until that is
// done nobody changes its messages, which is what makes the turn safe to repeat.
func (b *batch) hold(ctx context.Context, c chat.Conversation) (*talk, error) {
	if t := b.talks[c.ID]; t != nil {
		return t, nil
	}
	if c.Version > 0 && c.Overfull() {
		if err := b.s.turn(ctx, c.ID); err != nil {
			return nil, err
		}
		return nil, errAgain
	}
	t := &talk{conv: holder[chat.Conversation]{doc: c, seen: c.Version}}
	b.talks[c.ID] = t
	return t, nil
}

// fold applies the events in order to what was read.
func (b *batch) fold(ctx context.Context) error {
	for _, it := range b.fresh() {
		b.visit(it)
		var err error
		switch e := it.event; {
		case e.Carries():
			err = b.carry(ctx, it)
		case e.Targets():
			err = b.act(ctx, it)
		case it.contact != "":
			b.happen(it)
		}
		if err != nil {
			return err
		}
	}
	return b.fillIn(ctx)
}

// carry puts a message into its conversation and lets the acts that waited for it act.
func (b *batch) carry(ctx context.Context, it *item) error {
	e := it.event
	if it.contact == "" {
		it.verdict, it.reason = chat.Quarantine, "no_person"
		return nil
	}
	t, err := b.talkFor(ctx, it)
	if err != nil {
		return err
	}
	m := chat.MessageOf(e)
	place := m.Place()
	page, err := b.page(ctx, t, place)
	if err != nil {
		return err
	}
	if t.conv.doc.Add(pageDoc(page), m) {
		t.conv.dirty = true
		if page != nil {
			page.dirty = true
		}
	}
	if e.Session != nil {
		t.conv.doc.Session.Merge(*e.Session)
		t.conv.dirty = true
	}
	key := e.Key(e.MessageID)
	it.talk, it.place = t.conv.doc.ID, &place
	if e.MessageID == "" {
		return nil
	}
	b.messages[key] = locator{conversation: t.conv.doc.ID, event: e.ID, place: place}
	for _, a := range b.acts[key] {
		if err := b.perform(ctx, b.messages[key], a); err != nil {
			return err
		}
	}
	return nil
}

// happen notes on an open conversation what the platform says about it or its person. Page views and the like change the
// session only.
func (b *batch) happen(it *item) {
	e := it.event
	t := b.open[b.threadKey(it)]
	if t == nil {
		return
	}
	it.talk = t.conv.doc.ID
	if e.Session != nil {
		t.conv.doc.Session.Merge(*e.Session)
		t.conv.dirty = true
	}
	if !e.NoContact {
		t.conv.doc.Record(chat.TimelineEntry{ID: e.ID, Type: e.Type, At: e.Timestamp, Text: e.Text})
		t.conv.dirty = true
	}
}

// talkFor is the conversation a message belongs to: the open one of its thread, else the newest one if it already holds the
// message (it was applied before a crash and closed since), else a new one.
func (b *batch) talkFor(ctx context.Context, it *item) (*talk, error) {
	key := b.threadKey(it)
	if t, err := b.heldByKin(ctx, it); t != nil || err != nil {
		return t, err
	}
	if t := b.open[key]; t != nil {
		return t, nil
	}
	if h := b.contacts[it.contact]; h != nil && h.seen > 0 {
		newest, err := find[chat.Conversation](ctx, b.s.engine, conversations, Query{
			Where: []Condition{{Path: "thread_key", Is: Equal, Value: key}}, Sort: desc("created_at"), Limit: 1,
		})
		if err != nil {
			return nil, err
		}
		if len(newest) > 0 {
			t, err := b.hold(ctx, newest[0])
			if err != nil {
				return nil, err
			}
			m := chat.MessageOf(it.event)
			page, err := b.page(ctx, t, m.Place())
			if err != nil {
				return nil, err
			}
			if t.conv.doc.Find(pageDoc(page), it.event.ID) != nil {
				return t, nil
			}
		}
	}
	c := chat.NewConversation(it.event, it.contact, b.threadOwner(it))
	if h := b.visits[visitID(it.event)]; h != nil {
		c.Session.Merge(h.doc.Session)
	}
	t, err := b.hold(ctx, c)
	if err != nil {
		return nil, err
	}
	t.conv.dirty = true
	b.open[key] = t
	return t, nil
}

// page loads the older page that covers a place; nil when the conversation's own newest page does.
func (b *batch) page(ctx context.Context, t *talk, p chat.Place) (*holder[chat.MessagePage], error) {
	if t.conv.doc.Covers(p) {
		return nil, nil
	}
	if t.refs == nil {
		refs, err := b.s.pageRefs(ctx, &t.conv.doc)
		if err != nil {
			return nil, err
		}
		t.refs, t.pages = refs, map[string]*holder[chat.MessagePage]{}
	}
	froms := make([]chat.Place, len(t.refs))
	for i, r := range t.refs {
		froms[i] = r.From
	}
	id := t.refs[chat.CoveringPage(froms, p)].ID
	if h := t.pages[id]; h != nil {
		return h, nil
	}
	doc, err := one[chat.MessagePage](ctx, b.s.engine, messagePages, id)
	if err != nil {
		return nil, err
	}
	if doc.Overfull() {
		if err := b.s.splitPage(ctx, id); err != nil {
			return nil, err
		}
		return nil, errAgain
	}
	h := &holder[chat.MessagePage]{doc: doc, seen: doc.Version}
	t.pages[id] = h
	return h, nil
}

func pageDoc(h *holder[chat.MessagePage]) *chat.MessagePage {
	if h == nil {
		return nil
	}
	return &h.doc
}

// write stores what the fold changed, then the ledger's entries of it and the tallies, in one write. Older pages go before
// their conversation, which counts what was filed on them (see chat.Conversation.Add). When somebody else was faster with one
// of these, even with an entry, the batch is read again.
func (b *batch) write(ctx context.Context) error {
	documents := []Group{{visits, b.changedVisits()}, {contacts, b.changedPeople()}, {messagePages, b.changedPages()}, {conversations, b.changedConversations()}}
	entries := []Group{{ledger, b.newEntries(false)}, {tallies, b.tallies}}
	if opened := b.opened(); len(opened) > 0 { // an entry proves that its conversation is with the right contact
		if err := b.writeAll(ctx, documents); err != nil {
			return err
		}
		if err := b.rehome(ctx, opened); err != nil {
			return err
		}
		documents = nil
	}
	if err := b.writeAll(ctx, append(documents, entries...)); err != nil {
		return err
	}
	return b.writeCopies(ctx)
}

// writeAll writes groups that begin with visits and contacts, if they have such.
func (b *batch) writeAll(ctx context.Context, groups []Group) error {
	done, err := b.s.engine.WriteAll(ctx, groups)
	if done > 1 {
		b.madePeople()
	}
	return outcome("write a batch", err)
}

func (b *batch) changedConversations() []Write {
	var writes []Write
	for _, t := range b.talks {
		if t.conv.dirty {
			t.conv.doc.Address() // what nobody is admitted to no agent sees
			writes = append(writes, t.conv.write(t.conv.doc.ID, &t.conv.doc.Version))
		}
	}
	sortWrites(writes)
	return writes
}

func (b *batch) changedPages() []Write {
	var writes []Write
	for _, t := range b.talks {
		for _, p := range t.pages {
			if p.dirty {
				writes = append(writes, p.write(p.doc.ID, &p.doc.Version))
			}
		}
	}
	sortWrites(writes)
	return writes
}

// write is the engine write that stores the holder's document.
func (h *holder[T]) write(id string, version *int64) Write {
	*version = h.seen + 1
	if h.seen == 0 {
		return Write{Op: Insert, ID: id, Doc: &h.doc}
	}
	return Write{Op: Replace, ID: id, Version: h.seen, Doc: &h.doc}
}

func sortWrites(writes []Write) {
	sort.Slice(writes, func(i, j int) bool { return writes[i].ID < writes[j].ID })
}
