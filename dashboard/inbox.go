package dashboard

import (
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

// Rows of the list: one page, and the most a refresh may ask for.
const (
	rowPage  = 30
	rowLimit = 200
	// A search finds people first and then their conversations.
	searchPeople = 50
)

// inboxBody is what the inbox page shows; Thread and Panel are nil when no conversation is open.
type inboxBody struct {
	List   view.List
	Desk   *deskView
	Narrow string // which column a phone shows: list or thread
}

// deskView is an open conversation: the middle and the right column.
type deskView struct {
	Thread view.Thread
	Panel  view.Panel
	Open   bool // the panel, where there is no room for it beside the thread
}

// inboxQuery is what the list is filtered by.
type inboxQuery struct {
	view, search, channel, label, sort string
}

func readInboxQuery(c *fiber.Ctx) inboxQuery {
	return inboxQueryOf(func(name string) string { return query(c, name) })
}

func inboxQueryOf(get func(string) string) inboxQuery {
	q := inboxQuery{view: get("view"), search: get("q"), channel: get("channel"), label: get("label"), sort: get("sort")}
	if !slices.Contains(view.Views(), q.view) {
		q.view = "open"
	}
	return q
}

// values is the query as it stands in addresses; what is usual is left out.
func (q inboxQuery) values() url.Values {
	v := url.Values{"q": {q.search}, "channel": {q.channel}, "label": {q.label}, "sort": {q.sort}}
	if q.view != "open" {
		v.Set("view", q.view)
	}
	return v
}

// conversations translates to the store's words. A search looks into every state.
func (q inboxQuery) conversations(agent string) chat.ConversationQuery {
	out := chat.ConversationQuery{Channel: chat.Channel(q.channel), Label: q.label, State: chat.StateOpen}
	switch q.view {
	case "mine":
		out.Assignee = agent
	case "unassigned":
		out.Unassigned = true
	case "pending", "snoozed", "closed":
		out.State = chat.State(q.view)
	case "open":
		if q.search != "" {
			out.State = ""
		}
	}
	switch sort := chat.ConversationSort(q.sort); sort {
	case chat.ByWaiting, chat.ByCreated, chat.ByOldest:
		out.Sort = sort
	case chat.ByActivity:
		out.Sort = chat.ByActivity
	default:
		out.Sort = chat.ByActivity
	}
	return out
}

func (d *Dashboard) inboxRoutes() []route {
	return []route{
		{get, "/inbox", agent, d.inbox},
		{get, "/inbox/:conversation", agent, d.conversation},
		{get, "/inbox/:conversation/messages", agent, d.messages},
		{post, "/inbox/:conversation/read", agent, d.markRead},
		{get, "/inbox/:conversation/panel", agent, d.panel},
		{post, "/inbox/:conversation/panel", agent, d.choosePanel},
		{post, "/inbox/:conversation/state", agent, d.setState},
		{post, "/inbox/:conversation/assignee", agent, d.setAssignee},
		{post, "/inbox/:conversation/priority", agent, d.setPriority},
		{post, "/inbox/:conversation/labels", agent, d.addConversationLabel},
		{post, "/inbox/:conversation/labels/remove", agent, d.removeConversationLabel},
		{post, "/inbox/:conversation/attributes", agent, d.setConversationAttribute},
		{post, "/inbox/:conversation/attributes/remove", agent, d.removeConversationAttribute},
	}
}

func (d *Dashboard) inbox(c *fiber.Ctx) error {
	page := d.frame(c, "Inbox", "inbox")
	q := readInboxQuery(c)
	if fragment(c) && c.Query("after") != "" {
		rows, err := d.rows(c, q, "")
		if err != nil {
			return err
		}
		return d.render(c, http.StatusOK, "partials/rows", rows)
	}
	list, err := d.list(c, q, "")
	if err != nil {
		return err
	}
	if fragment(c) {
		if c.Get("HX-Source") != "div#list-body" { // a tab or filter was chosen, not refreshed
			c.Set("HX-Replace-Url", listAddress(c, q))
		}
		return d.render(c, http.StatusOK, "partials/list_body", list)
	}
	page.Body = inboxBody{List: list, Narrow: "list"}
	return d.render(c, http.StatusOK, "pages/inbox", page)
}

// listAddress is the page's address with another filter: the open conversation stays open.
func listAddress(c *fiber.Ctx, q inboxQuery) string {
	path := "/inbox"
	if u, err := url.Parse(c.Get("HX-Current-URL")); err == nil && strings.HasPrefix(u.Path, "/inbox/") {
		path = localPath(u.EscapedPath(), path)
	}
	return view.URL(path, q.values())
}

// list reads the left column. current is the open conversation.
func (d *Dashboard) list(c *fiber.Ctx, q inboxQuery, current string) (view.List, error) {
	counts, err := d.conversationCounts(c)
	if err != nil {
		return view.List{}, err
	}
	rows, err := d.rows(c, q, current)
	if err != nil {
		return view.List{}, err
	}
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return view.List{}, fmt.Errorf("dashboard: read settings: %w", err)
	}
	shown := q.view
	if q.search != "" && q.view == "open" {
		shown = ""
	}
	list := view.List{Tabs: view.Tabs(shown, counts, q.values()), Rows: rows, Filter: q.filter(settings.Labels)}
	list.Filters = q.channel+q.label+q.sort+q.search != ""
	list.Filter.Action = "/inbox"
	return list, nil
}

