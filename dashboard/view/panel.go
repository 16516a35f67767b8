package view

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"switchboard/chat"
)

// A Panel is the right column: one of its tabs. Exactly one of the contents is set.
type Panel struct {
	ID           string // of the conversation
	ContactID    string
	Tabs         []PanelTab
	Tab          string
	RefreshURL   string
	Contact      *ContactPanel
	Conversation *ConversationPanel
	Notes        *Notes
	History      *History
	Comments     *Comments
	Escalations  *Escalations
}

// A PanelTab is one tab of the panel or of a profile page.
type PanelTab struct {
	Key, Name, Icon string
	URL             string // works without JavaScript
	ChooseURL       string // remembers the choice
	Current         bool
}

// panelTabs are the tabs of the panel in their order.
func panelTabs() []PanelTab {
	return []PanelTab{
		{Key: "contact", Name: "Contact", Icon: "contact-round"},
		{Key: "conversation", Name: "Conversation", Icon: "messages-square"},
		{Key: "notes", Name: "Notes", Icon: "sticky-note"},
		{Key: "history", Name: "History", Icon: "history"},
		{Key: "comments", Name: "Comments", Icon: "at-sign"},
		{Key: "escalations", Name: "Escalations", Icon: "bot"},
	}
}

// PanelTabs lists the tabs; an unknown choice is the first.
func PanelTabs(conversation, chosen string, query url.Values) []PanelTab {
	tabs, base := panelTabs(), "/inbox/"+url.PathEscape(conversation)
	chosen = KnownTab(chosen)
	for i := range tabs {
		t := &tabs[i]
		q := url.Values{}
		for key := range query {
			q.Set(key, query.Get(key))
		}
		q.Set("tab", t.Key)
		t.URL, t.ChooseURL, t.Current = URL(base, q), base+"/panel", t.Key == chosen
	}
	return tabs
}

// KnownTab is the tab of that name, or the first.
func KnownTab(name string) string {
	tabs := panelTabs()
	if slices.ContainsFunc(tabs, func(t PanelTab) bool { return t.Key == name }) {
		return name
	}
	return tabs[0].Key
}

// ProfileTabs lists the tabs of a person's page.
func ProfileTabs(contact, chosen string) []PanelTab {
	tabs := []PanelTab{
		{Key: "notes", Name: "Notes", Icon: "sticky-note"},
		{Key: "conversations", Name: "Conversations", Icon: "history"},
		{Key: "escalations", Name: "Escalations", Icon: "bot"},
	}
	for i := range tabs {
		t := &tabs[i]
		t.URL, t.Current = URL(ContactURL(contact), url.Values{"tab": {t.Key}}), t.Key == chosen
	}
	return tabs
}

// KnownProfileTab is the tab of that name, or the conversations.
func KnownProfileTab(name string) string {
	switch name {
	case "notes", "escalations":
		return name
	}
	return "conversations"
}

// A ContactPanel shows one person.
type ContactPanel struct {
	ID         string
	Name       string
	Avatar     Avatar
	URL        string
	Verified   bool
	Mood       *Mood // average over the person's conversations; nil when none is known
	Insights   []InsightGroup
	Created    Stamp
	LocalTime  string
	Zone       string
	Channels   []ChannelLink
	Profiles   []Fact
	Fields     []Field
	Labels     LabelBox
	Attributes AttributeBox
	Identities []Identity
	Claims     []Claim
	Merged     []string
	Privacy    *Privacy // nil for those who may not export or erase
}

// A ChannelLink opens the person's newest conversation on a channel.
type ChannelLink struct {
	Channel
	URL string // empty when there is no conversation
}

// An Identity is one platform identifier, read-only.
type Identity struct {
	Channel     Channel
	Kind, Value string
	Verified    bool
	Retired     bool
	First, Last Stamp
}

// A Claim is something a visitor typed, not proven.
type Claim struct {
	Kind, Value string
	At          Stamp
}

// An Attribute is one named value.
type Attribute struct{ Key, Value string }

// Form is what every form of a panel needs.
type Form struct {
	CSRF   string
	Return string // where a form without JavaScript goes back to
	Edit   string // field that is shown as a form
}

// ContactInput is what a contact panel is made from.
type ContactInput struct {
	Contact       *chat.Contact
	Conversations []chat.Conversation // newest first
	Labels        []chat.LabelDefinition
	Attributes    []chat.AttributeDefinition
	Form          Form
	Clock         Clock
}

