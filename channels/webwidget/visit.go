package webwidget

import (
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // time zone names are checked on machines without a zone database, too
	"unicode"
	"unicode/utf8"

	"switchboard/chat"
)

// Bounds of what a browser says about itself.
const (
	maxUserAgent = 512  // bytes
	maxURL       = 2048 // bytes
	maxTitle     = 256  // runes
	maxLocale    = 35   // bytes, the longest tag BCP 47 expects
	maxZoneName  = 64
)

// session is what the event tells about the visit. It stays empty for events that come many times a minute and tell nothing
// new, and for address and user agent of a server that posts for its visitors.
func (a *Adapter) session(p chat.Parcel, el *element) *chat.Session {
	switch el.Event {
	case eventTypingStarted, eventTypingStopped, eventMessageRead, eventMessageDeleted:
		return nil
	}
	about, viewed := el.Client.Value, el.Page.Value
	s := &chat.Session{
		ID: sessionName(el.Visitor.SessionID), UserAgent: cut(printable(about.UserAgent), maxUserAgent),
		Locale: locale(about.Locale), TimeZone: a.zone(about.TimeZone), Screen: screen(about.Screen),
		Referrer: webURL(viewed.Referrer), SeenAt: p.ReceivedAt,
	}
	if p.Client.Origin != "" {
		s.IP = p.Client.IP
		s.UserAgent = first(cut(printable(p.Client.UserAgent), maxUserAgent), s.UserAgent)
	}
	if el.Event == eventSessionStarted {
		s.StartedAt = p.ReceivedAt
	}
	if u := webURL(viewed.URL); u != "" {
		s.Pages = []chat.Page{{URL: u, Title: line(viewed.Title, maxTitle), At: p.ReceivedAt}}
	}
	return s
}

// webURL keeps an http(s) address as it was written, without credentials, fragment and query values that open something.
// An address that is still too long loses its query; anything else is dropped, so that no other scheme becomes a link.
func webURL(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 8*maxURL || s != printable(s) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.RawQuery = withoutSecrets(u.RawQuery)
	if u.ForceQuery = false; len(u.String()) > maxURL {
		u.RawQuery = ""
	}
	if out := u.String(); len(out) <= maxURL {
		return out
	}
	return ""
}

func withoutSecrets(query string) string {
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); part != "" && err == nil && !isSecretName(plain) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// isSecretName reports whether a query parameter by its name may let its reader in somewhere.
func isSecretName(name string) bool {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	switch plain {
	case "code", "key", "sid", "sig", "pin", "pwd", "pass", "otp", "auth", "ticket", "hmac", "session":
		return true
	}
	for _, part := range []string{
		"token", "passw", "passcode", "passphrase", "secret", "signature", "apikey", "accesskey", "privatekey", "authorization",
		"credential", "jwt", "sessionid", "sessid", "authcode", "userhash", "otpcode", "verificationcode", "samlresponse",
	} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return false
}

// locale keeps a well-formed language tag, with hyphens.
func locale(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if len(s) > maxLocale {
		return ""
	}
	for i, part := range strings.Split(s, "-") {
		if n := len(part); n < 1 || n > 8 || (i == 0 && n < 2) {
			return ""
		}
		for _, r := range part {
			isLetter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
			if !isLetter && (i == 0 || r < '0' || r > '9') {
				return ""
			}
		}
	}
	return s
}

// zone keeps the name of a time zone that exists.
func (a *Adapter) zone(s string) string {
	if s == "" || s == "Local" || len(s) > maxZoneName {
		return ""
	}
	known, ok := a.zones.Get(s)
	if !ok {
		_, err := time.LoadLocation(s)
		known = err == nil
		a.zones.Add(s, known)
	}
	if !known {
		return ""
	}
	return s
}

// screen keeps WIDTHxHEIGHT.
func screen(s string) string {
	width, height, ok := strings.Cut(s, "x")
	if !ok || !isPixels(width) || !isPixels(height) {
		return ""
	}
	return s
}

func isPixels(s string) bool {
	return s != "" && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// line is one line of at most limit runes without control characters.
func line(s string, limit int) string {
	s = strings.TrimSpace(printable(s))
	for i, n := 0, 0; i < len(s); n++ {
		if n == limit {
			return strings.TrimSpace(s[:i])
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s
}

// printable turns white space into spaces and drops other control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError:
			return -1
		default:
			return r
		}
	}, s)
}

// cut shortens to at most limit bytes without breaking a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
