package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

const twinID = "c0000000000000000000000000000007"

// twin is Ana, who also wrote in the web chat.
func twin(s *site) {
	s.store.contacts[twinID] = chat.Contact{
		ID: twinID, Version: 2, Name: "A. Sample", Email: "ana.other@example.com", Location: "Santos",
		Identities: []chat.Identity{{Channel: chat.WebWidget, Scope: "wgt", Kind: chat.IdentityVisitor, Value: "v77"}},
		Claims:     []chat.Claim{{Kind: "phone", Value: "+1 202 555 0143", At: noon}},
		Labels:     []string{"newsletter"}, Attributes: []chat.Attribute{{Key: "tier", Value: "silver"}},
		Provenance: map[string]chat.Provenance{chat.FieldName: {Source: chat.SourceClaim, By: "webwidget", At: noon, Version: 1}},
		CreatedAt:  noon.AddDate(0, 0, -5), LastSeenAt: noon.AddDate(0, 0, -1), Channels: []chat.Channel{chat.WebWidget},
	}
}

func TestMergeIsPreviewedDecidedAndUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	twin(s)
	profile := s.get("/contacts/" + anaID).body
	same := text(find(t, profile, "id", "same-person")[0])
	require.Contains(t, same, "Might be the same person")
	require.Contains(t, same, "Same phone +12025550143 (here: writes from it; there: typed by the visitor)")
	require.Contains(t, same, "Not proven", "somebody's word is not a proof")

	preview := s.get("/contacts/" + anaID + "/merge?with=" + twinID)
	require.Equal(t, http.StatusOK, preview.StatusCode)
	moves := text(find(t, preview.body, "aria-labelledby", "merge-moves")[0])
	require.Contains(t, moves, "1 identity")
	require.Contains(t, moves, "1 label")
	clashes := text(find(t, preview.body, "aria-labelledby", "merge-clashes")[0])
	for _, word := range []string{"Name", "E-mail", "Location", "tier", "gold", "silver"} {
		require.Contains(t, clashes, word)
	}
	digest := attr(find(t, preview.body, "name", "digest")[0], "value")

	other := s.get("/contacts/" + anaID + "/merge?with=" + twinID + "&keep=" + twinID).body
	require.Equal(t, "/contacts/"+twinID+"/merge", attr(find(t, other, "class", "page-card merge")[0], "action"), "the other way round")

	stale := s.post("/contacts/"+anaID+"/merge", "with", twinID, "digest", "0000", "clash-1", "theirs")
	require.Equal(t, http.StatusConflict, stale.StatusCode)
	require.Contains(t, stale.body, "Nothing was merged")

	got := s.post("/contacts/"+anaID+"/merge", "with", twinID, "digest", digest, "clash-0", "mine", "clash-2", "theirs", "clash-3", "theirs")
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	ana := s.store.contacts[anaID]
	require.Equal(t, []string{"Ana Sample", "ana@example.com", "Santos"}, []string{ana.Name, ana.Email, ana.Location})
	require.Contains(t, ana.Attributes, chat.Attribute{Key: "tier", Value: "silver"})
	require.Contains(t, ana.Labels, "newsletter")
	require.Equal(t, anaID, s.store.contacts[twinID].MergedInto)
	require.Equal(t, chat.AuditMerge, s.store.audited[len(s.store.audited)-1].What)

	page := s.get(got.Header.Get("Location")).body
	require.Contains(t, page, "A. Sample is part of this contact now.")
	require.Contains(t, text(find(t, page, "id", "same-person")[0]), "by Ada Admin")
	undo := attr(find(t, page, "class", "same__actions")[0].FirstChild, "href")
	require.True(t, strings.HasSuffix(undo, "/undo"), undo)
	asked := s.get(undo)
	require.Equal(t, http.StatusOK, asked.StatusCode)
	require.Contains(t, asked.body, "Location: São Paulo", "says what the field becomes")

	got = s.post(undo)
	require.Equal(t, http.StatusSeeOther, got.StatusCode)
	require.Equal(t, "São Paulo", s.store.contacts[anaID].Location)
	require.Empty(t, s.store.contacts[twinID].MergedInto)
	require.Contains(t, s.get(got.Header.Get("Location")).body, "They are two contacts again")
	again := s.post(undo)
	require.Equal(t, http.StatusConflict, again.StatusCode)
	require.Contains(t, again.body, "It was undone already")
}

func TestSuggestionIsDismissedAndRestored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	twin(s)
	base := "/contacts/" + anaID + "/alike/"
	got := s.htmx(base+"dismiss", "other", twinID)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.NotContains(t, got.body, "Might be the same person")
	require.Equal(t, base+"restore", attr(find(t, got.body, "data-undo", "")[0], "action"))
	require.NotContains(t, s.get("/contacts/"+twinID).body, "Might be the same person", "from both sides")
	require.Contains(t, s.htmx(base+"restore", "other", twinID).body, "Might be the same person")
	require.Equal(t, http.StatusSeeOther, s.post(base+"dismiss", "other", twinID).StatusCode, "also without JavaScript")
}

func TestMergeSearchLeavesThePersonOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	twin(s)
	page := s.get("/contacts/" + anaID + "/merge?q=sample").body
	require.Contains(t, page, "with="+twinID)
	require.NotContains(t, page, "with="+anaID)
	require.Contains(t, s.get("/contacts/"+anaID+"/merge?q=nobody-at-all").body, "Nobody else matches.")
	require.Equal(t, http.StatusSeeOther, s.get("/contacts/"+anaID+"/merge?with="+anaID).StatusCode)
	require.Equal(t, http.StatusNotFound, s.get("/contacts/nobody/merge").StatusCode)
}
