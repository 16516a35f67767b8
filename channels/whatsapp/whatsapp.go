package whatsapp

import (
	"sync"

	"switchboard/channels"
	"switchboard/channels/meta"
	"switchboard/chat"
)

// An Adapter translates the webhooks of the configured numbers. It is safe for concurrent use.
type Adapter struct {
	config    Config
	secrets   meta.Secrets
	numbers   map[string]bool   // by phone_number_id
	byPhone   map[string]string // digits to phone_number_id
	wabas     map[string]bool   // empty: no number says, so any is ours
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
	a := &Adapter{config: c, secrets: meta.NewSecrets(c.AppSecrets), numbers: map[string]bool{}, byPhone: map[string]string{}, wabas: map[string]bool{}}
	for _, n := range c.Numbers {
		a.numbers[n.ID] = true
		if n.Phone != "" {
			a.byPhone[onlyDigits(n.Phone)] = n.ID
		}
		if n.WABA != "" {
			a.wabas[n.WABA] = true
		}
	}
	a.envelopes.New = func() any { return new(envelope) }
	return a, nil
}

// Channel is chat.WhatsApp.
func (a *Adapter) Channel() chat.Channel { return chat.WhatsApp }

// Verify checks Meta's signature.
func (a *Adapter) Verify(r *channels.Request) (string, error) {
	return a.secrets.Verify(r)
}

// Handshake answers Meta's subscription check.
func (a *Adapter) Handshake(query func(key string) string) (string, error) {
	return meta.Handshake(query, a.config.VerifyToken)
}

// knows reports whether an account is one of ours: a number, or for account-level changes a business account.
func (a *Adapter) knows(account string, isNumber bool) bool {
	if isNumber {
		return a.numbers[account]
	}
	return a.wabas[account] || (len(a.wabas) == 0 && account != "")
}

func onlyDigits(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out)
}
