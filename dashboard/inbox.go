package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
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
	// People and notes that stand above the conversations of a search.
	foundBeside = 3
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

func (d *Dashboard) inboxRoutes() []route {
	return []route{
		{get, "/inbox", agent, d.inbox},
		{get, "/inbox/:conversation", agent, d.conversation},
		{get, "/inbox/:conversation/messages", agent, d.messages},
		{post, "/inbox/:conversation/read", agent, d.markRead},
		{get, "/inbox/:conversation/panel", agent, d.panel},
		{post, "/inbox/:conversation/panel", agent, d.choosePanel},
		{post, "/inbox/:conversation/labels", agent, d.addConversationLabel},
		{post, "/inbox/:conversation/labels/remove", agent, d.removeConversationLabel},
		{post, "/inbox/:conversation/attributes", agent, d.setConversationAttribute},
		{post, "/inbox/:conversation/attributes/remove", agent, d.removeConversationAttribute},
	}
}

func (d *Dashboard) inbox(c *fiber.Ctx) error {
	page := d.frame(c, "Inbox", "inbox")
	q := readInboxQuery(c)
	switch source := c.Get("HX-Source"); {
	case fragment(c) && c.Query("after") != "":
		rows, err := d.rows(c, q, "")
		if err != nil {
			return err
		}
		return d.render(c, http.StatusOK, "partials/rows", rows)
	case fragment(c) && source == "div#list-body": // refreshed: what is around the rows stays as it is
		rows, err := d.rows(c, q, "")
		if err != nil {
			return err
		}
		if q.filter.Text == "" && rows.Keep(query(c, "known")) && nextPage(rows.MoreURL) == query(c, "more") {
			return c.SendStatus(http.StatusNoContent)
		}
		return d.render(c, http.StatusOK, "partials/list_body", view.List{Rows: rows})
	}
	list, err := d.list(c, q, "")
	if err != nil {
		return err
	}
	if fragment(c) { // a view or a filter was chosen
		c.Set("HX-Replace-Url", listAddress(c, q))
		return d.render(c, http.StatusOK, "partials/list_changed", list)
	}
	page.Body = inboxBody{List: list, Narrow: "list"}
	return d.render(c, http.StatusOK, "pages/inbox", page)
}

// nextPage is the cursor in the address of the next rows.
func nextPage(more string) string {
	u, err := url.Parse(more)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
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
	q, err := d.resolve(c, q)
	if err != nil {
		return view.List{}, err
	}
	names, err := d.names(c)
	if err != nil {
		return view.List{}, err
	}
	nav, err := d.viewNav(c, q)
	if err != nil {
		return view.List{}, err
	}
	rows, err := d.rows(c, q, current)
	if err != nil {
		return view.List{}, err
	}
	tools, err := d.tools(c, q, names)
	if err != nil {
		return view.List{}, err
	}
	if len(rows.Items) == 0 && rows.Empty != nil {
		if rows.Empty.Drops, err = d.drops(c, q, names); err != nil {
			return view.List{}, err
		}
	}
	bar := view.BulkBar{
		On: c.Query("select") != "", CSRF: signedIn(c).token, Return: view.URL("/inbox", q.values()), OffURL: view.URL("/inbox", q.values()),
		OnURL: view.URL("/inbox", selecting(q.values())), Choices: view.BulkChoices(names.users, names.departments, signedIn(c).user.ID, d.clock(c)), Known: view.LabelNames(names.labels),
	}
	return view.List{Bulk: bar, Nav: nav, Tools: tools, Filter: filterOf(c, q, names), Rows: rows}, nil
}

// names reads what the filter's values are called.
func (d *Dashboard) names(c *fiber.Ctx) (named, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return named{}, fmt.Errorf("dashboard: read settings: %w", err)
	}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return named{}, fmt.Errorf("dashboard: list users: %w", err)
	}
	return named{users: users, departments: settings.Departments, labels: settings.Labels}, nil
}

// filterOf is the form as it shows the query. Without a text the usual state is open; a search looks into every state.
func filterOf(c *fiber.Ctx, q inboxQuery, n named) view.Filter {
	f := q.filter
	saved := ""
	if isSaved(q.view) {
		saved = q.view
	}
	return view.Filter{
		Saved: saved, Query: f.Text, Labels: f.Labels, Flagged: f.Flagged, Offered: f.Offered,
		States:     view.StateOptions(f, saved != ""),
		Assignees:  view.AssigneeOptions(f.Assigned, signedIn(c).user.ID, n.users),
		Channels:   view.ChannelOptions(string(f.Channel)),
		Department: view.DepartmentOptions(f.Department, n.departments),
		More:       view.MoreLabelOptions(f.Labels, n.labels),
		Priorities: view.PriorityOptions(f.Priority),
		Sorts:      view.SortOptions(f.Sort),
		ClearURL:   view.URL("/inbox", q.bare().values()),
	}
}

