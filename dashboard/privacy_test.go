package dashboard

import (
	"archive/zip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

func TestErasingAPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	profile := s.get("/contacts/" + anaID)
	require.Contains(t, profile.body, `href="/contacts/`+anaID+`/erase"`)
	ask := s.get("/contacts/" + anaID + "/erase")
	s.lint("ask", ask, true)
	require.Contains(t, ask.body, "1,234")
	require.Contains(t, ask.body, "Gone by")
	require.Contains(t, ask.body, "Nobody knows.")

	unsure := s.post("/contacts/" + anaID + "/erase")
	require.Equal(t, http.StatusUnprocessableEntity, unsure.StatusCode)
	s.lint("unsure", unsure, true)
	require.Contains(t, s.store.contacts, anaID)

	got := s.post("/contacts/"+anaID+"/erase", "sure", "1")
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	page := erasuresPath + "/" + chat.ErasureID(anaID)
	require.Equal(t, page, got.Header.Get("Location"))
	require.NotContains(t, s.store.contacts, anaID)
	audited := s.store.audited[len(s.store.audited)-1]
	require.Equal(t, chat.AuditErasure, audited.What)
	require.Equal(t, anaID, audited.About)
	require.NotContains(t, audited.Detail, "Ana")

	certificate := s.get(page)
	s.lint("certificate", certificate, true)
	require.Contains(t, certificate.body, "Nothing of this person is in Switchboard")
	text := s.get(page + "/certificate.txt")
	require.Equal(t, `attachment; filename="erasure-`+chat.ErasureID(anaID)+`.txt"`, text.Header.Get("Content-Disposition"))
	require.Contains(t, text.body, "Messages                                 1234")
	require.Contains(t, text.body, "Webhooks in the log: by 2026-10-12 12:00:00 UTC")
	for _, trace := range []string{"Ana", "+1202", anaID} {
		require.NotContains(t, text.body+certificate.body, trace)
	}
	s.lint("list", s.get(erasuresPath), true)
	require.Contains(t, s.get(erasuresPath).body, page)
	require.Equal(t, page, s.post("/contacts/"+anaID+"/erase", "sure", "1").Header.Get("Location"), "again leads to the same certificate")
	require.Equal(t, http.StatusNotFound, s.get("/contacts/"+anaID+"/erase").StatusCode)
}

func TestAnErasureThatTakesLongGoesOnInTheBackground(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.slow = context.DeadlineExceeded
	page := s.post("/contacts/"+anaID+"/erase", "sure", "1").Header.Get("Location")
	running := s.get(page)
	s.lint("running", running, true)
	require.Contains(t, running.body, "Under way")
	require.Contains(t, running.body, `hx-trigger="every 2s"`)
	require.Contains(t, s.get(page+"/certificate.txt").body, "not yet")
	s.store.slow = nil
	_, err := s.store.FinishErasure(t.Context(), chat.ErasureID(anaID))
	require.NoError(t, err)
	require.NotContains(t, s.get(page, "HX-Request", "true").body, "hx-trigger", "and then it asks no more")
}

// unpack reads an archive.
func unpack(t *testing.T, body string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	files := map[string]string{}
	for _, f := range r.File {
		open, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(open)
		require.NoError(t, err)
		require.NotContains(t, files, f.Name)
		require.Regexp(t, `^[a-z0-9/-]+\.(json|html)$|^README\.md$|^INCOMPLETE\.txt$`, f.Name, "no name comes from outside")
		files[f.Name] = string(content)
	}
	return files
}

func TestExportingAPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.older = map[string][]chat.Message{talkID: everyKind(noon.AddDate(0, -1, 0))}
	got := s.get("/contacts/" + anaID + "/export")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, `attachment; filename="person-`+anaID+`-2026-10-05.zip"`, got.Header.Get("Content-Disposition"))
	require.Equal(t, chat.AuditExport, s.store.audited[len(s.store.audited)-1].What)
	files := unpack(t, got.body)
	require.NotContains(t, files, "INCOMPLETE.txt")
	var contact chat.Contact
	require.NoError(t, json.Unmarshal([]byte(files["contact.json"]), &contact))
	require.Equal(t, "+12025550143", contact.Phone)
	require.Contains(t, files, "merged/etc-passwd.json")
	folder := "conversations/2026-10-04-whatsapp-" + talkID + "/"
	var messages []chat.Message
	require.NoError(t, json.Unmarshal([]byte(files[folder+"messages.json"]), &messages))
	require.Len(t, messages, 2*len(everyKind(noon)), "older pages and the newest")
	var notes []chat.Note
	require.NoError(t, json.Unmarshal([]byte(files["notes.json"]), &notes))
	require.Len(t, notes, 3)
	require.Contains(t, files["README.md"], "`notes.json`: 3 notes")
	require.Contains(t, files, "ledger-entries.json")
	readable(t, files[folder+"conversation.html"])
	talk := files[folder+"conversation.html"]
	require.Contains(t, talk, "Deep blue")
	require.NotContains(t, talk, "UTC UTC")
	require.NotContains(t, talk, "<bdi>You</bdi>", "whoever reads it is not the account")
	require.Contains(t, talk, `<p dir="auto">Conversation started</p>`, "events in the words of the desk")
}

// readable checks that a page of an export needs nothing and runs nothing.
func readable(t *testing.T, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		require.NotContains(t, []string{"script", "img", "iframe", "link", "object", "video", "audio"}, n.Data)
		for _, a := range n.Attr {
			require.NotContains(t, []string{"src", "href", "srcset", "action"}, a.Key)
			require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
		}
	}
}

func TestExportOfHostileDataIsSafe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, content := range unpack(t, s.get("/contacts/"+hostileID+"/export").body) {
		if strings.HasSuffix(name, ".html") {
			readable(t, content)
		}
	}
}

func TestAnExportThatStopsSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.slow = chat.ErrUnavailable
	files := unpack(t, s.get("/contacts/"+anaID+"/export").body)
	require.Contains(t, files, "INCOMPLETE.txt")
	require.NotContains(t, files, "README.md")
}

func TestAgentsNeitherExportNorErase(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	u := s.store.users[adaID]
	u.Role = chat.RoleAgent
	s.store.users[adaID] = u
	require.NotContains(t, s.get("/contacts/"+anaID).body, "/export")
	require.Equal(t, http.StatusForbidden, s.get("/contacts/"+anaID+"/export").StatusCode)
	require.Equal(t, http.StatusForbidden, s.post("/contacts/"+anaID+"/erase", "sure", "1").StatusCode)
}
