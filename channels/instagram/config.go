// Package instagram speaks the messaging webhooks of Instagram, in both of Meta's flavours of them.
package instagram

import (
	"errors"
	"fmt"
	"strings"

	"switchboard/chat"
)

// Config is the instagram section of the channels file.
type Config struct {
	VerifyToken string    `yaml:"verify_token"` // what Meta's handshake must present; empty refuses every handshake
	AppSecrets  []string  `yaml:"app_secrets"`  // the current secret first; with Instagram Login also the Instagram app secret
	AppID       string    `yaml:"app_id"`       // our Meta app: tells what we sent ourselves from what other tools sent
	Accounts    []Account `yaml:"accounts"`
}

// An Account is one of our professional accounts.
type Account struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"` // what agents call it
}

// String tells the accounts and hides the secrets, so that a configuration may be logged.
func (c Config) String() string {
	return fmt.Sprintf("instagram: %d accounts, %d app secrets", len(c.Accounts), len(c.AppSecrets))
}

// GoString is String: %#v must not show secrets either.
func (c Config) GoString() string { return c.String() }

// Validate reports everything that is wrong, each problem in the words of the channels file. The errors wrap chat.ErrInvalid.
func (c Config) Validate() error {
	var problems []error
	report := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("instagram: "+format+": %w", append(args, chat.ErrInvalid)...))
	}
	if len(c.AppSecrets) == 0 {
		report("app_secrets is empty; without the app secret no webhook can be checked")
	}
	for i, s := range c.AppSecrets {
		if strings.TrimSpace(s) == "" {
			report("app_secrets[%d] is blank", i)
		}
	}
	if c.AppID != "" && !numeric(c.AppID) {
		report("app_id must be the Meta app id, digits only")
	}
	if len(c.Accounts) == 0 {
		report("accounts is empty; list at least one professional account")
	}
	seen := map[string]int{}
	for i, a := range c.Accounts {
		if !numeric(a.ID) {
			report("accounts[%d].id must be the Instagram professional account id, digits only", i)
		} else if first, twice := seen[a.ID]; twice {
			report("accounts[%d].id is the same as accounts[%d].id", i, first)
		}
		seen[a.ID] = i
	}
	return errors.Join(problems...)
}

func numeric(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
