package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
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
