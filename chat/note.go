package chat

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxNote is the longest text of a note or comment, in runes. A line break counts as one, however the browser sends it.
const MaxNote = 2000

// KeepDeletedNote is how long a deleted note can be brought back before it is purged.
const KeepDeletedNote = 7 * 24 * time.Hour

const (
	maxTicketNumber = 64
	maxTicketLink   = 500
)

// An Author is the colleague who writes or reads something internal.
type Author struct {
	ID   string
	Name string
}

// A Note is what colleagues should know about a person. It belongs to the contact and outlives conversations.
type Note struct {
	ID             string    `json:"id" bson:"_id"`
	Version        int64     `json:"version" bson:"version"`
	ContactID      string    `json:"contact_id" bson:"contact_id"`
	ConversationID string    `json:"conversation_id,omitempty" bson:"conversation_id,omitempty"` // where it was written; empty: on the profile page
	Text           string    `json:"text" bson:"text"`
	Ticket         string    `json:"ticket,omitempty" bson:"ticket,omitempty"` // a ticket number, or an http(s) link
	AuthorID       string    `json:"author_id" bson:"author_id"`
	AuthorName     string    `json:"author_name" bson:"author_name"`
	CreatedAt      time.Time `json:"created_at" bson:"created_at"`
	DeletedAt      time.Time `json:"deleted_at,omitzero" bson:"deleted_at,omitempty"` // not shown any more, but its author can bring it back
	PurgeAt        time.Time `json:"purge_at,omitzero" bson:"purge_at,omitempty"`     // removed for good after this
}

// NewNote checks what was typed. What is wrong is an *InputError whose field is "text" or "ticket".
func NewNote(id, contact, conversation, text, ticket string, by Author, at time.Time) (Note, error) {
	words, err := internalText("note", text)
	if err != nil {
		return Note{}, err
	}
	reference, err := NormalizeTicket(ticket)
	if err != nil {
		return Note{}, err
	}
	return Note{
		ID: id, ContactID: contact, ConversationID: conversation, Text: words, Ticket: reference,
		AuthorID: by.ID, AuthorName: clip(clean(by.Name), maxName), CreatedAt: stamp(at),
	}, nil
}

// Delete hides the note. Only its author may; deleting it again changes nothing.
func (n *Note) Delete(user string, at time.Time) error {
	if n.AuthorID != user {
		return fmt.Errorf("chat: delete a colleague's note: %w", ErrForbidden)
	}
	if n.DeletedAt.IsZero() {
		n.DeletedAt, n.PurgeAt = stamp(at), stamp(at.Add(KeepDeletedNote))
	}
	return nil
}

// Restore takes a deletion back. Only the author may.
func (n *Note) Restore(user string) error {
	if n.AuthorID != user {
		return fmt.Errorf("chat: restore a colleague's note: %w", ErrForbidden)
	}
	n.DeletedAt, n.PurgeAt = time.Time{}, time.Time{}
	return nil
}

// internalText checks the text of a note or comment. It is measured as it was typed: what is cleaned away counts, so that a
// browser's counter says the same.
func internalText(what, text string) (string, error) {
	if length := utf8.RuneCountInString(strings.ReplaceAll(text, "\r\n", "\n")); length > MaxNote {
		return "", invalid("text", fmt.Sprintf("A %s has at most 2,000 characters; this has %s.", what, grouped(length)))
	}
	words := cleanLines(text)
	if strings.TrimFunc(words, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }) == "" {
		return "", invalid("text", "Write something first.")
	}
	return words, nil
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// NormalizeTicket checks a reference to a ticket: an http(s) link, or a number such as OPS-123 or #4711. Empty is allowed.
func NormalizeTicket(raw string) (string, error) {
	s := clean(raw)
	if s == "" {
		return "", nil
	}
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || utf8.RuneCountInString(s) > maxTicketLink {
			return "", invalid("ticket", "A link must begin with https:// or http:// and have at most 500 characters.")
		}
		return u.String(), nil
	}
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("#-_/.", r)
	}
	if utf8.RuneCountInString(s) > maxTicketNumber || strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) >= 0 {
		return "", invalid("ticket", "Give a ticket number such as OPS-123, or a link that begins with https://.")
	}
	return s, nil
}
