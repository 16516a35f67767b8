package dashboard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// longTalk puts n older messages in front of Ana's.
func (s *site) longTalk(n int) {
	for i := range n {
		s.store.older[talkID] = append(s.store.older[talkID], chat.Message{
			ID: fmt.Sprint("o", i), MessageID: fmt.Sprint("o", i), Direction: chat.Inbound, Type: "text", Text: fmt.Sprintf("old parcel %d", i), Timestamp: noon.AddDate(0, 0, -10).Add(time.Duration(i) * time.Minute),
		})
	}
}

func TestSearchShowsPeopleMessagesAndNotes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.longTalk(60)
	s.store.notes = map[string]chat.Note{"n1": {ID: "n1", ContactID: anaID, Text: "Sent her a Sample of the parcel paper", AuthorName: "Ben", CreatedAt: noon}}
	body := s.get("/search?q=parcel").body
	group := find(t, body, "id", "found-messages")
	require.Len(t, group, 1)
	require.Contains(t, body, "old <mark>parcel</mark> 59")
	require.Contains(t, body, `href="/inbox/`+talkID+`?at=o59#m-o59"`, "it leads to the very message")
	require.Contains(t, text(find(t, body, "id", "found-notes")[0]), "note by Ben")
	require.Less(t, strings.Index(body, "found-notes"), strings.Index(body, "found-messages"), "a note is not below all messages")
	require.Empty(t, find(t, body, "id", "found-people"))
	require.NotEmpty(t, find(t, s.get("/search?q=ana+sample").body, "id", "found-people"))

	seen, target := map[string]bool{}, "/search?q=parcel"
	for target != "" {
		got := s.get(target, "HX-Request", "true")
		require.Equal(t, http.StatusOK, got.StatusCode)
		for _, r := range find(t, got.body, "class", "result") {
			require.False(t, seen[attr(r, "id")], "twice")
			seen[attr(r, "id")] = true
		}
		target = ""
		for _, more := range find(t, got.body, "class", "more__link") {
			target = attr(more, "hx-get")
			require.NotEmpty(t, find(t, s.get(target).body, "class", "result"), "the link works without JavaScript")
		}
	}
	require.Len(t, seen, 63)
	require.Contains(t, s.get("/search?q=nothing+has+this").body, "Nothing found")
	require.Contains(t, s.get("/search").body, "Search everything")
	require.Equal(t, http.StatusNotFound, s.get("/search?q=x&in=secrets", "HX-Request", "true").StatusCode)
}

func TestSearchKeepsToTheScope(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.store.conversations[talkID]
	c.Department, c.Assignee = "legal", ""
	s.store.conversations[talkID] = c
	require.Contains(t, s.get("/search?q=arrive").body, "/inbox/"+talkID)
	s.signInAs(benID)
	require.NotContains(t, s.get("/search?q=arrive").body, "/inbox/"+talkID)
	require.NotContains(t, s.get("/inbox?q=arrive").body, "row-"+talkID)
	require.Equal(t, http.StatusNotFound, s.get("/inbox/"+talkID+"?at=o1").StatusCode)
}

func TestTheListSearchShowsTheMessageFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.longTalk(3)
	body := s.get("/inbox?q=old+parcel").body
	row := find(t, body, "data-id", talkID)
	require.Len(t, row, 1)
	require.Contains(t, text(row[0]), "old parcel 2")
	link := find(t, body, "data-row-link", "")[0]
	require.Equal(t, "/inbox/"+talkID+"?at=o2&q=old+parcel#m-o2", attr(link, "href"))
	require.Equal(t, "/search?q=old+parcel", attr(find(t, body, "id", "search-all")[0], "href"))
	require.Empty(t, find(t, s.get("/inbox?q=old+parcel&view=closed").body, "data-id", ""), "filters combine with the search")
	require.Len(t, find(t, s.get("/inbox?q=ana").body, "id", "beside-people"), 1)
}

func TestALinkLeadsToAnOldMessageAndMarksIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.longTalk(300)
	body := s.get("/inbox/" + talkID + "?at=o100").body
	found := find(t, body, "data-found", "")
	require.Len(t, found, 1)
	require.Equal(t, "m-o100", attr(found[0], "id"))
	messages := find(t, body, "data-message", "")
	require.Len(t, messages, messagePage)
	require.Contains(t, body, "Newest messages")
	require.NotEmpty(t, find(t, body, "data-older", ""))
	refresh := attr(find(t, body, "id", "messages")[0], "hx-get")
	again := s.get(refresh+"&first=o75&older=x", "HX-Request", "true").body
	require.Len(t, find(t, again, "data-message", ""), messagePage, "a refresh stays where it is")
	require.Len(t, find(t, again, "data-found", ""), 1)
	newest := s.get("/inbox/" + talkID + "?at=gone").body
	require.Empty(t, find(t, newest, "data-found", ""))
	require.Contains(t, newest, "When will it arrive?", "a message that is not there any more leads to the newest ones")
}

func TestHostileSearchesAreText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, q := range []string{"%22", "%27%20OR%201=1", "%00", "%FF%FE", strings.Repeat("x", 2000), "%3Cscript%3E", "%E2%80%AEevil", "%F0%9F%91%A9%F0%9F%8F%BD", "$where", "*", strings.Repeat("%22", 500)} {
		for _, page := range []string{"/search?q=", "/inbox?q="} {
			got := s.get(page + q)
			require.Equal(t, http.StatusOK, got.StatusCode, q)
			s.lint(page+q[:min(len(q), 20)], got, true)
		}
	}
}
