package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

const token = "secret-token"

var at = time.Date(2026, 10, 5, 9, 0, 0, 123e6, time.UTC)

// reader answers with one document of each kind and remembers what was asked.
type reader struct {
	ledgerQuery       chat.LedgerQuery
	contactQuery      chat.ContactQuery
	conversationQuery chat.ConversationQuery
	messagesOf        string
	page              chat.PageRequest
	from, to          time.Time
	empty             bool
}

func (r *reader) Ledger(_ context.Context, q chat.LedgerQuery) (chat.List[chat.Entry], error) {
	r.ledgerQuery = q
	if r.empty {
		return chat.List[chat.Entry]{}, nil
	}
	return chat.List[chat.Entry]{Next: "cursor-2", Items: []chat.Entry{
		{
			ID: "e1", EventID: "e1", RequestID: "r1", Kind: chat.KindMessage, Channel: chat.WebWidget, Account: "wgt", ContactKey: "v1", KeyType: chat.IdentityVisitor,
			Aliases: map[string]string{"visitor_id": "v1"}, ContactID: "c1", ConversationID: "d1", ContactName: "Ada", Direction: chat.Inbound, MessageID: "m1", Type: "image",
			Text: `<b>"hi"</b>`, Timestamp: at, ClientTimestamp: at, ReplyTo: "m0", Media: []chat.Media{{ID: "7", MimeType: "image/jpeg", Caption: "x"}}, MediaID: "7", Flags: []string{"forwarded"},
			Claims: map[string]string{"email": "ada@example.com"}, Verdict: chat.Applied, ReceivedAt: at, AppliedAt: at, Position: chat.Position{Partition: 2, Offset: 9},
			MessageKey: "internal", TargetKey: "internal", Place: &chat.Place{ID: "internal"}, Act: &chat.Act{EventID: "internal"},
		},
		{ID: "e2", EventID: "e2", RequestID: "r1", Kind: chat.KindIgnored, Channel: chat.WhatsApp, Account: "1", Verdict: chat.Ignored, Reason: "account_update", Errors: []int{131047}, ReceivedAt: at, AppliedAt: at},
	}}, nil
}

func (r *reader) LedgerSummary(_ context.Context, from, to time.Time) (chat.LedgerSummary, error) {
	r.from, r.to = from, to
	if r.empty {
		return chat.LedgerSummary{}, nil
	}
	sum := chat.Summary{Received: 4, Applied: 1, Duplicate: 1, Ignored: 1, Quarantined: 1}
	return chat.LedgerSummary{Summary: sum, Channels: map[chat.Channel]chat.Summary{chat.WhatsApp: sum}}, nil
}

func (r *reader) Contacts(_ context.Context, q chat.ContactQuery) (chat.List[chat.Contact], error) {
	r.contactQuery = q
	if r.empty {
		return chat.List[chat.Contact]{}, nil
	}
	c, err := r.Contact(context.Background(), "c1")
	return chat.List[chat.Contact]{Items: []chat.Contact{c}}, err
}

func (r *reader) Contact(_ context.Context, id string) (chat.Contact, error) {
	if id != "c1" {
		return chat.Contact{}, fmt.Errorf("reader: %w", chat.ErrNotFound)
	}
	return chat.Contact{
		ID: "c1", Version: 3, Name: "Ada", Phone: "+12025550143", Email: "ada@example.com", Language: "en", Country: "US", Location: "Boston", TimeZone: "America/New_York", AgentInstructions: "x",
		Identities: []chat.Identity{{Channel: chat.WhatsApp, Kind: chat.IdentityPhone, Value: "+12025550143", Verified: true, FirstSeen: at, LastSeen: at}},
		Keys:       []string{"internal"}, Former: []string{"internal"}, Terms: []string{"internal"}, Step: &chat.MergeStep{Merge: "internal"},
		Attributes: []chat.Attribute{{Key: "tier", Value: "gold"}}, Profiles: []chat.Profile{{Channel: chat.WhatsApp, Name: "Ada", SeenAt: at}}, Claims: []chat.Claim{{Kind: "email", Value: "x@example.com", At: at}},
		Provenance: map[string]chat.Provenance{"name": {Source: chat.SourceAgent, By: "Ben", At: at, Version: 2}}, MergedFrom: []string{"c0"}, CreatedAt: at, LastSeenAt: at, Channels: []chat.Channel{chat.WhatsApp},
	}, nil
}

