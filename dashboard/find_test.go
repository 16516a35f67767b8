package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaletteFindsPeopleAndTheirNewestConversation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get("/find?q=ana", "HX-Request", "true")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, `data-href="/inbox/`+talkID+`"`)
	require.Contains(t, got.body, `data-href="/contacts/`+anaID+`"`)
	require.Contains(t, got.body, "WhatsApp, open")
	require.Less(t, strings.Index(got.body, talkID), strings.Index(got.body, "/contacts/"+anaID), "the conversation is what most look for")
	for _, q := range []string{"", "a", "nobody"} {
		require.NotContains(t, s.get("/find?q="+q, "HX-Request", "true").body, "data-href", q)
	}
	require.Equal(t, http.StatusSeeOther, s.get("/find?q=ana").StatusCode, "not a page")
}
