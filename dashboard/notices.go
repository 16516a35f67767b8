package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Notices keeps what users are told until they open it.
type Notices interface {
	Notify(ctx context.Context, list []chat.Notification) error
	Notifications(ctx context.Context, user string, page chat.PageRequest) (chat.List[chat.Notification], error)
	CountNotifications(ctx context.Context, user string) (int64, error)
	OpenNotifications(ctx context.Context, user, conversationID string) (int, error)
}

// toastsAtOnce is how many notices come up as toasts at a time; the badge counts the rest.
const toastsAtOnce = 3

// noticesCounted is how many notices of an agent are looked at one by one for the badge. Those beyond are counted with whatever
// the agent may not see any more.
const noticesCounted = 100

func (d *Dashboard) noticeRoutes() []route {
	return []route{
		{get, view.NoticesPage, agent, d.notices},
		{get, view.NoticesPage + "/badge", agent, d.badge},
		{post, view.NoticesPage + "/clear", agent, d.clearNotices},
	}
}

// notices lists what the caller was told and has not opened.
func (d *Dashboard) notices(c *fiber.Ctx) error {
	page := d.frame(c, "Notices", "notices")
	a := about{page: view.NoticesPage, fragment: view.NoticesPage}
	found, conversations, err := d.told(c, a.request(c))
	if err != nil {
		return err
	}
	body := view.Notices{ClearURL: view.NoticesPage + "/clear", CSRF: signedIn(c).token}
	if body.Items, err = d.noticesOf(c, found.Items, conversations); err != nil {
		return err
	}
	body.Stretch = a.stretch(c, found.Next, nil, view.Empty{
		Icon: "bell", Title: "Nothing new", Text: "When a colleague tags you in a comment, you are told here and by a notice on whatever page you have open.",
	})
	switch {
	case fragment(c) && query(c, "older") != "":
		return d.render(c, http.StatusOK, "partials/notice_items", body)
	case fragment(c):
		return d.render(c, http.StatusOK, "partials/notice_list", body)
	}
	page.Body = body
	return d.render(c, http.StatusOK, "pages/notices", page)
}

// told lists what a user was told about conversations they may see, with these conversations. Whoever has lost the right to a
// conversation is not told about it any more; what is left of a page may be short, and is empty only when there is no more.
func (d *Dashboard) told(c *fiber.Ctx, page chat.PageRequest) (chat.List[chat.Notification], map[string]*chat.Conversation, error) {
	out, conversations := chat.List[chat.Notification]{}, map[string]*chat.Conversation{}
	for {
		found, err := d.Notices.Notifications(c.UserContext(), signedIn(c).user.ID, page)
		if err != nil {
			return out, nil, fmt.Errorf("dashboard: list notices: %w", err)
		}
		ids := make([]string, 0, len(found.Items))
		for i := range found.Items {
			ids = append(ids, found.Items[i].ConversationID)
		}
		if err := d.visible(c, ids, conversations); err != nil {
			return out, nil, err
		}
		for i := range found.Items {
			if conversations[found.Items[i].ConversationID] != nil || scope(c).Everything() {
				out.Items = append(out.Items, found.Items[i])
			}
		}
		if out.Next = found.Next; len(out.Items) > 0 || out.Next == "" {
			return out, conversations, nil
		}
		page.Cursor = out.Next
	}
}

// noticesOf words notifications with the people they are about.
func (d *Dashboard) noticesOf(c *fiber.Ctx, list []chat.Notification, conversations map[string]*chat.Conversation) ([]view.Notice, error) {
	var people []string
	for i := range list {
		if conversation := conversations[list[i].ConversationID]; conversation != nil && !slices.Contains(people, conversation.ContactID) {
			people = append(people, conversation.ContactID)
		}
	}
	contacts, err := d.Contacts.ContactsByID(c.UserContext(), people)
	if err != nil {
		return nil, fmt.Errorf("dashboard: read contacts of notices: %w", err)
	}
	var out []view.Notice
	for i := range list {
		var contact *chat.Contact
		conversation := conversations[list[i].ConversationID]
		if conversation != nil {
			if found, ok := contacts[conversation.ContactID]; ok {
				contact = &found
			}
		}
		out = append(out, view.NoticeOf(&list[i], conversation, contact, d.clock(c)))
	}
	return out, nil
}