func (r *reader) Conversations(_ context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	r.conversationQuery = q
	if r.empty {
		return chat.List[chat.Conversation]{}, nil
	}
	c, err := r.Conversation(context.Background(), "d1")
	c.Messages = nil
	return chat.List[chat.Conversation]{Items: []chat.Conversation{c}}, err
}

func (r *reader) Conversation(_ context.Context, id string) (chat.Conversation, error) {
	if id != "d1" {
		return chat.Conversation{}, fmt.Errorf("reader: %w", chat.ErrNotFound)
	}
	return chat.Conversation{
		ID: "d1", Version: 2, ContactID: "c1", Channel: chat.WhatsApp, Account: "1", ThreadKey: "internal", OpenKey: "internal", State: chat.StateOpen, Assignee: "u1", Priority: "high",
		Labels: []string{"a::b"}, Session: chat.Session{IP: "203.0.113.0", IPPolicy: "truncated", Geo: &chat.Geo{Country: "US", Source: "phone", Accuracy: "country"}, StartedAt: at},
		Messages: []chat.Message{message1()}, PageFrom: &chat.Place{ID: "internal"}, Answered: &chat.Place{ID: "internal"}, Filed: []string{"internal"}, Reads: []chat.ReadMark{{Agent: "internal", Count: 1}},
		Timeline: []chat.TimelineEntry{{ID: "t1", Type: "created", At: at}}, Last: chat.Preview{ID: "m1", Direction: chat.Inbound, Type: "text", Text: "hi", At: at}, Waiting: at,
		InboundCount: 1, MessageCount: 1, LastInboundAt: at, CreatedAt: at, LastActivityAt: at,
	}, nil
}

func (r *reader) MessagesOldest(_ context.Context, id string, p chat.PageRequest) (chat.List[chat.Message], error) {
	r.messagesOf, r.page = id, p
	if id != "d1" {
		return chat.List[chat.Message]{}, fmt.Errorf("reader: %w", chat.ErrNotFound)
	}
	return chat.List[chat.Message]{Items: []chat.Message{message1()}, Next: "m-next"}, nil
}

func message1() chat.Message {
	return chat.Message{
		ID: "m1", MessageID: "wamid.1", Direction: chat.Outbound, Echo: true, Type: "text", Text: "hi", ReplyTo: "wamid.0", Content: chat.Content{RawType: "x"}, Flags: []string{"history"},
		Timestamp: at, ReceivedAt: at, Sequence: 3, Filed: true, Late: 90 * time.Second, Status: "failed",
		Statuses:  []chat.StatusMark{{Status: "failed", At: at, Errors: []chat.DeliveryError{{Code: 131047}}}},
		Reactions: []chat.Reaction{{By: "+1", Emoji: "👍", At: at, EventID: "e3"}}, Edit: &chat.Edit{Number: 1, At: at, EventID: "e4"}, Deleted: true, DeletedAt: at,
	}
}

