package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Who asks the API wrongly is told what to send, in words for programs.
func TestTheAPISaysWhatIsWrong(t *testing.T) {
	h := open(t, settings(t))
	h.awaitReady(t)
	code, body := h.get(t, h.base+"/api/v1/contacts", "Authorization", "Basic x")
	require.Equal(t, http.StatusUnauthorized, code)
	require.Contains(t, body, "Authorization: Bearer")
	for path, want := range map[string]string{
		"ledger?after=garbage":        "after is not a place in this list",
		"contacts?after=AAAA":         "after is not a place in this list",
		"conversations?after=%00":     "after is not a place in this list",
		"ledger?verdict=lost":         "verdict must be one of applied, duplicate, ignored, quarantined.",
		"ledger?limit=none":           "limit must be a whole number",
		"ledger/summary?from=morning": "from must be a time",
	} {
		code, body := h.get(t, h.base+"/api/v1/"+path, "Authorization", "Bearer "+testToken)
		require.Equal(t, http.StatusUnprocessableEntity, code, path)
		require.Contains(t, body, want, path)
		require.Contains(t, body, "request_id", path)
	}
}

// A request of HTTP/1.1 names one host: servers in front of us may choose by it.
func TestHostIsNeeded(t *testing.T) {
	h := open(t, settings(t))
	for request, want := range map[string]int{
		"GET /nothing HTTP/1.1\r\n\r\n":                       http.StatusBadRequest,
		"GET /nothing HTTP/1.1\r\nHost:\r\n\r\n":              http.StatusBadRequest,
		"GET /nothing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": http.StatusBadRequest,
		"GET /webhooks/x HTTP/1.0\r\n\r\n":                    http.StatusNotFound,
		"GET /webhooks/x HTTP/1.1\r\nHost: localhost\r\n\r\n": http.StatusNotFound,
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", h.publicL.Addr().String())
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		_, err = fmt.Fprint(conn, request)
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, "%q", request)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.Equal(t, want, response.StatusCode, "%q", request)
		require.NoError(t, response.Body.Close())
		require.NoError(t, conn.Close())
	}
}

// What is refused before its handler is an answer like every other: it is counted, and the page that posted can read it.
func TestRefusedBodiesAreCountedAndReadable(t *testing.T) {
	h := open(t, settings(t))
	counted := func(channel, code string) float64 {
		gathered, err := h.reg.Gather()
		require.NoError(t, err)
		for _, f := range gathered {
			for _, m := range f.GetMetric() {
				if f.GetName() == "switchboard_webhook_requests_total" && m.GetLabel()[0].GetValue() == channel && m.GetLabel()[1].GetValue() == code {
					return m.GetCounter().GetValue()
				}
			}
		}
		return -1
	}
	const origin = "https://shop.example"
	for channel, allowed := range map[string]string{"whatsapp": "", "webwidget": origin} {
		require.Zero(t, counted(channel, "413"))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+"/webhooks/"+channel, bytes.NewReader(make([]byte, 5<<20)))
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		response, err := h.http.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		require.Equal(t, allowed, response.Header.Get("Access-Control-Allow-Origin"), channel)
		require.EqualValues(t, 1, counted(channel, "413"), channel)
	}
	h.public.bodies.held.Store(maxLarge)
	status, _ := h.post(t, "/webhooks/whatsapp", make([]byte, 1<<20), "Content-Type", "application/json")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.EqualValues(t, 1, counted("whatsapp", "503"), "senders that are asked to come again are an outage for operators")
	h.public.bodies.held.Store(0)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", h.publicL.Addr().String())
	require.NoError(t, err)
	_, err = fmt.Fprint(conn, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat(" ", 2*smallBody))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	eventually(t, "the body that was cut off", 30*time.Second, func() bool { return counted("whatsapp", "400") == 1 })
	require.NoError(t, conn.Close())
}
