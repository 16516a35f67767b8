package webwidget

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/channels"
	"switchboard/chat"
)

const (
	testInbox  = "wgt_demo_01"
	testSecret = "fixture-widget-secret"
	testOrigin = "https://shop.example"
)

var (
	testKey = []byte("0123456789abcdef0123456789abcdef")
	testNow = time.Date(2026, 10, 5, 9, 0, 10, 0, time.UTC)
)

func testConfig() Config {
	return Config{Widgets: []Widget{
		{ID: testInbox, Name: "Shop", Secret: testSecret, RequireIdentity: true, Origins: []string{testOrigin, "https://www.shop.example"}},
		{ID: "wgt_open", Name: "Blog", Secret: "another-long-widget-secret", Origins: []string{"http://localhost:3000"}},
		{ID: "wgt_server", Name: "App", Secret: "whsec_Zml4dHVyZS1nZW5lcmljLXNlY3JldC1ieXRlcy1vbmU="},
	}}
}

func testAdapter(t testing.TB) *Adapter {
	t.Helper()
	a, err := New(testConfig(), testKey)
	require.NoError(t, err)
	return a
}

// request is a POST with the given headers ("Name: value").
func request(body string, headers ...string) *channels.Request {
	h := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return &channels.Request{
		Header: h.Get, HeaderAll: h.Values, Body: []byte(body), ReceivedAt: testNow,
		Client: chat.Client{IP: "203.0.113.7", UserAgent: h.Get("User-Agent"), Origin: h.Get("Origin")},
	}
}

// fromShop is a POST by a page of the shop.
func fromShop(body string) *channels.Request { return request(body, "Origin: "+testOrigin) }

// issued is a visitor of the inbox.
func issued(t testing.TB, a *Adapter, inbox, origin string) visitor {
	t.Helper()
	r := request(`{"inbox_id":"`+inbox+`"}`, "Origin: "+origin)
	r.Client.IP = "127.0.0.1" // no limit in the way of tests
	id, session, err := a.IssueSession(r)
	require.NoError(t, err)
	return visitor{ID: id, SessionID: session}
}

// body is an event of the visitor, with further fields put in.
func body(t testing.TB, inbox string, v visitor, event string, more map[string]any) string {
	t.Helper()
	all := map[string]any{"v": 1, "inbox_id": inbox, "event": event, "event_id": "ev-1", "sent_at": "2026-10-05T09:00:01Z", "visitor": v}
	maps.Copy(all, more)
	b, err := json.Marshal(all)
	require.NoError(t, err)
	return string(b)
}

func text(clientID, s string) map[string]any {
	return map[string]any{"message": map[string]any{"client_id": clientID, "type": "text", "text": s}}
}

// parse runs what the pipe runs: verify, split, parse.
func parse(t testing.TB, a *Adapter, r *channels.Request) []chat.Event {
	t.Helper()
	secret, err := a.Verify(r)
	require.NoError(t, err)
	require.Equal(t, "0", secret)
	parcels := a.Split(r.Body)
	require.Len(t, parcels, 1)
	p := parcels[0]
	require.Equal(t, r.Body, p.Value)
	p.Channel, p.ReceivedAt, p.Secret, p.Client = chat.WebWidget, r.ReceivedAt, secret, r.Client
	events := a.Parse(p)
	require.Len(t, events, p.Elements)
	return events
}

func TestSessionsOpenOnlyTheirInboxAndVisitor(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	other := issued(t, a, testInbox, testOrigin)
	require.NotEqual(t, v.ID, other.ID)
	require.True(t, strings.HasPrefix(v.SessionID, "s1."))

	otherKey, err := New(testConfig(), []byte("another key of enough bytes"))
	require.NoError(t, err)
	require.True(t, a.sessions.valid(testInbox, v.ID, v.SessionID))
	require.False(t, a.sessions.valid(testInbox, other.ID, v.SessionID), "another visitor")
	require.False(t, a.sessions.valid("wgt_open", v.ID, v.SessionID), "another inbox")
	require.False(t, a.sessions.valid(testInbox, v.ID, v.SessionID[3:]), "no version")
	require.False(t, a.sessions.valid(testInbox, v.ID, ""), "empty")
	require.False(t, a.sessions.valid(testInbox, "", a.sessions.sign(testInbox, "")), "empty visitor")
	require.False(t, otherKey.sessions.valid(testInbox, v.ID, v.SessionID), "another key")
	require.NotEqual(t, a.sessions.sign("ab", "c"), a.sessions.sign("a", "bc"), "lengths are part of what is signed")
	require.NotContains(t, sessionName(v.SessionID), v.SessionID[3:20])
}

