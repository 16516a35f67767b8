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

const talkPath = "/inbox/" + talkID

// talk is the conversation as it is stored now.
func (s *site) talk() chat.Conversation { return s.store.conversations[talkID] }

// last is what happened to the conversation last, as "type text by".
func last(c chat.Conversation) string {
	e := c.Timeline[len(c.Timeline)-1]
	return strings.TrimSpace(e.Type + " " + e.Text + " by " + e.By)
}

// undone presses Undo in the toast of an answer.
func (s *site) undone(got answer) answer {
	s.t.Helper()
	form := find0(s.t, got.body, "data-undo")
	fields := []string{}
	for _, input := range find(s.t, form, "type", "hidden") {
		fields = append(fields, attr(input, "name"), attr(input, "value"))
	}
	return s.htmx(attr(find(s.t, form, "data-undo", "")[0], "action"), fields...)
}

// as signs somebody else in.
func (s *site) as(user string) *site {
	other := *s
	other.cookie = "cookie-of-" + user
	s.store.logins[loginID(other.cookie)] = chat.Login{ID: loginID(other.cookie), UserID: user, CSRF: secretToken, ExpiresAt: noon.Add(idleTime)}
	return &other
}

// departments gives the workspace a department that Ben is in.
func (s *site) withDepartments() *site {
	s.store.settings.Departments = []chat.Department{{ID: "billing", Name: "Billing"}, {ID: "sales", Name: "Sales"}}
	ben := s.store.users[benID]
	ben.Departments = []string{"billing"}
	s.store.users[benID] = ben
	return s
}

func TestTheControlsSayWhoChose(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx("/inbox/"+talkID+"/priority", "value", "urgent")
	require.Equal(t, http.StatusOK, got.StatusCode)
	choice := find(t, got.body, "id", "control-priority-"+talkID+"-select")[0]
	require.Regexp(t, `^Set by Ada Admin, \S`, text(find(t, got.body, "id", attr(choice, "aria-describedby"))[0]))
}

func TestSnooze(t *testing.T) {
	t.Parallel()
	t.Run("until a ready-made time of the agent's zone, with undo", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		choices := find(t, s.get(talkPath+"/snooze", "HX-Request", "true").body, "name", "until")
		require.Equal(t, "2026-10-05T15:00:00Z", attr(choices[0], "value"), "later today")
		require.Equal(t, "2026-10-06T07:00:00Z", attr(choices[1], "value"), "tomorrow at nine in Berlin")
		require.Equal(t, "2026-10-12T07:00:00Z", attr(choices[2], "value"), "it is Monday: next week is the Monday after")
		got := s.htmx(talkPath+"/snooze", "until", attr(choices[1], "value"))
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Contains(t, got.body, "Snoozed until tomorrow 09:00")
		require.Equal(t, chat.StateSnoozed, s.talk().State)
		require.Equal(t, "snoozed 2026-10-06T07:00:00Z by Ada Admin", last(s.talk()))
		again := s.htmx(talkPath+"/snooze", "until", "reply")
		require.Zero(t, s.talk().SnoozedUntil)
		s.undone(again)
		require.Equal(t, noon.Add(19*time.Hour), s.talk().SnoozedUntil, "undo brings the time back")
		s.undone(got)
		require.Equal(t, chat.StateOpen, s.talk().State)
		require.Contains(t, s.get("/inbox?view=snoozed").body, "Nothing here")
	})
	t.Run("until a date and a time, without JavaScript", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		require.Contains(t, s.get(talkPath+"/snooze").body, "<!doctype html>", "a page of its own")
		got := s.post(talkPath+"/snooze", "until", "chosen", "date", "2026-12-24", "time", "08:30")
		require.Equal(t, talkPath, got.Header.Get("Location"))
		require.Equal(t, time.Date(2026, 12, 24, 7, 30, 0, 0, time.UTC), s.talk().SnoozedUntil)
		require.Contains(t, s.get(talkPath).body, "Snoozed until")
	})
	t.Run("what cannot be keeps what was typed", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		for _, bad := range [][]string{
			{"until", "chosen", "date", "2026-10-05", "time", "13:59"},
			{"until", "chosen", "date", "2099-01-01", "time", "10:00"},
			{"until", "chosen", "date", "soon", "time", ""},
			{"until", "yesterday"},
			{},
		} {
			got := s.post(talkPath+"/snooze", bad...)
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, bad)
			require.Len(t, find(t, got.body, "id", "snooze-error"), 1)
			if len(bad) > 4 {
				require.Equal(t, bad[3], attr(find(t, got.body, "id", "snooze-date")[0], "value"))
			}
		}
		require.Equal(t, chat.StateOpen, s.talk().State)
	})
}