// ContactPanelOf shows a contact.
func ContactPanelOf(in *ContactInput) *ContactPanel {
	c := in.Contact
	name := ContactName(c)
	p := &ContactPanel{
		ID: c.ID, Name: name, Avatar: avatar(c.ID, name, nil), URL: ContactURL(c.ID),
		Verified: slices.ContainsFunc(c.Identities, func(i chat.Identity) bool {
			return i.Verified && i.Kind == chat.IdentityExternal && i.RetiredAt.IsZero()
		}),
		Created:  in.Clock.Day(c.CreatedAt),
		Channels: channelLinks(c, in.Conversations), Profiles: profiles(c, in.Clock),
		Fields: Fields(c, in.Form, in.Clock), Labels: ContactLabels(c, in.Labels, in.Form, in.Clock), Attributes: ContactAttributes(c, in.Attributes, in.Form, in.Clock),
		Merged: c.MergedFrom, Mood: AverageMood(in.Conversations, in.Clock), Insights: insights(c.Insights),
	}
	p.LocalTime, p.Zone = in.Clock.localTime(zoneOf(in))
	for i := range c.Identities {
		p.Identities = append(p.Identities, identity(&c.Identities[i], in.Clock))
	}
	for _, claim := range c.Claims {
		p.Claims = append(p.Claims, Claim{Kind: sentence(claim.Kind), Value: line(claim.Value), At: in.Clock.Stamp(claim.At)})
	}
	return p
}

// zoneOf is where the person's clock is read: the zone somebody set or the number tells, or that of their newest visit.
func zoneOf(in *ContactInput) string {
	zone := in.Contact.TimeZone
	for i := range in.Conversations {
		zone = cmp.Or(zone, sessionZone(&in.Conversations[i].Session))
	}
	return zone
}

// ContactURL is the page of a contact.
func ContactURL(id string) string { return "/contacts/" + url.PathEscape(id) }

func channelLinks(c *chat.Contact, conversations []chat.Conversation) []ChannelLink {
	var out []ChannelLink
	for _, channel := range c.Channels {
		link := ChannelLink{Channel: ChannelOf(channel)}
		for i := range conversations {
			if conversations[i].Channel == channel {
				link.URL = "/inbox/" + url.PathEscape(conversations[i].ID)
				break
			}
		}
		out = append(out, link)
	}
	return out
}

// profiles words what the platforms tell about the person.
func profiles(c *chat.Contact, clock Clock) []Fact {
	var out []Fact
	for _, p := range c.Profiles {
		var parts []string
		if p.Username != "" {
			parts = append(parts, "@"+line(p.Username))
		}
		if p.FollowerCount > 0 {
			parts = append(parts, clock.Plural(int(p.FollowerCount), "follower"))
		}
		switch {
		case p.Follows:
			parts = append(parts, "follows you")
		case p.FollowerCount > 0: // the platform was asked, and would have said so
			parts = append(parts, "does not follow you")
		}
		if p.Followed {
			parts = append(parts, "you follow them")
		}
		if p.Verified {
			parts = append(parts, "verified account")
		}
		if len(parts) > 0 {
			out = append(out, Fact{Name: ChannelOf(p.Channel).Name, Value: strings.Join(parts, " · ")})
		}
	}
	return out
}

// localTime is the day and the time where somebody is, in the viewer's words.
func (c Clock) localTime(zone string) (clock, name string) {
	location, err := time.LoadLocation(zone)
	if zone == "" || err != nil {
		return "", ""
	}
	return c.Locale.format(c.Locale.WeekTime, c.Now.In(location)), strings.ReplaceAll(zone, "_", " ")
}

func identity(i *chat.Identity, clock Clock) Identity {
	names := map[chat.IdentityKind]string{
		chat.IdentityPhone: "Phone", chat.IdentityBSUID: "Business-scoped id", chat.IdentityParentBSUID: "Parent id",
		chat.IdentityIGSID: "Instagram-scoped id", chat.IdentityVisitor: "Visitor id", chat.IdentityExternal: "Customer id",
	}
	return Identity{
		Channel: ChannelOf(i.Channel), Kind: names[i.Kind], Value: line(i.Value), Verified: i.Verified, Retired: !i.RetiredAt.IsZero(),
		First: clock.Stamp(i.FirstSeen), Last: clock.Stamp(i.LastSeen),
	}
}
