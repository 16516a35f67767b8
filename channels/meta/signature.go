// Package meta holds what Meta's webhooks have in common whatever the product: the signature, the handshake, an exact and
// forgiving way to read their JSON, and the cutting of a body into bodies about one person each.
package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"sync"

	"switchboard/channels"
	"switchboard/chat"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// A refusal is shown to the sender: what is wrong, in fixed words. The kind decides the status.
type refusal struct {
	text string
	kind error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

// Secrets are app secrets, ready to check signatures with. They are safe for concurrent use.
type Secrets struct {
	macs []*sync.Pool // of *mac, by place in the list; nil where the secret is empty
}

// A mac is the beginning of a signature, kept: mixing in the key costs as much as half a message.
type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

// NewSecrets prepares a list of secrets. Empty ones match nothing.
func NewSecrets(secrets []string) Secrets {
	s := Secrets{macs: make([]*sync.Pool, len(secrets))}
	for i, secret := range secrets {
		if secret != "" {
			s.macs[i] = &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, []byte(secret))} }}
		}
	}
	return s
}

// Verify proves that the body was signed with one of the app secrets and returns the index of that secret in the list. One
// endpoint may serve several apps and a secret may be in rotation, so each is tried. Errors wrap chat.ErrUnauthenticated.
func (s Secrets) Verify(r *channels.Request) (string, error) {
	given, err := signature(r.HeaderAll(signatureHeader))
	if err != nil {
		return "", err
	}
	matched := -1
	for i, pool := range s.macs {
		if pool == nil {
			continue
		}
		m := pool.Get().(*mac)
		m.Reset()
		m.Write(r.Body)
		if hmac.Equal(m.Sum(m.sum[:0]), given) && matched < 0 {
			matched = i
		}
		pool.Put(m)
	}
	if matched < 0 {
		return "", &refusal{"signature does not match", chat.ErrUnauthenticated}
	}
	return strconv.Itoa(matched), nil
}

func signature(values []string) ([]byte, error) {
	if len(values) != 1 {
		return nil, &refusal{"exactly one " + signatureHeader + " header is needed", chat.ErrUnauthenticated}
	}
	digits, ok := strings.CutPrefix(values[0], signaturePrefix)
	if !ok || len(digits) != hex.EncodedLen(sha256.Size) {
		return nil, &refusal{"signature is not sha256= and 64 hex digits", chat.ErrUnauthenticated}
	}
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return nil, &refusal{"signature is not hexadecimal", chat.ErrUnauthenticated}
	}
	return sum, nil
}

// Handshake answers the GET with which Meta checks that we own the endpoint: the challenge, unchanged, when the token is the
// configured one. An empty configured token never matches. Errors wrap chat.ErrForbidden.
func Handshake(query func(key string) string, verifyToken string) (string, error) {
	challenge := query("hub.challenge")
	switch {
	case query("hub.mode") != "subscribe":
		return "", &refusal{"hub.mode is not subscribe", chat.ErrForbidden}
	case verifyToken == "" || !equal(query("hub.verify_token"), verifyToken):
		return "", &refusal{"hub.verify_token does not match", chat.ErrForbidden}
	case challenge == "":
		return "", &refusal{"hub.challenge is missing", chat.ErrForbidden}
	}
	return strings.Clone(challenge), nil
}

// equal compares digests, so that the time taken tells neither content nor length of the token.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
