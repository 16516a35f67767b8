// Package api is the read-only JSON interface for other programs: the ledger, contacts and conversations, oldest first, in
// pages with a cursor.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
)

// Ledger reads what became of every element.
type Ledger interface {
	Ledger(ctx context.Context, q chat.LedgerQuery) (chat.List[chat.Entry], error)
	LedgerSummary(ctx context.Context, from, to time.Time) (chat.LedgerSummary, error)
}

// Contacts reads people.
type Contacts interface {
	Contacts(ctx context.Context, q chat.ContactQuery) (chat.List[chat.Contact], error)
	Contact(ctx context.Context, id string) (chat.Contact, error)
}

// Conversations reads conversations and their messages.
type Conversations interface {
	Conversations(ctx context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error)
	Conversation(ctx context.Context, id string) (chat.Conversation, error)
	MessagesOldest(ctx context.Context, conversationID string, p chat.PageRequest) (chat.List[chat.Message], error)
}

// Pages.
const (
	defaultLimit = 50
	maxLimit     = 500
	timeout      = 10 * time.Second
)

// API answers under /api/v1. It is safe for concurrent use.
type API struct {
	ledger        Ledger
	contacts      Contacts
	conversations Conversations
	token         [sha256.Size]byte
	open          bool
}

// New makes the API. Callers must present the token; an empty one lets nobody in.
func New(ledger Ledger, contacts Contacts, conversations Conversations, token string) *API {
	return &API{ledger: ledger, contacts: contacts, conversations: conversations, token: sha256.Sum256([]byte(token)), open: token != ""}
}

// Register adds the routes. Handlers return errors that wrap chat's sentinels, for the application's error handler.
func (a *API) Register(app fiber.Router) {
	v1 := app.Group("/api/v1", a.admit)
	v1.Get("/ledger", a.listLedger)
	v1.Get("/ledger/summary", a.summary)
	v1.Get("/contacts", a.listContacts)
	v1.Get("/contacts/:id", a.contact)
	v1.Get("/conversations", a.listConversations)
	v1.Get("/conversations/:id", a.conversation)
	v1.Get("/conversations/:id/messages", a.listMessages)
}

