package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

func TestEveryFilterNarrowsAndCombines(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.settings.Departments = []chat.Department{{ID: "sales", Name: "Sales & more"}}
	c := s.store.conversations[talkID]
	c.Department, c.Flagged, c.Transfer = "sales", true, &chat.Transfer{From: benID, To: adaID}
	s.store.conversations[talkID] = c
	count := func(query string) int { return len(find(t, s.get("/inbox?limit=200&"+query).body, "data-id", "")) }
	require.Equal(t, 63, count("state=any"))
	require.Equal(t, 1, count("state=pending"))
	require.Equal(t, 1, count("assigned="+adaID))
	require.Equal(t, 1, count("assigned=me"))
	require.Equal(t, 1, count("department=sales"))
	require.Equal(t, 15, count("label=delivery&label=priority::high&assigned=nobody"))
	require.Equal(t, 16, count("label=delivery&label=priority::high"))
	require.Equal(t, 0, count("label=delivery&label=refund"))
	require.Equal(t, 15, count("priority=urgent"))
	require.Equal(t, 1, count("flagged=1"))
	require.Equal(t, 1, count("offered=1"))
	require.Equal(t, 1, count("department=sales&channel=whatsapp&label=delivery&priority=high&flagged=1&offered=1&assigned=me&sort=priority"))
	require.Equal(t, 0, count("department=sales&channel=instagram"))
}

func TestChipsSayWhatIsSetAndDropIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := s.get("/inbox?label=refund&label=delivery&channel=whatsapp&sort=waiting&q=maria").body
	texts, urls := map[string]string{}, []string{}
	for _, chip := range find(t, body, "data-chip", "") {
		texts[text(chip)] = attr(chip, "href")
		urls = append(urls, attr(chip, "href"))
	}
	require.Len(t, urls, 4)
	require.Equal(t, "/inbox?channel=whatsapp&label=refund&q=maria&sort=waiting", texts["Label delivery : remove this filter"])
	require.Equal(t, "/inbox?channel=whatsapp&label=delivery&label=refund&sort=waiting", texts["“maria” : remove this filter"])
	require.Equal(t, "/inbox?label=delivery&label=refund&q=maria&sort=waiting", texts["WhatsApp : remove this filter"])
	for _, address := range append(urls, "/inbox?state=closed&assigned=me&q=x", "/inbox?state=any", "/inbox?view=mine&q=x&label=a", "/inbox?state=open&q=x") {
		u, err := url.Parse(address)
		require.NoError(t, err)
		q := inboxQueryOf(u.Query())
		require.Equal(t, q, inboxQueryOf(q.values()), "an address says all of the filter: %s", address)
	}
}

func TestAnEmptyListSaysWhichFilterToDrop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := s.get("/inbox?view=mine&label=refund").body
	empty := find(t, body, "class", "empty")
	require.NotEmpty(t, empty)
	require.Contains(t, text(empty[0]), "Without Label refund 1")
	body = s.get("/inbox?channel=whatsapp&label=nothing+has+it").body
	require.Contains(t, text(find(t, body, "class", "empty")[0]), "Without Label nothing has it")
	require.NotContains(t, text(find(t, body, "class", "empty")[0]), "Without WhatsApp", "that would not help")
}

// saveView saves the filter of an address and returns the view's id.
func (s *site) saveView(name, address string) string {
	s.t.Helper()
	u, err := url.Parse(address)
	require.NoError(s.t, err)
	pairs := []string{"name", name}
	for key, list := range u.Query() {
		for _, v := range list {
			pairs = append(pairs, key, v)
		}
	}
	got := s.post("/views", pairs...)
	require.Equal(s.t, http.StatusSeeOther, got.StatusCode, got.body)
	to, err := url.Parse(got.Header.Get("Location"))
	require.NoError(s.t, err)
	require.Equal(s.t, "/inbox", to.Path)
	return to.Query().Get("view")
}

func (s *site) signInAs(id string) {
	s.cookie = "cookie-of-" + id
	s.store.logins[loginID(s.cookie)] = chat.Login{ID: loginID(s.cookie), UserID: id, CSRF: secretToken, ExpiresAt: noon.Add(idleTime)}
}