func (q inboxQuery) filter(labels []chat.LabelDefinition) view.Filter {
	clearTo := inboxQuery{view: q.view}
	return view.Filter{
		View: q.view, Query: q.search, Channel: q.channel, Label: q.label, Sort: q.sort,
		Channels: view.ChannelOptions(q.channel), Labels: view.LabelOptions(q.label, labels),
		Sorts: view.Options(q.sort, [2]string{"", "Newest activity"}, [2]string{"waiting", "Longest waiting"},
			[2]string{"created", "Newest conversation"}, [2]string{"oldest", "Oldest conversation"}),
		ClearURL: view.URL("/inbox", clearTo.values()),
	}
}

// rows reads a stretch of the list.
func (d *Dashboard) rows(c *fiber.Ctx, q inboxQuery, current string) (view.Rows, error) {
	ctx := c.UserContext()
	cq := q.conversations(signedIn(c).user.ID)
	cq.PageRequest = chat.PageRequest{Cursor: query(c, "after"), Limit: rowPage}
	if n, err := strconv.Atoi(c.Query("limit")); err == nil {
		cq.Limit = min(max(n, rowPage), rowLimit)
	}
	if q.search != "" {
		people, err := d.Contacts.Contacts(ctx, chat.ContactQuery{Search: q.search, PageRequest: chat.PageRequest{Limit: searchPeople}})
		if err != nil {
			return view.Rows{}, fmt.Errorf("dashboard: search people: %w", err)
		}
		for i := range people.Items {
			cq.ContactIDs = append(cq.ContactIDs, people.Items[i].ID)
		}
		if len(cq.ContactIDs) == 0 {
			return view.Rows{Empty: emptyList(q), RefreshURL: view.URL("/inbox", q.values())}, nil
		}
	}
	found, err := d.conversations(c, cq)
	if err != nil {
		return view.Rows{}, err
	}
	return d.rowsOf(c, q, &found, cq.State, current)
}

func (d *Dashboard) rowsOf(c *fiber.Ctx, q inboxQuery, found *chat.List[chat.Conversation], state chat.State, current string) (view.Rows, error) {
	ctx := c.UserContext()
	ids, talks := make([]string, 0, len(found.Items)), make([]string, 0, len(found.Items))
	for i := range found.Items {
		ids, talks = append(ids, found.Items[i].ContactID), append(talks, found.Items[i].ID)
	}
	people, err := d.Contacts.ContactsByID(ctx, ids)
	if err != nil {
		return view.Rows{}, fmt.Errorf("dashboard: read contacts of a list: %w", err)
	}
	settings, err := d.Settings.Settings(ctx)
	if err != nil {
		return view.Rows{}, fmt.Errorf("dashboard: read settings: %w", err)
	}
	watching, err := d.watching(c, talks)
	if err != nil {
		return view.Rows{}, err
	}
	rows := view.Rows{RefreshURL: view.URL("/inbox", q.values())}
	for i := range found.Items {
		conversation := &found.Items[i]
		in := view.RowInput{
			Conversation: conversation, Agent: signedIn(c).user.ID, Labels: settings.Labels, Query: q.values(), State: state,
			Current: current, Watching: watching[conversation.ID], Clock: d.clock(c),
		}
		if person, ok := people[conversation.ContactID]; ok {
			in.Contact = &person
		}
		rows.Items = append(rows.Items, view.RowOf(&in))
	}
	if found.Next != "" {
		more := q.values()
		more.Set("after", found.Next)
		rows.MoreURL = view.URL("/inbox", more)
	}
	if len(rows.Items) == 0 {
		rows.Empty = emptyList(q)
	}
	return rows, nil
}

// rowAgain reads one row of the list.
func (d *Dashboard) rowAgain(c *fiber.Ctx, id string, q inboxQuery) (view.Row, error) {
	conversation, err := d.Conversations.Conversation(c.UserContext(), id)
	if err != nil {
		return view.Row{}, fmt.Errorf("dashboard: read conversation: %w", err)
	}
	found := chat.List[chat.Conversation]{Items: []chat.Conversation{conversation}}
	rows, err := d.rowsOf(c, q, &found, q.conversations(signedIn(c).user.ID).State, id)
	if err != nil {
		return view.Row{}, err
	}
	return rows.Items[0], nil
}

// emptyList says why the list is empty and what to do.
func emptyList(q inboxQuery) *view.Empty {
	if q.search+q.channel+q.label != "" {
		return &view.Empty{
			Icon: "search", Title: "Nothing matches", Text: "No conversation fits this search and these filters.",
			LinkText: "Clear them", LinkURL: view.URL("/inbox", inboxQuery{view: q.view}.values()),
		}
	}
	switch q.view {
	case "mine":
		return &view.Empty{
			Icon: "user", Title: "Nothing is assigned to you", Text: "Conversations you are given appear here.",
			LinkText: "See unassigned ones", LinkURL: "/inbox?view=unassigned",
		}
	case "open":
		return &view.Empty{
			Icon: "inbox", Title: "No open conversations",
			Text: "New messages appear here by themselves. To see it happen, let Switchboard simulate some customers:", Command: "switchboard simulate",
		}
	case "unassigned":
		return &view.Empty{Icon: "circle-check", Title: "Everything has an owner", Text: "Every open conversation is assigned to somebody."}
	case "closed":
		return &view.Empty{Icon: "archive", Title: "Nothing closed yet", Text: "Set a conversation's state to closed in its Conversation tab, and it moves here."}
	default:
		return &view.Empty{Icon: "clock", Title: "Nothing here", Text: "Set a conversation's state to " + q.view + " in its Conversation tab, and it moves here."}
	}
}