// admit checks the bearer token. Comparing hashes takes the same time whatever was sent.
func (a *API) admit(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(sum[:], a.token[:]) != 1 || !a.open {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="switchboard"`)
		return fmt.Errorf("api: token: %w", chat.ErrUnauthenticated)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), timeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// list is how every list is answered.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// answer turns documents into what the API shows of them.
func answer[D, V any](c *fiber.Ctx, found chat.List[D], show func(*D) V) error {
	out := list[V]{Items: make([]V, 0, len(found.Items)), Next: found.Next}
	for i := range found.Items {
		out.Items = append(out.Items, show(&found.Items[i]))
	}
	return c.JSON(out)
}

// stretch reads ?after= and ?limit=.
func stretch(c *fiber.Ctx) (chat.PageRequest, error) {
	p := chat.PageRequest{Cursor: strings.Clone(c.Query("after")), Limit: defaultLimit}
	if given := c.Query("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 {
			return p, &chat.InputError{Field: "limit", Message: "limit must be a whole number of at least 1."}
		}
		p.Limit = min(n, maxLimit)
	}
	return p, nil
}

// unreadable names the one parameter that only the store can judge.
func unreadable(err error, p chat.PageRequest) error {
	if _, told := chat.IsInput(err); !told && p.Cursor != "" && errors.Is(err, chat.ErrInvalid) {
		return &chat.InputError{Field: "after", Message: "after is not a place in this list: send the next of the answer before, unchanged."}
	}
	return err
}

// oneOf reads a parameter that has few values; an absent one is empty.
func oneOf[T ~string](c *fiber.Ctx, name string, allowed ...T) (T, error) {
	given := T(strings.Clone(c.Query(name)))
	if given == "" || slices.Contains(allowed, given) {
		return given, nil
	}
	list := make([]string, len(allowed))
	for i, a := range allowed {
		list[i] = string(a)
	}
	return "", &chat.InputError{Field: name, Message: name + " must be one of " + strings.Join(list, ", ") + "."}
}

// instant reads a time in RFC 3339; an absent one is zero.
func instant(c *fiber.Ctx, name string) (time.Time, error) {
	given := c.Query(name)
	if given == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, given)
	if err != nil {
		return time.Time{}, &chat.InputError{Field: name, Message: name + " must be a time such as 2026-01-31T12:00:00Z."}
	}
	return at.UTC(), nil
}

func window(c *fiber.Ctx) (from, to time.Time, err error) {
	if from, err = instant(c, "from"); err != nil {
		return from, to, err
	}
	to, err = instant(c, "to")
	return from, to, err
}

func (a *API) listLedger(c *fiber.Ctx) error {
	p, err := stretch(c)
	if err != nil {
		return err
	}
	from, to, err := window(c)
	if err != nil {
		return err
	}
	verdict, err := oneOf(c, "verdict", chat.Applied, chat.Duplicate, chat.Ignored, chat.Quarantine)
	if err != nil {
		return err
	}
	found, err := a.ledger.Ledger(c.UserContext(), chat.LedgerQuery{
		RequestID: strings.Clone(c.Query("request_id")), Verdict: verdict,
		Channel: chat.Channel(strings.Clone(c.Query("channel"))), From: from, To: to, PageRequest: p,
	})
	if err != nil {
		return fmt.Errorf("api: list ledger: %w", unreadable(err, p))
	}
	return answer(c, found, entryOf)
}

func (a *API) summary(c *fiber.Ctx) error {
	from, to, err := window(c)
	if err != nil {
		return err
	}
	sum, err := a.ledger.LedgerSummary(c.UserContext(), from, to)
	if err != nil {
		return fmt.Errorf("api: sum up ledger: %w", err)
	}
	if sum.Channels == nil {
		sum.Channels = map[chat.Channel]chat.Summary{}
	}
	return c.JSON(sum)
}

func (a *API) listContacts(c *fiber.Ctx) error {
	p, err := stretch(c)
	if err != nil {
		return err
	}
	found, err := a.contacts.Contacts(c.UserContext(), chat.ContactQuery{Sort: chat.ContactsByOldest, PageRequest: p})
	if err != nil {
		return fmt.Errorf("api: list contacts: %w", unreadable(err, p))
	}
	return answer(c, found, contactOf)
}

func (a *API) contact(c *fiber.Ctx) error {
	found, err := a.contacts.Contact(c.UserContext(), strings.Clone(c.Params("id")))
	if err != nil {
		return fmt.Errorf("api: read contact: %w", err)
	}
	return c.JSON(contactOf(&found))
}

func (a *API) listConversations(c *fiber.Ctx) error {
	p, err := stretch(c)
	if err != nil {
		return err
	}
	found, err := a.conversations.Conversations(c.UserContext(), chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: p})
	if err != nil {
		return fmt.Errorf("api: list conversations: %w", unreadable(err, p))
	}
	return answer(c, found, conversationOf)
}

func (a *API) conversation(c *fiber.Ctx) error {
	found, err := a.conversations.Conversation(c.UserContext(), strings.Clone(c.Params("id")))
	if err != nil {
		return fmt.Errorf("api: read conversation: %w", err)
	}
	return c.JSON(conversationOf(&found))
}

func (a *API) listMessages(c *fiber.Ctx) error {
	p, err := stretch(c)
	if err != nil {
		return err
	}
	found, err := a.conversations.MessagesOldest(c.UserContext(), strings.Clone(c.Params("id")), p)
	if err != nil {
		return fmt.Errorf("api: list messages: %w", unreadable(err, p))
	}
	return answer(c, found, messageOf)
}
