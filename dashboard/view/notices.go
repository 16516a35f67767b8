package view

import (
	"net/url"
	"strconv"

	"switchboard/chat"
)

// NoticesPage is where a user's notifications are listed.
const NoticesPage = "/notifications"

// A Badge is the entry of the navigation that counts what a user was told and has not opened.
type Badge struct {
	User       string // id: the script compares it with whom a change is for
	Count      string // empty for none
	RefreshURL string
	Current    bool
}

// BadgeOf counts. newest is the newest notification, if there is one: later ones are news to the page.
func BadgeOf(user string, count int64, newest *chat.Notification, clock Clock) Badge {
	b := Badge{User: user}
	known := int64(0)
	if newest != nil {
		known = newest.CreatedAt.UnixMilli()
	}
	if count > 0 {
		b.Count = clock.Count(count)
	}
	b.RefreshURL = URL(NoticesPage+"/badge", url.Values{"known": {strconv.FormatInt(known, 10)}})
	return b
}

// Notices lists what a user was told.
type Notices struct {
	Items    []Notice
	ClearURL string
	CSRF     string
	Stretch
}

// A Notice is one notification.
type Notice struct {
	ID     string
	Icon   string
	By     string
	Avatar Avatar
	Text   string // what is wanted, after the name
	Person string // with whom the conversation is
	URL    string // opens it
	At     Moment
	Closed bool // it has closed meanwhile
}

// NoticeOf words a notification. Conversation and contact are nil when they are gone.
func NoticeOf(n *chat.Notification, conversation *chat.Conversation, contact *chat.Contact, clock Clock) Notice {
	out := Notice{
		ID: n.ID, Icon: "at-sign", By: line(n.By), Avatar: AvatarOf(n.By, n.By), Text: "asks you to look at the conversation with", At: clock.Moment(n.CreatedAt),
		URL: URL("/inbox/"+url.PathEscape(n.ConversationID), url.Values{"tab": {"comments"}}) + "#panel", Person: "somebody who is gone",
	}
	switch n.Kind {
	case chat.NotificationTagged:
	case chat.NotificationOffered:
		out.Icon, out.Text, out.URL = "forward", "offers you the conversation with", ConversationURL(n.ConversationID)
	default:
		out.Icon, out.Text = "bell", "wants you to see the conversation with"
	}
	if contact != nil {
		out.Person = ContactName(contact)
	}
	out.Closed = conversation != nil && conversation.State == chat.StateClosed
	return out
}
