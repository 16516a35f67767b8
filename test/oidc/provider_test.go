package oidc

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

const (
	clientID     = "switchboard"
	clientSecret = "client-secret-of-the-test"
	password     = "password-at-the-provider"
)

// people are whom the provider knows, by the name they sign in with there.
type people map[string]*storage.User

func (p people) GetUserByID(id string) *storage.User {
	for _, u := range p {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (p people) GetUserByUsername(name string) *storage.User { return p[name] }
func (people) ExampleClientID() string                       { return "service" }

func everybody() people {
	person := func(id, email string, verified bool) *storage.User {
		return &storage.User{ID: id, Username: id, Password: password, FirstName: "Given", LastName: id, Email: email, EmailVerified: verified}
	}
	return people{
		"ada":      person("ada", "Ada@Example.com", true), // the administrator, spelled differently
		"newcomer": person("newcomer", "newcomer@example.com", true),
		"unproven": person("unproven", "ada@example.com", false), // claims to be the administrator
		"foreign":  person("foreign", "somebody@elsewhere.example", true),
		"nameless": person("nameless", "", true),
	}
}

// provider runs zitadel's provider for a client that comes back to callbacks.
func provider(t *testing.T, callbacks ...string) *httptest.Server {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	clients := map[string]*storage.Client{clientID: storage.WebClient(clientID, clientSecret, callbacks...)}
	handler = exampleop.SetupServer(server.URL, storage.NewStorageWithClients(everybody(), clients), slog.New(slog.DiscardHandler), false)
	return server
}
