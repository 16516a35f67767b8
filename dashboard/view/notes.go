package view

import (
	"net/url"

	"switchboard/chat"
)

// A Stretch is a part of a list that a panel or a profile page shows: how to go further back, and what to say of nothing.
type Stretch struct {
	OlderURL         string // page with what comes after this; empty at the end
	OlderFragmentURL string // the same for htmx
	NewestURL        string // back to the beginning, on a page of older ones
	Empty            *Empty
}

// Notes is the tab of notes about a person.
type Notes struct {
	Form NoteForm
	List NoteList
}

// A NoteForm is where a note is written. Text and Ticket are what was typed when it was refused.
type NoteForm struct {
	AddURL, CSRF, Return string
	Contact              string // id
	Conversation         string // id, where it is written; empty on the profile page
	Text, Ticket         string
	Error                string
	ErrorIn              string // text or ticket
	Fresh                bool   // the answer to a note that was added: the draft is done with
}

// A NoteList is notes under the days they were written on.
type NoteList struct {
	Items   []NoteItem
	LastDay string // of the last item, so that the next stretch does not repeat it
	Stretch
}

// A NoteItem is a day or a note; exactly one is set.
type NoteItem struct {
	Day  string
	Lang string // of the day, empty for English
	Note *Note
}

// A Note is one note.
type Note struct {
	ID           string
	Author       string
	Avatar       Avatar
	At           Moment
	Text         []Segment
	Ticket       string
	TicketURL    string // empty for a number
	DeleteURL    string // empty for a colleague's note
	CSRF, Return string
	Conversation string // id, where the list stands
}

// NotesInput is what a list of notes is made from.
type NotesInput struct {
	Notes        []chat.Note // newest first
	Contact      string
	Conversation string // id, where the list stands; empty on the profile page
	Viewer       string // user id
	Form         Form
	Day          string // day that the stretch before ended with
	Clock        Clock
}

// NotesURL is the address of a person's notes.
func NotesURL(contact string) string { return ContactURL(contact) + "/notes" }

// NoteListOf shows notes, grouped by day in the viewer's time zone.
func NoteListOf(in *NotesInput) NoteList {
	list := NoteList{LastDay: in.Day}
	for i := range in.Notes {
		n := &in.Notes[i]
		if day := in.Clock.day(n.CreatedAt); day != list.LastDay {
			list.Items, list.LastDay = append(list.Items, NoteItem{Day: day, Lang: in.Clock.Locale.Language()}), day
		}
		list.Items = append(list.Items, NoteItem{Note: note(n, in)})
	}
	return list
}

func note(n *chat.Note, in *NotesInput) *Note {
	out := &Note{
		ID: n.ID, Author: line(n.AuthorName), Avatar: AvatarOf(n.AuthorID, n.AuthorName), At: in.Clock.Moment(n.CreatedAt),
		Text: Segments(n.Text), Ticket: line(n.Ticket), TicketURL: Link(n.Ticket), CSRF: in.Form.CSRF, Return: in.Form.Return, Conversation: in.Conversation,
	}
	if n.AuthorID == in.Viewer {
		out.DeleteURL = NotesURL(in.Contact) + "/" + url.PathEscape(n.ID) + "/delete"
	}
	return out
}
