package oidc

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// provider runs zitadel's provider for a client that comes back to callbacks.
func provider(t *testing.T, callbacks ...string) *httptest.Server {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	handler = Provider(server.URL, callbacks...)
	return server
}
