package dashboard

import (
	"net/http"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

func TestOneTakesAHandOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store.escalations = []chat.Escalation{
		{ID: "e1", ContactID: anaID, ConversationID: talkID, Channel: chat.WhatsApp, Reason: "asked for a human", At: noon},
		{ID: "e2", ContactID: anaID, ConversationID: talkID, Channel: chat.WhatsApp, Reason: "angry", At: noon, TakenByID: benID, TakenBy: "Ben Agent", TakenAt: noon},
	}
	take := "/inbox/" + talkID + "/escalations/"
	page := s.get("/contacts/" + anaID + "?tab=escalations").body
	require.Len(t, find(t, page, "action", take+"e1/take"), 1)
	require.Empty(t, find(t, page, "action", take+"e2/take"), "somebody has it")

	got := s.htmx(take + "e1/take")
	require.Equal(t, http.StatusOK, got.StatusCode)
	require.Contains(t, got.body, "Taken by <bdi>Ada Admin</bdi>")
	require.Contains(t, got.body, "You have taken the hand-over")
	require.Equal(t, adaID, s.store.escalations[0].TakenByID)
	require.Contains(t, s.store.published[0].What, "escalation")

	late := s.htmx(take + "e2/take")
	require.Equal(t, http.StatusOK, late.StatusCode)
	require.Contains(t, late.body, "Ben Agent has taken it already")
	require.Equal(t, benID, s.store.escalations[1].TakenByID)
	require.Equal(t, http.StatusSeeOther, s.post(take+"e2/take").StatusCode)
	require.Equal(t, http.StatusNotFound, s.htmx("/inbox/"+webID+"/escalations/e1/take").StatusCode, "of another conversation")
	require.Equal(t, http.StatusNotFound, s.htmx(take+"nothing/take").StatusCode)
}
