package webwidget

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// proofLeeway forgives clocks that differ a little between the customer's server and ours.
	proofLeeway = 30 * time.Second
	// maxToken bounds a JWT before it is decoded.
	maxToken = 8 << 10
)

// signedClaims is what the customer's server says about a person in a JWT. Names beyond the registered ones are read only
// when they are strings.
type signedClaims struct {
	jwt.RegisteredClaims
	Name  advisory[string] `json:"name"`
	Email advisory[string] `json:"email"`
	Phone advisory[string] `json:"phone"`
}

// prove checks the proof of a visitor's external id. A visitor without external id needs none.
func (in *inbox) prove(v visitor, at time.Time) error {
	if v.JWT != "" {
		if err := in.proveToken(v, at); err != nil {
			return err
		}
	}
	if v.UserHash != "" && !in.provesHash(v.ExternalID, v.UserHash) {
		return errProof
	}
	if v.ExternalID == "" || v.JWT != "" || v.UserHash != "" {
		return nil
	}
	if in.RequireIdentity || !isExternalID(v.ExternalID) {
		return errProof
	}
	return nil
}

// provesHash checks user_hash = hex HMAC-SHA256(widget secret, external_id).
func (in *inbox) provesHash(externalID, hash string) bool {
	if !isExternalID(externalID) {
		return false
	}
	got, err := hex.DecodeString(hash)
	if err != nil {
		return false
	}
	h := hmac.New(sha256.New, []byte(in.Secret))
	h.Write([]byte(externalID))
	return hmac.Equal(h.Sum(nil), got)
}

// proveToken checks a JWT: HS256 and nothing else, with sub and exp, judged at the time the gateway received it. An
// external_id beside it must be the same person.
func (in *inbox) proveToken(v visitor, at time.Time) error {
	if len(v.JWT) > maxToken {
		return errProof
	}
	var claims signedClaims
	_, err := jwt.ParseWithClaims(v.JWT, &claims, func(*jwt.Token) (any, error) { return []byte(in.Secret), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithLeeway(proofLeeway),
		jwt.WithTimeFunc(func() time.Time { return at }))
	if err != nil || !isExternalID(claims.Subject) || (v.ExternalID != "" && v.ExternalID != claims.Subject) {
		return errProof
	}
	return nil
}

// readToken reads the claims of a JWT that intake verified. It checks nothing again: a secret that was changed since, or a
// token that expired since, must not change what the log means.
func readToken(token string) (signedClaims, error) {
	var claims signedClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return signedClaims{}, fmt.Errorf("webwidget: read token: %w", errProof)
	}
	if !isExternalID(claims.Subject) {
		return signedClaims{}, errProof
	}
	return claims, nil
}
