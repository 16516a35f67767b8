package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchboard/chat"
)

// An ArchiveIndex lists the files of an export.
type ArchiveIndex struct{ lines []string }

// Add notes a file, or a folder, with how much is in it.
func (x *ArchiveIndex) Add(name, kind string, n int) {
	x.lines = append(x.lines, fmt.Sprintf("- `%s`: %d %s", name, n, kind))
}

// Text is the export's README.
func (x *ArchiveIndex) Text(c *chat.Contact, at time.Time) string {
	return fmt.Sprintf(`# Data of one person

Contact %s, exported from Switchboard on %s. All times are in UTC.

- %s: the person as they are known: name, numbers, identities, labels, attributes, who set what
- %s: records that were merged into this one, if any
%s

Each conversation has a folder of its own: %s to read in any browser (it loads nothing and runs nothing),
%s with every message, and %s with everything else about it. Media are not copied: the messages say what was sent
and, as long as the platform offers it, where.
`, c.ID, at.UTC().Format("2006-01-02 15:04:05"), "`contact.json`", "`merged/`", strings.Join(x.lines, "\n"),
		"`conversation.html`", "`messages.json`", "`conversation.json`")
}

// ConversationFolder is where an export keeps a conversation. No part of it comes from outside as it is.
func ConversationFolder(c *chat.Conversation) string {
	return fmt.Sprintf("conversations/%s-%s-%s", c.CreatedAt.UTC().Format("2006-01-02"), FileWord(string(c.Channel)), FileWord(c.ID))
}

// An ArchiveHead is the beginning of a readable conversation.
type ArchiveHead struct {
	Name, Channel, Account, Created, State string
}

// ArchiveHeadOf begins a readable conversation.
func ArchiveHeadOf(c *chat.Conversation, person *chat.Contact, account string, clock Clock) ArchiveHead {
	return ArchiveHead{
		Name: ContactName(person), Channel: ChannelOf(c.Channel).Name, Account: account, Created: clock.Moment(c.CreatedAt).Exact, State: strings.ToLower(StateOf(c.State).Name),
	}
}

// An ArchiveLine is one message, or one event, of a readable conversation.
type ArchiveLine struct {
	At, Who, Text, Note string
	Outbound            bool
}

// ArchiveLines are messages to read. What the person did not write is from the account, by the name agents know it by.
func ArchiveLines(messages []chat.Message, person *chat.Contact, account string, clock Clock) []ArchiveLine {
	out := make([]ArchiveLine, 0, len(messages))
	for i := range messages {
		m := &messages[i]
		line := ArchiveLine{At: clock.Moment(m.Timestamp).Exact, Who: ContactName(person), Text: m.Text, Outbound: m.Direction == chat.Outbound}
		if line.Outbound {
			line.Who = account
		}
		line.Note = archiveNote(m)
		out = append(out, line)
	}
	return out
}

// archiveNote says what a message carried beside its text, and what became of it.
func archiveNote(m *chat.Message) string {
	var parts []string
	if m.Type != "text" {
		parts = append(parts, m.Type)
	}
	for _, media := range m.Content.Media {
		parts = append(parts, strings.TrimSpace(cmp.Or(media.Filename, media.Title, media.Type)+" "+media.MimeType))
	}
	if l := m.Content.Location; l != nil {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%.5f, %.5f %s %s", l.Latitude, l.Longitude, l.Name, l.Address)))
	}
	for _, card := range m.Content.Cards {
		parts = append(parts, strings.Join(append(append([]string{card.Name}, card.Phones...), card.Emails...), " "))
	}
	if i := m.Content.Interactive; i != nil {
		parts = append(parts, strings.TrimSpace(i.Title+" "+i.Description))
	}
	for _, r := range m.Reactions {
		if r.Emoji != "" {
			parts = append(parts, "reaction "+r.Emoji)
		}
	}
	if m.Edit != nil {
		parts = append(parts, "edited, before: "+m.Edit.Original)
	}
	if m.Deleted {
		parts = append(parts, "deleted")
	}
	if m.Status != "" {
		parts = append(parts, m.Status)
	}
	return strings.Join(parts, " · ")
}

// ArchiveEvents is what happened to a conversation.
func ArchiveEvents(c *chat.Conversation, clock Clock) []ArchiveLine {
	out := make([]ArchiveLine, 0, len(c.Timeline))
	for i := range c.Timeline {
		e := event(&c.Timeline[i], clock)
		out = append(out, ArchiveLine{At: e.At.Exact, Who: e.By, Text: e.Text})
	}
	return out
}
