package store

import (
	"context"
	"fmt"

	"switchboard/chat"
)

// Conversation returns one conversation with its newest page of messages.
func (s *Store) Conversation(ctx context.Context, id string) (chat.Conversation, error) {
	return one[chat.Conversation](ctx, s.engine, conversations, id)
}

// UpdateConversation is compare-and-swap: edit gets the newest conversation and may run more than once. It must leave the
// messages alone; they are the worker's. Closing removes the colleagues' comments. Reopening a conversation while the person has another one open is chat.ErrConflict.
func (s *Store) UpdateConversation(ctx context.Context, id string, edit func(*chat.Conversation) error) (chat.Conversation, error) {
	var doc chat.Conversation
	err := again(ctx, func() (err error) {
		if doc, err = s.Conversation(ctx, id); err != nil {
			return err
		}
		seen, key, before := doc.Version, doc.OpenKey, doc.State
		if err := edit(&doc); err != nil {
			return err
		}
		if before == chat.StateClosed && doc.State != before { // a crash may have left some behind when it closed
			if err := s.dropComments(ctx, id); err != nil {
				return err
			}
		}
		doc.Version++
		err = write(ctx, s.engine, conversations, []Write{{Op: Replace, ID: id, Version: seen, Doc: &doc}})
		if err == nil && doc.State == chat.StateClosed && doc.State != before {
			s.closed(ctx, id)
		}
		if err == nil || key != "" || doc.OpenKey == "" {
			return err
		}
		taken, err := s.openTaken(ctx, doc.OpenKey, id, err)
		if taken {
			return fmt.Errorf("store: another conversation of this person is open: %w", chat.ErrConflict)
		}
		return err
	})
	return doc, err
}

// closed removes the comments of a conversation that has just closed. The close is stored and stands whatever becomes of this:
// nobody is shown comments of a closed conversation, and what is left is removed when somebody looks or it is opened again.
func (s *Store) closed(ctx context.Context, id string) {
	if err := s.dropComments(ctx, id); err != nil {
		s.log.Warn("the comments of a closed conversation are still stored", "conversation", id, "err", err)
	}
}

// rowFields are what a list shows of a conversation: everything but its messages.
var rowFields = []string{
	"contact_id", "channel", "account", "group_id", "state", "assignee", "department", "priority", "labels", "attributes", "session", "reads",
	"flagged", "invited", "snoozed_until", "transfer", "sentiment", "summary", "topics", "closing",
	"last_message", "waiting_since", "inbound_count", "message_count", "last_inbound_at", "last_outbound_at", "created_at", "last_activity_at", "closed_at",
}

// Conversations lists conversations without their messages. Ordered by waiting time, and not asked for a state, it lists open
// ones: others wait for nobody.
func (s *Store) Conversations(ctx context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	sort, ok := map[chat.ConversationSort][]Field{
		"": desc("last_activity_at"), chat.ByActivity: desc("last_activity_at"), chat.ByWaiting: asc("waiting_since"),
		chat.ByCreated: desc("created_at"), chat.ByOldest: asc("created_at"),
	}[q.Sort]
	if !ok {
		return chat.List[chat.Conversation]{}, fmt.Errorf("store: conversation sort %q: %w", q.Sort, chat.ErrInvalid)
	}
	query := Query{Where: conversationFilter(q), Sort: sort, Only: rowFields}
	return list(ctx, s.engine, conversations, query, q.PageRequest, nil, func(c *chat.Conversation) []any {
		switch sort[0].Path {
		case "waiting_since":
			return []any{c.Waiting, c.ID}
		case "created_at":
			return []any{c.CreatedAt, c.ID}
		default:
			return []any{c.LastActivityAt, c.ID}
		}
	})
}

func conversationFilter(q chat.ConversationQuery) []Condition {
	var where []Condition
	if q.Assignee == "" || q.Assignee != q.Scope.User { // one's own are always admitted
		where = within(q.Scope)
	}
	equal := func(path, value string) {
		if value != "" {
			where = append(where, Condition{Path: path, Is: Equal, Value: value})
		}
	}
	equal("state", string(q.State))
	equal("assignee", q.Assignee)
	equal("channel", string(q.Channel))
	equal("labels", q.Label)
	if q.Unassigned {
		where = append(where, Condition{Path: "assignee", Is: Exists, Value: false})
	}
	if q.ContactIDs != nil {
		where = append(where, Condition{Path: "contact_id", Is: In, Value: q.ContactIDs})
	}
	if q.Sort == chat.ByWaiting {
		if q.State == "" {
			equal("state", string(chat.StateOpen))
		}
		where = append(where, Condition{Path: "waiting_since", Is: Exists, Value: true})
	}
	return where
}

// countLimit is where counting stops: a badge says "1,000+".
const countLimit = 1000

// ConversationCounts counts what the inbox filters would show in a scope, each up to 1,000: open, mine, unassigned (both open),
// pending, snoozed, closed.
func (s *Store) ConversationCounts(ctx context.Context, scope chat.Scope, agent string) (map[string]int64, error) {
	state := func(v chat.State) Condition { return Condition{Path: "state", Is: Equal, Value: string(v)} }
	filters := map[string][]Condition{
		"open":       {state(chat.StateOpen)},
		"mine":       {{Path: "assignee", Is: Equal, Value: agent}, state(chat.StateOpen)},
		"unassigned": {{Path: "assignee", Is: Exists, Value: false}, state(chat.StateOpen)},
		"pending":    {state(chat.StatePending)},
		"snoozed":    {state(chat.StateSnoozed)},
		"closed":     {state(chat.StateClosed)},
	}
	counts := make(map[string]int64, len(filters))
	for name, where := range filters {
		if name != "mine" {
			where = append(where, within(scope)...)
		}
		n, err := s.engine.Count(ctx, conversations, where, countLimit)
		if err != nil {
			return nil, failure("count conversations", err)
		}
		counts[name] = n
	}
	return counts, nil
}
