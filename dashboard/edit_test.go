package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

const anaFields = "/contacts/" + anaID + "/fields/"

func TestFieldIsSavedInPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := s.get(anaFields+"name?edit=1", "HX-Request", "true").body
	require.Equal(t, "1", attr(find(t, form, "name", "seen")[0], "value"), "the version of the value that is shown")

	got := s.htmx(anaFields+"name", "value", " Ana Maria ", "seen", "1")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, `hx-target="#field-name-`+anaID+`"`, "the answer names its place")
	require.Contains(t, got.body, "Name saved")
	ana := s.store.contacts[anaID]
	require.Equal(t, "Ana Maria", ana.Name)
	require.Equal(t, chat.Provenance{Source: chat.SourceAgent, By: "Ada Admin", At: noon, Version: 5}, ana.Provenance["name"])
	require.Equal(t, []chat.Change{{Contact: anaID, What: []string{"contact"}, By: adaID, StoredAt: noon}}, s.store.published)

	undo := find(t, got.body, "data-undo", "")
	require.Len(t, undo, 1)
	got = s.htmx(attr(undo[0], "action"), "value", "Ana Sample", "seen", "5")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "Ana Sample", s.store.contacts[anaID].Name)
}

func TestFieldWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/inbox/" + talkID + "?tab=contact").body
	link := find(t, page, "id", "field-location-"+anaID+"-value")[0]
	form := s.get(attr(link, "href")).body
	require.Len(t, find(t, form, "id", "field-location-"+anaID+"-input"), 1, "the page comes back with the field as a form")
	got := s.post(anaFields+"location", "value", "Santos", "seen", "0", "return", "/inbox/"+talkID+"?tab=contact")
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	require.Equal(t, "/inbox/"+talkID+"?tab=contact", got.Header.Get("Location"))
	require.Equal(t, "Santos", s.store.contacts[anaID].Location)
	got = s.post(anaFields+"location", "value", "Recife", "seen", "9", "return", "//evil.example")
	require.Equal(t, "/contacts/"+anaID, got.Header.Get("Location"))
	got = s.post(anaFields+"email", "value", "not an address", "seen", "3")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "<!doctype html>")
	require.Contains(t, got.body, "This is not an e-mail address")
	require.Contains(t, got.body, `value="not an address"`, "what was typed is still there")
}

func TestFieldConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx(anaFields+"email", "value", "mine@example.com", "seen", "1")
	require.Equal(t, http.StatusConflict, got.StatusCode)
	require.Equal(t, "ana@example.com", s.store.contacts[anaID].Email, "nothing was lost")
	conflict := text(find(t, got.body, "class", "conflict")[0])
	require.Equal(t, "Changed by Ben Agent 2 h ago. Theirs ana@example.com Mine mine@example.com", conflict)
	require.Equal(t, "3", attr(find(t, got.body, "name", "seen")[0], "value"))
	require.Empty(t, find(t, got.body, "data-inplace", ""), "leaving the field must not decide")
	got = s.htmx(anaFields+"email", "value", "mine@example.com", "seen", "3")
	require.Equal(t, http.StatusOK, got.StatusCode, "keep mine")
	require.Equal(t, "mine@example.com", s.store.contacts[anaID].Email)

	page := s.post(anaFields+"email", "value", "late@example.com", "seen", "1")
	require.Equal(t, http.StatusConflict, page.StatusCode)
	require.Contains(t, page.body, "Keep mine", "also without JavaScript")
	require.Contains(t, page.body, "Take theirs")
}

func TestFieldRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx(anaFields+"country", "value", "XX", "seen", "0")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "Choose a country from the list.")
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(anaFields+"name", "value", "x", "seen", "abc").StatusCode)
	require.Equal(t, http.StatusNotFound, s.htmx("/contacts/nobody/fields/name", "value", "x", "seen", "0").StatusCode)
	require.Equal(t, http.StatusNotFound, s.htmx(anaFields+"password", "value", "x", "seen", "0").StatusCode)
	require.Equal(t, http.StatusNotFound, s.get(anaFields+"terms", "HX-Request", "true").StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(anaFields+"agent_instructions", "value", strings.Repeat("x", 2001), "seen", "0").StatusCode)
	require.Empty(t, s.store.published)
}

