package store

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
)

// UndoMerge gives two merged contacts back what they had. What arrived or was edited since stays where chat.Merge.Split says. It
// is chat.ErrConflict when it was undone already, or when the survivor has been merged into somebody else since.
func (s *Store) UndoMerge(ctx context.Context, id, by string) (chat.Merge, error) {
	m, err := one[chat.Merge](ctx, s.engine, merges, id)
	if err != nil {
		return m, err
	}
	err = s.announce(ctx, m.Into, func(c *chat.Contact) error {
		if m, err = one[chat.Merge](ctx, s.engine, merges, id); err != nil {
			return err
		}
		if !m.UndoneAt.IsZero() || c.MergedInto != "" {
			return fmt.Errorf("store: this merge cannot be undone now: %w", chat.ErrConflict)
		}
		c.Step = &chat.MergeStep{Merge: id, Other: m.From, Undo: true, By: by, At: s.now()}
		return nil
	})
	if err != nil {
		return m, err
	}
	if err := again(ctx, func() error { return s.finishStep(ctx, m.Into) }); err != nil {
		return m, err
	}
	if m, err = one[chat.Merge](ctx, s.engine, merges, id); err == nil && m.UndoneAt.IsZero() {
		err = errGivenUp
	}
	return m, err
}

// finishUndo goes the way of a merge backwards:
//
//  1. the record keeps what the other contact is about to be, and the keys that are on their way
//  2. the conversations go back
//  3. the survivor lets go
//  4. the alias is a contact again
//  5. the record says that it was undone
//  6. the survivor is free again
func (s *Store) finishUndo(ctx context.Context, c *chat.Contact) error {
	step := *c.Step
	m, err := s.planUndo(ctx, c)
	if errors.Is(err, errGivenUp) || errors.Is(err, chat.ErrNotFound) || err == nil && !m.UndoneAt.IsZero() {
		return s.dropStep(ctx, c.ID, step)
	}
	if err != nil {
		return err
	}
	if err := s.returnConversations(ctx, c.ID, &m); err != nil {
		return err
	}
	if err := s.release(ctx, c.ID, &m); err != nil {
		return err
	}
	_, err = s.rewrite(ctx, m.From, func(o *chat.Contact) error {
		if o.MergedBy != m.ID {
			return nil
		}
		back := *m.Returned
		back.Version = o.Version
		if err := s.yieldKeys(ctx, &back, c.ID); err != nil {
			return err
		}
		*o = back
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.updateMerge(ctx, m.ID, func(m *chat.Merge) error {
		m.Done()
		m.UndoneBy, m.UndoneAt = step.By, step.At
		return nil
	})
	if err != nil {
		return err
	}
	return s.dropStep(ctx, c.ID, step)
}

// planUndo works out once what the other contact gets back. Nobody edits the survivor meanwhile, and a repeat finds the plan.
func (s *Store) planUndo(ctx context.Context, c *chat.Contact) (chat.Merge, error) {
	return s.updateMerge(ctx, c.Step.Merge, func(m *chat.Merge) error {
		if m.Undoing() {
			return nil
		}
		alias, err := one[chat.Contact](ctx, s.engine, contacts, m.From)
		if err != nil {
			return err
		}
		if alias.MergedBy != m.ID {
			return errGivenUp
		}
		split := m.Split(c, &alias)
		m.Returned, m.Keys = &split.Returned, split.Returned.Keys
		return nil
	})
}

// release lets the survivor go back to what it was. The step stays until everything is done.
func (s *Store) release(ctx context.Context, id string, m *chat.Merge) error {
	_, err := s.rewrite(ctx, id, func(c *chat.Contact) error {
		if c.Step == nil || c.Step.Merge != m.ID || !c.Step.Undo || c.Step.Released {
			return nil
		}
		alias, err := one[chat.Contact](ctx, s.engine, contacts, m.From)
		if err != nil {
			return err
		}
		step := *c.Step
		step.Released = true
		*c = m.Split(c, &alias).Survivor
		c.Step = &step
		return nil
	})
	return err
}

// returnConversations gives back what the merge had moved and what the other person opened since, newest first: where two of
// them are open on one account, the one the person writes in stays open.
func (s *Store) returnConversations(ctx context.Context, from string, m *chat.Merge) error {
	var mine []string
	q := Query{
		Where: []Condition{{Path: "contact_id", Is: Equal, Value: from}}, Sort: desc("last_activity_at"), Limit: MaxLimit,
		Only: append(ownedBy(), "last_activity_at"),
	}
	for {
		batch, err := find[chat.Conversation](ctx, s.engine, conversations, q)
		if err != nil {
			return err
		}
		for i := range batch {
			if m.Owns(&batch[i]) {
				mine = append(mine, batch[i].ID)
			}
		}
		if len(batch) < MaxLimit {
			break
		}
		last := &batch[len(batch)-1]
		q.After = []any{last.LastActivityAt, last.ID}
	}
	for _, id := range mine {
		if err := s.returnConversation(ctx, id, from, m.From, m.ID); err != nil {
			return err
		}
	}
	if len(mine) == 0 {
		return nil
	}
	o, err := one[chat.Contact](ctx, s.engine, contacts, m.From) // merged again while this was slow: they follow
	if err != nil || o.MergedInto == "" || o.MergedBy == m.ID {
		return err
	}
	return s.moveConversations(ctx, o.ID, o.MergedInto, o.MergedBy)
}

// ownedBy are the fields that chat.Merge.Owns looks at.
func ownedBy() []string {
	return []string{"contact_id", "moves", "opener", "thread_key", "channel", "account", "group_id"}
}

// UndoPreview works out what undoing a merge would do, and how many conversations would go back.
func (s *Store) UndoPreview(ctx context.Context, id string) (m chat.Merge, split chat.Split, conversationsBack int, err error) {
	if m, err = one[chat.Merge](ctx, s.engine, merges, id); err != nil {
		return m, split, 0, err
	}
	c, err := s.whole(ctx, m.Into)
	if err != nil {
		return m, split, 0, err
	}
	alias, err := one[chat.Contact](ctx, s.engine, contacts, m.From)
	if err != nil {
		return m, split, 0, err
	}
	if !m.UndoneAt.IsZero() || c.MergedInto != "" || alias.MergedInto != c.ID {
		return m, split, 0, fmt.Errorf("store: this merge cannot be undone now: %w", chat.ErrConflict)
	}
	split = m.Split(&c, &alias)
	m.Returned = &split.Returned
	found, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
		Where: []Condition{{Path: "contact_id", Is: Equal, Value: c.ID}}, Sort: desc("last_activity_at"), Limit: MaxLimit, Only: ownedBy(),
	})
	for i := range found {
		if m.Owns(&found[i]) {
			conversationsBack++
		}
	}
	return m, split, conversationsBack, err
}
