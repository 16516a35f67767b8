package store

import (
	"context"
	"errors"

	"switchboard/chat"
)

// moveConversations gives every conversation of one contact to another. Where an agent merged them each goes on in the thread
// it is in. Where a message proved that they are one they share a thread: if both have a conversation open in it, the moved one
// is closed and the person goes on in the other.
func (s *Store) moveConversations(ctx context.Context, from, to, merge string) error {
	owner, err := s.ownerAfter(ctx, merge, to)
	if err != nil {
		return err
	}
	for {
		batch, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
			Where: []Condition{{Path: "contact_id", Is: Equal, Value: from}}, Sort: desc("last_activity_at"), Limit: 50, Only: []string{"contact_id"},
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, c := range batch {
			if err := s.moveConversation(ctx, c.ID, from, to, owner, merge); err != nil {
				return err
			}
		}
		m, err := one[chat.Merge](ctx, s.engine, merges, merge)
		if err != nil {
			return err
		}
		if m.Undoing() { // undone while this was slow: they go back
			for _, c := range batch {
				if err := s.returnConversation(ctx, c.ID, to, from, merge); err != nil {
					return err
				}
			}
			return nil
		}
	}
}

// ownerAfter is whose thread the own thread of a contact becomes when it was merged into another: the other's if a message
// proved that they are one; "" when each keeps theirs.
func (s *Store) ownerAfter(ctx context.Context, merge, into string) (string, error) {
	m, err := one[chat.Merge](ctx, s.engine, merges, merge)
	if err != nil || !m.Step.Choice.Proven {
		return "", err
	}
	return into, nil
}

// moveConversation hands a conversation on. From the contact's own thread it goes into that of owner, if one is given.
func (s *Store) moveConversation(ctx context.Context, id, from, to, owner, merge string) error {
	return s.handOver(ctx, id, from, func(c *chat.Conversation, taken bool) error {
		thread := owner
		if !c.InThreadOf(from) {
			thread = ""
		}
		c.MoveTo(to, thread, merge, s.now())
		if taken {
			return c.CloseForMerge(merge, s.now())
		}
		return nil
	})
}

// returnConversation gives a conversation back when a merge is undone. One that the merge closed is opened again, unless its
// person has another one open by now.
func (s *Store) returnConversation(ctx context.Context, id, from, to, merge string) error {
	return s.handOver(ctx, id, from, func(c *chat.Conversation, taken bool) error {
		move, _ := c.MoveOf(merge)
		c.MoveBack(to, merge, s.now())
		if taken {
			return c.SetState(chat.StateClosed, "", s.now())
		}
		if move.State != "" && c.State == chat.StateClosed && c.ClosedAt.Equal(move.ClosedAt) {
			return c.SetState(move.State, "", s.now())
		}
		return nil
	})
}

// handOver moves a conversation that still belongs to from. move is told whether another one holds its open thread.
func (s *Store) handOver(ctx context.Context, id, from string, move func(c *chat.Conversation, taken bool) error) error {
	taken := false
	return again(ctx, func() error {
		c, err := one[chat.Conversation](ctx, s.engine, conversations, id)
		if err != nil || c.ContactID != from {
			return err
		}
		before := c.State
		if err := move(&c, taken); err != nil {
			return err
		}
		seen := c.Version
		c.Version++
		err = write(ctx, s.engine, conversations, []Write{{Op: Replace, ID: id, Version: seen, Doc: &c}})
		if err == nil && c.State == chat.StateClosed && before != c.State {
			s.closed(ctx, id)
		}
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

// rehome looks again after the conversations this batch has opened: their contact may have been merged, or the merge undone,
// between reading the contact and writing the conversation. Merging lists conversations after it has written the contact, and
// this reads the contact after the conversation was written, so one of both sees the other.
func (b *batch) rehome(ctx context.Context, opened []*talk) error {
	ids := make([]string, len(opened))
	for i, t := range opened {
		ids[i] = t.conv.doc.ContactID
	}
	owners, err := get[chat.Contact](ctx, b.s.engine, contacts, unique(ids))
	if err != nil {
		return err
	}
	byID := make(map[string]*chat.Contact, len(owners))
	for i := range owners {
		byID[owners[i].ID] = &owners[i]
	}
	for _, t := range opened {
		c := &t.conv.doc
		owner := byID[c.ContactID]
		if owner == nil || owner.Step == nil && owner.MergedInto == "" && (len(owner.Related) == 0 || owner.Holds(c.Opener)) {
			continue
		}
		t.stale = true
		if err := b.s.rehome(ctx, c.ID, c.Opener); err != nil {
			return err
		}
	}
	return nil
}

// opened are the conversations that this batch opens for contacts it did not make.
func (b *batch) opened() []*talk {
	var opened []*talk
	for _, t := range b.talks {
		h := b.contacts[t.conv.doc.ContactID]
		if t.conv.dirty && t.conv.seen == 0 && (h == nil || h.seen > 0) {
			opened = append(opened, t)
		}
	}
	return opened
}

// rehome gives a conversation to the contact that holds the identity it was opened by, if that is one its present contact was
// merged with.
func (s *Store) rehome(ctx context.Context, id, opener string) error {
	return again(ctx, func() error {
		conv, err := one[chat.Conversation](ctx, s.engine, conversations, id)
		if err != nil {
			return err
		}
		was, err := s.settled(ctx, conv.ContactID)
		if errors.Is(err, chat.ErrNotFound) { // erased, and its conversations with it
			return nil
		}
		if err != nil || was.MergedInto == "" && was.Holds(opener) {
			return err
		}
		holders, err := findIn[chat.Contact](ctx, s.engine, contacts, "keys", unique([]string{opener}))
		if err != nil {
			return err
		}
		to, owner := was.MergedInto, ""
		for i := range holders {
			if pending := unfinished(&holders[i]); pending != "" {
				return thenAgain(s.finishStep(ctx, pending))
			}
			if was.RelatedTo(holders[i].ID) {
				to, owner = holders[i].ID, holders[i].ThreadOwner(opener)
			}
		}
		if to == "" {
			return nil
		}
		if owner == "" {
			if owner, err = s.ownerAfter(ctx, was.MergedBy, to); err != nil {
				return err
			}
		}
		return thenAgain(s.moveConversation(ctx, id, conv.ContactID, to, owner, ""))
	})
}

// thenAgain is for work that had to be done first: when it is done, what was read before it is stale.
func thenAgain(err error) error {
	if err != nil {
		return err
	}
	return errAgain
}

// settled is a contact with no step left to do; an alias stays an alias.
func (s *Store) settled(ctx context.Context, id string) (chat.Contact, error) {
	c, err := one[chat.Contact](ctx, s.engine, contacts, id)
	if err != nil {
		return c, err
	}
	if pending := unfinished(&c); pending != "" {
		return c, thenAgain(s.finishStep(ctx, pending))
	}
	return c, nil
}
