package store

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// Merging takes one contact, the alias, into another. No two documents are written at once, so every step leaves the way open
// for whoever comes next:
//
//  1. the survivor says what is about to happen (Contact.Step); from then on nobody edits it before it is finished
//  2. the other becomes an alias that keeps its keys: who finds it by one is led to the survivor
//  3. the record is kept, with the keys that are on their way
//  4. the alias gives up its keys: who finds nobody under one finds the record
//  5. the conversations move
//  6. the survivor takes keys, values and labels, and is free again
//  7. the record forgets the keys
//
// Whoever meets a contact with a step, an alias with keys, or a record with keys finishes the work. Undoing goes the same way
// (unmerge.go). Several may do so at once, and one of them may be so slow that the merge was finished, undone and done anew
// meanwhile: so every write names the merge it is part of, and changes nothing once another one has begun.

// maxDepth bounds how far a merge waits for others. Contacts that take each other in go in a ring; one of them gives up.
const maxDepth = 4

// errGivenUp says that a merge was announced and then given up, because the other contact went elsewhere.
var errGivenUp = fmt.Errorf("store: the merge was given up: %w", chat.ErrConflict)

// MergeContacts takes the contact from into the contact into. It is chat.ErrConflict when either has been merged meanwhile, or
// when a value that the agent decided about has changed.
func (s *Store) MergeContacts(ctx context.Context, into, from string, o chat.MergeOrder) (chat.Merge, error) {
	if into == from {
		return chat.Merge{}, fmt.Errorf("store: merge a contact with itself: %w", chat.ErrInvalid)
	}
	return s.merge(ctx, into, from, func(a, b *chat.Contact) (chat.MergeStep, error) {
		if chat.MergeDigest(a, b) != o.Digest {
			return chat.MergeStep{}, fmt.Errorf("store: the contacts have changed since the preview: %w", chat.ErrConflict)
		}
		return chat.MergeStep{Choice: o.Choice, By: o.By, At: s.now()}, nil
	})
}

// unite merges two contacts that a message proves to be one person.
func (s *Store) unite(ctx context.Context, into, other string) error {
	_, err := s.merge(ctx, into, other, func(*chat.Contact, *chat.Contact) (chat.MergeStep, error) {
		return chat.MergeStep{Choice: chat.MergeChoice{Proven: true}, At: s.now()}, nil
	})
	return err
}

func (s *Store) merge(ctx context.Context, into, from string, decide func(a, b *chat.Contact) (chat.MergeStep, error)) (chat.Merge, error) {
	var id string
	err := s.announce(ctx, into, func(a *chat.Contact) error {
		b, err := one[chat.Contact](ctx, s.engine, contacts, from)
		if err != nil {
			return err
		}
		if pending := unfinished(&b); pending != "" {
			return thenAgain(s.finishStep(ctx, pending))
		}
		if a.MergedInto != "" || b.MergedInto != "" {
			return fmt.Errorf("store: merged already: %w", chat.ErrConflict)
		}
		step, err := decide(a, &b)
		step.Merge, step.Other = chat.MergeID(a, from), from
		a.Step, id = &step, step.Merge
		return err
	})
	if err != nil {
		return chat.Merge{}, err
	}
	if err := again(ctx, func() error { return s.finishStep(ctx, into) }); err != nil {
		return chat.Merge{}, err
	}
	m, err := one[chat.Merge](ctx, s.engine, merges, id)
	if errors.Is(err, chat.ErrNotFound) {
		return m, errGivenUp
	}
	return m, err
}

// announce puts a step on a contact that has none.
func (s *Store) announce(ctx context.Context, id string, decide func(c *chat.Contact) error) error {
	return again(ctx, func() error {
		c, err := one[chat.Contact](ctx, s.engine, contacts, id)
		if err != nil {
			return err
		}
		if c.Step != nil {
			return thenAgain(s.finishStep(ctx, id))
		}
		if err := decide(&c); err != nil {
			return err
		}
		c.Version++
		return write(ctx, s.engine, contacts, []Write{{Op: Replace, ID: id, Version: c.Version - 1, Doc: &c}})
	})
}

// unfinished is the contact on which a step waits that this contact has to do with; "" when there is none.
func unfinished(c *chat.Contact) string {
	switch {
	case c.Step != nil:
		return c.ID
	case c.MergedInto != "" && len(c.Keys) > 0:
		return c.MergedInto
	default:
		return ""
	}
}

// finishStep does what is left of a merge, or of its undoing, that was announced on the contact.
func (s *Store) finishStep(ctx context.Context, id string) error { return s.finish(ctx, id, 0) }

func (s *Store) finish(ctx context.Context, id string, depth int) error {
	c, err := one[chat.Contact](ctx, s.engine, contacts, id)
	switch {
	case err != nil || c.Step == nil:
		return err
	case c.Step.Undo:
		return s.finishUndo(ctx, &c)
	default:
		return s.finishMerge(ctx, &c, depth)
	}
}

// finishRecord finishes what a record with keys on their way belongs to.
func (s *Store) finishRecord(ctx context.Context, m *chat.Merge) error {
	if err := s.finishStep(ctx, m.Into); err != nil && !errors.Is(err, chat.ErrNotFound) {
		return err
	}
	c, err := one[chat.Contact](ctx, s.engine, contacts, m.Into)
	if errors.Is(err, chat.ErrNotFound) { // erased: nothing is left to finish
		return write(ctx, s.engine, merges, []Write{{Op: Delete, ID: m.ID}})
	}
	if err != nil || c.Step != nil {
		return err
	}
	return s.closeRecord(ctx, m.ID)
}