// conversationQuery is the one place that makes a query of a filter for whoever is signed in.
func (d *Dashboard) conversationQuery(c *fiber.Ctx, f chat.ViewFilter) (chat.ConversationQuery, chat.Matches, error) {
	q := f.Query(&signedIn(c).user)
	if f.Text == "" {
		return q, chat.Matches{}, nil
	}
	found, err := d.Finder.MatchConversations(c.UserContext(), f.Text)
	if err != nil {
		return q, found, fmt.Errorf("dashboard: search: %w", err)
	}
	q.IDs = append([]string{}, found.Conversations...) // none found is not the same as none asked for
	return q, found, nil
}

// rows reads a stretch of the list.
func (d *Dashboard) rows(c *fiber.Ctx, q inboxQuery, current string) (view.Rows, error) {
	q, err := d.resolve(c, q)
	if err != nil {
		return view.Rows{}, err
	}
	cq, matches, err := d.conversationQuery(c, q.filter)
	if err != nil {
		return view.Rows{}, err
	}
	cq.PageRequest = chat.PageRequest{Cursor: query(c, "after"), Limit: rowPage}
	if n, err := strconv.Atoi(c.Query("limit")); err == nil {
		cq.Limit = min(max(n, rowPage), rowLimit)
	}
	found, err := d.conversations(c, cq)
	if err != nil {
		return view.Rows{}, err
	}
	rows, err := d.rowsOf(c, q, &found, current)
	if err != nil || q.filter.Text == "" {
		return rows, err
	}
	markFound(&rows, q, matches)
	return rows, d.foundBeside(c, &rows, q.filter.Text)
}

// markFound lets rows show the messages a search has found.
func markFound(rows *view.Rows, q inboxQuery, matches chat.Matches) {
	for i := range rows.Items {
		if hit, ok := matches.Messages[rows.Items[i].ID]; ok {
			rows.Items[i].Find(&hit, q.filter.Text, q.values())
		}
	}
}

// foundBeside adds the people and notes a search has found to the first rows.
func (d *Dashboard) foundBeside(c *fiber.Ctx, rows *view.Rows, text string) error {
	rows.Query, rows.SearchURL = text, view.URL("/search", url.Values{"q": {text}})
	if query(c, "after") != "" || !view.Searchable(text) {
		return nil
	}
	for _, key := range []string{"people", "notes"} {
		group, err := d.foundGroup(c, key, text, "", foundBeside)
		if err != nil {
			return err
		}
		if len(group.Items) > 0 {
			rows.Groups = append(rows.Groups, group)
		}
	}
	return nil
}

func (d *Dashboard) rowsOf(c *fiber.Ctx, q inboxQuery, found *chat.List[chat.Conversation], current string) (view.Rows, error) {
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
			Conversation: conversation, Agent: signedIn(c).user.ID, Departments: signedIn(c).user.Departments, Labels: settings.Labels, Query: q.values(), State: q.filter.State,
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
	if q, err = d.resolve(c, q); err != nil {
		return view.Row{}, err
	}
	found := chat.List[chat.Conversation]{Items: []chat.Conversation{conversation}}
	rows, err := d.rowsOf(c, q, &found, id)
	if err != nil {
		return view.Row{}, err
	}
	if q.filter.Text != "" {
		_, matches, err := d.conversationQuery(c, q.filter)
		if err != nil {
			return view.Row{}, err
		}
		markFound(&rows, q, matches)
	}
	return rows.Items[0], nil
}

// emptyList says why the list is empty and what to do.
func emptyList(q inboxQuery) *view.Empty {
	f := q.filter
	if isSaved(q.view) || q.view == "" || f.Text+f.Department+string(f.Channel)+f.Priority != "" || len(f.Labels) > 0 || f.Flagged || f.Offered {
		return &view.Empty{
			Icon: "search", Title: "Nothing matches", Text: "No conversation fits everything that is asked for.",
			LinkText: "Clear all filters", LinkURL: view.URL("/inbox", inboxQueryOf(url.Values{"view": {strings.TrimSpace(presetOf(f))}}).values()),
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
		return &view.Empty{Icon: "archive", Title: "Nothing closed yet", Text: "Close a conversation, and it moves here."}
	default:
		return &view.Empty{Icon: "clock", Title: "Nothing here", Text: "Conversations that are " + q.view + " appear here."}
	}
}

// drops says which one thing to leave out of an empty list, and how many conversations there are then.
func (d *Dashboard) drops(c *fiber.Ctx, q inboxQuery, n named) ([]view.Chip, error) {
	var out []view.Chip
	for _, s := range q.settings(n) {
		found, err := d.count(c, s.without.filter)
		if err != nil {
			return nil, err
		}
		if found > 0 {
			chip := chipOf(s)
			chip.Count = d.clock(c).Count(found)
			out = append(out, chip)
		}
	}
	return out, nil
}
