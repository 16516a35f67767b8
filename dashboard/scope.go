package dashboard

import (
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

// conversations lists conversations within the caller's scope.
func (d *Dashboard) conversations(c *fiber.Ctx, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	q.Scope = scope(c)
	found, err := d.Conversations.Conversations(c.UserContext(), q)
	if err != nil {
		return found, fmt.Errorf("dashboard: list conversations: %w", err)
	}
	return found, nil
}

// conversationCounts counts the ready-made views within the caller's scope.
func (d *Dashboard) conversationCounts(c *fiber.Ctx) (map[string]int64, error) {
	counts, err := d.Conversations.ConversationCounts(c.UserContext(), scope(c), signedIn(c).user.ID)
	if err != nil {
		return nil, fmt.Errorf("dashboard: count conversations: %w", err)
	}
	return counts, nil
}
