package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

const anaNotes = "/contacts/" + anaID + "/notes"

// noteBy is the newest note with this text.
func noteBy(s *site, text string) chat.Note {
	s.t.Helper()
	for _, n := range s.store.notes {
		if n.Text == text {
			return n
		}
	}
	s.t.Fatalf("no note %q", text)
	return chat.Note{}
}

func TestNoteIsAddedDeletedAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx(anaNotes, "text", "Call <b>after</b> six\r\nplease", "ticket", "https://jira.example/browse/OPS-1", "conversation", talkID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	n := noteBy(s, "Call <b>after</b> six\nplease")
	require.Equal(t, chat.Note{
		ID: n.ID, ContactID: anaID, ConversationID: talkID, Text: n.Text, Ticket: "https://jira.example/browse/OPS-1", AuthorID: adaID, AuthorName: "Ada Admin", CreatedAt: noon,
	}, n)
	require.Equal(t, []chat.Change{{Contact: anaID, What: []string{"note"}, By: adaID, StoredAt: noon}}, s.store.published)
	require.Len(t, find(t, got.body, "data-fresh-form", ""), 1, "the form is ready for the next note")
	item := find(t, got.body, "id", "note-"+n.ID)[0]
	require.Contains(t, text(item), "Call <b>after</b> six", "text is text")

	got = s.htmx(anaNotes+"/"+n.ID+"/delete", "conversation", talkID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Empty(t, find(t, got.body, "id", "note-"+n.ID))
	require.Equal(t, noon, s.store.notes[n.ID].DeletedAt)
	undo := find(t, got.body, "data-undo", "")
	require.Len(t, undo, 1)
	got = s.htmx(attr(undo[0], "action"), "conversation", talkID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Len(t, find(t, got.body, "id", "note-"+n.ID), 1)
	require.Zero(t, s.store.notes[n.ID].PurgeAt)
}

func TestNotesOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/inbox/" + talkID + "?tab=notes").body
	for id, n := range s.store.notes {
		if n.ContactID == anaID && len(find(t, page, "id", "note-"+id)) == 1 {
			mine := strings.Contains(page, anaNotes+"/"+id+"/delete")
			require.Equal(t, n.AuthorID == adaID, mine, "%s: only the author is offered to delete it", id)
		}
	}
	require.Equal(t, http.StatusForbidden, s.htmx(anaNotes+"/note-01/delete").StatusCode)
	require.Zero(t, s.store.notes["note-01"].DeletedAt)
	require.Equal(t, http.StatusNotFound, s.htmx(anaNotes+"/hostile-0/delete").StatusCode, "a note of another person")
	require.Equal(t, http.StatusNotFound, s.htmx(anaNotes+"/nowhere/delete").StatusCode)
	require.Equal(t, http.StatusNotFound, s.htmx(anaNotes, "text", "x", "conversation", hostileTalkID).StatusCode, "a conversation of another person")
	require.Empty(t, s.store.published)
}

func TestNotesAreGroupedByTheAgentsDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.now = time.Date(2026, 10, 5, 23, 0, 0, 0, time.UTC) // in Berlin it is the 6th, one o'clock
	clear(s.store.notes)
	for id, at := range map[string]time.Time{"late": s.now.Add(-30 * time.Minute), "early": s.now.Add(-2 * time.Hour)} {
		s.store.notes[id] = chat.Note{ID: id, ContactID: anaID, Text: id, AuthorID: benID, AuthorName: "Ben", CreatedAt: at}
	}
	days := func() (out []string) {
		for _, day := range find(t, s.get("/contacts/"+anaID+"?tab=notes").body, "class", "notes__day") {
			out = append(out, text(day))
		}
		return out
	}
	require.Equal(t, []string{"Today", "Yesterday"}, days())
	u := s.store.users[adaID]
	u.TimeZone = "America/Sao_Paulo"
	s.store.users[adaID] = u
	require.Equal(t, []string{"Today"}, days(), "there it is still the 5th")
}