func TestLabels(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{"contact": "/contacts/" + anaID, "conversation": "/inbox/" + talkID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			labels := func() []string {
				if name == "contact" {
					return s.store.contacts[anaID].Labels
				}
				return s.store.conversations[talkID].Labels
			}
			got := s.htmx(base+"/labels", "new", "Priority::Low", "do", "add")
			require.Equal(t, http.StatusOK, got.StatusCode)
			require.Contains(t, labels(), "priority::low")
			require.NotContains(t, labels(), "priority::high", "one of each key")
			back := s.undo(got)
			require.Equal(t, http.StatusOK, back.StatusCode)
			require.Contains(t, labels(), "priority::high", "what it took the place of is there again")
			require.NotContains(t, labels(), "priority::low")
			require.Equal(t, http.StatusOK, s.htmx(base+"/labels/remove", "label", "priority::high").StatusCode)
			require.NotContains(t, labels(), "priority::high")
			require.Len(t, s.store.published, 3)

			got = s.htmx(base+"/labels", "new", "a,b", "do", "add")
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
			require.Contains(t, got.body, "cannot contain a comma")
			got = s.post(base+"/labels", "new", "a,b", "do", "add")
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
			require.Contains(t, got.body, "<!doctype html>")
			require.Contains(t, got.body, "cannot contain a comma")
			require.Equal(t, base, s.post(base+"/labels", "new", "fine", "do", "add").Header.Get("Location"))
			require.Equal(t, http.StatusNotFound, s.htmx(strings.NewReplacer(anaID, "nobody", talkID, "nothing").Replace(base)+"/labels", "label", "x").StatusCode)
		})
	}
}

// undo sends the form of the toast in an answer.
func (s *site) undo(got answer) answer {
	s.t.Helper()
	form := find(s.t, got.body, "data-undo", "")[0]
	values := url.Values{}
	for node := range form.Descendants() {
		if attr(node, "name") != "" && attr(node, "name") != "csrf" {
			values.Add(attr(node, "name"), attr(node, "value"))
		}
	}
	return s.posted(attr(form, "action"), true, values)
}

func TestLabelsAreTickedInAList(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{"contact": "/contacts/" + anaID, "conversation": "/inbox/" + talkID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			labels := func() []string {
				if name == "contact" {
					return s.store.contacts[anaID].Labels
				}
				return s.store.conversations[talkID].Labels
			}
			before := labels()
			list := s.get(base+"/labels", "HX-Request", "true")
			require.Equal(t, http.StatusOK, list.StatusCode)
			var ticked []string
			for _, box := range find(t, list.body, "checked", "") {
				ticked = append(ticked, attr(box, "value"))
			}
			require.Equal(t, before, ticked)
			require.Len(t, find(t, list.body, "value", "refund"), 1, "what is defined can be chosen")

			form := url.Values{"choosing": {"1"}, "was": before, "label": {"refund", "priority::high"}}
			got := s.posted(base+"/labels", true, form)
			require.Equal(t, http.StatusOK, got.StatusCode)
			require.Equal(t, []string{"priority::high", "refund"}, labels())
			require.NotContains(t, got.body, "labelpick", "the open list stays as it is")
			require.Equal(t, http.StatusOK, s.undo(got).StatusCode)
			require.Equal(t, before, labels())

			page := s.get(base + "/labels")
			require.Equal(t, http.StatusSeeOther, page.StatusCode)
			page = s.get(page.Header.Get("Location"))
			require.NotEmpty(t, find(t, page.body, "class", "labelpick__box"), "the list is part of the page without JavaScript")
			form = url.Values{"choosing": {"1"}, "was": before, "label": {"a::1", "a::2"}, "do": {"add"}, "new": {""}}
			refused := s.posted(base+"/labels", false, form)
			require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
			require.Contains(t, refused.body, "Only one of a::1 and a::2 can be set.")
			require.NotEmpty(t, find(t, refused.body, "class", "labelpick__box"))
			form = url.Values{"choosing": {"1"}, "was": before, "do": {"add"}, "new": {""}}
			require.Equal(t, http.StatusSeeOther, s.posted(base+"/labels", false, form).StatusCode)
			require.Empty(t, labels())
		})
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	for name, base := range map[string]string{"contact": "/contacts/" + anaID, "conversation": "/inbox/" + talkID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			attributes := func() []chat.Attribute {
				if name == "contact" {
					return s.store.contacts[anaID].Attributes
				}
				return s.store.conversations[talkID].Attributes
			}
			require.Equal(t, http.StatusOK, s.htmx(base+"/attributes", "key", "size", "value", "L").StatusCode)
			require.Contains(t, attributes(), chat.Attribute{Key: "size", Value: "L"})
			require.Equal(t, http.StatusOK, s.htmx(base+"/attributes", "key", "size", "value", "M", "was", "L").StatusCode)
			got := s.htmx(base+"/attributes", "key", "size", "value", "XL", "was", "L")
			require.Equal(t, http.StatusConflict, got.StatusCode)
			require.Contains(t, attributes(), chat.Attribute{Key: "size", Value: "M"}, "nobody's value is lost")
			require.Contains(t, text(find(t, got.body, "class", "conflict")[0]), "Theirs M Mine XL")
			got = s.post(base+"/attributes", "key", "size", "value", "XL", "was", "L")
			require.Equal(t, http.StatusConflict, got.StatusCode, "also without JavaScript")
			require.Contains(t, got.body, "Keep mine")
			require.Equal(t, http.StatusUnprocessableEntity, s.htmx(base+"/attributes", "key", " ", "value", "x").StatusCode)
			require.Equal(t, base, s.post(base+"/attributes/remove", "key", "size").Header.Get("Location"))
			require.NotContains(t, attributes(), chat.Attribute{Key: "size", Value: "M"})
		})
	}
}

