package store

import (
	"context"
	"fmt"
	"slices"

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
// nobody is shown comments of a closed conversation, and what is left is removed when somebody looks, when it is opened again, and by Tidy.
func (s *Store) closed(ctx context.Context, id string) {
	if err := s.dropComments(ctx, id); err != nil {
		s.log.Warn("the comments of a closed conversation are still stored", "conversation", id, "err", err)
		s.swept.Store(0)
	}
}

// rowFields are what a list shows of a conversation: everything but its messages.
var rowFields = []string{
	"contact_id", "channel", "account", "group_id", "state", "assignee", "department", "priority", "labels", "attributes", "session", "reads",
	"flagged", "invited", "snoozed_until", "transfer", "sentiment", "summary", "topics", "closing",
	"last_message", "waiting_since", "inbound_count", "message_count", "last_inbound_at", "last_outbound_at", "created_at", "last_activity_at", "closed_at", "closed_by",
}

// Conversations lists conversations without their messages. Ordered by waiting time, and not asked for a state, it lists open
// ones: others wait for nobody.
func (s *Store) Conversations(ctx context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	where, err := s.conversationFilter(ctx, &q)
	if err != nil || where == nil {
		return chat.List[chat.Conversation]{}, err
	}
	if q.Sort == chat.ByPriority {
		return s.byPriority(ctx, where, q.PageRequest)
	}
	sort, ok := map[chat.ConversationSort][]Field{
		"": desc("last_activity_at"), chat.ByActivity: desc("last_activity_at"), chat.ByWaiting: asc("waiting_since"),
		chat.ByCreated: desc("created_at"), chat.ByOldest: asc("created_at"),
	}[q.Sort]
	if !ok {
		return chat.List[chat.Conversation]{}, fmt.Errorf("store: conversation sort %q: %w", q.Sort, chat.ErrInvalid)
	}
	query := Query{Where: where, Sort: sort, Only: rowFields}
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

// conversationFilter is the one place that turns a query into conditions. Nil conditions without an error: nothing can match.
func (s *Store) conversationFilter(ctx context.Context, q *chat.ConversationQuery) ([]Condition, error) {
	where := []Condition{}
	if q.Assignee == "" || q.Assignee != q.Scope.User { // one's own are always admitted
		where = append(where, within(q.Scope)...)
	}
	equal := func(path, value string) {
		if value != "" {
			where = append(where, Condition{Path: path, Is: Equal, Value: value})
		}
	}
	equal("state", string(q.State))
	equal("assignee", q.Assignee)
	equal("department", q.Department)
	equal("channel", string(q.Channel))
	for _, label := range q.Labels {
		equal("labels", label)
	}
	if q.Unassigned {
		where = append(where, Condition{Path: "assignee", Is: Exists, Value: false})
	}
	if q.Priority == "normal" {
		where = append(where, Condition{Path: "priority", Is: Exists, Value: false})
	} else {
		equal("priority", q.Priority)
	}
	if q.Flagged {
		where = append(where, Condition{Path: "flagged", Is: Equal, Value: true})
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
	ids, narrowed, err := s.narrowed(ctx, q)
	if err != nil || narrowed && len(ids) == 0 {
		return nil, err
	}
	if narrowed {
		where = append(where, Condition{Path: "id", Is: In, Value: ids})
	}
	return where, nil
}

// narrowed lists the conversations a query can only be about: those it names, and those offered to somebody, which are few at
// any time. No engine has to join two conditions by "or" for them.
func (s *Store) narrowed(ctx context.Context, q *chat.ConversationQuery) (ids []string, narrowed bool, err error) {
	ids, narrowed = q.IDs, q.IDs != nil
	if q.OfferedTo == nil {
		return ids, narrowed, nil
	}
	offered, err := s.offered(ctx, q.OfferedTo)
	if err != nil || !narrowed {
		return offered, true, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(offered, id) }), true, nil
}

// maxOffered bounds how many conversations offered to one user are listed.
const maxOffered = 500

func (s *Store) offered(ctx context.Context, to *chat.Offer) ([]string, error) {
	var ids []string
	for _, c := range []Condition{{Path: "transfer.to", Is: Equal, Value: to.User}, {Path: "transfer.department", Is: In, Value: to.Departments}} {
		if departments, ok := c.Value.([]string); ok && len(departments) == 0 {
			continue
		}
		found, err := find[chat.Conversation](ctx, s.engine, conversations, Query{Where: []Condition{c}, Only: []string{"contact_id"}, Limit: maxOffered})
		if err != nil {
			return nil, err
		}
		for i := range found {
			ids = append(ids, found[i].ID)
		}
	}
	return unique(ids), nil
}

// countLimit is where counting stops: a badge says "999+".
const countLimit = 1000

// CountConversations counts what a list would show, up to 1,000. The order does not matter.
func (s *Store) CountConversations(ctx context.Context, q chat.ConversationQuery) (int64, error) {
	where, err := s.conversationFilter(ctx, &q)
	if err != nil || where == nil {
		return 0, err
	}
	n, err := s.engine.Count(ctx, conversations, where, countLimit)
	if err != nil {
		return 0, failure("count conversations", err)
	}
	return n, nil
}
