package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"switchboard/chat"

	"golang.org/x/crypto/argon2"
)

// Cost of a password hash (ECOSYSTEM.md: 22 ms and 19 MiB each).
const (
	argonMemory  = 19 * 1024
	argonTime    = 2
	argonThreads = 1
	saltLength   = 16
	keyLength    = 32

	minPassword = 10
	maxPassword = 512
)

// HashPassword makes the stored form of a password, an argon2id PHC string. A password shorter than 10 or longer than 512 bytes
// is a *chat.InputError.
func HashPassword(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", &chat.InputError{Field: "password", Message: fmt.Sprintf("A password needs at least %d and at most %d characters.", minPassword, maxPassword)}
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("dashboard: salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, keyLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// NewPassword makes a password that is easy to read and type: 20 letters and digits in groups, 100 bits.
func NewPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20]}, "-")
}

// A verifier checks passwords, a few at a time: each check takes 19 MiB, so that unlimited ones would be a way to fill the
// memory.
type verifier struct {
	slots chan struct{}
	dummy string // hash of nobody's password
}

const verifications = 2

func newVerifier() (*verifier, error) {
	dummy, err := HashPassword(rand.Text())
	if err != nil {
		return nil, err
	}
	return &verifier{slots: make(chan struct{}, verifications), dummy: dummy}, nil
}

// verify reports whether the password belongs to the hash. An empty hash (nobody has this address) costs the same time and
// never matches. It fails with chat.ErrTooMany when no slot is free before ctx ends.
func (v *verifier) verify(ctx context.Context, hash, password string) (bool, error) {
	if len(password) > maxPassword {
		password = password[:maxPassword+1] // cannot match, costs no more than others
	}
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return false, fmt.Errorf("dashboard: too many sign-ins at once: %w", chat.ErrTooMany)
	}
	if hash == "" {
		_, err := matches(v.dummy, password)
		return false, err
	}
	return matches(hash, password)
}

var errHash = errors.New("dashboard: stored password hash is not readable")

func matches(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil || memory > 1<<20 || passes == 0 || passes > 64 || threads == 0 {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 128 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want))) //nolint:gosec // bounded just above
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
