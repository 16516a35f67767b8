package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"switchboard/channels"
	"switchboard/chat"
)

type vectors struct {
	Signature struct {
		Secret string `json:"secret"`
		Cases  []struct {
			Name   string `json:"name"`
			Body   string `json:"body_base64"`
			Header string `json:"header"`
			Accept *bool  `json:"accept"`
		} `json:"cases"`
	} `json:"meta_signature"`
	Handshake struct {
		Token string `json:"verify_token"`
		Cases []struct {
			Name   string          `json:"name"`
			Query  string          `json:"query"`
			Status json.RawMessage `json:"status"`
			Body   string          `json:"body"`
			Server *string         `json:"server_verify_token"`
		} `json:"cases"`
	} `json:"handshake"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/VECTORS.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil || len(v.Signature.Cases) == 0 || len(v.Handshake.Cases) == 0 {
		t.Fatalf("vectors: %v", err)
	}
	return v
}

func request(body string, signatures ...string) *channels.Request {
	return &channels.Request{Body: []byte(body), HeaderAll: func(name string) []string {
		if !strings.EqualFold(name, "x-hub-signature-256") {
			return nil
		}
		return signatures
	}}
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSignatureVectors(t *testing.T) {
	v := readVectors(t).Signature
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			body, err := base64.StdEncoding.DecodeString(c.Body)
			if err != nil {
				t.Fatal(err)
			}
			secret, err := NewSecrets([]string{v.Secret}).Verify(request(string(body), c.Header))
			switch {
			case c.Accept == nil:
			case *c.Accept && (err != nil || secret != "0"):
				t.Fatalf("refused: %v", err)
			case !*c.Accept && !errors.Is(err, chat.ErrUnauthenticated):
				t.Fatalf("accepted, or another error: %v", err)
			}
		})
	}
}

func TestVerifyTellsWhichSecretMatched(t *testing.T) {
	secrets := []string{"", "current", "previous"}
	for i, s := range secrets[1:] {
		if got, err := NewSecrets(secrets).Verify(request("{}", sign(s, "{}"))); err != nil || got != string(rune('1'+i)) {
			t.Errorf("%s: %q %v", s, got, err)
		}
	}
	for name, r := range map[string]*channels.Request{
		"none":         request("{}"),
		"two":          request("{}", sign("current", "{}"), sign("current", "{}")),
		"empty secret": request("{}", sign("", "{}")),
		"other body":   request("{} ", sign("current", "{}")),
		"66 digits":    request("{}", sign("current", "{}")+"00"),
	} {
		if got, err := NewSecrets(secrets).Verify(r); !errors.Is(err, chat.ErrUnauthenticated) || got != "" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if _, err := NewSecrets(nil).Verify(request("{}", sign("", "{}"))); !errors.Is(err, chat.ErrUnauthenticated) {
		t.Errorf("no secrets: %v", err)
	}
}

func TestHandshakeVectors(t *testing.T) {
	v := readVectors(t).Handshake
	for _, c := range v.Cases {
		t.Run(c.Name, func(t *testing.T) {
			token := v.Token
			if c.Server != nil {
				token = *c.Server
			}
			query, err := url.ParseQuery(c.Query)
			if err != nil {
				t.Fatal(err)
			}
			challenge, err := Handshake(query.Get, token)
			status := "200"
			if err != nil {
				status = "403"
			}
			if allowed := strings.FieldsFunc(string(c.Status), func(r rune) bool { return r < '0' || r > '9' }); !slices.Contains(allowed, status) {
				t.Fatalf("got %s (%v), want one of %v", status, err, allowed)
			}
			if c.Body != "" && challenge != c.Body {
				t.Fatalf("challenge %q", challenge)
			}
			if err != nil && (!errors.Is(err, chat.ErrForbidden) || challenge != "") {
				t.Fatalf("refused with %q, %v", challenge, err)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	body := strings.Repeat("x", 1500)
	r, secrets := request(body, sign("secret", body)), NewSecrets([]string{"secret"})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := secrets.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}

// What is shown to senders holds our words only once: the status says the rest.
func TestRefusalsAreFixedWords(t *testing.T) {
	_, unsigned := NewSecrets([]string{"s"}).Verify(request("{}"))
	_, wrong := NewSecrets([]string{"s"}).Verify(request("{}", sign("x", "{}")))
	_, stranger := Handshake(func(string) string { return "" }, "token")
	for want, err := range map[string]error{
		"exactly one X-Hub-Signature-256 header is needed": unsigned, "signature does not match": wrong, "hub.mode is not subscribe": stranger,
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
