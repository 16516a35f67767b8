package view

import (
	"maps"
	"net/url"
	"strings"

	"switchboard/chat"
)

// Results are what a search has found, in groups.
type Results struct {
	Query  string
	Groups []ResultGroup
}

// Searchable reports whether a text has anything to look for.
func Searchable(text string) bool { return len(chat.SearchWords(text)) > 0 }

// A ResultGroup is a stretch of people, messages or notes.
type ResultGroup struct {
	Key, Name, Icon string
	Items           []Result
	MoreURL         string // the next stretch; empty at the end
}

// ResultGroupOf makes a group; next is the cursor of what follows.
func ResultGroupOf(key, text string, items []Result, next string) ResultGroup {
	g := ResultGroup{Key: key, Items: items}
	switch key {
	case "people":
		g.Name, g.Icon = "People", "users-round"
	case "notes":
		g.Name, g.Icon = "Notes", "sticky-note"
	default:
		g.Name, g.Icon = "Messages", "messages-square"
	}
	if next != "" {
		g.MoreURL = URL("/search", url.Values{"q": {text}, "in": {key}, "after": {next}})
	}
	return g
}

// A Result is one person, message or note.
type Result struct {
	ID      string
	URL     string
	Avatar  Avatar
	Name    []chat.Piece
	Context string // who says it, or where
	Snippet []chat.Piece
	At      Moment
}

// snippetLength is how many runes of a text a result shows; of one in the list's rows, rowSnippet.
const (
	snippetLength = 220
	rowSnippet    = 90
)

// PersonResult shows a person.
func PersonResult(p *chat.Contact, text string, clock Clock) Result {
	name := ContactName(p)
	item := Result{ID: "person-" + p.ID, URL: ContactURL(p.ID), Avatar: AvatarOf(p.ID, name), Name: chat.Snippet(name, text, snippetLength), At: clock.Moment(p.LastSeenAt)}
	facts := ""
	for _, fact := range []string{p.Phone, p.Email} {
		if fact != "" && fact != name {
			if facts != "" {
				facts += " · "
			}
			facts += fact
		}
	}
	if facts != "" {
		item.Snippet = chat.Snippet(facts, text, snippetLength)
		return item
	}
	var channels []string // tells two of one name apart
	for _, channel := range p.Channels {
		channels = append(channels, ChannelOf(channel).Name)
	}
	item.Context = strings.Join(channels, " · ")
	return item
}

// MessageResult shows a message of a person; its address leads to it.
func MessageResult(h *chat.Hit, p *chat.Contact, text string, clock Clock) Result {
	name, channel := ContactName(p), ChannelOf(h.Conversation.Channel)
	item := Result{
		ID: "message-" + h.MessageID, URL: MessageURL(h.Conversation.ID, h.MessageID, nil), Avatar: avatar(p.ID, name, &channel), Name: []chat.Piece{{Text: name}},
		Snippet: chat.Snippet(h.Text, text, snippetLength), At: clock.Moment(h.At),
	}
	if h.Direction == chat.Outbound {
		item.Context = "You"
	}
	if h.Conversation.State == chat.StateClosed {
		if item.Context != "" {
			item.Context += " · "
		}
		item.Context += "closed"
	}
	return item
}

// NoteResult shows a note about a person.
func NoteResult(n *chat.Note, p *chat.Contact, text string, clock Clock) Result {
	name := ContactName(p)
	words := n.Text
	if n.Ticket != "" {
		words += " · " + n.Ticket
	}
	return Result{
		ID: "note-hit-" + n.ID, URL: URL(ContactURL(p.ID), url.Values{"tab": {"notes"}}) + "#note-" + url.PathEscape(n.ID), Avatar: AvatarOf(p.ID, name),
		Name: []chat.Piece{{Text: name}}, Context: "note by " + n.AuthorName, Snippet: chat.Snippet(words, text, snippetLength), At: clock.Moment(n.CreatedAt),
	}
}

// MessageURL leads to a message in its thread, with the list's query kept.
func MessageURL(conversation, message string, query url.Values) string {
	v := url.Values{"at": {message}}
	maps.Copy(v, query)
	return URL("/inbox/"+url.PathEscape(conversation), v) + "#m-" + url.PathEscape(message)
}
