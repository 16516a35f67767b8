package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"switchboard/chat"
)

// sweepEvery is how often comments that a crash of some process has left behind are looked for.
const sweepEvery = 10 * time.Minute

// AddComment keeps a comment on a conversation that is under way, lets the tagged colleagues see the conversation and
// notifies them. On a closed conversation it is chat.ErrInvalid. Doing it again with the same comment changes nothing.
//
// The order is safe against a crash: a colleague who may see the conversation and was not told is better than the reverse,
// and whoever tries again completes what is missing.
func (s *Store) AddComment(ctx context.Context, c chat.Comment) (chat.Conversation, error) {
	conversation, err := s.Conversation(ctx, c.ConversationID)
	if err != nil {
		return conversation, err
	}
	seen := conversation
	seen.Invited, seen.Timeline = slices.Clone(seen.Invited), slices.Clone(seen.Timeline)
	fresh, err := seen.Invite(c.Tagged, c.AuthorName, c.CreatedAt)
	if err != nil {
		return conversation, err
	}
	if len(fresh) > 0 {
		if _, err := s.UpdateConversation(ctx, c.ConversationID, func(doc *chat.Conversation) error {
			_, err := doc.Invite(c.Tagged, c.AuthorName, c.CreatedAt)
			return err
		}); err != nil {
			return conversation, err
		}
	}
	c.Version = 1
	if err := insertOnce(ctx, s.engine, comments, c.ID, &c); err != nil {
		return conversation, err
	}
	// It may have closed since it was looked at; then its comments were removed before this one was there.
	if conversation, err = s.Conversation(ctx, c.ConversationID); err != nil {
		return conversation, err
	}
	if conversation.State == chat.StateClosed {
		if err := s.dropComments(ctx, c.ConversationID); err != nil {
			return conversation, err
		}
		return conversation, fmt.Errorf("store: comment on a closed conversation: %w", chat.ErrConflict)
	}
	return conversation, s.Notify(ctx, c.Notifications())
}

// Comments lists the comments of a conversation, newest first; a closed conversation has none. Any that a crash has left
// behind at its close are removed on the way.
func (s *Store) Comments(ctx context.Context, conversationID string, page chat.PageRequest) (chat.List[chat.Comment], error) {
	conversation, err := s.Conversation(ctx, conversationID)
	if err != nil {
		return chat.List[chat.Comment]{}, err
	}
	if conversation.State == chat.StateClosed {
		return chat.List[chat.Comment]{}, s.dropComments(ctx, conversationID)
	}
	q := Query{Where: []Condition{{Path: "conversation_id", Is: Equal, Value: conversationID}}, Sort: desc("created_at")}
	return list(ctx, s.engine, comments, q, page, nil, func(c *chat.Comment) []any { return []any{c.CreatedAt, c.ID} })
}

// dropComments removes the comments of a conversation for good.
func (s *Store) dropComments(ctx context.Context, conversationID string) error {
	found, err := find[chat.Comment](ctx, s.engine, comments, Query{
		Where: []Condition{{Path: "conversation_id", Is: Equal, Value: conversationID}}, Sort: desc("created_at"), Only: []string{"conversation_id"},
	})
	if err != nil {
		return err
	}
	writes := make([]Write, 0, len(found))
	for i := range found {
		writes = append(writes, Write{Op: Delete, ID: found[i].ID})
	}
	return write(ctx, s.engine, comments, writes)
}

// sweepComments removes comments whose conversation has closed without them: the process that closed it died in between.
func (s *Store) sweepComments(ctx context.Context, at time.Time) error {
	if last := s.swept.Load(); last != 0 && at.Sub(time.UnixMilli(last)) < sweepEvery {
		return nil
	}
	s.swept.Store(at.UnixMilli())
	err := s.dropLeftComments(ctx)
	if err != nil {
		s.swept.Store(0)
	}
	return err
}

func (s *Store) dropLeftComments(ctx context.Context) error {
	left := map[string][]string{} // comments by conversation
	q := Query{Sort: append(asc("conversation_id"), desc("created_at")...), Only: []string{"conversation_id", "created_at"}}
	err := walk(ctx, s.engine, comments, q, func(c *chat.Comment) []any { return []any{c.ConversationID, c.CreatedAt, c.ID} }, func(c *chat.Comment) error {
		left[c.ConversationID] = append(left[c.ConversationID], c.ID)
		return nil
	})
	if err != nil {
		return err
	}
	// Only what was there before the state was read: a conversation may be opened again, and get comments, meanwhile.
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(left)), walkPage) {
		closed, err := find[chat.Conversation](ctx, s.engine, conversations, Query{
			Where: []Condition{{Path: "id", Is: In, Value: ids}, {Path: "state", Is: Equal, Value: string(chat.StateClosed)}}, Only: []string{"state"},
		})
		if err != nil {
			return err
		}
		var writes []Write
		for i := range closed {
			for _, id := range left[closed[i].ID] {
				writes = append(writes, Write{Op: Delete, ID: id})
			}
		}
		if err := write(ctx, s.engine, comments, writes); err != nil {
			return err
		}
	}
	return nil
}
