package store

import (
	"context"
	"errors"

	"switchboard/chat"
)

// kinConversations is how many of the newest conversations of related contacts are looked through for a message.
const kinConversations = 10

// heldByKin finds a message that is in a conversation of a contact its person was once merged with: it was written there, and
// its ledger entry was not, before a merge or its undoing changed whose it is. It stays there; written again it would be there
// twice. Contacts that were never merged cost nothing.
func (b *batch) heldByKin(ctx context.Context, it *item) (*talk, error) {
	h := b.contacts[it.contact]
	if h == nil || len(h.doc.Related) == 0 {
		return nil, nil
	}
	m := chat.MessageOf(it.event)
	candidates, err := b.kinOf(ctx, &h.doc)
	if err != nil {
		return nil, err
	}
	for _, c := range candidates {
		if c.Channel != it.event.Channel || c.Account != it.event.Account || c.GroupID != it.event.GroupID {
			continue
		}
		t, err := b.hold(ctx, c)
		if err != nil {
			return nil, err
		}
		page, err := b.page(ctx, t, m.Place())
		if err != nil {
			return nil, err
		}
		if t.conv.doc.Find(pageDoc(page), it.event.ID) == nil {
			continue
		}
		owner, err := one[chat.Contact](ctx, b.s.engine, contacts, c.ContactID)
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		if owner.MergedInto != "" { // opened for an alias: it goes where its person is known now
			return nil, thenAgain(b.s.rehome(ctx, c.ID, c.Opener))
		}
		return t, nil
	}
	return nil, nil
}

// kinOf lists the newest conversations of a contact and of those it was ever merged with.
func (b *batch) kinOf(ctx context.Context, c *chat.Contact) ([]chat.Conversation, error) {
	if list, ok := b.kin[c.ID]; ok {
		return list, nil
	}
	list, err := find[chat.Conversation](ctx, b.s.engine, conversations, Query{
		Where: []Condition{{Path: "contact_id", Is: In, Value: append([]string{c.ID}, c.Related...)}}, Sort: desc("last_activity_at"), Limit: kinConversations,
	})
	b.kin[c.ID] = list
	return list, err
}
