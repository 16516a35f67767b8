package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// listAgain asks for the list as its page does.
func listAgain(s *site, known []string, more string) answer {
	return s.get("/inbox?"+url.Values{"known": {strings.Join(known, ".")}, "more": {more}}.Encode(), "HX-Request", "true", "HX-Source", "div#list-body")
}

// versions are those of the rows in an answer.
func versions(t *testing.T, body string) (list []string) {
	t.Helper()
	for _, row := range find(t, body, "data-pick", "") {
		list = append(list, attr(row.Parent, "data-version"))
	}
	return list
}

func TestAListSendsTheRowsThatAreNewToThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/inbox").body
	known := versions(t, page)
	require.Len(t, known, rowPage)
	more, err := url.Parse(attr(find(t, page, "id", "more")[0].FirstChild, "href"))
	require.NoError(t, err)
	after := more.Query().Get("after")
	require.NotEmpty(t, after)

	require.Equal(t, http.StatusNoContent, listAgain(s, known, after).StatusCode, "it has everything")
	require.Equal(t, http.StatusOK, listAgain(s, known, "7").StatusCode, "but for where the next page begins")
	require.Equal(t, http.StatusOK, listAgain(s, known[:rowPage-1], after).StatusCode, "but for one row")
	swapped := append([]string{known[1], known[0]}, known[2:]...)
	again := listAgain(s, swapped, after)
	require.Equal(t, http.StatusOK, again.StatusCode, "but for the order")
	require.Empty(t, versions(t, again.body))
	require.Len(t, find(t, again.body, "data-kept", ""), rowPage)

	c := s.store.conversations[talkID]
	c.Flagged, c.LastActivityAt = true, noon.Add(time.Hour)
	s.store.conversations[talkID] = c
	again = listAgain(s, known, after)
	require.Len(t, versions(t, again.body), 1, "one row changed, one row is sent")
	require.Contains(t, again.body, "Flagged")
	require.Equal(t, "row-"+talkID, attr(find(t, again.body, "data-id", talkID)[0], "id"))
	require.Len(t, find(t, again.body, "data-kept", ""), rowPage-1, "of the others the places")

	require.Len(t, versions(t, s.get("/inbox?known="+strings.Join(known, ".")).body), rowPage, "a page is whole whatever its address says")
}

func TestAThreadSendsWhatIsNewToThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/inbox/" + talkID).body
	address := attr(find(t, page, "id", "messages")[0], "hx-get")
	known := attr(find(t, page, "id", "messages-state")[0], "data-known")
	head := attr(find(t, page, "id", "thread-head")[0], "data-version")
	first := attr(find(t, page, "data-message", "")[0], "data-message")
	again := func(known string) string {
		got := s.get(address+"&"+url.Values{"first": {first}, "known": {known}, "head": {head}}.Encode(), "HX-Request", "true", "HX-Current-URL", "http://x.example/inbox/"+talkID)
		require.Equal(t, http.StatusOK, got.StatusCode)
		return got.body
	}
	shown := func(body string) (ids []string) {
		for _, m := range find(t, body, "data-message", "") {
			ids = append(ids, attr(m, "data-message"))
		}
		return ids
	}
	require.Empty(t, shown(again(known)), "it has everything")
	require.NotContains(t, again(known), "thread-title", "the head too")
	whole := shown(again(""))
	require.Equal(t, shown(page), whole, "a page that says nothing is sent everything")

	say := func(id string) {
		c := s.store.conversations[talkID]
		c.Messages = append(c.Messages, chat.Message{ID: id, MessageID: id, Direction: chat.Inbound, Type: "text", Text: "And " + id, Timestamp: noon.Add(time.Hour)})
		c.InboundCount++
		s.store.conversations[talkID] = c
	}
	say("new1")
	say("new2")
	body := again(known)
	require.Equal(t, []string{"new1", "new2"}, shown(body))
	require.Equal(t, "beforeend", attr(find(t, body, "hx-target", "#messages")[0], "hx-swap"))
	require.Len(t, find(t, body, "data-unread", ""), 1)
	require.Contains(t, text(find(t, body, "id", "unread-mark")[0]), "4 unread", "the marker further up counts them")
	next := attr(find(t, body, "id", "messages-state")[0], "data-known")
	require.NotEqual(t, known, next)
	say("new3")
	require.Equal(t, []string{"new3"}, shown(again(next)))
	require.Equal(t, []string{"new1", "new2", "new3"}, shown(again(known)), "of an answer that got lost nothing is missing")

	c := s.store.conversations[talkID]
	c.Messages[len(c.Messages)-2].Deleted = true
	s.store.conversations[talkID] = c
	require.Equal(t, []string{"new1", "new2", "new3"}, shown(again(known)), "it was not there when the page was sent this")
	require.Len(t, shown(again(next)), len(whole)+3, "one that it has is another now: everything is sent")
	for _, nonsense := range []string{"0.", "-1.x", "999999." + known, "x", "3", fmt.Sprint(len(whole), ".0")} {
		require.Len(t, shown(again(nonsense)), len(whole)+3, nonsense)
	}
}
