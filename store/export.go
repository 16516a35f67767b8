package store

import (
	"context"

	"switchboard/chat"
)

// PersonContacts returns the contact and every record that was merged into it, the contact first. The id of a merged record
// leads to the contact it was merged into.
func (s *Store) PersonContacts(ctx context.Context, contactID string) ([]chat.Contact, error) {
	f, err := s.familyOf(ctx, contactID)
	return f.contacts, err
}

// PersonRecords hands out everything that is kept about a person beside their contacts, a page at a time in memory: pointers
// to the documents of every collection that names people, the visits of their browsers, and their entries of the ledger.
// Conversations come with their newest messages only: MessagesOldest reads all.
func (s *Store) PersonRecords(ctx context.Context, contactID string, visit func(kind string, doc any) error) error {
	f, err := s.familyOf(ctx, contactID)
	if err != nil {
		return err
	}
	talks, _, err := s.conversationIDs(ctx, f.ids)
	if err != nil {
		return err
	}
	for _, p := range personalCollections() {
		owners := f.ids
		if p.by == ofConversation {
			owners = talks
		}
		if p.collection == messagePages {
			continue // read with Messages, which knows which of them count
		}
		for _, value := range owners {
			if err := p.walk(ctx, s.engine, value, func(_ string, doc any) error { return visit(p.kind, doc) }); err != nil {
				return err
			}
		}
	}
	seen, err := get[chat.Visit](ctx, s.engine, visits, visitIDs(f.identities))
	if err != nil {
		return err
	}
	for i := range seen {
		if err := visit("website visits", &seen[i]); err != nil {
			return err
		}
	}
	return s.eachEntry(ctx, f.ids, f.identities, func(n *chat.Entry) error { return visit("ledger entries", n) })
}
