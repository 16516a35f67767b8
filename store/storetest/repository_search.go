package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// lookFor collects every page of a search and returns what the hits say.
func lookFor(t *testing.T, repo *store.Store, scope chat.Scope, text string, size int) []string {
	t.Helper()
	var got []string
	r := chat.PageRequest{Limit: size}
	for first := true; first || r.Cursor != ""; first = false {
		l, err := repo.SearchMessages(t.Context(), chat.SearchQuery{Scope: scope, Text: text, PageRequest: r})
		require.NoError(t, err)
		for _, h := range l.Items {
			got = append(got, h.Text)
		}
		r.Cursor = l.Next
	}
	return got
}

func searchMessages(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	var events []chat.Event
	for n := range 180 { // many pages
		events = append(events, s.text(ada, fmt.Sprintf("m%d", n), n, fmt.Sprintf("Parcel number%d is late", n)))
	}
	echo := s.event(chat.KindEcho, ada, "out", 500)
	echo.Text = "We are sorry about the Überraschung"
	edit := s.event(chat.KindEdit, ada, "e1", 501)
	edit.TargetID, edit.Text, edit.EditNumber = "m7", "Sparrow number7 instead", 1
	again := s.event(chat.KindEdit, ada, "e2", 502)
	again.TargetID, again.Text, again.EditNumber = "m7", "Swallow number7 instead", 2
	gone := s.event(chat.KindDelete, ada, "d1", 503)
	gone.TargetID = "m8"
	apply(t, repo, append(events, echo, edit, again, gone)...)
	apply(t, repo, append(events, echo, edit, again, gone)...)
	nobody := chat.Scope{}
	require.Equal(t, []string{"Parcel number3 is late"}, lookFor(t, repo, nobody, "parcel NUMBER3 ", 10))
	require.Equal(t, []string{"Parcel number179 is late"}, lookFor(t, repo, nobody, "number179", 10), "the newest page too")
	require.Equal(t, []string{"We are sorry about the Überraschung"}, lookFor(t, repo, nobody, "uberr", 10), "accents, and the beginning of a word")
	require.Equal(t, []string{"Swallow number7 instead"}, lookFor(t, repo, nobody, "number7 instead", 10), "an edited message is found once, as it is now")
	require.Empty(t, lookFor(t, repo, nobody, "sparrow", 10), "not as it was")
	require.Empty(t, lookFor(t, repo, nobody, "parcel number7 ", 10))
	require.Empty(t, lookFor(t, repo, nobody, "number8 ", 10), "nor what was deleted")
	for _, size := range []int{1, 7, 60, 500} {
		got := lookFor(t, repo, nobody, "parcel late", size)
		require.Len(t, got, 178, "pages of %d", size)
		require.Equal(t, "Parcel number179 is late", got[0], "newest first")
	}
	for _, bad := range []string{"x", "W10", "WzFd"} {
		_, err := repo.SearchMessages(t.Context(), chat.SearchQuery{Text: "parcel", PageRequest: chat.PageRequest{Cursor: bad}})
		require.ErrorIs(t, err, chat.ErrInvalid)
	}
}

func searchScope(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	ours := apply(t, repo, s.text(person{phone: "+12025550001"}, "m1", 1, "the secret word")).Entries[0].ConversationID
	theirs := apply(t, repo, s.text(person{phone: "+12025550002"}, "m2", 2, "another secret word")).Entries[0].ConversationID
	require.EqualValues(t, 2, countOpen(t, repo, chat.ConversationQuery{Scope: chat.Scope{User: "u1"}}), "what has just arrived is everybody's")
	for id, department := range map[string]string{ours: "sales", theirs: "legal"} {
		_, err := repo.UpdateConversation(t.Context(), id, func(c *chat.Conversation) error { c.Department = department; return nil })
		require.NoError(t, err)
	}
	agent := chat.Scope{User: "u1", Departments: []string{"sales"}}
	require.Equal(t, []string{"the secret word"}, lookFor(t, repo, agent, "secret", 10))
	require.Len(t, lookFor(t, repo, chat.Scope{}, "secret", 1), 2)
	hits, err := repo.SearchMessages(t.Context(), chat.SearchQuery{Scope: agent, Text: "secret"})
	require.NoError(t, err)
	require.Equal(t, ours, hits.Items[0].Conversation.ID)
	require.NotEmpty(t, hits.Items[0].MessageID)
	for _, hostile := range []string{
		"", `"`, `" OR "`, "secret OR word", "NEAR(a b)", "words:secret", "-", "*", "$where", "{$ne:1}", "\x00", "\xff\xfe", strings.Repeat("x", 2000),
		strings.Repeat("a ", 1000), "😀👩🏽‍👩🏻‍👧🏾‍👦", "\u202Eterces", "'; DROP TABLE ledger; --", "%", "_", "\\", "(", ")))", "AND", "NOT secret",
	} {
		for _, got := range lookFor(t, repo, agent, hostile, 10) {
			require.Equal(t, "the secret word", got, "%q", hostile)
		}
		_, err := repo.MatchConversations(t.Context(), hostile)
		require.NoError(t, err, "%q", hostile)
	}
	require.Empty(t, lookFor(t, repo, agent, "secret OR word", 10), "an operator is a word")
}

