package store

import (
	"context"

	"switchboard/chat"
)

// act lets a status, reaction, edit or deletion act on its message, or parks it: the ledger keeps it, and the message meets it
// there when it comes.
func (b *batch) act(ctx context.Context, it *item) error {
	e := it.event
	key := e.Key(e.Target())
	a := chat.ActOf(e)
	l, ok := b.messages[key]
	if !ok {
		b.acts[key] = append(b.acts[key], a)
		return nil
	}
	it.talk = l.conversation
	return b.perform(ctx, l, a)
}

// perform applies one act to the message at l.
func (b *batch) perform(ctx context.Context, l locator, a chat.Act) error {
	t, page, m, err := b.reach(ctx, l)
	if err != nil || m == nil {
		return err
	}
	if allowed(&t.conv.doc, m, a) && m.Act(a) {
		t.changed(page, m)
	}
	return nil
}

// reach finds the message at l with its conversation and, if it is on an older page, that page. The message is nil when its
// person or its conversation was erased: nothing is left to act on.
func (b *batch) reach(ctx context.Context, l locator) (*talk, *holder[chat.MessagePage], *chat.Message, error) {
	if l.conversation == "" {
		return nil, nil, nil, nil
	}
	t := b.talks[l.conversation]
	if t == nil {
		c, err := get[chat.Conversation](ctx, b.s.engine, conversations, []string{l.conversation})
		if err != nil || len(c) == 0 {
			return nil, nil, nil, err
		}
		if t, err = b.hold(ctx, c[0]); err != nil {
			return nil, nil, nil, err
		}
	}
	page, err := b.page(ctx, t, l.place)
	if err != nil {
		return nil, nil, nil, err
	}
	m := t.conv.doc.Find(pageDoc(page), l.event)
	if m == nil {
		return nil, nil, nil, b.outdated(ctx, t)
	}
	return t, page, m, nil
}

// changed notes that a message of the conversation has changed, where it stands.
func (t *talk) changed(page *holder[chat.MessagePage], m *chat.Message) {
	if page != nil {
		page.dirty = true
	}
	t.conv.doc.Touch(m)
	t.conv.dirty = true
}

// outdated asks for everything again when a conversation was kept warm while another process wrote to it: the message that is
// missing may be in what is stored. Nothing would notice later, because a document that is not changed is not written.
func (b *batch) outdated(ctx context.Context, t *talk) error {
	stored, err := find[chat.Conversation](ctx, b.s.engine, conversations, Query{
		Where: []Condition{{Path: "id", Is: Equal, Value: t.conv.doc.ID}}, Only: []string{"contact_id"},
	})
	if err == nil && len(stored) > 0 && stored[0].Version != t.conv.seen {
		return errAgain
	}
	return err
}

// allowed keeps a visitor's browser from taking back or rewriting what the business wrote. Platforms check that by themselves.
func allowed(c *chat.Conversation, m *chat.Message, a chat.Act) bool {
	rewrites := a.Kind == chat.KindDelete || a.Kind == chat.KindEdit
	return c.Channel != chat.WebWidget || !rewrites || m.Direction == chat.Inbound
}

// fillIn lets further copies of imported messages bring the files that the first ones stood for.
func (b *batch) fillIn(ctx context.Context) error {
	for _, it := range b.items {
		e := it.event
		if !it.copy || it.erased || !e.Carries() || !e.HasFlag(chat.FlagHistory) || e.HasFlag(chat.FlagUnsupported) {
			continue
		}
		l, here := b.messages[e.Key(e.MessageID)]
		if !here && it.known != nil {
			l = locatorOf(it.known)
		}
		t, page, m, err := b.reach(ctx, l)
		if err != nil {
			return err
		}
		if n := chat.MessageOf(e); m != nil && m.Fill(&n) {
			t.changed(page, m)
			it.filled, it.contact, it.talk = true, t.conv.doc.ContactID, t.conv.doc.ID
		}
	}
	return nil
}
