package dashboard

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

const foreign = "legal"

// asBen signs Ben in, an agent of the sales department.
func (s *site) asBen() {
	s.t.Helper()
	s.cookie = "cookie-of-ben"
	s.store.logins[loginID(s.cookie)] = chat.Login{ID: loginID(s.cookie), UserID: benID, CSRF: secretToken, ExpiresAt: noon.Add(idleTime)}
	u := s.store.users[benID]
	u.Departments = []string{"sales"}
	s.store.users[benID] = u
}

// give moves a conversation to another department.
func (s *site) give(id, department string) {
	c := s.store.conversations[id]
	c.Department, c.Assignee, c.Transfer = department, "", nil
	s.store.conversations[id] = c
}

// Whatever names a conversation in its address answers 404 for one outside the caller's scope, and changes nothing.
func TestForeignConversationsAreNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	s.give(talkID, foreign)
	before := s.store.conversations[talkID]
	walked := 0
	for _, r := range s.d.routes() {
		if !strings.Contains(r.path, ":conversation") {
			continue
		}
		walked++
		if rank(r.role) > rank(chat.RoleAgent) {
			continue
		}
		for _, headers := range [][]string{nil, {"HX-Request", "true"}} {
			got := s.do(r.method, r.example(), values("csrf", csrf, "value", "x", "label", "x", "key", "k"), headers...)
			require.Equal(t, http.StatusNotFound, got.StatusCode, "%s %s", r.method, r.path)
			require.NotContains(t, got.body, "Ana", "%s %s", r.method, r.path)
			missing := s.do(r.method, strings.ReplaceAll(r.example(), talkID, "nowhere"), values("csrf", csrf, "value", "x", "label", "x", "key", "k"), headers...)
			require.Equal(t, missing.StatusCode, got.StatusCode, "%s %s: it looks like one that does not exist", r.method, r.path)
		}
	}
	require.Greater(t, walked, 10)
	require.Equal(t, before, s.store.conversations[talkID])
	require.Empty(t, s.store.published)
}

func TestAgentsSeeWhatTheirDepartmentsAllow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	require.Equal(t, http.StatusOK, s.get("/inbox/"+talkID).StatusCode, "without a department it is everybody's")
	require.Contains(t, s.get("/inbox").body, "row-"+talkID)
	require.Contains(t, s.get("/contacts/"+anaID).body, talkID)

	s.give(talkID, foreign)
	require.NotContains(t, s.get("/inbox").body, talkID)
	require.NotContains(t, s.get("/inbox?q=ana").body, talkID)
	person := s.get("/contacts/" + anaID)
	require.Equal(t, http.StatusOK, person.StatusCode, "people are everybody's")
	require.NotContains(t, person.body, talkID, "their conversations are not")

	for why, open := range map[string]func(*chat.Conversation){
		"assigned":                  func(c *chat.Conversation) { c.Assignee = benID },
		"offered":                   func(c *chat.Conversation) { c.Transfer = &chat.Transfer{To: benID} },
		"offered to the department": func(c *chat.Conversation) { c.Transfer = &chat.Transfer{Department: "sales"} },
		"invited":                   func(c *chat.Conversation) { c.Invited = []string{benID} },
		"of the department":         func(c *chat.Conversation) { c.Department = "sales" },
	} {
		s.give(talkID, foreign)
		c := s.store.conversations[talkID]
		c.Invited = nil
		open(&c)
		s.store.conversations[talkID] = c
		require.Equal(t, http.StatusOK, s.get("/inbox/"+talkID).StatusCode, why)
		require.Contains(t, s.get("/inbox").body, "row-"+talkID, why)
		c.Invited = nil
		s.store.conversations[talkID] = c
	}

	s.give(talkID, foreign)
	s.cookie = "cookie-of-ada"
	require.Equal(t, http.StatusOK, s.get("/inbox/"+talkID).StatusCode, "an administrator sees everything")
}

