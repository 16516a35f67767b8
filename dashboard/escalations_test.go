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

func TestWhoeverTakesAHandOverHasTheConversation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ has, says, then string }{
		"nobody has it":       {"", "You have taken the hand-over, and the conversation is yours", adaID},
		"a colleague has it":  {benID, "You have taken the hand-over. Ben Agent keeps the conversation", benID},
		"whoever had it left": {"long-gone", "You have taken the hand-over. The conversation stays with the colleague who has it", "long-gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.belongsTo(c.has)
			s.store.escalations = nil
			for _, id := range []string{"e1", "e2"} {
				s.store.escalations = append(s.store.escalations, chat.Escalation{ID: id, ContactID: anaID, ConversationID: talkID, Channel: chat.WhatsApp, At: noon})
			}
			got := s.htmx("/inbox/" + talkID + "/escalations/e1/take")
			require.Equal(t, http.StatusOK, got.StatusCode)
			require.Contains(t, got.body, c.says)
			require.Contains(t, got.body, `id="thread-head"`, "the head says who has it now")
			require.Equal(t, c.then, s.store.conversations[talkID].Assignee)

			s.belongsTo(c.has)
			require.Equal(t, http.StatusSeeOther, s.post("/inbox/"+talkID+"/escalations/e2/take").StatusCode, "without JavaScript")
			require.Equal(t, c.then, s.store.conversations[talkID].Assignee)
			require.Contains(t, s.get("/inbox/"+talkID).body, "Hand-over taken")
		})
	}
}

// belongsTo makes somebody the assignee of the conversation; empty for nobody.
func (s *site) belongsTo(id string) {
	talk := s.store.conversations[talkID]
	talk.Assignee = id
	s.store.conversations[talkID] = talk
}