// badge counts again after a change that is for the caller, and brings up as toasts what the page does not know yet. What
// is about the conversation that is open on the page needs no telling.
func (d *Dashboard) badge(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect(view.NoticesPage, http.StatusSeeOther)
	}
	user := signedIn(c).user.ID
	if id := openConversation(c); id != "" {
		if _, err := d.Notices.OpenNotifications(c.UserContext(), user, id); err != nil {
			return fmt.Errorf("dashboard: open notices: %w", err)
		}
	}
	badge, newest, conversations, err := d.badgeOf(c)
	if err != nil {
		return err
	}
	known, err := strconv.ParseInt(query(c, "known"), 10, 64)
	if err != nil {
		return fmt.Errorf("dashboard: newest known notice: %w", chat.ErrInvalid)
	}
	for i := range newest {
		if newest[i].CreatedAt.UnixMilli() <= known {
			newest = newest[:i]
			break
		}
	}
	news, err := d.noticesOf(c, newest, conversations)
	if err != nil {
		return err
	}
	parts := []part{{"partials/badge", badge}}
	for _, n := range news {
		parts = append(parts, part{"oob/notice", n})
	}
	return d.answer(c, http.StatusOK, parts...)
}

// openConversation is the conversation on the page that asks, if it shows one.
func openConversation(c *fiber.Ctx) string {
	u, err := url.Parse(c.Get("HX-Current-URL"))
	if err != nil {
		return ""
	}
	id, found := strings.CutPrefix(u.Path, "/inbox/")
	if !found || strings.Contains(id, "/") {
		return ""
	}
	return id
}

// badgeOf counts what the caller has not opened, and lists the newest of it with its conversations.
func (d *Dashboard) badgeOf(c *fiber.Ctx) (view.Badge, []chat.Notification, map[string]*chat.Conversation, error) {
	user, page := signedIn(c).user.ID, chat.PageRequest{Limit: toastsAtOnce}
	if !scope(c).Everything() { // what the caller may not see does not count: it has to be looked at
		page.Limit = noticesCounted
	}
	newest, conversations, err := d.told(c, page)
	if err != nil {
		return view.Badge{}, nil, nil, err
	}
	count := int64(len(newest.Items))
	if newest.Next != "" {
		if count, err = d.Notices.CountNotifications(c.UserContext(), user); err != nil {
			return view.Badge{}, nil, nil, fmt.Errorf("dashboard: count notices: %w", err)
		}
	}
	if len(newest.Items) == 0 {
		return view.BadgeOf(user, 0, nil, d.clock(c)), nil, nil, nil
	}
	return view.BadgeOf(user, count, &newest.Items[0], d.clock(c)), newest.Items[:min(len(newest.Items), toastsAtOnce)], conversations, nil
}

// seeNotices clears what the caller was told about a conversation that is being opened, and says whether there was anything.
func (d *Dashboard) seeNotices(c *fiber.Ctx, conversation string) (bool, error) {
	if c.Get("Sec-Purpose") != "" { // a browser that only prefetches shows nothing to anybody
		return false, nil
	}
	n, err := d.Notices.OpenNotifications(c.UserContext(), signedIn(c).user.ID, conversation)
	if err != nil {
		return false, fmt.Errorf("dashboard: open notices: %w", err)
	}
	return n > 0, nil
}

func (d *Dashboard) clearNotices(c *fiber.Ctx) error {
	if _, err := d.Notices.OpenNotifications(c.UserContext(), signedIn(c).user.ID, ""); err != nil {
		return fmt.Errorf("dashboard: clear notices: %w", err)
	}
	return c.Redirect(view.NoticesPage, http.StatusSeeOther)
}