func TestFlagging(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx(talkPath+"/flag", "value", "yes")
	require.True(t, s.talk().Flagged)
	require.Contains(t, s.get("/inbox?flagged=1").body, "row-"+talkID)
	s.undone(got)
	require.False(t, s.talk().Flagged)
	require.NotContains(t, s.get("/inbox?flagged=1").body, "row-"+talkID)
}

func TestTwoChooseAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t).withDepartments()
	s.store.users["u-cy"] = chat.User{ID: "u-cy", Name: "Cy Agent", Role: chat.RoleAgent}
	for _, c := range []struct{ field, was, theirs, mine string }{
		{"assignee", adaID, benID, "u-cy"}, {"priority", "high", "urgent", "low"}, {"state", "open", "pending", "snoozed"}, {"department", "", "billing", "sales"},
	} {
		field := c.field
		require.Equal(t, http.StatusOK, s.as(benID).htmx(talkPath+"/"+field, "value", c.theirs, "was", c.was).StatusCode, field)
		s.now = s.now.Add(3 * time.Second)
		for _, got := range []answer{s.htmx(talkPath+"/"+field, "value", c.mine, "was", c.was), s.post(talkPath+"/"+field, "value", c.mine, "was", c.was)} {
			require.Equal(t, http.StatusConflict, got.StatusCode, field)
			require.Contains(t, got.body, "Ben Agent changed")
			require.Contains(t, got.body, "3 s ago")
		}
		got := s.htmx(talkPath+"/"+field, "value", c.mine, "was", c.theirs)
		require.Equal(t, http.StatusOK, got.StatusCode, "%s: having seen it", field)
	}
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	s := newSite(t).withDepartments()
	require.Contains(t, s.get(talkPath+"/assign").body, "Billing")
	got := s.htmx(talkPath+"/department", "value", "billing")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "billing", s.talk().Department)
	require.Empty(t, s.talk().Assignee, "nobody of it has it yet")
	s.undone(got)
	require.Empty(t, s.talk().Department)
	require.Equal(t, adaID, s.talk().Assignee, "undo gives it back to who had it")
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(talkPath+"/department", "value", "no such").StatusCode)

	got = s.as(benID).htmx(talkPath+"/department", "value", "sales")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "You no longer see it")
	require.Equal(t, "/inbox", s.as(benID).post("/inbox/"+webID+"/department", "value", "sales").Header.Get("Location"))
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	t.Run("offered, seen, accepted", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		ben := s.as(benID)
		got := s.htmx(talkPath+"/transfer", "to", "u:"+benID, "note", hostileText)
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Contains(t, got.body, "Offered to")
		require.Equal(t, benID, s.store.notices[len(s.store.notices)-1].UserID)
		require.Contains(t, text(find(t, ben.get("/notifications").body, "class", "notices__item")[0]), "offers you the conversation with Ana Sample")
		page := ben.get(talkPath).body
		require.Len(t, find(t, page, "id", "accept"), 1)
		require.Contains(t, text(find(t, page, "class", "row__offer")[0]), "offered to you by Ada Admin : <script>")
		require.Empty(t, find(t, s.get(talkPath).body, "id", "accept"), "not to who offers it")
		s.now = noon.Add(time.Minute)
		require.Equal(t, http.StatusOK, ben.htmx(talkPath+"/transfer/accept").StatusCode)
		require.Equal(t, benID, s.talk().Assignee)
		require.Equal(t, "transfer_accepted Ada Admin by Ben Agent", last(s.talk()))
	})
	t.Run("declined with a reason, without JavaScript", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		require.Equal(t, talkPath, s.post(talkPath+"/transfer", "to", "u:"+benID).Header.Get("Location"))
		s.now = noon.Add(time.Minute)
		s.as(benID).post(talkPath+"/transfer/decline", "reason", "too busy")
		require.Equal(t, "transfer_declined too busy by Ben Agent", last(s.talk()))
		require.Equal(t, adaID, s.talk().Assignee)
	})
	t.Run("two of a department at once: the second is told who has it", func(t *testing.T) {
		t.Parallel()
		s := newSite(t).withDepartments()
		s.store.users["u-cy"] = chat.User{ID: "u-cy", Name: "Cy Agent", Role: chat.RoleAgent, Departments: []string{"billing"}}
		require.Equal(t, http.StatusOK, s.htmx(talkPath+"/transfer", "to", "d:billing").StatusCode)
		s.now = noon.Add(time.Minute)
		require.Equal(t, http.StatusOK, s.as("u-cy").htmx(talkPath+"/transfer/accept").StatusCode)
		for _, got := range []answer{s.as(benID).htmx(talkPath + "/transfer/accept"), s.as(benID).post(talkPath + "/transfer/accept")} {
			require.Equal(t, http.StatusConflict, got.StatusCode)
			require.Contains(t, got.body, "Cy Agent accepted it 1 s ago")
		}
		require.Equal(t, "u-cy", s.talk().Assignee)
		require.Equal(t, "billing", s.talk().Department)
	})
	t.Run("withdrawn by undo", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		offered := s.htmx(talkPath+"/transfer", "to", "u:"+benID)
		s.now = noon.Add(time.Minute)
		s.undone(offered)
		require.Nil(t, s.talk().Transfer)
		require.Contains(t, s.as(benID).htmx(talkPath+"/transfer/accept").body, "Ada Admin withdrew the offer")
	})
	t.Run("refused: to oneself, to nobody, twice, by somebody else", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		for _, to := range []string{"", "u:" + adaID} {
			got := s.post(talkPath+"/transfer", "to", to, "note", "keep this")
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, to)
			require.Contains(t, got.body, "keep this")
		}
		require.Equal(t, http.StatusNotFound, s.htmx(talkPath+"/transfer", "to", "u:nobody").StatusCode)
		require.Equal(t, http.StatusUnprocessableEntity, s.htmx(talkPath+"/transfer", "to", "d:nowhere").StatusCode)
		require.Equal(t, http.StatusOK, s.htmx(talkPath+"/transfer", "to", "u:"+benID).StatusCode)
		got := s.htmx(talkPath+"/transfer", "to", "u:"+benID)
		require.Equal(t, http.StatusConflict, got.StatusCode)
		require.Contains(t, got.body, "It is offered to Ben Agent already")
		require.Equal(t, http.StatusForbidden, s.as(benID).htmx(talkPath+"/transfer/withdraw").StatusCode)
		require.Equal(t, http.StatusForbidden, s.htmx(talkPath+"/transfer/accept").StatusCode)
	})
}

