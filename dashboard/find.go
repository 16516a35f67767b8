package dashboard

import (
	"fmt"
	"net/http"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// What the palette offers at most, and from how many letters on.
const (
	findPeople        = 6
	findConversations = 24
	findLetters       = 2
)

func (d *Dashboard) findRoutes() []route {
	return []route{{get, "/find", agent, d.find}}
}

// find offers people and their newest conversations for the palette.
func (d *Dashboard) find(c *fiber.Ctx) error {
	text := strings.TrimSpace(query(c, "q"))
	if !fragment(c) {
		return c.Redirect("/inbox", http.StatusSeeOther)
	}
	if len(text) < findLetters {
		return d.render(c, http.StatusOK, "partials/found", []view.Found{})
	}
	people, err := d.Contacts.Contacts(c.UserContext(), chat.ContactQuery{Search: text, PageRequest: chat.PageRequest{Limit: findPeople}})
	if err != nil {
		return fmt.Errorf("dashboard: find people: %w", err)
	}
	var found chat.List[chat.Conversation]
	if len(people.Items) > 0 {
		q := chat.ConversationQuery{Sort: chat.ByActivity, PageRequest: chat.PageRequest{Limit: findConversations}}
		for i := range people.Items {
			q.ContactIDs = append(q.ContactIDs, people.Items[i].ID)
		}
		if found, err = d.conversations(c, q); err != nil {
			return err
		}
	}
	return d.render(c, http.StatusOK, "partials/found", view.FoundOf(people.Items, found.Items))
}
