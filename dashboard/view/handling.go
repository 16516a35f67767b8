package view

import (
	"net/url"
	"strings"
	"time"

	"switchboard/chat"
)

// Handling is what can be done with a conversation now: the actions below the thread's head, and the bars that say what is
// going on with it.
type Handling struct {
	ID         string
	URL        string // of the conversation's page, and the beginning of every action's address
	CSRF       string `json:"-"`
	State      string // what the steps start from
	Closed     bool
	Flagged    bool
	Steps      []Step
	Offer      *OfferBar
	Closing    *ClosingBar
	LabelsURL  string
	SnoozedFor string // "until tomorrow 09:00"; empty when it is not snoozed
}

// A Step is a state the conversation can go to with one press.
type Step struct{ Value, Text, Icon, Action string }

// An OfferBar shows an open offer to whoever sees the conversation.
type OfferBar struct {
	Mine     bool // the viewer may accept it
	Sent     bool // the viewer made it
	From, To string
	Note     string
	Until    Moment
	Left     string // "12 min"
}

// A ClosingBar says who closed the conversation and with which words.
type ClosingBar struct {
	By        string
	At        Moment
	Sentiment string
	Notes     string
	Tag       string
	Tickets   []TicketLink
}

// A TicketLink is a ticket number, or a link when it is one.
type TicketLink struct{ Text, URL string }

// Tickets shows ticket references.
func Tickets(list []string) []TicketLink {
	var out []TicketLink
	for _, t := range list {
		link := TicketLink{Text: t, URL: Link(t)}
		if link.URL != "" {
			link.Text = ticketName(link.URL)
		}
		out = append(out, link)
	}
	return out
}

// ticketName is the end of a ticket's address, which is its number with most trackers.
func ticketName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	if name := path[len(path)-1]; name != "" {
		return line(name)
	}
	return u.Host
}

// HandlingOf is what user can do with the conversation.
func HandlingOf(c *chat.Conversation, user *chat.User, token string, clock Clock) Handling {
	base := "/inbox/" + url.PathEscape(c.ID)
	h := Handling{
		ID: c.ID, URL: base, CSRF: token, State: string(c.State), Closed: c.State == chat.StateClosed, Flagged: c.Flagged, Steps: steps(c.State),
		LabelsURL: URL(base, url.Values{"tab": {"conversation"}}) + "#conversation-labels-" + c.ID,
	}
	if t := c.Transfer; t != nil {
		h.Offer = &OfferBar{
			Mine: c.OfferedTo(user.ID, user.Departments), Sent: t.From == user.ID, From: line(t.FromName), To: line(t.ToName), Note: t.Note,
			Until: clock.Moment(t.ExpiresAt), Left: clock.Duration(max(t.ExpiresAt.Sub(clock.Now), time.Minute)),
		}
	}
	if c.State == chat.StateSnoozed {
		h.SnoozedFor = snoozedFor(c, clock)
	}
	if h.Closed {
		h.Closing = closingBar(c, clock)
	}
	return h
}

// steps are the states one press away; closing and snoozing ask for more.
func steps(s chat.State) []Step {
	open := Step{Value: "open", Text: "Open", Icon: "circle", Action: "open"}
	pending := Step{Value: "pending", Text: "Pending", Icon: "clock", Action: "pending"}
	switch s {
	case chat.StateClosed:
		open.Text, open.Icon = "Reopen", "undo-2"
		return []Step{open}
	case chat.StateSnoozed:
		open.Text, open.Icon = "Wake", "bell"
		return []Step{open, pending}
	case chat.StatePending:
		return []Step{open}
	case chat.StateOpen:
	}
	return []Step{pending}
}

func closingBar(c *chat.Conversation, clock Clock) *ClosingBar {
	bar := &ClosingBar{By: line(c.ClosedBy()), At: clock.Moment(c.ClosedAt)}
	if k := c.Closing; k != nil {
		bar.Sentiment, bar.Notes, bar.Tag, bar.Tickets = k.Sentiment, k.Notes, line(k.Tag), Tickets(k.Tickets)
		if k.Sentiment != "" {
			bar.Sentiment = sentence(k.Sentiment)
		}
	}
	return bar
}

// ConversationState names the state of a conversation, with the time it is snoozed until.
func ConversationState(c *chat.Conversation, clock Clock) State {
	state := StateOf(c.State)
	if c.State == chat.StateSnoozed {
		state.Name = "Snoozed " + snoozedFor(c, clock)
	}
	return state
}

func snoozedFor(c *chat.Conversation, clock Clock) string {
	if c.SnoozedUntil.IsZero() {
		return "until a reply"
	}
	return "until " + clock.Ahead(c.SnoozedUntil)
}

// Ahead is a time that is to come as people say it: the day only when it is not today.
func (c Clock) Ahead(at time.Time) string {
	switch days := -c.daysAgo(at); {
	case days == 0:
		return c.Time(at)
	case days == 1:
		return c.Locale.Tomorrow + " " + c.Time(at)
	case days > 1 && days < 7:
		return c.Locale.format(c.Locale.WeekTime, at.In(c.Zone))
	}
	return c.DateTime(at)
}

// An Offered is the badge of a row that is offered to the viewer.
type Offered struct{ From, Note string }

// offered is the badge, or nil when the conversation is not offered to them.
func offered(c *chat.Conversation, userID string, departments []string) *Offered {
	if !c.OfferedTo(userID, departments) {
		return nil
	}
	return &Offered{From: line(c.Transfer.FromName), Note: cut(c.Transfer.Note, 80)}
}

// ConversationURL is the page of a conversation.
func ConversationURL(id string) string { return "/inbox/" + url.PathEscape(id) }

// OfferEnded says what became of an offer that somebody answered too late.
func OfferEnded(e *chat.ConflictError, clock Clock) string {
	who, when := orSomebody(line(e.By)), Ago(e.At, clock)
	switch e.Theirs {
	case "transfer_accepted":
		return who + " accepted it " + when + "."
	case "transfer_declined":
		return who + " declined it " + when + "."
	case "transfer_withdrawn":
		return who + " withdrew the offer " + when + "."
	case "transfer_lapsed":
		return "Nobody answered in time, and it went back " + when + "."
	case "assigned":
		return who + " assigned it " + when + "."
	case "closed":
		return who + " closed it " + when + "."
	case "":
		return "The offer is over."
	}
	return "It is offered to " + line(e.Theirs) + " already, by " + who + " " + when + ". Withdraw that offer first."
}

// ChangedMeanwhile says that a colleague chose something else while the viewer was choosing.
func ChangedMeanwhile(e *chat.ConflictError, clock Clock) string {
	what := map[string]string{"state": "its state", "assignee": "who has it", "department": "its department", "priority": "its priority"}[e.Field]
	return orSomebody(line(e.By)) + " changed " + what + " " + Ago(e.At, clock) + ". Your choice was not saved: what is there now is shown, choose again to change it."
}
