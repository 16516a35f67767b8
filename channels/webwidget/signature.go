package webwidget

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"switchboard/channels"
)

const (
	// signatureTolerance is how far the sender's clock may be off, as in the Standard Webhooks reference libraries.
	signatureTolerance = 5 * time.Minute
	// maxSignatures bounds the entries of a webhook-signature header that are looked at.
	maxSignatures = 16
)

// signed checks a Standard Webhooks signature (version v1) over the raw body. Unknown versions are passed over.
func signed(key []byte, r *channels.Request) bool {
	id, stamp, list := r.Header("webhook-id"), r.Header("webhook-timestamp"), r.Header("webhook-signature")
	if !isID(id) || len(key) == 0 {
		return false
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	if age := r.ReceivedAt.Sub(time.Unix(seconds, 0)); age > signatureTolerance || age < -signatureTolerance {
		return false
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(r.Body)
	return listed(h.Sum(nil), list)
}

// listed reports whether any v1 entry of a signature list equals want.
func listed(want []byte, list string) bool {
	entries := strings.Fields(list)
	if len(entries) > maxSignatures {
		return false
	}
	for _, entry := range entries {
		encoded, ok := strings.CutPrefix(entry, "v1,")
		if !ok {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && hmac.Equal(want, got) {
			return true
		}
	}
	return false
}
