// Package whatsapp speaks the webhooks of Meta's WhatsApp Cloud API.
package whatsapp

import (
	"errors"
	"fmt"
	"strings"

	"switchboard/chat"
)

// Config is the whatsapp section of the channels file.
type Config struct {
	VerifyToken string   `yaml:"verify_token"` // what Meta's handshake must present; empty refuses every handshake
	AppSecrets  []string `yaml:"app_secrets"`  // the current secret first
	Numbers     []Number `yaml:"numbers"`
}

// A Number is one of our business numbers.
type Number struct {
	ID    string `yaml:"id"`    // Meta's phone_number_id
	Phone string `yaml:"phone"` // E.164
	WABA  string `yaml:"waba"`  // business account the number belongs to; account-level webhooks name only this
	Name  string `yaml:"name"`  // what agents call it
}

// String tells the numbers and hides the secrets, so that a configuration may be logged.
func (c Config) String() string {
	return fmt.Sprintf("whatsapp: %d numbers, %d app secrets", len(c.Numbers), len(c.AppSecrets))
}

// GoString is String: %#v must not show secrets either.
func (c Config) GoString() string { return c.String() }

// Validate reports everything that is wrong, each problem in the words of the channels file. The errors wrap chat.ErrInvalid.
func (c Config) Validate() error {
	var problems []error
	report := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("whatsapp: "+format+": %w", append(args, chat.ErrInvalid)...))
	}
	if len(c.AppSecrets) == 0 {
		report("app_secrets is empty; without the app secret no webhook can be checked")
	}
	for i, s := range c.AppSecrets {
		if strings.TrimSpace(s) == "" {
			report("app_secrets[%d] is blank", i)
		}
	}
	if len(c.Numbers) == 0 {
		report("numbers is empty; list at least one business number")
	}
	seen := map[string]int{}
	for i, n := range c.Numbers {
		if !numeric(n.ID) {
			report("numbers[%d].id must be the phone_number_id from Meta's API setup page, digits only", i)
		} else if first, twice := seen[n.ID]; twice {
			report("numbers[%d].id is the same as numbers[%d].id", i, first)
		}
		seen[n.ID] = i
		if n.WABA != "" && !numeric(n.WABA) {
			report("numbers[%d].waba must be the WhatsApp business account id, digits only", i)
		}
		if n.Phone != "" && !numeric(strings.TrimPrefix(n.Phone, "+")) {
			report("numbers[%d].phone must be written like +12025550100", i)
		}
	}
	return errors.Join(problems...)
}

func numeric(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
