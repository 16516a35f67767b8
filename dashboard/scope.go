package dashboard

import (
	"errors"
	"fmt"
	"strings"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
)

// Every list, every count and every single conversation passes through this file: what an agent may not see, see chat.Scope,
// is not there. A test makes sure that no other file asks the store past it.

// scope is what the caller may see.
func scope(c *fiber.Ctx) chat.Scope { return chat.ScopeOf(&signedIn(c).user) }

// within refuses conversations outside the caller's scope. They are not found: that they exist is nobody's business. admit
// asks for the conversation in the address; a handler that is named conversations in a form asks for those.
func (d *Dashboard) within(c *fiber.Ctx, ids ...string) error {
	s := scope(c)
	if s.Everything() {
		return nil
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		conversation, err := d.Conversations.Conversation(c.UserContext(), strings.Clone(id))
		if err != nil {
			return fmt.Errorf("dashboard: read conversation: %w", err)
		}
		if !s.Admits(&conversation) {
			return fmt.Errorf("dashboard: conversation outside the caller's scope: %w", chat.ErrNotFound)
		}
	}
	return nil
}

// among tells which of these conversations the caller may see.
func (d *Dashboard) among(c *fiber.Ctx, ids []string) (map[string]bool, error) {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if _, known := seen[id]; known {
			continue
		}
		err := d.within(c, id)
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return nil, err
		}
		seen[id] = err == nil
	}
	return seen, nil
}

// visible reads the conversations among these that the caller may see into found. One that is missing there is gone, or is
// nobody's business.
func (d *Dashboard) visible(c *fiber.Ctx, ids []string, found map[string]*chat.Conversation) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := d.conversations(c, chat.ConversationQuery{IDs: ids, PageRequest: chat.PageRequest{Limit: len(ids)}})
	for i := range list.Items {
		found[list.Items[i].ID] = &list.Items[i]
	}
	return err
}

// conversations lists conversations within the caller's scope.
func (d *Dashboard) conversations(c *fiber.Ctx, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	q.Scope = scope(c)
	found, err := d.Conversations.Conversations(c.UserContext(), q)
	if err != nil {
		return found, fmt.Errorf("dashboard: list conversations: %w", err)
	}
	return found, nil
}

// count counts what a filter shows within the caller's scope.
func (d *Dashboard) count(c *fiber.Ctx, f chat.ViewFilter) (int64, error) {
	q, _, err := d.conversationQuery(c, f)
	if err != nil {
		return 0, err
	}
	q.Scope = scope(c)
	n, err := d.Conversations.CountConversations(c.UserContext(), q)
	if err != nil {
		return 0, fmt.Errorf("dashboard: count conversations: %w", err)
	}
	return n, nil
}
