package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// headConversations is how many of a person's newest conversations are looked at to link the channel icons and to tell the
// average sentiment.
const headConversations = 50

func (d *Dashboard) panel(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect(view.URL(deskPath(c), url.Values{"tab": {query(c, "tab")}}), http.StatusSeeOther)
	}
	return d.showPanel(c, query(c, "tab"))
}

// choosePanel shows a tab and remembers the choice for this agent.
func (d *Dashboard) choosePanel(c *fiber.Ctx) error {
	tab := view.KnownTab(form(c, "tab"))
	nth, err := strconv.ParseInt(form(c, "nth"), 10, 64)
	if err != nil {
		nth = 0 // a form without the script
	}
	_, err = d.Users.UpdateUser(c.UserContext(), signedIn(c).user.ID, func(u *chat.User) error {
		u.ChooseTab(tab, form(c, "page"), nth)
		return nil
	})
	if err != nil {
		return fmt.Errorf("dashboard: remember panel tab: %w", err)
	}
	if !fragment(c) {
		return c.Redirect(view.URL(deskPath(c), url.Values{"tab": {tab}}), http.StatusSeeOther)
	}
	return d.showPanel(c, tab)
}

func (d *Dashboard) showPanel(c *fiber.Ctx, tab string) error {
	conversation, err := d.Conversations.Conversation(c.UserContext(), param(c, "conversation"))
	if err != nil {
		return fmt.Errorf("dashboard: read conversation: %w", err)
	}
	contact, err := d.Contacts.Contact(c.UserContext(), conversation.ContactID)
	if err != nil {
		return fmt.Errorf("dashboard: read contact: %w", err)
	}
	panel, err := d.panelOf(c, &conversation, &contact, tab, inboxQuery{view: "open"})
	if err != nil {
		return err
	}
	if older := olderPart(c, panel.Tab); older != "" {
		return d.render(c, http.StatusOK, older, panelItems(panel))
	}
	return d.render(c, http.StatusOK, "partials/panel", panel)
}

// panelItems is the list of the panel's tab.
func panelItems(p *view.Panel) any {
	switch {
	case p.Notes != nil:
		return p.Notes.List
	case p.History != nil:
		return p.History
	case p.Comments != nil:
		return p.Comments.List
	default:
		return p.Escalations
	}
}

// panelOf makes the panel with one tab filled: the asked one, or the one the agent used last.
func (d *Dashboard) panelOf(c *fiber.Ctx, conversation *chat.Conversation, contact *chat.Contact, tab string, q inboxQuery) (*view.Panel, error) {
	if tab == "" {
		tab = signedIn(c).user.PanelTab
	}
	a := d.aboutPage(c, contact, conversation.ID, view.KnownTab(tab))
	panel := &view.Panel{
		ID: conversation.ID, ContactID: contact.ID, Tab: a.tab, Tabs: view.PanelTabs(conversation.ID, a.tab, q.values()),
		RefreshURL: view.URL(a.fragment, url.Values{"tab": {a.tab}}),
	}
	var err error
	switch a.tab {
	case "conversation":
		panel.Conversation, err = d.conversationPanel(c, conversation, a.form)
	case "notes":
		panel.Notes, err = d.notesOf(c, a)
	case "history":
		panel.History, err = d.historyOf(c, a)
	case "comments":
		panel.Comments, err = d.commentsOf(c, a, conversation)
	case "escalations":
		panel.Escalations, err = d.escalationsOf(c, a)
	default:
		panel.Contact, err = d.contactPanel(c, contact, a.form)
	}
	return panel, err
}

func (d *Dashboard) conversationPanel(c *fiber.Ctx, conversation *chat.Conversation, form view.Form) (*view.ConversationPanel, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: list users: %w", err)
	}
	return view.ConversationPanelOf(&view.ConversationInput{
		Conversation: conversation, Users: users, Departments: settings.Departments, Labels: settings.Labels, Attributes: settings.ConversationAttributes, Form: form, Clock: d.clock(c),
		Account: d.config.AccountName(conversation.Channel, conversation.Account), Credits: d.config.GeoCredits,
	}), nil
}

func (d *Dashboard) contactPanel(c *fiber.Ctx, contact *chat.Contact, form view.Form) (*view.ContactPanel, error) {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	a := about{contact: contact}
	conversations, err := d.headOf(c, contact.Channels, a.ids())
	if err != nil {
		return nil, err
	}
	return view.ContactPanelOf(&view.ContactInput{
		Contact: contact, Conversations: conversations, Labels: settings.Labels, Attributes: settings.ContactAttributes, Form: form, Clock: d.clock(c),
	}), nil
}

// headOf is what the head of a contact is made from: the newest conversations, and the newest of every channel that has none
// among them, so that each channel's icon leads somewhere.
func (d *Dashboard) headOf(c *fiber.Ctx, channels []chat.Channel, ids []string) ([]chat.Conversation, error) {
	newest, err := d.conversationsOf(c, ids, chat.PageRequest{Limit: headConversations})
	if err != nil || newest.Next == "" {
		return newest.Items, err
	}
	for _, channel := range channels {
		if slices.ContainsFunc(newest.Items, func(x chat.Conversation) bool { return x.Channel == channel }) {
			continue
		}
		found, err := d.conversations(c, chat.ConversationQuery{ContactIDs: ids, Channel: channel, Sort: chat.ByActivity, PageRequest: chat.PageRequest{Limit: 1}})
		if err != nil {
			return nil, err
		}
		newest.Items = append(newest.Items, found.Items...)
	}
	return newest.Items, nil
}

// conversationsOf lists a person's conversations, newest first, as far as the caller may see them. ids are the contact's own
// and those merged into it.
func (d *Dashboard) conversationsOf(c *fiber.Ctx, ids []string, page chat.PageRequest) (chat.List[chat.Conversation], error) {
	return d.conversations(c, chat.ConversationQuery{ContactIDs: ids, Sort: chat.ByActivity, PageRequest: page})
}

// form is what the forms of a page need: the token, where to go back to without JavaScript, and which field is open.
func (d *Dashboard) form(c *fiber.Ctx, page string) view.Form {
	return view.Form{CSRF: signedIn(c).token, Return: page, Edit: query(c, "edit")}
}