func TestHandling(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	base := "/inbox/" + talkID + "/"
	got := s.htmx(base+"state", "value", "closed")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "State is now Closed")
	require.Equal(t, "open", attr(find(t, find0(t, got.body, "data-undo"), "name", "value")[0], "value"), "undo opens it again")
	talk := s.store.conversations[talkID]
	require.Equal(t, chat.StateClosed, talk.State)
	require.Empty(t, talk.OpenKey)
	require.Equal(t, "Ada Admin", talk.Timeline[len(talk.Timeline)-1].By)

	require.Equal(t, http.StatusOK, s.htmx(base+"assignee", "value", benID).StatusCode)
	require.Equal(t, benID, s.store.conversations[talkID].Assignee)
	require.Equal(t, http.StatusNotFound, s.htmx(base+"assignee", "value", "nobody").StatusCode)
	require.Equal(t, http.StatusOK, s.htmx(base+"assignee", "value", "").StatusCode)
	require.Equal(t, "/inbox/"+talkID, s.post(base+"priority", "value", "urgent").Header.Get("Location"), "without JavaScript back to the page")
	require.Equal(t, "urgent", s.store.conversations[talkID].Priority)
	for _, bad := range []string{"state", "priority"} {
		require.Equal(t, http.StatusUnprocessableEntity, s.htmx(base+bad, "value", "nonsense").StatusCode)
	}
	u := s.store.users[benID]
	u.DisabledAt = noon
	s.store.users[benID] = u
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(base+"assignee", "value", benID).StatusCode, "a disabled colleague gets no work")
}

// find0 is the markup of the first element with an attribute.
func find0(t *testing.T, body, key string) string {
	t.Helper()
	start := strings.Index(body, key)
	require.Positive(t, start)
	from := strings.LastIndex(body[:start], "<")
	return body[from : start+strings.Index(body[start:], "</form>")]
}

func TestATypedNumberIsSpelledForItsCountry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.d.config.Number = func(typed, country string) (string, error) {
		if typed == "+44 1" {
			return "", &chat.InputError{Field: chat.FieldPhone, Message: "This is too short."}
		}
		require.Equal(t, "BR", country)
		return strings.TrimPrefix(typed, "local "), nil
	}
	got := s.htmx(anaFields+"phone", "value", "+44 1", "seen", "0")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "This is too short.")
	got = s.htmx(anaFields+"phone", "value", "local +5511912345678", "seen", "0")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, "+5511912345678", s.store.contacts[anaID].Phone)
	require.Equal(t, http.StatusOK, s.undo(got).StatusCode)
	require.Equal(t, "+12025550143", s.store.contacts[anaID].Phone, "what stood there comes back unchecked")
}

func TestThePageOfSomebodyErasedSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Equal(t, http.StatusSeeOther, s.post("/contacts/"+anaID+"/erase", "sure", "1").StatusCode)
	delete(s.store.contacts, anaID)
	page := s.get("/contacts/" + anaID)
	require.Equal(t, http.StatusNotFound, page.StatusCode)
	require.Contains(t, page.body, "This person was erased")
	require.NotContains(t, page.body, "Ana Sample")
	open := s.get("/contacts/"+anaID+"?tab=conversations", "HX-Request", "true")
	require.Equal(t, "/contacts/"+anaID, open.Header.Get("HX-Redirect"), "an open page is led there")
	require.NotContains(t, s.get("/contacts/c0000000000000000000000000000009").body, "erased", "somebody who never was")
}

func TestADepartmentThatGoesLeavesItsPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sales := chat.Department{ID: "sales", Name: "Sales"}
	s.store.settings.Departments = []chat.Department{sales}
	ben := s.store.users[benID]
	ben.Departments = []string{"sales", "support"}
	s.store.users[benID] = ben
	require.Equal(t, http.StatusOK, s.htmx("/settings/departments/sales/delete", "seen", sales.Seen()).StatusCode)
	require.Empty(t, s.store.settings.Departments)
	require.Equal(t, []string{"support"}, s.store.users[benID].Departments)
}
