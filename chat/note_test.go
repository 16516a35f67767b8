package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	wroteAt = time.Date(2026, 10, 5, 12, 0, 0, 123456789, time.UTC)
	writer  = Author{ID: "u1", Name: " Ada \x00 "}
)

func TestNewNote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, ticket, want, wantTicket, refused string }{
		"plain":                            {text: " Hello ", want: "Hello"},
		"line breaks are kept":             {text: "a\r\nb\n\n c", want: "a\nb\n\n c"},
		"a ticket number":                  {text: "x", ticket: " ops-123 ", want: "x", wantTicket: "ops-123"},
		"a Jira link":                      {text: "x", ticket: "https://jira.example/browse/OPS-1?a=b", want: "x", wantTicket: "https://jira.example/browse/OPS-1?a=b"},
		"2,000 characters":                 {text: strings.Repeat("é", 2000), want: strings.Repeat("é", 2000)},
		"2,000 with breaks as sent":        {text: strings.Repeat("a\r\n", 999) + "aa", want: strings.Repeat("a\n", 999) + "aa"},
		"2,000 emoji":                      {text: strings.Repeat("😀", 2000), want: strings.Repeat("😀", 2000)},
		"one too many":                     {text: strings.Repeat("é", 2001), refused: "A note has at most 2,000 characters; this has 2,001."},
		"blanks count as typed":            {text: strings.Repeat(" ", 2001), refused: "A note has at most 2,000 characters; this has 2,001."},
		"empty":                            {text: " \n\t ", refused: "Write something first."},
		"nothing to see":                   {text: "\u202e\u200b\x00", refused: "Write something first."},
		"markup and directions are text":   {text: "<script>\u202eevil\x00", want: "<script>\u202eevil"},
		"a ticket that is no link":         {text: "x", ticket: "javascript:alert(1)", refused: "Give a ticket number such as OPS-123, or a link that begins with https://."},
		"a ticket of another scheme":       {text: "x", ticket: "ftp://files.example/1", refused: "A link must begin with https:// or http:// and have at most 500 characters."},
		"a link with a password":           {text: "x", ticket: "https://user:secret@jira.example/", refused: "A link must begin with https:// or http:// and have at most 500 characters."},
		"a link that is too long":          {text: "x", ticket: "https://jira.example/" + strings.Repeat("a", 500), refused: "A link must begin with https:// or http:// and have at most 500 characters."},
		"a ticket with blanks":             {text: "x", ticket: "two words", refused: "Give a ticket number such as OPS-123, or a link that begins with https://."},
		"a ticket that is a whole sermon":  {text: "x", ticket: strings.Repeat("9", 65), refused: "Give a ticket number such as OPS-123, or a link that begins with https://."},
		"a ticket in letters of the world": {text: "x", ticket: "#ТИКЕТ-4", want: "x", wantTicket: "#ТИКЕТ-4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := NewNote("n1", "c1", "d1", c.text, c.ticket, writer, wroteAt)
			if c.refused != "" {
				message, ok := IsInput(err)
				require.True(t, ok, "%v", err)
				require.Equal(t, c.refused, message)
				return
			}
			require.NoError(t, err)
			require.Equal(t, Note{ID: "n1", ContactID: "c1", ConversationID: "d1", Text: c.want, Ticket: c.wantTicket, AuthorID: "u1", AuthorName: "Ada", CreatedAt: wroteAt.Truncate(time.Millisecond)}, n)
		})
	}
}

func TestOnlyTheAuthorDeletesANote(t *testing.T) {
	t.Parallel()
	n, err := NewNote("n1", "c1", "", "x", "", writer, wroteAt)
	require.NoError(t, err)
	require.ErrorIs(t, n.Delete("u2", wroteAt), ErrForbidden)
	require.Zero(t, n.DeletedAt)
	require.NoError(t, n.Delete("u1", wroteAt))
	first := n
	require.Equal(t, KeepDeletedNote, n.PurgeAt.Sub(n.DeletedAt))
	require.NoError(t, n.Delete("u1", wroteAt.Add(time.Hour)), "again")
	require.Equal(t, first, n, "the time it is kept does not begin again")
	require.ErrorIs(t, n.Restore("u2"), ErrForbidden)
	require.NoError(t, n.Restore("u1"))
	require.Zero(t, n.DeletedAt)
	require.Zero(t, n.PurgeAt, "not purged after all")
}

func TestNewComment(t *testing.T) {
	t.Parallel()
	ben, ada := Tagged{ID: "u2", Name: "Ben"}, Tagged{ID: "u1", Name: "Ada"}
	c, err := NewComment("k1", "d1", "look\r\nhere", []Tagged{ben, ada, ben}, writer, wroteAt)
	require.NoError(t, err)
	require.Equal(t, []Tagged{ben}, c.Tagged, "each once, and nobody calls in themselves")
	require.Equal(t, "look\nhere", c.Text)
	told := c.Notifications()
	require.Len(t, told, 1)
	require.Equal(t, "u2", told[0].UserID)
	require.Equal(t, "Ada", told[0].By)
	require.Equal(t, told, c.Notifications(), "the same ids again")
	_, err = NewComment("k1", "d1", strings.Repeat("x", 2001), nil, writer, wroteAt)
	message, _ := IsInput(err)
	require.Equal(t, "A comment has at most 2,000 characters; this has 2,001.", message)
}