func TestOlderNotes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var seen, days []string
	address := "/inbox/" + talkID + "/panel?tab=notes"
	for address != "" {
		body := s.get(address, "HX-Request", "true").body
		for _, item := range find(t, body, "data-item", "") {
			seen = append(seen, attr(item, "id"))
		}
		for _, day := range find(t, body, "class", "notes__day") {
			days = append(days, text(day))
		}
		address = ""
		for _, more := range find(t, body, "class", "more__link") {
			address = attr(more, "hx-get")
		}
	}
	require.Len(t, seen, 45)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(seen))), 45, "none twice")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(days))), len(days), "no day twice")
	all := s.get("/inbox/"+talkID+"/panel?tab=notes&shown=40", "HX-Request", "true").body
	require.Len(t, find(t, all, "data-item", ""), 40, "a refresh shows as many as are on screen")

	page := s.get("/inbox/" + talkID + "?tab=notes").body // without JavaScript
	page = s.get(attr(find(t, page, "id", "stretch-older")[0].FirstChild, "href")).body
	require.Len(t, find(t, page, "data-item", ""), 20)
	require.Contains(t, page, "Newest notes")
}

func TestNotesOfMergedContacts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	clear(s.store.notes)
	s.store.notes["theirs"] = chat.Note{ID: "theirs", ContactID: "merged-away", Text: "from before", AuthorID: adaID, AuthorName: "Ada", CreatedAt: noon}
	page := "/contacts/" + anaID + "?tab=notes"
	require.NotContains(t, s.get(page).body, "from before")
	contact := s.store.contacts[anaID]
	contact.MergedFrom = []string{"merged-away"}
	s.store.contacts[anaID] = contact
	require.Contains(t, s.get(page).body, "from before")
	require.Equal(t, http.StatusOK, s.htmx(anaNotes+"/theirs/delete").StatusCode)
	contact.MergedFrom = nil // the merge was undone
	s.store.contacts[anaID] = contact
	require.Equal(t, http.StatusNotFound, s.htmx(anaNotes+"/theirs/restore").StatusCode)
}

func TestNoteRefusedKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := strings.Repeat("é", 2001)
	got := s.htmx(anaNotes, "text", long, "ticket", "OPS-1", "conversation", talkID)
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, text(find(t, got.body, "id", "note-error")[0]), "this has 2,001")
	require.Contains(t, got.body, long)
	for _, from := range []string{talkID, ""} { // without JavaScript: the page it was on
		got = s.post(anaNotes, "text", long, "ticket", "OPS-1", "conversation", from)
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		require.Equal(t, from != "", strings.Contains(got.body, `id="thread"`))
		require.Contains(t, got.body, long)
		require.Equal(t, "OPS-1", attr(find(t, got.body, "id", "note-ticket")[0], "value"))
		require.Equal(t, "true", attr(find(t, got.body, "id", "tab-notes")[0], "aria-selected"))
	}
	got = s.post(anaNotes, "text", "fine", "conversation", talkID, "return", "/inbox/"+talkID+"?tab=notes")
	require.Equal(t, "/inbox/"+talkID+"?tab=notes", got.Header.Get("Location"))
	closed := s.store.conversations[talkID]
	closed.State = chat.StateClosed
	s.store.conversations[talkID] = closed
	require.Equal(t, http.StatusOK, s.htmx(anaNotes, "text", "after the close", "conversation", talkID).StatusCode)
}

func TestTabsOfThePanel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var keys []string
	for _, tab := range find(t, s.get("/inbox/"+talkID).body, "role", "tab") {
		keys = append(keys, strings.TrimPrefix(attr(tab, "id"), "tab-"))
		page := s.get(attr(tab, "href")).body
		require.Equal(t, "true", attr(find(t, page, "id", attr(tab, "id"))[0], "aria-selected"))
		require.Empty(t, s.store.users[adaID].PanelTab, "a link changes nothing")
	}
	require.Equal(t, []string{"contact", "conversation", "notes", "history", "comments", "escalations"}, keys)
	for _, key := range keys {
		require.Equal(t, http.StatusOK, s.htmx("/inbox/"+talkID+"/panel", "tab", key).StatusCode)
		require.Equal(t, key, s.store.users[adaID].PanelTab)
		require.Equal(t, "true", attr(find(t, s.get("/inbox/"+webID).body, "id", "tab-"+key)[0], "aria-selected"), "remembered for every conversation")
	}
	s.htmx("/inbox/"+talkID+"/panel", "tab", "nonsense")
	require.Equal(t, "contact", s.store.users[adaID].PanelTab)
}
