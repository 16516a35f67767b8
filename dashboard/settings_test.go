package dashboard

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

// workspaceScreens are the screens that change the settings everybody uses, with ordinary and hostile content.
func workspaceScreens(s *site) []string {
	s.store.settings.Tags = []string{"delivery", "refund", hostileText}
	s.store.settings.ContactAttributes, s.store.settings.ConversationAttributes = definitions(), definitions()
	s.store.settings.Labels = append(s.store.settings.Labels, chat.LabelDefinition{Name: strings.ToLower(hostileText), Color: "red"})
	s.store.settings.LabelJobs = []chat.LabelJob{{From: "old", To: "new"}, {From: hostileText}}
	return []string{
		labelsPath, labelsPath + "?edit=vip", labelsPath + "?edit=nowhere", attributesPath, attributesPath + "?scope=contact&new=1",
		attributesPath + "?scope=conversation&edit=tier", attributesPath + "?scope=planet&edit=tier", preferencesPath,
	}
}

func TestWorkspaceScreensKeepTheRulesOfTemplates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range workspaceScreens(s) {
		got := s.get(path)
		require.Equal(t, http.StatusOK, got.StatusCode, path)
		s.lint(path, got, true)
	}
	for name, got := range map[string]answer{
		"label":             s.htmx(labelsPath, "label", "key account", "color", "teal"),
		"label refused":     s.htmx(labelsPath, "label", `a,"><script>`, "color", "teal"),
		"label conflict":    s.htmx(labelsPath+"/change", "name", "vip", "label", "vip", "color", "red", "seen", "old"),
		"tag":               s.htmx("/settings/tags", "tag", "<b>"),
		"definition":        s.htmx(attributesPath, "scope", "contact", "key", hostileText[20:60], "kind", "text"),
		"definition wrong":  s.htmx(attributesPath, "scope", "contact", "key", "x", "kind", "text", "pattern", "("),
		"definition theirs": s.htmx(attributesPath, "scope", "contact", "key", "tier", "kind", "text", "seen", "old"),
		"addresses":         s.htmx(preferencesPath+"/addresses", "policy", "none", "seen", ""),
		"addresses theirs":  s.htmx(preferencesPath+"/addresses", "policy", "full", "seen", "truncated"),
		"closing":           s.htmx(preferencesPath+"/closing", "notes", "1", "seen", "false,false,false"),
		"transfer":          s.htmx(preferencesPath+"/transfer", "minutes", "5", "seen", "15"),
		"transfer theirs":   s.htmx(preferencesPath+"/transfer", "minutes", "6", "seen", "15"),
	} {
		s.lint(name, got, false)
	}
}

func TestLabelsAreKeptInTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.post(labelsPath, "label", "Key Account", "color", "teal", "return", labelsPath)
	require.Equal(t, labelsPath, got.Header.Get("Location"))
	require.Contains(t, s.store.settings.Labels, chat.LabelDefinition{Name: "key account", Color: "teal"})
	require.Equal(t, chat.AuditSettingsChanged, s.store.audited[len(s.store.audited)-1].What)

	require.Contains(t, s.get(labelsPath+"/preview?label=Priority::High&color=red", "HX-Request", "true").body, "Exclusive: it takes the place of any other label that begins with priority::")
	page := s.get(labelsPath + "?edit=vip").body
	require.Contains(t, page, "Used by 21 contacts.")
	seen := attr(find(t, page, "name", "seen")[0], "value")
	got = s.htmx(labelsPath+"/change", "name", "vip", "label", "gold", "color", "amber", "seen", seen)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "“vip” is being renamed to “gold”")
	require.Equal(t, []chat.LabelJob{{From: "vip", To: "gold"}}, s.store.settings.LabelJobs)

	theirs := s.htmx(labelsPath+"/change", "name", "gold", "label", "gold", "color", "red", "seen", seen)
	require.Equal(t, http.StatusConflict, theirs.StatusCode)
	require.Contains(t, theirs.body, "Ada Admin", "who changed it")
	require.Contains(t, theirs.body, "Keep mine")
	seen = attr(find(t, theirs.body, "name", "seen")[0], "value")
	require.Equal(t, http.StatusOK, s.htmx(labelsPath+"/change", "name", "gold", "label", "gold", "color", "red", "seen", seen).StatusCode)

	gone := s.htmx(labelsPath+"/remove", "name", "refund", "seen", attr(find(t, s.get(labelsPath+"?edit=refund").body, "name", "seen")[0], "value"))
	require.Contains(t, gone.body, "Label deleted")
	require.Len(t, find(t, gone.body, "data-undo", ""), 1)
	refused := s.post(labelsPath, "label", "gold", "color", "red")
	require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	require.Contains(t, refused.body, "There is a label of this name already.")
}

