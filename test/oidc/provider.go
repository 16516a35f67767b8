package oidc

import (
	"log/slog"
	"net/http"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// The client that the provider knows Switchboard as, and the password that everybody has there.
const (
	ClientID     = "switchboard"
	ClientSecret = "client-secret-of-the-test"
	Password     = "password-at-the-provider"
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
		return &storage.User{ID: id, Username: id, Password: Password, FirstName: "Given", LastName: id, Email: email, EmailVerified: verified}
	}
	return people{
		"ada":      person("ada", "Ada@Example.com", true), // the administrator, spelled differently
		"newcomer": person("newcomer", "newcomer@example.com", true),
		"unproven": person("unproven", "ada@example.com", false), // claims to be the administrator
		"foreign":  person("foreign", "somebody@elsewhere.example", true),
		"nameless": person("nameless", "", true),
	}
}

// Provider is zitadel's provider, reached at the address issuer, for a client that comes back to callbacks.
func Provider(issuer string, callbacks ...string) http.Handler {
	clients := map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, callbacks...)}
	return exampleop.SetupServer(issuer, storage.NewStorageWithClients(everybody(), clients), slog.New(slog.DiscardHandler), false)
}
