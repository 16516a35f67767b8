package dashboard

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// posted sends a form whose names may repeat.
func (s *site) posted(path string, htmx bool, values url.Values) answer {
	s.t.Helper()
	values.Set("csrf", csrf)
	if htmx {
		return s.do(http.MethodPost, path, values, "HX-Request", "true")
	}
	return s.do(http.MethodPost, path, values)
}

func TestGridFiltersCombine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rows := func(query string) int { return len(find(t, s.get("/contacts?"+query).body, "data-grid-pick", "")) }
	require.Equal(t, 1, rows("attribute=tier"))
	require.Equal(t, 1, rows("attribute=TIER+%3D+Gold&seen=1"))
	require.Equal(t, 0, rows("attribute=tier%3Dsilver"))
	require.Equal(t, 1, rows("attribute=tier&channel=whatsapp&label=vip&country=BR&q=ana"))
	require.Equal(t, 0, rows("attribute=tier&channel=webwidget"))
	require.Equal(t, 0, rows("seen=before"))
	require.Equal(t, rows(""), rows("seen=nonsense"), "an unknown choice does not filter")
}

func TestColumnsAreRememberedPerUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NotEmpty(t, find(t, s.get("/contacts").body, "class", "c-phone"))
	got := s.posted("/contacts/columns", false, url.Values{"column": {"username", "email", "<script>"}, "return": {"/contacts?q=ana"}})
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	require.Equal(t, "/contacts?q=ana", got.Header.Get("Location"))
	require.Equal(t, []string{"email", "username"}, s.store.users[adaID].ContactColumns)
	page := s.get("/contacts").body
	require.Empty(t, find(t, page, "class", "c-phone"))
	require.Contains(t, page, "@ana.sample")
	require.Empty(t, s.store.users[benID].ContactColumns, "a choice is one's own")
	s.posted("/contacts/columns", false, url.Values{})
	require.Empty(t, find(t, s.get("/contacts").body, "class", "c-email"), "no column at all is a choice too")
	s.posted("/contacts/columns", false, url.Values{"reset": {"yes"}})
	require.NotEmpty(t, find(t, s.get("/contacts").body, "class", "c-phone"))
}

func TestContactsAreLabelledTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := url.Values{"id": {anaID, hostileID, anaID, "nobody"}, "label": {"Priority::Low"}, "do": {"add"}}
	got := s.posted("/contacts/bulk", true, ids)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "2 contacts labelled “priority::low”. 1 could not be changed: it is not there any more.")
	require.Contains(t, s.store.contacts[anaID].Labels, "priority::low")
	require.NotContains(t, s.store.contacts[anaID].Labels, "priority::high")
	again := s.posted("/contacts/bulk", true, url.Values{"id": {anaID}, "label": {"priority::low"}, "do": {"add"}})
	require.Contains(t, again.body, "0 contacts labelled “priority::low”. 1 stayed as they were.")
	require.Empty(t, find(t, again.body, "data-undo", ""), "nothing to undo")

	undo := url.Values{}
	for _, input := range find(t, got.body, "name", "item") {
		undo.Add("item", attr(input, "value"))
	}
	require.Len(t, undo["item"], 2)
	require.Equal(t, http.StatusOK, s.posted("/contacts/bulk/restore", true, undo).StatusCode)
	require.Equal(t, []string{"priority::high", "vip"}, s.store.contacts[anaID].Labels, "the label that gave way is back")

	page := s.posted("/contacts/bulk", false, url.Values{"id": {anaID}, "label": {"vip"}, "do": {"remove"}, "return": {"/contacts?q=ana"}})
	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Contains(t, page.body, "1 contact unlabelled “vip”.", "without JavaScript it is a page that says so")
	require.NotContains(t, s.store.contacts[anaID].Labels, "vip")

	require.Equal(t, http.StatusUnprocessableEntity, s.posted("/contacts/bulk", true, url.Values{"label": {"x"}}).StatusCode)
	require.Contains(t, s.posted("/contacts/bulk", false, url.Values{"id": {anaID}, "label": {"a,b"}}).body, "cannot contain a comma")
	many := url.Values{"label": {"x"}}
	for i := range maxBulkContacts + 1 {
		many.Add("id", fmt.Sprint(i))
	}
	require.Equal(t, http.StatusRequestEntityTooLarge, s.posted("/contacts/bulk", true, many).StatusCode)
}

func TestExportIsAFileASpreadsheetCannotMisread(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	crowd(s.store, noon, 1300) // several pages
	bad := s.store.contacts[hostileID]
	bad.Name = "=HYPERLINK(\"https://evil.example\")"
	bad.Phone = "-1+1"
	bad.Email = "@SUM(A1)"
	bad.Country = "\tX"
	s.store.contacts[hostileID] = bad
	got := s.get("/contacts/export")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "text/csv; charset=utf-8", got.Header.Get("Content-Type"))
	require.Contains(t, got.Header.Get("Content-Disposition"), `filename="contacts-2026-10-05.csv"`)
	body, marked := strings.CutPrefix(got.body, "\uFEFF")
	require.True(t, marked, "spreadsheets need the mark to read UTF-8")
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"ID", "Name", "Phone", "E-mail", "Channels", "Country", "Labels", "Last seen", "Created"}, lines[0])
	require.Len(t, lines, 1+len(s.store.contacts))
	seen := map[string]bool{}
	for _, cells := range lines[1:] {
		require.False(t, seen[cells[0]], "twice")
		seen[cells[0]] = true
		for _, cell := range cells {
			require.NotRegexp(t, `^[=+\-@\t\r]`, cell)
		}
		switch cells[0] {
		case hostileID:
			require.Equal(t, []string{"'=HYPERLINK(\"https://evil.example\")", "'-1+1", "'@SUM(A1)"}, cells[1:4])
			require.Equal(t, "'\tX", cells[5])
		case anaID:
			require.Equal(t, []string{"Ana Sample", "'+12025550143", "ana@example.com"}, cells[1:4])
		}
	}
	last := s.store.audited[len(s.store.audited)-1]
	require.Equal(t, []string{chat.AuditExport, "contacts", "all contacts", adaID}, []string{last.What, last.About, last.Detail, last.Who})
	one, err := csv.NewReader(strings.NewReader(s.get("/contacts/export?attribute=tier").body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, one, 2, "the filtered set")

	u := s.store.users[adaID]
	u.Role = chat.RoleAgent
	s.store.users[adaID] = u
	require.Equal(t, http.StatusForbidden, s.get("/contacts/export").StatusCode)
	require.NotContains(t, s.get("/contacts").body, "Export CSV")
}