func searchInbox(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	maria := s.text(person{phone: "+12025550001"}, "m1", 1, "good morning")
	maria.ContactName = "María Blue"
	a := apply(t, repo, maria).Entries[0].ConversationID
	b := apply(t, repo, s.text(person{phone: "+12025550002"}, "m2", 2, "is the blue mug in stock")).Entries[0].ConversationID
	apply(t, repo, s.text(person{phone: "+12025550003"}, "m3", 3, "is the red mug in stock"))
	m, err := repo.MatchConversations(t.Context(), "blu")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{a, b}, m.Conversations, "by name and by message")
	require.Equal(t, "is the blue mug in stock", m.Messages[b].Text)
	require.NotContains(t, m.Messages, a)
	m, err = repo.MatchConversations(t.Context(), "(202) 555-0001")
	require.NoError(t, err)
	require.Equal(t, []string{a}, m.Conversations, "by digits")
	m, err = repo.MatchConversations(t.Context(), "  ")
	require.NoError(t, err)
	require.Empty(t, m.Conversations)
}

func searchNotes(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	for n, text := range []string{"prefers Crème brûlée", "call back on Monday", "prefers tea"} {
		note, err := chat.NewNote(fmt.Sprint("n", n), "c1", "", text, "SUP-1"+fmt.Sprint(n), chat.Author{ID: "u1", Name: "Ada"}, base)
		require.NoError(t, err)
		require.NoError(t, repo.AddNote(t.Context(), note))
	}
	texts := func(text string) []string {
		var list []string
		r := chat.PageRequest{Limit: 1}
		for first := true; first || r.Cursor != ""; first = false {
			l, err := repo.SearchNotes(t.Context(), chat.SearchQuery{Text: text, PageRequest: r})
			require.NoError(t, err)
			for _, n := range l.Items {
				list = append(list, n.Text)
			}
			r.Cursor = l.Next
		}
		return list
	}
	require.Equal(t, []string{"prefers tea", "prefers Crème brûlée"}, texts("prefers"))
	require.Equal(t, []string{"prefers Crème brûlée"}, texts("creme br"))
	require.Equal(t, []string{"call back on Monday"}, texts("sup-11"))
	_, err := repo.UpdateNote(t.Context(), "n2", func(n *chat.Note) error { return n.Delete("u1", base) })
	require.NoError(t, err)
	require.Equal(t, []string{"prefers Crème brûlée"}, texts("prefers"))
}

func messagesAround(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	var events []chat.Event
	for n := range 240 { // many pages
		events = append(events, s.text(ada, fmt.Sprintf("m%d", n), n, "text"))
	}
	entries := apply(t, repo, events...).Entries
	id := entries[0].ConversationID
	for _, n := range []int{0, 1, 70, 150, 238, 239} {
		l, newer, err := repo.MessagesAround(t.Context(), id, entries[n].EventID, 20)
		require.NoError(t, err)
		at := -1
		for i, m := range l.Items {
			if m.MessageID == fmt.Sprintf("m%d", n) {
				at = i
			}
			if i > 0 {
				require.Negative(t, l.Items[i-1].Place().Compare(m.Place()), "in order, none twice")
			}
		}
		require.GreaterOrEqual(t, at, 0, "message %d is among those around it", n)
		require.LessOrEqual(t, len(l.Items), 20)
		require.Equal(t, n >= 10, l.Next != "", "what came before %d", n)
		require.Equal(t, n < 229, newer, "what came after %d", n)
	}
	_, _, err := repo.MessagesAround(t.Context(), id, "nowhere", 20)
	require.ErrorIs(t, err, chat.ErrNotFound)
	other := apply(t, repo, s.text(person{phone: "+12025550002"}, "x", 1, "x")).Entries[0].EventID
	_, _, err = repo.MessagesAround(t.Context(), id, other, 20)
	require.ErrorIs(t, err, chat.ErrNotFound)
}
