package view

import (
	"net/url"
	"slices"

	"switchboard/chat"
)

// A ConversationPanel shows one conversation's own data.
type ConversationPanel struct {
	ID         string
	Controls   []Control
	Labels     LabelBox
	Attributes AttributeBox
	About      []SessionFact
	Place      []SessionFact
	Device     []SessionFact
	Visit      []SessionFact
	Pages      []Visited
	Credits    []Credit
}

// A Credit names whose data says where an address is, as its licence asks.
type Credit struct{ Text, URL string }

// A Control is a select that changes the conversation as soon as something is chosen.
type Control struct {
	ID, Name, Label string
	Options         []Option
	Was             string // the value that is shown
	SaveURL         string
	CSRF, Return    string
	Error           string
	From            string // who chose it, and when
}

// A SessionFact is one line of session information; when the channel cannot know, Missing says so instead of a value.
type SessionFact struct {
	Name, Value, Note, URL string
	Missing                string
	At                     Stamp
}

// Visited is one page a visitor looked at.
type Visited struct {
	Title, URL string
	At         Moment
}

// ConversationInput is what a conversation panel is made from.
type ConversationInput struct {
	Conversation *chat.Conversation
	Users        []chat.User
	Departments  []chat.Department
	Labels       []chat.LabelDefinition
	Attributes   []chat.AttributeDefinition
	Account      string
	Credits      []Credit // of the places found by address
	Form         Form
	Clock        Clock
}

// ConversationPanelOf shows a conversation.
func ConversationPanelOf(in *ConversationInput) *ConversationPanel {
	c := in.Conversation
	panel := &ConversationPanel{
		ID: c.ID, Controls: Controls(c, in.Users, in.Departments, in.Form, in.Clock),
		Labels: ConversationLabels(c, in.Labels, in.Form, in.Clock), Attributes: ConversationAttributes(c, in.Attributes, in.Form, in.Clock),
		About: about(in), Place: place(c, in.Clock), Device: device(c), Visit: visit(c, in.Clock), Pages: pages(c, in.Clock),
	}
	if g := c.Session.Geo; g != nil && g.Source == "ip" {
		panel.Credits = in.Credits
	}
	return panel
}

// Controls are the selects for state, assignee, department and priority.
func Controls(c *chat.Conversation, users []chat.User, departments []chat.Department, form Form, clock Clock) []Control {
	base := "/inbox/" + url.PathEscape(c.ID) + "/"
	states := [][2]string{}
	for _, s := range []chat.State{chat.StateOpen, chat.StatePending, chat.StateSnoozed, chat.StateClosed} {
		states = append(states, [2]string{string(s), StateOf(s).Name})
	}
	people := [][2]string{{"", "Nobody"}}
	for i := range users {
		if users[i].DisabledAt.IsZero() || users[i].ID == c.Assignee {
			people = append(people, [2]string{users[i].ID, UserName(&users[i])})
		}
	}
	if c.Assignee != "" && !slices.ContainsFunc(people, func(p [2]string) bool { return p[0] == c.Assignee }) {
		people = append(people, [2]string{c.Assignee, "A former colleague"})
	}
	groups := [][2]string{{"", "None"}}
	for _, d := range departments {
		groups = append(groups, [2]string{d.ID, d.Name})
	}
	if c.Department != "" && !slices.ContainsFunc(groups, func(g [2]string) bool { return g[0] == c.Department }) {
		groups = append(groups, [2]string{c.Department, "A former department"})
	}
	var priorities [][2]string
	for _, p := range Priorities() {
		priorities = append(priorities, [2]string{p, PriorityWord(p)})
	}
	control := func(name, label, selected string, options [][2]string) Control {
		return Control{
			ID: "control-" + name + "-" + c.ID, Name: name, Label: label, Was: selected, Options: Options(selected, options...), SaveURL: base + name,
			CSRF: form.CSRF, Return: form.Return, From: setBy(clock)(c.HandlingMark(name)),
		}
	}
	controls := []Control{control("state", "State", string(c.State), states), control("assignee", "Assignee", c.Assignee, people)}
	if len(groups) > 1 {
		controls = append(controls, control("department", "Department", c.Department, groups))
	}
	return append(controls, control("priority", "Priority", c.Priority, priorities))
}

// UserName is what to call a user.
func UserName(u *chat.User) string {
	if u.Name != "" {
		return u.Name
	}
	return u.Email
}

func about(in *ConversationInput) []SessionFact {
	c := in.Conversation
	out := []SessionFact{
		{Name: "Channel", Value: ChannelOf(c.Channel).Name, Note: in.Account},
		{Name: "Started", At: in.Clock.Stamp(c.CreatedAt)},
		{Name: "Messages", Value: in.Clock.Number(c.MessageCount)},
	}
	if !c.ClosedAt.IsZero() {
		out = append(out, SessionFact{Name: "Closed", At: in.Clock.Stamp(c.ClosedAt)})
	}
	return out
}