// closeRecord notes that nothing of a record is on its way any more.
func (s *Store) closeRecord(ctx context.Context, id string) error {
	_, err := s.updateMerge(ctx, id, func(m *chat.Merge) error {
		if !m.Undoing() {
			m.Done()
		}
		return nil
	})
	return err
}

func (s *Store) updateMerge(ctx context.Context, id string, edit func(*chat.Merge) error) (chat.Merge, error) {
	return update(ctx, s.engine, merges, id, func(m *chat.Merge) *int64 { return &m.Version }, edit)
}

// rewrite is compare-and-swap of a contact in the middle of a step.
func (s *Store) rewrite(ctx context.Context, id string, edit func(*chat.Contact) error) (chat.Contact, error) {
	return update(ctx, s.engine, contacts, id, func(c *chat.Contact) *int64 { return &c.Version }, edit)
}

func (s *Store) finishMerge(ctx context.Context, c *chat.Contact, depth int) error {
	step := *c.Step
	alias, err := s.claim(ctx, c, depth)
	switch {
	case errors.Is(err, errGivenUp), errors.Is(err, chat.ErrNotFound): // went elsewhere, or was erased
		return s.dropStep(ctx, c.ID, step)
	case errors.Is(err, errOver):
		return nil
	case err != nil:
		return err
	}
	m := chat.NewMerge(c, &alias)
	m.Version = 1
	if err := insertOnce(ctx, s.engine, merges, m.ID, &m); err != nil {
		return err
	}
	if alias, err = s.rewrite(ctx, alias.ID, func(o *chat.Contact) error {
		if o.MergedBy == step.Merge {
			o.GiveUpKeys()
		}
		return nil
	}); err != nil {
		return err
	}
	if err := s.moveConversations(ctx, alias.ID, c.ID, step.Merge); err != nil {
		return err
	}
	if err := s.absorb(ctx, c.ID, &alias, step.Merge); err != nil {
		return err
	}
	return s.closeRecord(ctx, step.Merge)
}

// errOver says that somebody else has finished the merge, and that it has been undone since.
var errOver = errors.New("store: the merge is over")

// claim makes the other contact an alias, unless it went elsewhere first. Of two that take each other in, the one with the lower
// id survives. A merge that is on record was claimed before the contact was read: then it is an alias, or free again.
func (s *Store) claim(ctx context.Context, c *chat.Contact, depth int) (chat.Contact, error) {
	return s.rewrite(ctx, c.Step.Other, func(o *chat.Contact) error {
		if o.MergedBy == c.Step.Merge {
			return nil
		}
		_, err := one[chat.Merge](ctx, s.engine, merges, c.Step.Merge)
		switch {
		case err == nil:
			return errOver
		case !errors.Is(err, chat.ErrNotFound):
			return err
		case o.MergedInto != "", depth >= maxDepth, o.Step != nil && o.Step.Other == c.ID && o.ID < c.ID:
			return errGivenUp
		case o.Step != nil && (o.Step.Other != c.ID || o.Step.Undo):
			return thenAgain(s.finish(ctx, o.ID, depth+1))
		}
		if err := s.stillAnnounced(ctx, c); err != nil {
			return err
		}
		o.MergeInto(c.ID, c.Step.Merge)
		return nil
	})
}

// stillAnnounced looks at the survivor again after the other contact was read. The other may have taken the survivor in
// meanwhile, and be free again: taking it now would make each an alias of the other.
func (s *Store) stillAnnounced(ctx context.Context, c *chat.Contact) error {
	now, err := one[chat.Contact](ctx, s.engine, contacts, c.ID)
	if err == nil && (now.Step == nil || now.Step.Merge != c.Step.Merge || now.MergedInto != "") {
		return errGivenUp
	}
	return err
}

func (s *Store) dropStep(ctx context.Context, id string, step chat.MergeStep) error {
	_, err := s.rewrite(ctx, id, func(c *chat.Contact) error {
		if c.Step != nil && c.Step.Merge == step.Merge && c.Step.Undo == step.Undo {
			c.Step = nil
		}
		return nil
	})
	return err
}

// absorb lets the survivor take what the alias had, except identities that somebody else holds by now.
func (s *Store) absorb(ctx context.Context, id string, alias *chat.Contact, merge string) error {
	_, err := s.rewrite(ctx, id, func(c *chat.Contact) error {
		if c.Step == nil || c.Step.Merge != merge || c.Step.Undo {
			return nil
		}
		out := c.Merged(alias)
		if err := s.yieldKeys(ctx, &out, alias.ID); err != nil {
			return err
		}
		*c = out
		return nil
	})
	return err
}

// yieldKeys gives up the identities of a contact that another one than except holds.
func (s *Store) yieldKeys(ctx context.Context, c *chat.Contact, except string) error {
	holders, err := findIn[chat.Contact](ctx, s.engine, contacts, "keys", append([]string(nil), c.Keys...))
	if err != nil {
		return err
	}
	for i := range holders {
		if h := &holders[i]; h.ID != c.ID && h.ID != except {
			for _, key := range h.Keys {
				c.Release(key, s.now())
			}
		}
	}
	return nil
}

// Merges lists the merges into a contact, newest first, the undone ones as well.
func (s *Store) Merges(ctx context.Context, into string, page chat.PageRequest) (chat.List[chat.Merge], error) {
	q := Query{Where: []Condition{{Path: "into", Is: Equal, Value: into}}, Sort: desc("at")}
	return list(ctx, s.engine, merges, q, page, nil, func(m *chat.Merge) []any { return []any{m.At, m.ID} })
}

// Merge returns the record of one merge.
func (s *Store) Merge(ctx context.Context, id string) (chat.Merge, error) {
	return one[chat.Merge](ctx, s.engine, merges, id)
}
