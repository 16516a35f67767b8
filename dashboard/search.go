package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Finder finds messages and notes by their words.
type Finder interface {
	SearchMessages(ctx context.Context, q chat.SearchQuery) (chat.List[chat.Hit], error)
	SearchNotes(ctx context.Context, q chat.SearchQuery) (chat.List[chat.Note], error)
	MatchConversations(ctx context.Context, text string) (chat.Matches, error)
	MessagesAround(ctx context.Context, conversationID, messageID string, limit int) (l chat.List[chat.Message], newer bool, err error)
}

// How much of each group the search page shows at once.
const (
	foundFew  = 5  // of people and notes, before one asks for more
	foundPage = 20 // of messages, and of whatever group one asks for
)

func (d *Dashboard) searchRoutes() []route {
	return []route{{get, "/search", agent, d.search}}
}

// search shows people, messages and notes: all groups, or the next stretch of one.
func (d *Dashboard) search(c *fiber.Ctx) error {
	page := d.frame(c, "Search", "search")
	text := query(c, "q")
	if group := query(c, "in"); group != "" && fragment(c) {
		found, err := d.foundGroup(c, group, text, query(c, "after"), foundPage)
		if err != nil {
			return err
		}
		return d.render(c, http.StatusOK, "partials/results_more", found)
	}
	found, err := d.found(c, text, query(c, "in"))
	if err != nil {
		return err
	}
	if fragment(c) {
		c.Set("HX-Replace-Url", view.URL("/search", url.Values{"q": {text}}))
		return d.render(c, http.StatusOK, "partials/results", found)
	}
	page.Body = found
	return d.render(c, http.StatusOK, "pages/search", page)
}

// found reads the groups of a search, or one of them. Messages stand last: there are always more of them, and nobody would
// scroll past them to a note.
func (d *Dashboard) found(c *fiber.Ctx, text, only string) (view.Results, error) {
	out := view.Results{Query: text}
	if !view.Searchable(text) {
		return out, nil
	}
	for _, g := range []struct {
		key string
		n   int
	}{{"people", foundFew}, {"notes", foundFew}, {"messages", foundPage}} {
		if only != "" && only != g.key {
			continue
		}
		n, after := g.n, ""
		if only != "" {
			n, after = foundPage, query(c, "after")
		}
		group, err := d.foundGroup(c, g.key, text, after, n)
		if err != nil {
			return out, err
		}
		if len(group.Items) > 0 || group.MoreURL != "" {
			out.Groups = append(out.Groups, group)
		}
	}
	return out, nil
}

// foundGroup reads a stretch of one group.
func (d *Dashboard) foundGroup(c *fiber.Ctx, key, text, after string, limit int) (view.ResultGroup, error) {
	read := map[string]func(*fiber.Ctx, string, chat.PageRequest) ([]view.Result, string, error){
		"people": d.foundPeople, "messages": d.foundMessages, "notes": d.foundNotes,
	}[key]
	if read == nil {
		return view.ResultGroup{}, fmt.Errorf("dashboard: search group: %w", chat.ErrNotFound)
	}
	items, next, err := read(c, text, chat.PageRequest{Cursor: after, Limit: limit})
	if err != nil {
		return view.ResultGroup{}, fmt.Errorf("dashboard: search %s: %w", key, err)
	}
	return view.ResultGroupOf(key, text, items, next), nil
}

func (d *Dashboard) foundPeople(c *fiber.Ctx, text string, page chat.PageRequest) ([]view.Result, string, error) {
	people, err := d.Contacts.Contacts(c.UserContext(), chat.ContactQuery{Search: text, PageRequest: page})
	if err != nil {
		return nil, "", err
	}
	items := make([]view.Result, len(people.Items))
	for i := range people.Items {
		items[i] = view.PersonResult(&people.Items[i], text, d.clock(c))
	}
	return items, people.Next, nil
}

func (d *Dashboard) foundMessages(c *fiber.Ctx, text string, page chat.PageRequest) ([]view.Result, string, error) {
	hits, err := d.Finder.SearchMessages(c.UserContext(), chat.SearchQuery{Scope: scope(c), Text: text, PageRequest: page})
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(hits.Items))
	for i := range hits.Items {
		ids[i] = hits.Items[i].Conversation.ContactID
	}
	people, err := d.Contacts.ContactsByID(c.UserContext(), ids)
	if err != nil {
		return nil, "", err
	}
	items := make([]view.Result, len(hits.Items))
	for i := range hits.Items {
		person := people[hits.Items[i].Conversation.ContactID]
		items[i] = view.MessageResult(&hits.Items[i], &person, text, d.clock(c))
	}
	return items, hits.Next, nil
}

func (d *Dashboard) foundNotes(c *fiber.Ctx, text string, page chat.PageRequest) ([]view.Result, string, error) {
	notes, err := d.Finder.SearchNotes(c.UserContext(), chat.SearchQuery{Scope: scope(c), Text: text, PageRequest: page})
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(notes.Items))
	for i := range notes.Items {
		ids[i] = notes.Items[i].ContactID
	}
	people, err := d.Contacts.ContactsByID(c.UserContext(), ids)
	if err != nil {
		return nil, "", err
	}
	var items []view.Result
	for i := range notes.Items {
		if person, ok := people[notes.Items[i].ContactID]; ok { // of an erased person nothing is shown
			items = append(items, view.NoteResult(&notes.Items[i], &person, text, d.clock(c)))
		}
	}
	return items, notes.Next, nil
}

// A part of a thread is what is shown of it.
type threadPart struct {
	chat.List[chat.Message]
	found string // the message that was asked for
	older bool   // there may be newer messages behind it
}

// partOf reads the part of a thread an address asks for: around a message, before a cursor, or the newest. A message that is
// not there any more leads to the newest ones.
func (d *Dashboard) partOf(c *fiber.Ctx, conversation string) (threadPart, error) {
	at, before := query(c, "at"), query(c, "before")
	if at != "" && before == "" {
		list, newer, err := d.Finder.MessagesAround(c.UserContext(), conversation, at, messagePage)
		if err == nil {
			return threadPart{list, at, newer}, nil
		}
		if !errors.Is(err, chat.ErrNotFound) {
			return threadPart{}, fmt.Errorf("dashboard: read messages around one: %w", err)
		}
	}
	list, err := d.Conversations.Messages(c.UserContext(), conversation, before, messagePage)
	if err != nil {
		return threadPart{}, fmt.Errorf("dashboard: read messages: %w", err)
	}
	return threadPart{List: list, older: before != ""}, nil
}
