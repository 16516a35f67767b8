package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// crowdIDs are the first n of the crowd.
func crowdIDs(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("e%031d", i))
	}
	return ids
}

// selecting the conversations, with more fields in pairs.
func picked(ids []string, pairs ...string) []string {
	for _, id := range ids {
		pairs = append(pairs, "id", id)
	}
	return pairs
}

func (s *site) each(ids []string, check func(chat.Conversation)) {
	for _, id := range ids {
		check(s.store.conversations[id])
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	ids := crowdIDs(12)
	for name, c := range map[string]struct {
		fields []string
		done   func(chat.Conversation) bool
	}{
		"assign":     {[]string{"choice", "assignee:" + benID}, func(c chat.Conversation) bool { return c.Assignee == benID }},
		"department": {[]string{"choice", "department:billing"}, func(c chat.Conversation) bool { return c.Department == "billing" }},
		"pending":    {[]string{"choice", "state:pending"}, func(c chat.Conversation) bool { return c.State == chat.StatePending }},
		"snooze":     {[]string{"choice", "snooze:2026-10-06T07:00:00Z"}, func(c chat.Conversation) bool { return c.State == chat.StateSnoozed && !c.SnoozedUntil.IsZero() }},
		"priority":   {[]string{"choice", "priority:high"}, func(c chat.Conversation) bool { return c.Priority == "high" }},
		"flag":       {[]string{"choice", "flag:yes"}, func(c chat.Conversation) bool { return c.Flagged }},
		"label":      {[]string{"do", "label", "label", " Autumn  Sale "}, func(c chat.Conversation) bool { return slices.Contains(c.Labels, "autumn sale") }},
		"label by Enter": {[]string{"do", "choice", "label", "priority::low"}, func(c chat.Conversation) bool {
			return slices.Contains(c.Labels, "priority::low") && !slices.Contains(c.Labels, "priority::high")
		}},
		"unlabel": {[]string{"do", "unlabel", "label", "refund"}, func(c chat.Conversation) bool { return !slices.Contains(c.Labels, "refund") }},
		"close": {[]string{"do", "closing", "notes", "All answered"}, func(c chat.Conversation) bool {
			return c.State == chat.StateClosed && c.Closing.Notes == "All answered"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t).withDepartments()
			before := map[string]chat.Conversation{}
			s.each(ids, func(c chat.Conversation) { before[c.ID] = c })
			got := s.htmx("/inbox/bulk", picked(ids, c.fields...)...)
			require.Equal(t, http.StatusOK, got.StatusCode)
			require.Contains(t, got.body, "12 done")
			s.each(ids, func(now chat.Conversation) { require.True(t, c.done(now), now.ID) })
			require.Len(t, s.store.published, 12)
			require.Contains(t, s.undone(got).body, "done")
			s.each(ids, func(now chat.Conversation) {
				was := before[now.ID]
				require.Equal(t, []any{was.State, was.Assignee, was.Department, was.Priority, was.Flagged}, []any{now.State, now.Assignee, now.Department, now.Priority, now.Flagged})
				require.ElementsMatch(t, was.Labels, now.Labels)
			})
		})
	}
}

func TestManyAtOnceSaysWhatCouldNotBeAndWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := append(crowdIDs(2), "nowhere", talkID)
	require.Equal(t, http.StatusOK, s.as(benID).htmx(talkPath+"/state", "value", "closed").StatusCode)
	got := s.htmx("/inbox/bulk", picked(ids, "do", "closing")...)
	require.Contains(t, got.body, "2 done, 2 could not. A conversation: it is not there any more; Ana Sample: Ben Agent had closed it already")
	page := s.post("/inbox/bulk", picked(ids, "choice", "priority:low", "return", "/inbox?view=mine")...)
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Contains(t, page.body, "<!doctype html>")
	require.Contains(t, page.body, "it is not there any more")
	require.Contains(t, page.body, `href="/inbox?view=mine"`)
	s.lint("page: bulk", page, true)
}

func TestManyAtOnceHasTheRightsOfASingleEdit(t *testing.T) {
	t.Parallel()
	s := newSite(t).withDepartments()
	hidden := s.store.conversations[crowdIDs(1)[0]]
	hidden.Department = "sales"
	s.store.conversations[hidden.ID] = hidden
	got := s.as(benID).htmx("/inbox/bulk", picked(crowdIDs(3), "choice", "priority:high")...)
	require.Contains(t, got.body, "2 done, 1 could not. A conversation: it is not there any more", "not even the name is told")
	require.NotEqual(t, "high", s.store.conversations[hidden.ID].Priority)
	item := url.Values{"id": {hidden.ID}, "priority": {"high"}}.Encode()
	require.Contains(t, s.as(benID).htmx("/inbox/bulk/restore", "item", item).body, "0 done, 1 could not")
	require.NotEqual(t, "high", s.store.conversations[hidden.ID].Priority)
}

func TestManyAtOnceIsRefusedInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for why, c := range map[string]struct {
		fields []string
		status int
	}{
		"Nothing is selected": {[]string{"choice", "priority:low"}, http.StatusUnprocessableEntity},
		"Nothing is chosen":   {picked(crowdIDs(1)), http.StatusUnprocessableEntity},
		"Too many at once":    {picked(crowdIDs(maxBulk+1), "choice", "priority:low"), http.StatusRequestEntityTooLarge},
		"This is no label":    {picked(crowdIDs(1), "do", "label", "label", "a,b"), http.StatusUnprocessableEntity},
	} {
		for _, got := range []answer{s.htmx("/inbox/bulk", c.fields...), s.post("/inbox/bulk", c.fields...)} {
			require.Equal(t, c.status, got.StatusCode, why)
			require.Contains(t, got.body, why)
		}
	}
	for _, fields := range [][]string{{"choice", "state:closed"}, {"choice", "state:nonsense"}, {"choice", "priority:nonsense"}} {
		require.Contains(t, s.htmx("/inbox/bulk", picked(crowdIDs(1), fields...)...).body, "0 done, 1 could not")
	}
	require.Equal(t, http.StatusNotFound, s.htmx("/inbox/bulk", picked(crowdIDs(1), "choice", "assignee:nobody")...).StatusCode)
	for _, item := range []string{"%zz", "priority=low", strings.Repeat("x", 10)} {
		require.Equal(t, http.StatusUnprocessableEntity, s.htmx("/inbox/bulk/restore", "item", item).StatusCode)
	}
	require.Empty(t, s.store.published)
}

func TestOneClosingForManyAsksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.settings.Closing.Notes = true
	ids := crowdIDs(3)
	got := s.htmx("/inbox/bulk", picked(ids, "choice", "close:")...)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "3 conversations")
	require.Len(t, find(t, got.body, "name", "id"), 3)
	page := s.post("/inbox/bulk", picked(ids, "choice", "close:")...)
	require.Contains(t, page.body, "<!doctype html>")
	s.lint("page: bulk close", page, true)
	got = s.post("/inbox/bulk", picked(ids, "do", "closing", "tickets", "OPS-9")...)
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "Write what came out of it")
	require.Contains(t, got.body, "OPS-9", "what was typed stays")
	require.Len(t, find(t, got.body, "name", "id"), 3)
	s.each(ids, func(c chat.Conversation) { require.Equal(t, chat.StateOpen, c.State) })
}

func TestSelectModeWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Empty(t, find(t, s.get("/inbox").body, "data-select", ""))
	page := s.get("/inbox?view=mine&select=1").body
	require.Len(t, find(t, page, "data-select", ""), 1)
	require.Equal(t, "/inbox?view=mine", attr(find(t, page, "data-select-off", "")[0], "href"))
}
