package whatsapp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"switchboard/chat"
)

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	_, err := New(Config{
		AppSecrets: []string{"a-secret", " "},
		Numbers:    []Number{{ID: "88"}, {ID: "88"}, {ID: "+1 202", WABA: "x", Phone: "twelve"}},
	})
	if !errors.Is(err, chat.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"app_secrets[1] is blank", "numbers[1].id is the same as numbers[0].id", "numbers[2].id", "numbers[2].waba", "numbers[2].phone"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "app_secrets is empty") || !strings.Contains(err.Error(), "numbers is empty") {
		t.Errorf("empty: %v", err)
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	c := Config{VerifyToken: "tok-1", AppSecrets: []string{"sec-1"}, Numbers: []Number{{ID: "88"}}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, c); strings.Contains(s, "tok-1") || strings.Contains(s, "sec-1") {
			t.Errorf("%s shows a secret: %s", verb, s)
		}
	}
}

func TestHandshakeUsesTheConfiguredToken(t *testing.T) {
	query := map[string]string{"hub.mode": "subscribe", "hub.challenge": "0001", "hub.verify_token": "fixture verify+token/=&"}
	get := func(key string) string { return query[key] }
	if got, err := adapter(t).Handshake(get); err != nil || got != "0001" {
		t.Errorf("%q %v", got, err)
	}
	query["hub.verify_token"] = "other"
	if _, err := adapter(t).Handshake(get); !errors.Is(err, chat.ErrForbidden) {
		t.Errorf("%v", err)
	}
}