func TestTagsOfTheCloseDialog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tag := range []string{"refund", "Delivery", "refund"} {
		s.htmx("/settings/tags", "tag", tag)
	}
	require.Equal(t, []string{"Delivery", "refund"}, s.store.settings.Tags)
	got := s.htmx("/settings/tags/remove", "tag", "refund")
	require.Equal(t, []string{"Delivery"}, s.store.settings.Tags)
	undo := find(t, got.body, "data-undo", "")[0]
	require.Equal(t, "/settings/tags", attr(undo, "action"))
}

func TestAttributeDefinitions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.htmx(attributesPath, "scope", "contact", "key", "tier", "kind", "list", "options", "Gold\r\nSilver", "required", "1")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Equal(t, []chat.AttributeDefinition{{Key: "tier", Kind: chat.AttributeList, Options: []string{"Gold", "Silver"}, Required: true}}, s.store.settings.ContactAttributes)
	require.Equal(t, http.StatusSeeOther, s.post(attributesPath, "scope", "contact", "key", "number", "kind", "text", "pattern", "K-[0-9]{4}").StatusCode)

	for sample, want := range map[string]string{"K-1234": "Fits. Kept as K-1234", "K-1": "number does not look as it should. Four digits."} {
		tried := s.htmx(attributesPath+"/try", "scope", "contact", "key", "number", "kind", "text", "pattern", "K-[0-9]{4}", "hint", "Four digits.", "sample", sample)
		require.Equal(t, want, text(find(t, tried.body, "id", "trial")[0]))
		page := s.post(attributesPath+"/try", "scope", "contact", "key", "number", "kind", "text", "pattern", "K-[0-9]{4}", "hint", "Four digits.", "sample", sample)
		s.lint("try without JavaScript", page, true)
		require.Equal(t, want, text(find(t, page.body, "id", "trial")[0]))
	}
	require.Len(t, s.store.settings.ContactAttributes, 2, "trying saves nothing")

	s.htmx(attributesPath+"/move", "scope", "contact", "key", "number", "move", "up")
	require.Equal(t, "number", s.store.settings.ContactAttributes[0].Key)
	page := s.get(attributesPath + "?scope=contact&edit=tier").body
	seen := attr(find(t, find0(t, page, `id="definition"`), "name", "seen")[0], "value")
	require.Equal(t, http.StatusOK, s.htmx(attributesPath, "scope", "contact", "key", "tier", "kind", "list", "options", "Gold", "seen", seen).StatusCode)
	theirs := s.htmx(attributesPath, "scope", "contact", "key", "tier", "kind", "text", "seen", seen)
	require.Equal(t, http.StatusConflict, theirs.StatusCode)
	require.Contains(t, theirs.body, "List, Gold")

	seen = s.store.settings.ContactAttributes[1].Seen()
	got = s.htmx(attributesPath+"/remove", "scope", "contact", "key", "tier", "seen", seen)
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Len(t, s.store.settings.ContactAttributes, 1)
	require.Equal(t, "gold", s.was("contact", "tier"), "values stay")
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Equal(t, http.StatusOK, s.htmx(preferencesPath+"/addresses", "policy", "none", "seen", "").StatusCode)
	require.Equal(t, "none", s.store.settings.IPPolicy)
	got := s.htmx(preferencesPath+"/addresses", "policy", "full", "seen", "")
	require.Equal(t, http.StatusConflict, got.StatusCode)
	require.Contains(t, text(find(t, got.body, "class", "conflict")[0]), "Theirs none Mine full")
	require.Equal(t, http.StatusUnprocessableEntity, s.post(preferencesPath+"/closing", "tag", "1", "seen", chat.ClosingRules{}.Seen()).StatusCode, "there are no tags")
	require.Equal(t, http.StatusSeeOther, s.post(preferencesPath+"/closing", "notes", "1", "sentiment", "1", "seen", chat.ClosingRules{}.Seen()).StatusCode)
	require.Equal(t, chat.ClosingRules{Notes: true, Sentiment: true}, s.store.settings.Closing)

	require.Equal(t, http.StatusOK, s.htmx(preferencesPath+"/transfer", "minutes", "5", "seen", "15").StatusCode)
	require.Equal(t, 5*time.Minute, s.store.settings.TransferTime())
	require.Equal(t, http.StatusConflict, s.htmx(preferencesPath+"/transfer", "minutes", "30", "seen", "15").StatusCode, "somebody chose otherwise")
	wrong := s.htmx(preferencesPath+"/transfer", "minutes", "soon", "seen", "5")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Equal(t, "soon", attr(find(t, wrong.body, "id", "transfer-minutes")[0], "value"), "what was typed stays")
	require.Contains(t, s.get("/inbox/"+talkID+"/transfer").body, "Without an answer in 5 min")
	require.Equal(t, http.StatusSeeOther, s.post("/inbox/"+talkID+"/transfer", "to", "u:"+benID).StatusCode)
	require.Equal(t, noon.Add(5*time.Minute), s.store.conversations[talkID].Transfer.ExpiresAt)
}
