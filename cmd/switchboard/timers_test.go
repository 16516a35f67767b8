package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// A conversation that an agent snoozes in the desk is woken by the worker when its time comes.
func TestASnoozedConversationWakesInTheRunningProgram(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	entries := h.stored(t, h.webhook(t, "whatsapp", fixture(t, "whatsapp_text.json")), 1)
	page := h.base + "/inbox/" + entries[0].ConversationID
	cookie := h.signIn(t, testAdmin, testWord)
	_, thread := h.get(t, page, "Cookie", cookie)
	token := regexp.MustCompile(`name="csrf" value="([0-9a-f]+)"`).FindStringSubmatch(thread)
	require.Len(t, token, 2)

	until := time.Now().Add(5 * time.Second).UTC().Format(time.RFC3339)
	form := url.Values{"csrf": {token[1]}, "until": {until}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"/snooze", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", cookie)
	res, err := h.http.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusSeeOther, res.StatusCode)

	var conversation struct {
		State chat.State `json:"state"`
	}
	eventually(t, "time to wake it", 60*time.Second, func() bool {
		h.api(t, "/api/v1/conversations/"+entries[0].ConversationID, &conversation)
		return conversation.State == chat.StateOpen
	})
	_, thread = h.get(t, page, "Cookie", cookie)
	require.Contains(t, thread, "Snoozed until")
	require.Contains(t, thread, "Woken")
}
