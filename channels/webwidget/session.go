package webwidget

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"switchboard/chat"
)

// A session id is "s1." and the unpadded base64url of
//
//	HMAC-SHA256(k, len(inbox) inbox len(visitor) visitor)
//
// with lengths as 8 bytes big endian and k = HMAC-SHA256(secret key, "switchboard/webwidget/session/v1"): unguessable, bound
// to one inbox and one visitor, and checked without a database. "s1" names this construction, so that another can follow.
const (
	sessionPrefix = "s1."
	sessionDomain = "switchboard/webwidget/session/v1"
	// maxSessionPart bounds what is hashed for a stranger.
	maxSessionPart = 128
)

type sessionSigner struct{ key []byte }

func newSessionSigner(secret []byte) sessionSigner {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(sessionDomain))
	return sessionSigner{key: h.Sum(nil)}
}

func (s sessionSigner) sign(inbox, visitor string) string {
	h := hmac.New(sha256.New, s.key)
	var n [8]byte
	for _, part := range []string{inbox, visitor} {
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return sessionPrefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (s sessionSigner) valid(inbox, visitor, session string) bool {
	if visitor == "" || session == "" || len(visitor) > maxSessionPart || len(session) > maxSessionPart {
		return false
	}
	return hmac.Equal([]byte(s.sign(inbox, visitor)), []byte(session))
}

// sessionName is what documents keep instead of the token: it tells visits apart and opens nothing.
func sessionName(session string) string {
	if session == "" {
		return ""
	}
	return chat.EventID("webwidget-session", session)
}