func TestASavedViewFromTheCradleToTheGrave(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.saveView(`Refunds <b>"`, "/inbox?state=open&label=refund")
	body := s.get("/inbox?view=" + id).body
	require.Len(t, find(t, body, "data-id", ""), 15)
	nav := find(t, body, "id", "view-"+id)
	require.Len(t, nav, 1)
	require.Equal(t, "My view: Refunds <b>\"15", strings.ReplaceAll(text(nav[0]), "\" 15", "\"15"))
	require.Equal(t, "true", attr(nav[0], "aria-current"))
	require.Contains(t, body, "Label refund")

	// Changed, it is another list until it is saved.
	changed := s.get("/inbox?view=" + id + "&changed=1&state=open&label=delivery").body
	require.Len(t, find(t, changed, "data-id", ""), 16)
	require.Contains(t, changed, "Save changes")
	require.Len(t, find(t, s.get("/inbox?view="+id).body, "data-id", ""), 15)
	require.Equal(t, http.StatusSeeOther, s.post("/views/"+id+"/filter", "state", "open", "label", "delivery").StatusCode)
	require.Len(t, find(t, s.get("/inbox?view="+id).body, "data-id", ""), 16)

	got := s.htmx("/views/"+id+"/name", "name", "Deliveries")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "View renamed")
	require.Equal(t, "Deliveries", s.store.views[id].Name)
	got = s.htmx("/views/"+id+"/name", "name", "  ")
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "A view needs a name.")
	require.Contains(t, s.post("/views", "state", "open", "label", "x", "name", strings.Repeat("x", 61)).body, "at most 60 characters")

	// Others see it once it is shared, and may not change it unless they may share.
	s.signInAs(benID)
	require.NotContains(t, s.get("/inbox").body, "Deliveries")
	require.Contains(t, s.get("/inbox?view="+id).body, `id="view-open"`, "somebody else's private view is the usual list")
	require.Len(t, find(t, s.get("/inbox?view="+id+"&limit=200").body, "data-id", ""), 62)
	require.Equal(t, http.StatusNotFound, s.post("/views/"+id+"/delete").StatusCode)
	s.signInAs(adaID)
	require.Equal(t, http.StatusSeeOther, s.post("/views/"+id+"/shared", "shared", "1").StatusCode)
	s.signInAs(benID)
	body = s.get("/inbox?view=" + id).body
	require.Contains(t, body, "Shared view: ")
	require.Contains(t, text(find(t, body, "id", "view-tools")[0]), "Shared by Ada Admin")
	require.Empty(t, find(t, body, "id", "edit-view"))
	for _, action := range []string{"name", "shared", "filter", "delete"} {
		require.Equal(t, http.StatusForbidden, s.post("/views/"+id+"/"+action, "name", "x").StatusCode, action)
	}
	own := s.saveView("Mine", "/inbox?assigned=me")
	require.Equal(t, http.StatusForbidden, s.post("/views/"+own+"/shared", "shared", "1").StatusCode, "an agent shares nothing")
	require.Equal(t, http.StatusForbidden, s.post("/views", "state", "open", "name", "x", "shared", "1").StatusCode)

	// Deleting can be undone.
	got = s.htmx("/views/" + own + "/delete")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.NotContains(t, s.store.views, own)
	undo := find(t, got.body, "action", "/views")
	require.NotEmpty(t, undo)
	require.Equal(t, http.StatusNotFound, s.post("/views/"+own+"/delete").StatusCode)
	require.Contains(t, s.get("/inbox?view="+own).body, `id="view-open"`)
}

func TestViewsAreReordered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.saveView("A", "/inbox?label=a"), s.saveView("B", "/inbox?label=b")
	order := func() []string {
		var ids []string
		for _, tab := range find(t, s.get("/inbox").body, "class", "view view--saved") {
			ids = append(ids, strings.TrimPrefix(attr(tab, "id"), "view-"))
		}
		return ids
	}
	require.Equal(t, []string{a, b}, order())
	require.Equal(t, http.StatusSeeOther, s.post("/views/"+b+"/order", "direction", "up").StatusCode)
	require.Equal(t, []string{b, a}, order())
	require.Equal(t, http.StatusSeeOther, s.post("/views/"+b+"/order", "direction", "up").StatusCode, "nothing above: nothing happens")
	require.Equal(t, []string{b, a}, order())
}

func TestCountsAreFetchedAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	nav := find(t, s.get("/inbox?view=mine").body, "id", "views")[0]
	got := s.get(attr(nav, "hx-get"), "HX-Request", "true")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, text(find(t, got.body, "id", "view-unassigned")[0]), "61")
	require.Equal(t, "true", attr(find(t, got.body, "id", "view-mine")[0], "aria-current"))
	require.Equal(t, "/inbox?view=mine", s.get("/views?view=mine").Header.Get("Location"), "without htmx it leads to the page")
}
