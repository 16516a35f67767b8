//go:build preview

package dashboard

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/live"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

// TestPreview serves the screens with fixture data for looking at them under the address in SWITCHBOARD_PREVIEW:
//
//	SWITCHBOARD_PREVIEW=127.0.0.1:8099 go test -tags preview ./dashboard -run TestPreview -timeout 0
//
// Sign in as ada@example.com, password "preview-password". GET /simulate makes a new message arrive.
func TestPreview(t *testing.T) {
	address := os.Getenv("SWITCHBOARD_PREVIEW")
	require.NotEmpty(t, address, "set SWITCHBOARD_PREVIEW to an address to look at the screens")
	store := newFake()
	now := time.Now().UTC()
	fill(store, now)
	closedTalk(store, now)
	crowd(store, now, 300)
	hash, err := HashPassword("preview-password")
	require.NoError(t, err)
	for id, u := range store.users {
		u.PasswordHash = hash
		store.users[id] = u
	}
	if os.Getenv("SWITCHBOARD_PREVIEW_EMPTY") != "" {
		clear(store.conversations)
		clear(store.contacts)
	}
	for i := range 400 {
		at := now.Add(-48*time.Hour + time.Duration(i)*time.Minute)
		store.older[talkID] = append(store.older[talkID], chat.Message{ID: fmt.Sprintf("o%d", i), MessageID: fmt.Sprintf("o%d", i), Direction: chat.Inbound, Type: "text", Text: fmt.Sprintf("Older message %d", i), Timestamp: at})
	}
	hub := live.NewHub("preview", nil)
	store.onPublish = hub.Publish
	d, err := New(Deps{Conversations: store, Contacts: store, Users: store, Logins: store, Settings: store, Auditor: store, Views: store, People: store, Departments: store, Notes: store, Comments: store, Escalations: store, Notices: store, Changes: store, Hub: hub, Log: slog.Default()},
		Config{AccountName: func(_ chat.Channel, id string) string {
			if id == "880000000000001" {
				return "Sales"
			}
			return id
		}})
	require.NoError(t, err)
	app := fiber.New(fiber.Config{ErrorHandler: d.Error, StrictRouting: true, CaseSensitive: true, DisableStartupMessage: true})
	d.Register(app)
	count := 0
	app.Get("/simulate", func(c *fiber.Ctx) error {
		count++
		id := c.Query("id", talkID)
		at := time.Now().UTC()
		_, err := store.UpdateConversation(c.UserContext(), id, func(conversation *chat.Conversation) error {
			m := chat.Message{ID: fmt.Sprintf("s%d", count), MessageID: fmt.Sprintf("s%d", count), Direction: chat.Inbound, Type: "text", Text: fmt.Sprintf("Simulated message %d", count), Timestamp: at}
			conversation.Messages = append(slices.Clip(conversation.Messages), m)
			conversation.LastActivityAt, conversation.InboundCount = at, conversation.InboundCount+1
			conversation.Last = chat.Preview{ID: m.ID, Direction: chat.Inbound, Type: "text", Text: m.Text, At: at}
			return nil
		})
		if err != nil {
			return err
		}
		hub.Publish([]chat.Change{{Conversation: id, Contact: anaID, What: []string{"message"}, ReceivedAt: at.Add(-80 * time.Millisecond), StoredAt: at}})
		return c.SendString("ok")
	})
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	require.NoError(t, app.Listener(listener))
}