func TestInvite(t *testing.T) {
	t.Parallel()
	c := Conversation{ID: "d1", State: StateOpen, ThreadKey: "k", OpenKey: "k"}
	ben := Tagged{ID: "u2", Name: "Ben"}
	fresh, err := c.Invite([]Tagged{ben}, "Ada", wroteAt)
	require.NoError(t, err)
	require.Equal(t, []Tagged{ben}, fresh)
	fresh, err = c.Invite([]Tagged{ben}, "Ada", wroteAt)
	require.NoError(t, err)
	require.Empty(t, fresh)
	require.Equal(t, []string{"u2"}, c.Invited)
	require.Len(t, c.Timeline, 1)
	require.Equal(t, "invited", c.Timeline[0].Type)
	for i := range maxInvited {
		_, err = c.Invite([]Tagged{{ID: strings.Repeat("x", i+3), Name: "X"}}, "Ada", wroteAt)
	}
	require.ErrorIs(t, err, ErrInvalid)
	require.NoError(t, c.SetState(StateClosed, "Ada", wroteAt))
	require.Empty(t, c.Invited, "whoever was only invited does not see it any more")
	_, err = c.Invite([]Tagged{ben}, "Ada", wroteAt)
	require.ErrorIs(t, err, ErrInvalid)
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	e := Escalation{ID: "e1", ContactID: "c1", ConversationID: "d1", Channel: WhatsApp, Reason: " asked\nfor a human \x00", At: wroteAt}
	require.NoError(t, e.Normalize())
	require.Equal(t, "asked for a human", e.Reason)
	for _, bad := range []Escalation{{}, {ID: "e", ContactID: "c", ConversationID: "d"}, {ID: "e", ContactID: "c", At: wroteAt}, {ID: "e", ConversationID: "d", At: wroteAt}} {
		require.ErrorIs(t, bad.Normalize(), ErrInvalid)
	}
	c := Conversation{ID: "d1"}
	c.RecordEscalation(&e)
	c.RecordEscalation(&e)
	require.Len(t, c.Timeline, 1)
	require.ErrorIs(t, e.Take(Author{}, wroteAt), ErrInvalid)
	require.NoError(t, e.Take(writer, wroteAt))
	require.NoError(t, e.Take(writer, wroteAt.Add(time.Hour)))
	require.Equal(t, wroteAt.Truncate(time.Millisecond), e.TakenAt, "the first time counts")
	require.ErrorIs(t, e.Take(Author{ID: "u2"}, wroteAt), ErrConflict)
	require.Equal(t, "Ada", e.TakenBy)
	c.RecordEscalation(&e)
	require.Len(t, c.Timeline, 2)
	require.Empty(t, c.Assignee, "being told again hands nothing over")
}

func TestWhoeverTakesAHandOverHasTheConversationUnlessSomebodyHasIt(t *testing.T) {
	t.Parallel()
	taken := Escalation{ID: "e1", ContactID: "c1", ConversationID: "d1", At: wroteAt}
	require.NoError(t, taken.Take(writer, wroteAt))
	for name, c := range map[string]struct {
		talk     Conversation
		e        Escalation
		assignee string
		timeline []string
	}{
		"nobody has it":          {Conversation{State: StateOpen}, taken, writer.ID, []string{"escalated", "escalation_taken", "assigned"}},
		"snoozed":                {Conversation{State: StateSnoozed}, taken, writer.ID, []string{"escalated", "escalation_taken", "assigned"}},
		"a colleague has it":     {Conversation{State: StateOpen, Assignee: "ben"}, taken, "ben", []string{"escalated", "escalation_taken"}},
		"they have it already":   {Conversation{State: StateOpen, Assignee: writer.ID}, taken, writer.ID, []string{"escalated", "escalation_taken"}},
		"it is over":             {Conversation{State: StateClosed}, taken, "", []string{"escalated", "escalation_taken"}},
		"nobody has taken it":    {Conversation{State: StateOpen}, Escalation{ID: "e1", At: wroteAt}, "", []string{"escalated"}},
		"offered to a colleague": {Conversation{State: StateOpen, Transfer: &Transfer{}}, taken, writer.ID, []string{"escalated", "escalation_taken", "assigned"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.talk.HandOver(&c.e))
			require.NoError(t, c.talk.HandOver(&c.e), "again")
			require.Equal(t, c.assignee, c.talk.Assignee)
			require.Nil(t, c.talk.Transfer, "an open offer is over")
			var types []string
			for _, entry := range c.talk.Timeline {
				types = append(types, entry.Type)
			}
			require.ElementsMatch(t, c.timeline, types)
		})
	}

	c := Conversation{State: StateOpen}
	require.NoError(t, c.HandOver(&taken))
	require.NoError(t, c.Assign("", "", "Ben", wroteAt.Add(time.Minute)))
	require.NoError(t, c.HandOver(&taken))
	require.Empty(t, c.Assignee, "what a colleague decided since stays")
}