// The store is asked for conversations in one file only, which puts in who asks.
func TestNobodyListsConversationsPastTheScope(t *testing.T) {
	t.Parallel()
	past := regexp.MustCompile(`\.(Conversations\.Conversations|CountConversations)\(`)
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := 0
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		n := len(past.FindAll(content, -1))
		if path == "scope.go" {
			found = n
			continue
		}
		require.Zero(t, n, "%s: use d.conversations and d.count", path)
	}
	require.Equal(t, 2, found)
}

// A hand-over names its conversation and why: that is the conversation's, not the person's.
func TestForeignHandOversAreLeftOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	s.give(talkID, foreign)
	own, other := chat.Escalation{ID: "e1", ConversationID: webID, ContactID: anaID}, chat.Escalation{ID: "e2", ConversationID: talkID, ContactID: anaID}
	found := chat.List[chat.Escalation]{Items: []chat.Escalation{own, other, own}}
	probe := func(c *fiber.Ctx) error {
		if err := s.d.keepVisible(c, &found); err != nil {
			return err
		}
		return c.SendStatus(http.StatusNoContent)
	}
	s.app.Get("/probe", s.d.serve(route{method: http.MethodGet, path: "/probe", role: agent, handle: probe}))
	require.Equal(t, http.StatusNoContent, s.get("/probe").StatusCode)
	require.Equal(t, []chat.Escalation{own, own}, found.Items)
}

// The stream of changes goes to everybody: it must say nothing that could be read.
func TestChangesCarryIDsOnly(t *testing.T) {
	t.Parallel()
	readable := map[string]bool{}
	for field := range reflect.TypeFor[chat.Change]().Fields() {
		readable[field.Name] = true
	}
	ids := []string{"Conversation", "Contact", "Channel", "Account", "Created", "Messages", "What", "By", "For", "ReceivedAt", "StoredAt", "Presence", "Read"}
	for _, name := range ids {
		delete(readable, name)
	}
	require.Empty(t, readable, "a new field of a change reaches every browser: an id, a number or a time, never content")
}

// A notice names the person a conversation is with. Whoever has lost the conversation since is not told.
func TestNoticesAboutForeignConversationsAreNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	s.store.notices = nil
	for i, id := range []string{"n1", "n2"} {
		s.store.notices = append(s.store.notices, chat.Notification{
			ID: id, UserID: benID, Kind: chat.NotificationTagged, ConversationID: talkID, By: "Ada Admin", CreatedAt: noon.Add(time.Duration(i) * time.Minute),
		})
	}
	badge := func() string { return s.get("/notifications/badge?known=0", "HX-Request", "true").body }
	require.Contains(t, s.get("/notifications").body, "Ana Sample")
	require.Contains(t, badge(), "Ana Sample", "as a toast")
	require.Contains(t, s.get("/contacts").body, `<span class="badge__count">2`)

	s.give(talkID, foreign)
	for _, body := range []string{s.get("/notifications").body, s.get("/notifications", "HX-Request", "true").body, badge()} {
		require.NotContains(t, body, "Ana Sample")
		require.NotContains(t, body, talkID)
	}
	require.Contains(t, s.get("/notifications").body, "Nothing new")
	require.NotContains(t, s.get("/contacts").body, "badge__count")

	s.give(talkID, "sales")
	require.Contains(t, s.get("/notifications").body, "Ana Sample", "it is not forgotten")

	// Older ones that may still be seen are found behind any number of those that may not.
	s.give(talkID, foreign)
	kept := s.store.conversations[talkID]
	kept.ID, kept.Department, kept.OpenKey = "kept", "", ""
	s.store.conversations[kept.ID] = kept
	s.store.notices[0].ConversationID = kept.ID
	for i := range 120 {
		s.store.notices = append(s.store.notices, chat.Notification{ID: fmt.Sprint("x", i), UserID: benID, Kind: chat.NotificationTagged, ConversationID: talkID, CreatedAt: noon.Add(time.Hour)})
	}
	require.Contains(t, s.get("/notifications").body, "/inbox/kept?")
	require.Contains(t, s.get("/contacts").body, `<span class="badge__count">1<`)
}
