package dashboard

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// loop lets what is published come back to this process, as the changes do.
func (s *site) loop() { s.store.onPublish = s.hub.Publish }

func TestPresenceIsShownToColleagues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.loop()
	s.hub.Publish([]chat.Change{{Presence: &chat.Presence{User: benID, Page: "1", Conversation: talkID, Typing: chat.TypingNote}}})
	got := s.get("/inbox/" + talkID)
	require.Regexp(t, `(?s)id="viewers"[^>]*><li class="viewer viewer--typing" title="Ben Agent is typing a note">.*<bdi>Ben Agent</bdi> is typing a note`, got.body)
	require.Contains(t, got.body, `id="watch-`+talkID+`" title="Ben Agent is typing a note"`)

	s.hub.Publish([]chat.Change{{Presence: &chat.Presence{User: benID, Page: "1", Conversation: talkID}}})
	got = s.get("/presence?ids="+talkID+","+webID+"&open="+talkID, "HX-Request", "true")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, `id="watch-`+webID+`"></span>`, "nobody is there")
	require.Contains(t, got.body, "<bdi>Ben Agent</bdi> is viewing")
	require.Equal(t, 3, strings.Count(got.body, "<hx-partial"))

	require.Equal(t, http.StatusNoContent, s.post("/presence", "page", "mine", "conversation", talkID).StatusCode)
	got = s.get("/presence?ids="+talkID+"&open="+talkID, "HX-Request", "true")
	require.NotContains(t, got.body, "Ada Admin", "nobody is told of themselves")
}

func TestAFewColleaguesAreShownAndTheOthersCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.loop()
	for i := range 6 {
		id := fmt.Sprintf("colleague-%d", i)
		s.store.users[id] = chat.User{ID: id, Name: fmt.Sprintf("Colleague %d", i), Role: chat.RoleAgent}
		s.hub.Publish([]chat.Change{{Presence: &chat.Presence{User: id, Page: id, Conversation: talkID}}})
	}
	for name, page := range map[string]answer{
		"list and thread": s.get("/inbox/" + talkID),
		"presence":        s.get("/presence?ids="+talkID+"&open="+talkID, "HX-Request", "true"),
	} {
		require.Len(t, find(t, page.body, "class", "viewer__words"), 3, name)
		require.Contains(t, page.body, `<li class="viewer">3 more</li>`, name)
		require.Regexp(t, `id="watch-`+talkID+`" title="[^"]*, 3 more are here"`, page.body, name)
	}
}

func TestPresenceIsToldToAllProcesses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.loop()
	require.Equal(t, http.StatusNoContent, s.post("/presence", "page", "one", "conversation", talkID, "typing", "field").StatusCode)
	require.Len(t, s.store.published, 1)
	require.Equal(t, &chat.Presence{User: adaID, Page: "one", Conversation: talkID, Typing: chat.TypingField}, s.store.published[0].Presence)
	require.Equal(t, []string{adaID}, s.hub.Online())
	s.post("/presence", "page", "one", "conversation", talkID, "typing", "field")
	require.Len(t, s.store.published, 1, "what everybody knows is not told again")
	s.post("/presence", "page", "one", "state", "away")
	require.Equal(t, []string{adaID}, s.hub.Online(), "a hidden page is still there")
	s.post("/presence", "page", "one", "state", "gone")
	require.Empty(t, s.hub.Online())
}

func TestPresenceTakesNoWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, form := range map[string][]string{
		"no page":       {"conversation", talkID},
		"words":         {"page", "one", "conversation", "Ana is nice"},
		"typed text":    {"page", "one", "conversation", talkID, "typing", "Dear Ana"},
		"somebody else": {"page", "x/../y", "user", benID},
	} {
		require.Equal(t, http.StatusUnprocessableEntity, s.post("/presence", form...).StatusCode, name)
	}
	require.Empty(t, s.store.published)
	got := s.get("/presence?ids=<script>,"+strings.Repeat("x", 100)+","+talkID, "HX-Request", "true")
	require.Equal(t, 1, strings.Count(got.body, "<hx-partial"))
}

func TestPresenceKeepsToWhatAnAgentMaySee(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	s.give(talkID, foreign)
	s.hub.Publish([]chat.Change{{Presence: &chat.Presence{User: adaID, Page: "1", Conversation: talkID}}})
	require.NotContains(t, s.get("/presence?ids="+talkID+"&open="+talkID, "HX-Request", "true").body, "Ada")
	require.Equal(t, http.StatusNotFound, s.post("/presence", "page", "one", "conversation", talkID).StatusCode)
	require.Empty(t, s.store.published)
	require.NotContains(t, s.get("/find?q=ana", "HX-Request", "true").body, talkID)
}
