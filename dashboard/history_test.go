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

func TestHistoryTellsEveryConversation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	page := s.get("/inbox/" + talkID + "?tab=history").body
	episodes := find(t, page, "class", "episode")
	require.Len(t, episodes, 2, "on every channel")
	now, old := text(episodes[0]), text(episodes[1])
	require.Contains(t, now, "Active")
	require.Contains(t, now, "open here")
	for _, words := range []string{
		"Instagram", "14 Sept, 14:00 to 15 Sept, 14:00", "Closed", "Asked whether the blue mug is in stock", "Positive", "stock", "mugs", "by Ben Agent", "answered", "OPS-77", "Happy now.",
	} {
		require.Contains(t, old, words)
	}
	require.Contains(t, page, `href="https://jira.example/browse/OPS-78"`)
	require.NotContains(t, page, `href="javascript`)
	require.Contains(t, page, "/history/"+oldTalkID)
	require.Contains(t, s.get("/contacts/"+anaID).body, "Asked whether the blue mug", "the same list on the person's page")
}

func TestHistoryIsReadOnlyAndWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	got := s.get("/history/" + oldTalkID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "Is the blue mug in stock?")
	timeline := text(find(t, got.body, "class", "timeline")[0])
	for _, words := range []string{"Conversation started", "Colleague called in: Ada Admin by Ben Agent", "State changed: closed", "Never heard of"} {
		require.Contains(t, timeline, words)
	}
	for _, form := range find(t, got.body, "method", "post") {
		require.Equal(t, "/logout", attr(form, "action"), "nothing can be changed here")
	}
	require.Empty(t, s.store.conversations[oldTalkID].Reads, "reading up is not reading: nobody's unread count changes")
	require.NotContains(t, got.body, "Open in the inbox")
	require.Contains(t, s.get("/history/"+talkID).body, "Open in the inbox")
	require.Equal(t, http.StatusNotFound, s.get("/history/nowhere").StatusCode)
}

func TestHistoryOlderMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 120 {
		s.store.older[talkID] = append(s.store.older[talkID], chat.Message{ID: "old" + strings.Repeat("x", i), Direction: chat.Inbound, Type: "text", Text: "older", Timestamp: noon.AddDate(0, 0, -2)})
	}
	seen := 0
	for address := "/history/" + talkID; address != ""; {
		page := s.get(address).body
		seen += len(find(t, page, "data-message", ""))
		links := find(t, page, "class", "older")
		address = ""
		for _, p := range links {
			if link := p.FirstChild; text(p) == "Older messages" {
				address = attr(link, "href")
			}
		}
	}
	require.Equal(t, 120+len(s.store.conversations[talkID].Messages), seen)
}

func TestHistoryKeepsToTheCallersDepartments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	old := s.store.conversations[oldTalkID]
	old.Department = "returns"
	s.store.conversations[oldTalkID] = old
	ada := s.store.users[adaID]
	ada.Role, ada.Departments = chat.RoleAgent, []string{"sales"}
	s.store.users[adaID] = ada
	require.NotContains(t, s.get("/contacts/"+anaID).body, "Asked whether the blue mug")
	require.Equal(t, http.StatusNotFound, s.get("/history/"+oldTalkID).StatusCode)
}

func TestEscalationsAreListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, address := range []string{"/inbox/" + talkID + "?tab=escalations", "/contacts/" + anaID + "?tab=escalations"} {
		list := find(t, s.get(address).body, "class", "episode")
		require.Len(t, list, 2)
		require.Contains(t, text(list[0]), "Instagram")
		require.Contains(t, text(list[0]), "Nobody has taken it yet")
		require.Contains(t, text(list[1]), "Asked for a human")
		require.Contains(t, text(list[1]), "Taken by Ben Agent")
	}
	s.store.escalations = nil
	require.Contains(t, s.get("/inbox/"+talkID+"?tab=escalations").body, "When an AI agent answers this person", "says when entries appear")
}

func TestTheIconOfAChannelUsedLongAgoLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	for i := range 60 { // more than the head reads at once
		id := fmt.Sprintf("d%031d", 9000+i)
		s.store.conversations[id] = chat.Conversation{ID: id, Version: 1, ContactID: anaID, Channel: chat.WhatsApp, State: chat.StateClosed, LastActivityAt: noon.Add(time.Duration(i) * time.Minute)}
	}
	icons := find(t, s.get("/contacts/"+anaID).body, "class", "channel channel-instagram")
	require.Equal(t, "/inbox/"+oldTalkID, attr(icons[0], "href"))
	icons = find(t, s.get("/contacts/"+anaID).body, "class", "channel channel-whatsapp")
	require.Equal(t, "/inbox/"+fmt.Sprintf("d%031d", 9059), attr(icons[0], "href"), "the newest one")
}

func TestProfilePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	closedTalk(s.store, noon)
	page := s.get("/contacts/" + anaID).body
	card := text(find(t, page, "class", "person-card")[0])
	for _, words := range []string{"Ana Sample", "@ana.sample · 18,230 followers · follows you", "Positive", "on average"} {
		require.Contains(t, card, words)
	}
	require.Contains(t, page, "/inbox/"+oldTalkID, "a channel's icon opens its newest conversation")
	insights := text(find(t, page, "class", "block insights")[0])
	require.Contains(t, insights, "Generated from conversations")
	require.Contains(t, page, "/history/"+oldTalkID+"#m-o1", "each line leads to its evidence")
	require.NotContains(t, insights, "left out")
	require.NotContains(t, s.get("/contacts/"+hostileID).body, "AI profile", "no card without insights")
	for _, tab := range []string{"notes", "conversations", "escalations"} {
		page = s.get("/contacts/" + anaID + "?tab=" + tab).body
		require.Equal(t, "true", attr(find(t, page, "id", "tab-"+tab)[0], "aria-selected"))
		part := s.get("/contacts/"+anaID+"?tab="+tab, "HX-Request", "true").body
		require.Contains(t, attr(find(t, part, "id", "profile")[0], "hx-get"), "tab="+tab, "a refresh stays on the tab")
		require.Equal(t, "true", attr(find(t, part, "id", "tab-"+tab)[0], "aria-selected"))
	}
}