// noDevice says why a channel knows nothing about the customer's browser.
func noDevice(c chat.Channel) string {
	switch c {
	case chat.WhatsApp, chat.Instagram:
		return ChannelOf(c).Name + " sends no device data"
	default:
		return "not sent by the browser"
	}
}

// noPlace says why nothing is known about where the customer is.
func noPlace(c chat.Channel) string {
	switch c {
	case chat.WhatsApp:
		return "not known from the phone number"
	case chat.Instagram:
		return "Instagram sends no location"
	default:
		return "not known for this address"
	}
}

func place(c *chat.Conversation, clock Clock) []SessionFact {
	g := c.Session.Geo
	if g == nil {
		g = &chat.Geo{}
	}
	country := g.CountryName
	if country == "" {
		country = g.Country
	}
	missing := noPlace(c.Channel)
	out := []SessionFact{
		known("Country", country, missing), known("Region", g.Region, missing), known("City", g.City, missing),
	}
	local, name := clock.localTime(sessionZone(&c.Session))
	fact := known("Local time", local, "time zone not known")
	fact.Note = name
	out = append(out, fact)
	if g.Source != "" {
		out = append(out, SessionFact{Name: "Source", Value: source(g.Source), Note: accuracy(g.Accuracy)})
	}
	return out
}

// sessionZone is the time zone of a session: what the browser said, or what the place allows to guess.
func sessionZone(s *chat.Session) string {
	if s.TimeZone == "" && s.Geo != nil {
		return s.Geo.TimeZone
	}
	return s.TimeZone
}

func source(s string) string {
	words := map[string]string{
		"ip": "IP address", "phone": "Phone number", "location": "Location the customer shared", "profile": "Profile",
	}
	if word, ok := words[s]; ok {
		return word
	}
	return sentence(s)
}

func accuracy(a string) string {
	words := map[string]string{
		"exact": "exact", "city": "accurate to the city", "region": "accurate to the region", "country": "accurate to the country",
		"ambiguous": "ambiguous: the number fits several countries",
	}
	if word, ok := words[a]; ok {
		return word
	}
	return a
}

func known(name, value, missing string) SessionFact {
	if value == "" {
		return SessionFact{Name: name, Missing: missing}
	}
	return SessionFact{Name: name, Value: line(value)}
}

func device(c *chat.Conversation) []SessionFact {
	s, missing := &c.Session, noDevice(c.Channel)
	d := s.Device
	if d == nil {
		d = &chat.Device{}
	}
	kind := known("Device", sentenceOrEmpty(d.Type), missing)
	kind.Note = d.Model
	return []SessionFact{
		kind, known("System", d.OS, missing), known("Browser", d.Browser, missing), known("Language", LocaleName(s.Locale), missing),
	}
}

func sentenceOrEmpty(s string) string {
	if s == "" {
		return ""
	}
	return sentence(s)
}

func visit(c *chat.Conversation, clock Clock) []SessionFact {
	s, missing := &c.Session, noDevice(c.Channel)
	referrer := known("Referrer", s.Referrer, missing)
	referrer.URL = Link(s.Referrer)
	if c.Channel == chat.WebWidget && s.Referrer == "" {
		referrer.Missing = "none: typed, bookmarked or hidden"
	}
	ip := known("IP address", s.IP, missing)
	switch s.IPPolicy {
	case "none":
		ip = SessionFact{Name: "IP address", Missing: "not kept, by workspace policy"}
	case "truncated":
		ip.Note = "shortened, by workspace policy"
	}
	out := []SessionFact{referrer, ip}
	if !s.StartedAt.IsZero() {
		out = append(out, SessionFact{Name: "Session started", At: clock.Stamp(s.StartedAt)})
	}
	if len(s.Pages) == 0 {
		return append(out, SessionFact{Name: "Pages viewed", Missing: missing})
	}
	return append(out, SessionFact{Name: "Pages viewed", Value: clock.Number(int64(len(s.Pages)))})
}

// pages lists the visited pages, newest first.
func pages(c *chat.Conversation, clock Clock) []Visited {
	var out []Visited
	for _, p := range slices.Backward(c.Session.Pages) {
		v := Visited{Title: line(p.Title), URL: Link(p.URL), At: clock.Moment(p.At)}
		if v.Title == "" {
			v.Title = line(p.URL)
		}
		out = append(out, v)
	}
	return out
}

// Chosen is the name of the chosen option.
func (c Control) Chosen() string {
	for _, o := range c.Options {
		if o.Selected {
			return o.Name
		}
	}
	return ""
}
