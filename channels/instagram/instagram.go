package instagram

import (
	"sync"

	"switchboard/channels"
	"switchboard/channels/meta"
	"switchboard/chat"
)

// An Adapter translates the webhooks of the configured accounts. It is safe for concurrent use.
type Adapter struct {
	config    Config
	secrets   meta.Secrets
	accounts  map[string]bool
	envelopes sync.Pool
}

var (
	_ channels.Adapter    = (*Adapter)(nil)
	_ channels.Handshaker = (*Adapter)(nil)
)

// New makes the adapter. Errors are those of Config.Validate.
func New(c Config) (*Adapter, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	a := &Adapter{config: c, secrets: meta.NewSecrets(c.AppSecrets), accounts: map[string]bool{}}
	for _, account := range c.Accounts {
		a.accounts[account.ID] = true
	}
	a.envelopes.New = func() any { return new(envelope) }
	return a, nil
}

// Channel is chat.Instagram.
func (a *Adapter) Channel() chat.Channel { return chat.Instagram }

// Verify checks Meta's signature.
func (a *Adapter) Verify(r *channels.Request) (string, error) {
	return a.secrets.Verify(r)
}

// Handshake answers Meta's subscription check.
func (a *Adapter) Handshake(query func(key string) string) (string, error) {
	return meta.Handshake(query, a.config.VerifyToken)
}