// closing are the fields of the close form as a page shows them now.
func (s *site) closing(pairs ...string) []string {
	s.t.Helper()
	page := s.get(talkPath + "/close").body
	for _, name := range []string{"seen", "closed_at"} {
		pairs = append(pairs, name, attr(find(s.t, page, "name", name)[0], "value"))
	}
	return pairs
}

func TestClosing(t *testing.T) {
	t.Parallel()
	t.Run("what was said is stored, shown and taken back", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.store.settings.Tags = []string{"refund", "Billing", "complaint"}
		page := s.get(talkPath + "/close").body
		require.Less(t, strings.Index(page, `value="Billing"`), strings.Index(page, `value="complaint"`), "alphabetical whatever the case")
		got := s.htmx(talkPath+"/close", s.closing("sentiment", "negative", "notes", "Late parcel", "tag", "refund", "tickets", "OPS-1 https://jira.example/browse/OPS-2")...)
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.Equal(t, chat.StateClosed, s.talk().State)
		require.Equal(t, "negative", s.talk().Sentiment)
		require.Equal(t, "closed negative, refund, OPS-1, https://jira.example/browse/OPS-2 by Ada Admin", last(s.talk()))
		bar := text(find(t, s.get(talkPath).body, "id", "closing-bar")[0])
		for _, want := range []string{"Closed by Ada Admin", "Negative", "refund", "OPS-2", "Late parcel"} {
			require.Contains(t, bar, want)
		}
		s.undone(got)
		require.Equal(t, chat.StateOpen, s.talk().State)
		require.Contains(t, s.get(talkPath+"/close").body, "Late parcel", "nothing is lost")
	})
	t.Run("no tag is asked for where none are defined", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		require.Empty(t, find(t, s.get(talkPath+"/close").body, "id", "close-tag"))
		require.Equal(t, talkPath, s.post(talkPath+"/close", s.closing()...).Header.Get("Location"))
	})
	t.Run("everything that is missing is said at once, and what was typed stays", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.store.settings.Closing = chat.ClosingRules{Sentiment: true, Notes: true}
		s.store.settings.ConversationAttributes = []chat.AttributeDefinition{{Key: "reason", Required: true}}
		got := s.post(talkPath+"/close", s.closing("tickets", "not a ticket!")...)
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
		for _, want := range []string{"Say how the customer felt", "Write what came out of it", "neither a ticket number", "Fill in first: reason", "not a ticket!"} {
			require.Contains(t, got.body, want)
		}
		got = s.htmx(talkPath+"/state", "value", "closed")
		require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, "the select does not get around it")
		require.Contains(t, got.body, `hx-target="#handling"`, "the form opens and asks")
		require.Equal(t, chat.StateOpen, s.talk().State)
	})
	t.Run("the customer writes meanwhile", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		fields := s.closing("notes", "typed before")
		c := s.talk()
		c.InboundCount++
		c.Last.Text = "One more thing"
		s.store.conversations[talkID] = c
		news := s.get(attr(find(t, s.get(talkPath+"/close").body, "id", "close-news")[0], "hx-get"), "HX-Request", "true").body
		require.Empty(t, strings.TrimSpace(news), "a form opened now has seen it")
		got := s.htmx(talkPath+"/close", fields...)
		require.Equal(t, http.StatusConflict, got.StatusCode)
		for _, want := range []string{"The customer has just written", "One more thing", "typed before", "Close anyway"} {
			require.Contains(t, got.body, want)
		}
		require.Equal(t, chat.StateOpen, s.talk().State)
		require.Equal(t, http.StatusOK, s.htmx(talkPath+"/close", s.closing("notes", "typed before")...).StatusCode)
	})
	t.Run("a colleague closes it meanwhile", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		fields := s.closing("notes", "mine")
		require.Equal(t, http.StatusOK, s.as(benID).htmx(talkPath+"/close", s.closing("notes", "Ben's")...).StatusCode)
		s.now = noon.Add(40 * time.Second)
		got := s.post(talkPath+"/close", fields...)
		require.Equal(t, http.StatusConflict, got.StatusCode)
		require.Contains(t, got.body, "Ben Agent closed it 40 s ago")
		require.Contains(t, got.body, "mine")
		require.Equal(t, "Ben&#39;s", strings.ReplaceAll(s.talk().Closing.Notes, "'", "&#39;"))
		require.Equal(t, http.StatusOK, s.htmx(talkPath+"/close", s.closing("notes", "mine")...).StatusCode)
		require.Equal(t, "mine", s.talk().Closing.Notes)
	})
	t.Run("a form that was tampered with", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		require.Equal(t, http.StatusUnprocessableEntity, s.htmx(talkPath+"/close", "seen", "x").StatusCode)
		require.Equal(t, http.StatusUnprocessableEntity, s.htmx(talkPath+"/close", "seen", "1", "closed_at", "x").StatusCode)
	})
}

func TestReopeningBesideAnotherOpenConversation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	newer := s.talk()
	newer.ID, newer.LastActivityAt = "d0000000000000000000000000000009", noon
	s.store.conversations[newer.ID] = newer
	require.Equal(t, http.StatusOK, s.htmx(talkPath+"/state", "value", "closed").StatusCode)
	s.store.refuse = fmt.Errorf("fake: another one is open: %w", chat.ErrConflict)
	for _, action := range []url.Values{{"value": {"open"}}, {"until": {"reply"}}} {
		path := talkPath + "/state"
		if action.Has("until") {
			path = talkPath + "/snooze"
		}
		got := s.htmx(path, "value", action.Get("value"), "until", action.Get("until"))
		require.Equal(t, http.StatusConflict, got.StatusCode)
		require.Contains(t, got.body, "another open conversation on this channel")
		require.Contains(t, got.body, "/inbox/"+newer.ID)
		require.Contains(t, s.post(path, "value", action.Get("value"), "until", action.Get("until")).body, "/inbox/"+newer.ID, "also as a page")
	}
}
