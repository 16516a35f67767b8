package dashboard

import (
	"fmt"
	"net/http"
	"net/url"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// channelConversations is how many of a person's newest conversations are looked at to link the channel icons.
const channelConversations = 20

func (d *Dashboard) panel(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect(view.URL(deskPath(c), url.Values{"tab": {query(c, "tab")}}), http.StatusSeeOther)
	}
	return d.showPanel(c, query(c, "tab"))
}

// choosePanel shows a tab and remembers the choice for this agent.
func (d *Dashboard) choosePanel(c *fiber.Ctx) error {
	tab := view.KnownTab(form(c, "tab"))
	_, err := d.Users.UpdateUser(c.UserContext(), signedIn(c).user.ID, func(u *chat.User) error {
		u.PanelTab = tab
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
	return d.render(c, http.StatusOK, "partials/panel", panel)
}

// panelOf makes the panel with one tab filled: the asked one, or the one the agent used last.
func (d *Dashboard) panelOf(c *fiber.Ctx, conversation *chat.Conversation, contact *chat.Contact, tab string, q inboxQuery) (*view.Panel, error) {
	if tab == "" {
		tab = signedIn(c).user.PanelTab
	}
	tab = view.KnownTab(tab)
	base := "/inbox/" + url.PathEscape(conversation.ID)
	panel := &view.Panel{
		ID: conversation.ID, Tab: tab, Tabs: view.PanelTabs(conversation.ID, tab, q.values()),
		RefreshURL: view.URL(base+"/panel", url.Values{"tab": {tab}}),
	}
	form := d.form(c, view.URL(base, url.Values{"tab": {tab}}))
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: read settings: %w", err)
	}
	if tab == "contact" {
		panel.Contact, err = d.contactPanel(c, contact, settings.Labels, form)
		return panel, err
	}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: list users: %w", err)
	}
	panel.Conversation = view.ConversationPanelOf(&view.ConversationInput{
		Conversation: conversation, Users: users, Labels: settings.Labels, Form: form, Clock: d.clock(c),
		Account: d.config.AccountName(conversation.Channel, conversation.Account), Credits: d.config.GeoCredits,
	})
	return panel, nil
}

func (d *Dashboard) contactPanel(c *fiber.Ctx, contact *chat.Contact, labels []chat.LabelDefinition, form view.Form) (*view.ContactPanel, error) {
	conversations, err := d.conversationsOf(c, contact.ID, channelConversations)
	if err != nil {
		return nil, err
	}
	return view.ContactPanelOf(&view.ContactInput{Contact: contact, Conversations: conversations, Labels: labels, Form: form, Clock: d.clock(c)}), nil
}

// conversationsOf lists a person's newest conversations, as far as the caller may see them.
func (d *Dashboard) conversationsOf(c *fiber.Ctx, contact string, limit int) ([]chat.Conversation, error) {
	list, err := d.conversations(c, chat.ConversationQuery{ContactIDs: []string{contact}, Sort: chat.ByActivity, PageRequest: chat.PageRequest{Limit: limit}})
	return list.Items, err
}

// form is what the forms of a page need: the token, where to go back to without JavaScript, and which field is open.
func (d *Dashboard) form(c *fiber.Ctx, page string) view.Form {
	return view.Form{CSRF: signedIn(c).token, Return: page, Edit: query(c, "edit")}
}
