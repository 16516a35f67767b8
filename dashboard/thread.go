package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Messages of a thread: one page, and how many pages a refresh goes back to find where the page on screen begins.
const (
	messagePage  = 50
	refreshPages = 10
)

// conversation shows an open conversation: the whole inbox, or thread and panel for htmx.
func (d *Dashboard) conversation(c *fiber.Ctx) error {
	id, q := param(c, "conversation"), readInboxQuery(c)
	told, err := d.seeNotices(c, id)
	if err != nil {
		return err
	}
	page := d.frame(c, "", "inbox")
	desk, err := d.desk(c, id, q, nil)
	if err != nil {
		return err
	}
	if fragment(c) {
		row, err := d.rowAgain(c, id, q)
		if err != nil {
			return err
		}
		parts := []part{{"partials/desk", desk}, {"oob/row", row}}
		if told {
			parts = append(parts, part{"oob/badge", page.Badge})
		}
		return d.answer(c, http.StatusOK, parts...)
	}
	return d.showInbox(c, http.StatusOK, page, q, desk)
}

func (d *Dashboard) showInbox(c *fiber.Ctx, status int, page *frame, q inboxQuery, desk *deskView) error {
	list, err := d.list(c, q, desk.Thread.ID)
	if err != nil {
		return err
	}
	page.Title = desk.Thread.Name
	page.Body = inboxBody{List: list, Desk: desk, Narrow: "thread"}
	return d.render(c, status, "pages/inbox", page)
}