func ask(t *testing.T, r *reader, target string, headers ...string) (*http.Response, string) {
	t.Helper()
	app := fiber.New(fiber.Config{ErrorHandler: func(c *fiber.Ctx, err error) error {
		for sentinel, status := range map[error]int{chat.ErrUnauthenticated: 401, chat.ErrInvalid: 422, chat.ErrNotFound: 404} {
			if errors.Is(err, sentinel) {
				return c.SendStatus(status)
			}
		}
		return fiber.DefaultErrorHandler(c, err)
	}})
	New(r, r, r, token).Register(app)
	request := httptest.NewRequest(http.MethodGet, target, nil)
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := app.Test(request, 5000)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response, string(body)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{
		"ledger": "/api/v1/ledger?request_id=r1", "summary": "/api/v1/ledger/summary", "contacts": "/api/v1/contacts", "contact": "/api/v1/contacts/c1",
		"conversations": "/api/v1/conversations", "conversation": "/api/v1/conversations/d1", "messages": "/api/v1/conversations/d1/messages",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := ask(t, &reader{}, target)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, "application/json", response.Header.Get("Content-Type"))
			require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
			require.NotContains(t, body, "internal", "what only the store works with stays there")
			var pretty bytes.Buffer
			require.NoError(t, json.Indent(&pretty, []byte(body), "", "  "))
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				require.NoError(t, os.WriteFile(golden, pretty.Bytes(), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(string(want), pretty.String()))
		})
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"ledger", "contacts", "conversations"} {
		_, body := ask(t, &reader{empty: true}, "/api/v1/"+path)
		require.JSONEq(t, `{"items":[],"next":""}`, body)
	}
	_, body := ask(t, &reader{empty: true}, "/api/v1/ledger/summary")
	require.JSONEq(t, `{"received":0,"applied":0,"duplicate":0,"ignored":0,"quarantined":0,"channels":{}}`, body)
}

func TestQueries(t *testing.T) {
	t.Parallel()
	r := &reader{}
	ask(t, r, "/api/v1/ledger?request_id=r1&verdict=ignored&channel=whatsapp&from=2026-10-05T11:00:00%2B02:00&to=2026-10-06T00:00:00Z&after=c&limit=500")
	require.Equal(t, chat.LedgerQuery{
		RequestID: "r1", Verdict: chat.Ignored, Channel: chat.WhatsApp, From: time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC),
		PageRequest: chat.PageRequest{Cursor: "c", Limit: 500},
	}, r.ledgerQuery)
	ask(t, r, "/api/v1/contacts")
	require.Equal(t, chat.ContactQuery{Sort: chat.ContactsByOldest, PageRequest: chat.PageRequest{Limit: 50}}, r.contactQuery)
	ask(t, r, "/api/v1/conversations?limit=100000")
	require.Equal(t, chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: chat.PageRequest{Limit: 500}}, r.conversationQuery)
	ask(t, r, "/api/v1/conversations/d1/messages?after=x&limit=1")
	require.Equal(t, "d1", r.messagesOf)
	require.Equal(t, chat.PageRequest{Cursor: "x", Limit: 1}, r.page)
	ask(t, r, "/api/v1/ledger/summary?from=2026-10-05T09:00:00Z")
	require.Equal(t, time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC), r.from)
	require.True(t, r.to.IsZero())
	for _, bad := range []string{"ledger?limit=0", "ledger?limit=-1", "ledger?limit=x", "ledger?from=yesterday", "ledger/summary?to=1", "contacts?limit=1.5"} {
		response, _ := ask(t, r, "/api/v1/"+bad)
		require.Equal(t, http.StatusUnprocessableEntity, response.StatusCode, bad)
	}
	for _, missing := range []string{"contacts/x", "conversations/x", "conversations/x/messages", "nothing"} {
		response, _ := ask(t, r, "/api/v1/"+missing)
		require.Equal(t, http.StatusNotFound, response.StatusCode, missing)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for header, status := range map[string]int{
		"Bearer " + token: 200, "bearer " + token: 200, "": 401, "Bearer": 401, "Bearer ": 401, "Bearer wrong": 401, "Basic " + token: 401, token: 401, "Bearer " + strings.ToUpper(token): 401,
	} {
		response, _ := ask(t, &reader{}, "/api/v1/contacts", "Authorization", header)
		require.Equal(t, status, response.StatusCode, "%q", header)
		if status == http.StatusUnauthorized {
			require.Equal(t, `Bearer realm="switchboard"`, response.Header.Get("WWW-Authenticate"))
		}
	}
	app := fiber.New(fiber.Config{ErrorHandler: func(c *fiber.Ctx, _ error) error { return c.SendStatus(401) }})
	New(&reader{}, &reader{}, &reader{}, "").Register(app)
	request := httptest.NewRequest(http.MethodGet, "/api/v1/contacts", nil)
	request.Header.Set("Authorization", "Bearer ")
	response, err := app.Test(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusUnauthorized, response.StatusCode, "no token configured: nobody")
}
