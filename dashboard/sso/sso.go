// Package sso signs people in through an OpenID Connect provider: authorization code flow with PKCE, state and nonce. What
// the provider says is checked by go-oidc; who may come in with it is decided here and in the dashboard.
package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"switchboard/chat"
)

// Config names the provider and this program's place at it.
type Config struct {
	Issuer         string
	ClientID       string
	ClientSecret   string
	RedirectURL    string   // empty: the callback address of the host that was asked
	AllowedDomains []string // of e-mail addresses; empty: all the provider vouches for
}

// Provider talks to one OpenID Connect provider. It is found when it is first needed, so that the program starts without it.
// It is safe for concurrent use.
type Provider struct {
	config Config
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider
}

// patience bounds one request to the provider.
const patience = 8 * time.Second

// New makes a provider without asking it anything.
func New(config Config) *Provider {
	return &Provider{config: config, client: &http.Client{Timeout: patience}}
}

// An Attempt is a sign-in under way. The browser keeps it while it is at the provider, where no other site can read it.
type Attempt struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Redirect string `json:"redirect"`
	Next     string `json:"next,omitempty"` // where to go afterwards
}

// A Person is who the provider says came back. The e-mail is verified and in lower case.
type Person struct {
	Email, Name string
}

// A RefusedError says in words for the person why they cannot come in. It unwraps to chat.ErrForbidden.
type RefusedError struct{ Message, Reason string }

func (e *RefusedError) Error() string { return "sso: " + e.Reason }

func (e *RefusedError) Unwrap() error { return chat.ErrForbidden }

// Begin starts a sign-in: the address at the provider to send the browser to, and what it must bring back. callback is the
// address of this program the provider should send it to, unless another one is configured. It fails with
// chat.ErrUnavailable when the provider does not answer.
func (p *Provider) Begin(ctx context.Context, callback string) (string, Attempt, error) {
	if p.config.RedirectURL != "" {
		callback = p.config.RedirectURL
	}
	provider, err := p.discover(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Redirect: callback}
	return p.oauth(provider, callback).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Finish takes what the provider sent back and says who it is. A person who may not come in is a *RefusedError.
func (p *Provider) Finish(ctx context.Context, a Attempt, state, issuer, code string) (Person, error) {
	switch {
	case a.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(a.State)) != 1:
		return Person{}, refused("Your sign-in took too long or was started elsewhere. Please try again.", "state does not match")
	case issuer != "" && issuer != p.config.Issuer: // RFC 9207: the answer of another provider
		return Person{}, refused("The answer came from another place than expected. Please try again.", "issuer does not match")
	}
	provider, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth(provider, a.Redirect).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Person{}, refused("Your sign-in could not be confirmed. Please try again.", "id token is not valid")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return Person{}, refused("Your sign-in could not be confirmed. Please try again.", "nonce does not match")
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return Person{}, refused("Your sign-in could not be confirmed. Please try again.", "claims cannot be read")
	}
	if c.Email == "" {
		if c, err = p.ask(ctx, provider, token, id.Subject); err != nil {
			return Person{}, err
		}
	}
	return p.admit(c)
}

// claims are what is asked of a provider.
type claims struct {
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
}

// ask fetches the claims from the provider's userinfo, where many keep the e-mail.
func (p *Provider) ask(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, subject string) (claims, error) {
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return claims{}, fmt.Errorf("sso: userinfo: %w: %w", chat.ErrUnavailable, err)
	}
	if info.Subject != subject {
		return claims{}, refused("Your sign-in could not be confirmed. Please try again.", "userinfo is about somebody else")
	}
	var c claims
	if err := info.Claims(&c); err != nil {
		return claims{}, refused("Your sign-in could not be confirmed. Please try again.", "claims cannot be read")
	}
	c.Email, c.Verified = info.Email, info.EmailVerified
	return c, nil
}

func (p *Provider) admit(c claims) (Person, error) {
	email, err := chat.CleanEmail(c.Email)
	switch {
	case err != nil:
		return Person{}, refused("Your account there has no e-mail address, so we cannot tell who you are.", "no e-mail")
	case !c.Verified:
		return Person{}, refused("Your e-mail address is not verified there. Verify it first, then sign in again.", "e-mail is not verified")
	}
	_, domain, _ := strings.Cut(email, "@")
	if len(p.config.AllowedDomains) > 0 && !slices.ContainsFunc(p.config.AllowedDomains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		return Person{}, refused("E-mail addresses of this domain may not sign in here.", "domain is not allowed")
	}
	return Person{Email: email, Name: c.Name}, nil
}

func refused(message, reason string) error { return &RefusedError{Message: message, Reason: reason} }

// exchangeFailed tells a code that the provider refused from a provider that does not answer.
func exchangeFailed(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok && answer.Response != nil && answer.Response.StatusCode < http.StatusInternalServerError {
		return refused("Your sign-in could not be confirmed. Please try again.", "code was refused: "+answer.ErrorCode)
	}
	return fmt.Errorf("sso: exchange the code: %w: %w", chat.ErrUnavailable, err)
}

// discover reads what the provider says about itself, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The provider's keys are fetched with this context for as long as the program runs.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("sso: discover the provider: %w: %w", chat.ErrUnavailable, err)
	}
	p.found = provider
	return provider, nil
}

// Check asks the provider what it is, and whether it can do what is needed.
func (p *Provider) Check(ctx context.Context) error {
	provider, err := p.discover(ctx)
	if err != nil {
		return err
	}
	var offers struct {
		Methods []string `json:"code_challenge_methods_supported"`
		Types   []string `json:"response_types_supported"`
	}
	if err := provider.Claims(&offers); err != nil {
		return fmt.Errorf("sso: discovery document: %w", err)
	}
	if len(offers.Types) > 0 && !slices.Contains(offers.Types, "code") {
		return fmt.Errorf("sso: the provider does not offer the authorization code flow: %w", chat.ErrInvalid)
	}
	if len(offers.Methods) > 0 && !slices.Contains(offers.Methods, "S256") {
		return fmt.Errorf("sso: the provider does not offer PKCE with S256: %w", chat.ErrInvalid)
	}
	return nil
}

func (p *Provider) oauth(provider *oidc.Provider, callback string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: provider.Endpoint(), RedirectURL: callback,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}
}