// desk reads thread and panel, and notes that the agent has seen the conversation. A form of the panel that was refused is
// put in by amend.
func (d *Dashboard) desk(c *fiber.Ctx, id string, q inboxQuery, amend func(*view.Panel)) (*deskView, error) {
	ctx, agent := c.UserContext(), signedIn(c).user.ID
	conversation, err := d.Conversations.Conversation(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(ctx, conversation.ContactID)
	if err != nil {
		return nil, fmt.Errorf("dashboard: read contact: %w", err)
	}
	unread := conversation.Unread(agent)
	thread := d.threadOf(c, &conversation, &contact, q)
	shown, err := d.partOf(c, id)
	if err != nil {
		return nil, err
	}
	marker := view.FirstUnread(shown.Items, unread)
	thread.Messages = d.messagesOf(c, &conversation, &contact, &shown, marker, unread)
	if unread > 0 && c.Get("Sec-Purpose") == "" { // a browser that only prefetches shows nothing to anybody
		if err := d.read(c, id); err != nil {
			return nil, err
		}
	}
	panel, err := d.panelOf(c, &conversation, &contact, query(c, "tab"), q)
	if err != nil {
		return nil, err
	}
	if amend != nil {
		amend(panel)
	}
	return &deskView{Thread: thread, Panel: *panel, Open: amend != nil || c.Query("edit") != ""}, nil
}

func (d *Dashboard) threadOf(c *fiber.Ctx, conversation *chat.Conversation, contact *chat.Contact, q inboxQuery) view.Thread {
	name := view.ContactName(contact)
	thread := view.Thread{
		ID: conversation.ID, Name: name, Avatar: view.AvatarOf(contact.ID, name), Channel: view.ChannelOf(conversation.Channel),
		Account: d.config.AccountName(conversation.Channel, conversation.Account), State: view.ConversationState(conversation, d.clock(c)),
		ContactURL: view.ContactURL(contact.ID), BackURL: view.URL("/inbox", q.values()), Group: conversation.GroupID != "",
	}
	thread.Handling = view.HandlingOf(conversation, &signedIn(c).user, signedIn(c).token, d.clock(c))
	thread.Watch.ID, thread.Watch.Clock = conversation.ID, d.clock(c)
	if there, err := d.watching(c, []string{conversation.ID}); err == nil { // a courtesy: the thread is shown without it
		thread.Watch.People = there[conversation.ID]
	}
	switch conversation.Assignee {
	case "":
	case signedIn(c).user.ID:
		thread.Assignee = "You"
	default:
		if user, err := d.Users.User(c.UserContext(), conversation.Assignee); err == nil {
			thread.Assignee = view.UserName(&user)
		}
	}
	thread.Describe()
	return thread
}

// messagesOf makes the items of a stretch of messages, with the addresses to fetch it again and to go further back.
func (d *Dashboard) messagesOf(c *fiber.Ctx, conversation *chat.Conversation, contact *chat.Contact, shown *threadPart, marker string, unread int64) view.Messages {
	base := "/inbox/" + url.PathEscape(conversation.ID)
	in := view.ThreadInput{
		Messages: shown.Items, Timeline: conversation.Timeline, Oldest: shown.Next == "", Newest: !shown.older, Marker: marker, Unread: unread,
		Contact: view.ContactName(contact), Business: d.config.AccountName(conversation.Channel, conversation.Account), Clock: d.clock(c),
	}
	out := view.Messages{
		ID: conversation.ID, Items: view.Items(&in), ReadURL: base + "/read", Markable: conversation.Unread(signedIn(c).user.ID) > 0,
		RefreshURL: view.URL(base+"/messages", url.Values{"marker": {marker}}),
	}
	if shown.Next != "" {
		out.OlderURL = view.URL(base, url.Values{"before": {shown.Next}})
		out.OlderFragmentURL = view.URL(base+"/messages", url.Values{"before": {shown.Next}})
	}
	if shown.older {
		out.NewerURL = base
	}
	if shown.found != "" {
		out.Mark(shown.found)
		if shown.older { // fetched again, it stays where it is
			out.RefreshURL = view.URL(base+"/messages", url.Values{"marker": {marker}, "at": {shown.found}})
		}
	}
	out.Describe()
	return out
}

// read notes that the agent has seen the conversation, and tells the agent's other pages.
func (d *Dashboard) read(c *fiber.Ctx, id string) error {
	agent, now, news := signedIn(c).user.ID, d.config.Now(), false
	_, err := d.Conversations.UpdateConversation(c.UserContext(), id, func(conversation *chat.Conversation) error {
		news = conversation.MarkRead(agent, now)
		return nil
	})
	if errors.Is(err, chat.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("dashboard: mark read: %w", err)
	}
	if news {
		d.changed(c, chat.Change{Conversation: id, Read: true})
	}
	return nil
}

// markRead is told by the script when new messages were shown in a visible window. The answer is the row of the list, which
// has nothing unread now.
func (d *Dashboard) markRead(c *fiber.Ctx) error {
	id := param(c, "conversation")
	if err := d.read(c, id); err != nil {
		return err
	}
	row, err := d.rowAgain(c, id, currentQuery(c))
	if err != nil {
		return err
	}
	return d.answer(c, http.StatusOK, part{"oob/row", row})
}

// messages is the thread's messages alone: the page before a cursor, or everything on screen again.
func (d *Dashboard) messages(c *fiber.Ctx) error {
	ctx, id := c.UserContext(), param(c, "conversation")
	if !fragment(c) {
		return c.Redirect("/inbox/"+url.PathEscape(id), http.StatusSeeOther)
	}
	conversation, err := d.Conversations.Conversation(ctx, id)
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(ctx, conversation.ContactID)
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	if before := query(c, "before"); before != "" {
		list, err := d.Conversations.Messages(ctx, id, before, messagePage)
		if err != nil {
			return fmt.Errorf("dashboard: read older messages: %w", err)
		}
		return d.render(c, http.StatusOK, "partials/older", d.messagesOf(c, &conversation, &contact, &threadPart{List: list, older: true}, "", 0))
	}
	return d.messagesAgain(c, &conversation, &contact)
}

// messagesAgain sends what a page with this thread does not have: what is newer, or everything on screen when that is not all.
func (d *Dashboard) messagesAgain(c *fiber.Ctx, conversation *chat.Conversation, contact *chat.Contact) (err error) {
	marker := query(c, "marker")
	var shown threadPart
	if query(c, "at") != "" {
		shown, err = d.partOf(c, conversation.ID)
	} else {
		shown.List, err = d.onScreen(c.UserContext(), conversation.ID, query(c, "first"), query(c, "older"))
	}
	if err != nil {
		return err
	}
	thread := d.threadOf(c, conversation, contact, currentQuery(c))
	thread.HeadKept = thread.Version == query(c, "head")
	thread.Messages = d.messagesOf(c, conversation, contact, &shown, marker, unreadSince(shown.Items, marker))
	partial := "partials/refresh"
	if thread.Messages.Since(query(c, "known")) {
		partial = "partials/refresh_newer"
	}
	return d.render(c, http.StatusOK, partial, &thread)
}

// onScreen reads the messages from the one the screen begins with to the newest, so that nothing that is shown disappears
// and nothing new is left out. older is the cursor of what comes before the screen.
func (d *Dashboard) onScreen(ctx context.Context, id, first, older string) (chat.List[chat.Message], error) {
	list, err := d.Conversations.Messages(ctx, id, "", messagePage)
	for page := 1; err == nil; page++ {
		kept, found := view.Since(list.Items, first)
		if found && list.Next != "" {
			return chat.List[chat.Message]{Items: kept, Next: older}, nil
		}
		if found || list.Next == "" || first == "" || page == refreshPages {
			return list, nil
		}
		var before chat.List[chat.Message]
		before, err = d.Conversations.Messages(ctx, id, list.Next, messagePage)
		list = chat.List[chat.Message]{Items: append(before.Items, list.Items...), Next: before.Next}
	}
	return list, fmt.Errorf("dashboard: read messages: %w", err)
}

// unreadSince counts the customer's messages from the marker on, for the marker's words.
func unreadSince(messages []chat.Message, marker string) int64 {
	kept, found := view.Since(messages, marker)
	if !found || marker == "" {
		return 0
	}
	var n int64
	for i := range kept {
		if kept[i].Direction == chat.Inbound {
			n++
		}
	}
	return n
}

// deskPath is the page of a conversation from any of its parts' addresses.
func deskPath(c *fiber.Ctx) string {
	return "/inbox/" + url.PathEscape(strings.Clone(c.Params("conversation")))
}
