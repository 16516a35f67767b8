package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

const talkComments = "/inbox/" + talkID + "/comments"

// online opens a page of a user.
func (s *site) online(user string) {
	s.hub.Publish([]chat.Change{{Presence: &chat.Presence{User: user, Page: "1"}}})
}

func TestTaggedColleagueIsToldAndMayCome(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.notices = nil
	s.give(talkID, foreign)

	require.Contains(t, s.get("/inbox/"+talkID+"?tab=comments").body, "Nobody else is online")
	s.online(benID)
	s.online(adaID)
	people := find(t, s.get("/inbox/"+talkID+"/comments", "HX-Request", "true").body, "name", "tag")
	require.Len(t, people, 1, "everybody who is online, but not oneself")
	require.Equal(t, benID, attr(people[0], "value"))

	s.asBen()
	require.Equal(t, http.StatusNotFound, s.get("/inbox/"+talkID).StatusCode, "another department's")
	s.cookie = "cookie-of-ada"
	got := s.htmx(talkComments, "text", "Ben, can you help?", "tag", benID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "Ben Agent was told")
	require.Equal(t, []chat.Change{{
		Conversation: talkID, Contact: anaID, Channel: chat.WhatsApp, Account: "880000000000001", What: []string{"comment"}, For: []string{benID}, By: adaID, StoredAt: noon,
	}}, s.store.published)
	require.Equal(t, []string{benID}, s.store.conversations[talkID].Invited)

	s.asBen()
	require.Contains(t, text(find(t, s.get("/contacts").body, "id", "badge")[0]), "1 new")
	notice := find(t, s.get("/notifications").body, "class", "notice__link")
	require.Equal(t, "Ada Admin asks you to look at the conversation with Ana Sample", text(notice[0]))
	page := s.get(strings.TrimSuffix(attr(notice[0], "href"), "#panel"))
	require.Equal(t, http.StatusOK, page.StatusCode, "whatever his departments")
	require.Contains(t, page.body, "Ben, can you help?")
	require.Empty(t, find(t, page.body, "class", "badge__count"), "opened, so it is cleared")
	require.Empty(t, s.store.notices)
	require.Equal(t, http.StatusOK, s.htmx(talkComments, "text", "Of course.").StatusCode)
}

func TestBadgeBringsUpWhatIsNew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.notices = nil
	s.asBen()
	badge := find(t, s.get("/contacts").body, "id", "badge")[0]
	require.Equal(t, benID, attr(badge, "data-user"))
	s.cookie = "cookie-of-ada"
	require.Equal(t, http.StatusOK, s.htmx(talkComments, "text", "look", "tag", benID).StatusCode)
	s.asBen()
	got := s.get(attr(badge, "hx-get"), "HX-Request", "true", "HX-Current-URL", "http://example.com/contacts")
	require.Len(t, find(t, got.body, "data-toast", ""), 1)
	badge = find(t, got.body, "id", "badge")[0]
	got = s.get(attr(badge, "hx-get"), "HX-Request", "true", "HX-Current-URL", "http://example.com/contacts")
	require.Empty(t, find(t, got.body, "data-toast", ""), "told once")
	require.Contains(t, text(find(t, got.body, "id", "badge")[0]), "1 new")
	got = s.get(attr(badge, "hx-get"), "HX-Request", "true", "HX-Current-URL", "http://example.com/inbox/"+talkID+"?tab=notes")
	require.Empty(t, find(t, got.body, "class", "badge__count"), "the conversation is open already")
	require.Equal(t, http.StatusUnprocessableEntity, s.get("/notifications/badge?known=x", "HX-Request", "true").StatusCode)
	require.Equal(t, http.StatusSeeOther, s.get("/notifications/badge").StatusCode)
}

func TestNoticesAreCleared(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/notifications").body
	require.Len(t, find(t, page, "data-item", ""), 3)
	require.Contains(t, page, "somebody who is gone")
	require.Equal(t, http.StatusSeeOther, s.post("/notifications/clear").StatusCode)
	require.Contains(t, s.get("/notifications").body, "Nothing new")
}

func TestCommentsEndWithTheConversation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Contains(t, s.get("/inbox/"+talkID+"?tab=comments").body, "Can you look at this?")
	talk := s.store.conversations[talkID]
	talk.State = chat.StateClosed
	s.store.conversations[talkID] = talk
	page := s.get("/inbox/" + talkID + "?tab=comments").body
	require.NotContains(t, page, "Can you look at this?")
	require.Empty(t, find(t, page, "id", "comment-form"), "and none can be written")
	got := s.htmx(talkComments, "text", "too late")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
}

func TestCommentRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.online(benID)
	long := strings.Repeat("x", 2001)
	got := s.htmx(talkComments, "text", long, "tag", benID)
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, long)
	require.Len(t, find(t, got.body, "checked", ""), 1, "whoever was chosen stays chosen")
	got = s.post(talkComments, "text", " ", "tag", benID)
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "Write something first.")
	require.Equal(t, http.StatusNotFound, s.htmx(talkComments, "text", "x", "tag", "nobody").StatusCode)
	ben := s.store.users[benID]
	ben.DisabledAt = noon
	s.store.users[benID] = ben
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(talkComments, "text", "x", "tag", benID).StatusCode)
	require.Empty(t, s.store.published)
}
