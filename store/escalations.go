package store

import (
	"context"
	"errors"

	"switchboard/chat"
)

// RecordEscalation keeps a hand-over from the AI to a human and puts it on the conversation's timeline. It is idempotent by
// the escalation's id: what is there already stays as it is, and what a crash has left undone is done.
func (s *Store) RecordEscalation(ctx context.Context, e chat.Escalation) error {
	if err := e.Normalize(); err != nil {
		return err
	}
	if _, err := s.Conversation(ctx, e.ConversationID); err != nil {
		return err
	}
	e.Version = 1
	if err := insertOnce(ctx, s.engine, escalations, e.ID, &e); err != nil {
		return err
	}
	kept, err := one[chat.Escalation](ctx, s.engine, escalations, e.ID)
	if err != nil {
		return err
	}
	return s.noteEscalation(ctx, &kept, func(c *chat.Conversation) error {
		c.RecordEscalation(&kept)
		return nil
	})
}

// Escalation returns one hand-over.
func (s *Store) Escalation(ctx context.Context, id string) (chat.Escalation, error) {
	return one[chat.Escalation](ctx, s.engine, escalations, id)
}

// TakeEscalation notes who handles an escalation, and gives them the conversation if nobody has it. It is idempotent for
// whoever took it; for anybody else it is chat.ErrConflict, with the escalation as it stands.
func (s *Store) TakeEscalation(ctx context.Context, id string, by chat.Author) (chat.Escalation, error) {
	e, err := update(ctx, s.engine, escalations, id, func(e *chat.Escalation) *int64 { return &e.Version }, func(e *chat.Escalation) error {
		return e.Take(by, s.now())
	})
	if err != nil {
		return e, err
	}
	return e, s.noteEscalation(ctx, &e, func(c *chat.Conversation) error { return c.HandOver(&e) })
}

// noteEscalation brings the conversation up to date. One that was erased meanwhile is not there to be.
func (s *Store) noteEscalation(ctx context.Context, e *chat.Escalation, edit func(*chat.Conversation) error) error {
	_, err := s.UpdateConversation(ctx, e.ConversationID, edit)
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	return err
}

// Escalations lists the hand-overs of a person, newest first. Pass the ids of every contact that was merged into theirs.
func (s *Store) Escalations(ctx context.Context, contactIDs []string, page chat.PageRequest) (chat.List[chat.Escalation], error) {
	q := Query{Where: []Condition{{Path: "contact_id", Is: In, Value: contactIDs}}, Sort: desc("at")}
	return list(ctx, s.engine, escalations, q, page, nil, func(e *chat.Escalation) []any { return []any{e.At, e.ID} })
}