func TestIssueSessionRefuses(t *testing.T) {
	a := testAdapter(t)
	for name, c := range map[string]struct {
		r    *channels.Request
		want error
	}{
		"unknown inbox":   {fromShop(`{"inbox_id":"nope"}`), errInbox},
		"no inbox":        {fromShop(`{}`), errInbox},
		"operator":        {fromShop(`{"inbox_id":{"$ne":""}}`), errBadType},
		"not JSON":        {fromShop(`inbox_id=wgt_demo_01`), errNotJSON},
		"two values":      {fromShop(`{"inbox_id":"wgt_demo_01"} x`), errNotJSON},
		"foreign origin":  {request(`{"inbox_id":"wgt_demo_01"}`, "Origin: https://evil.test"), errOrigin},
		"other widget's":  {request(`{"inbox_id":"wgt_demo_01"}`, "Origin: http://localhost:3000"), errOrigin},
		"null origin":     {request(`{"inbox_id":"wgt_demo_01"}`, "Origin: null"), errOrigin},
		"two origins":     {request(`{"inbox_id":"wgt_demo_01"}`, "Origin: "+testOrigin, "Origin: https://evil.test"), errOrigin},
		"unsigned server": {request(`{"inbox_id":"wgt_demo_01"}`), errSignature},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := a.IssueSession(c.r)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestAllowsOrigin(t *testing.T) {
	a := testAdapter(t)
	require.True(t, a.AllowsOrigin(testOrigin))
	require.True(t, a.AllowsOrigin("http://localhost:3000"))
	for _, origin := range []string{"", "null", "*", "https://shop.example/", "https://shop.example:443", "http://shop.example", "https://SHOP.example", "https://shop.example.evil.test"} {
		require.False(t, a.AllowsOrigin(origin), origin)
	}
}

func TestConfigReportsEveryProblem(t *testing.T) {
	err := Config{Widgets: []Widget{
		{ID: "a", Secret: "long enough to sign", Origins: []string{"https://ok.example", "https://ok.example/", "*", "null", "HTTPS://ok.example", "https://*.ok.example", "ftp://x"}},
		{ID: "a", Secret: "short"},
		{ID: "", Secret: "whsec_not base64 at all"},
	}}.Validate()
	require.ErrorIs(t, err, chat.ErrInvalid)
	for _, part := range []string{
		`"https://ok.example/"`, `"*"`, `"null"`, `"HTTPS://ok.example"`, `"https://*.ok.example"`, `"ftp://x"`,
		"listed twice", "at least 16", "id must be", "whsec_",
	} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), `"https://ok.example" must`)
	require.NoError(t, testConfig().Validate())
	_, err = New(testConfig(), []byte("short"))
	require.ErrorIs(t, err, chat.ErrInvalid)
}

func TestSecretsStayOutOfPrintedConfig(t *testing.T) {
	w := testConfig().Widgets[0]
	require.NotContains(t, w.String(), testSecret)
	require.NotContains(t, w.LogValue().String(), testSecret)
}

func TestRefusalsSayNothingOfTheInput(t *testing.T) {
	for _, r := range []*refusal{errNotJSON, errBadType, errBlank, errInbox, errOrigin, errSignature, errSession, errProof, errTooMany, errTextTooLong, errTooLarge} {
		require.NotEmpty(t, r.reason)
		require.NotEmpty(t, r.text)
		var kinds int
		for _, kind := range []error{chat.ErrInvalid, chat.ErrForbidden, chat.ErrUnauthenticated, chat.ErrTooMany, chat.ErrTooLarge} {
			if errors.Is(r, kind) {
				kinds++
			}
		}
		require.Equal(t, 1, kinds, r.reason)
	}
}
