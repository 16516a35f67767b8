package hostile

import (
	"crypto/rand"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A login is a signed-in browser.
type login struct {
	cookie string // name=value
	csrf   string
	set    *http.Cookie
}

const formType = "application/x-www-form-urlencoded"

func credentials(email, password, next string) io.Reader {
	return strings.NewReader(url.Values{"email": {email}, "password": {password}, "next": {next}}.Encode())
}

func (s *server) signIn(t *testing.T, headers ...string) login {
	t.Helper()
	r := s.send(t, http.MethodPost, "/login", credentials(adminEmail, adminPassword, ""), append([]string{"Content-Type", formType}, headers...)...)
	require.Equal(t, http.StatusSeeOther, r.status, r.body)
	return s.opened(t, r)
}

// opened reads the cookie of a sign-in and the token of the first page.
func (s *server) opened(t *testing.T, r reply) login {
	t.Helper()
	cookies := (&http.Response{Header: r.header}).Cookies()
	require.Len(t, cookies, 1)
	l := login{cookie: cookies[0].Name + "=" + cookies[0].Value, set: cookies[0]}
	page := s.send(t, http.MethodGet, "/inbox", nil, "Cookie", l.cookie)
	require.Equal(t, http.StatusOK, page.status)
	found := regexp.MustCompile(`name="csrf" value="([^"]{20,})"`).FindStringSubmatch(page.body)
	require.Len(t, found, 2, "the page carries its token")
	l.csrf = html.UnescapeString(found[1])
	s.mustStaySecret(cookies[0].Value, l.csrf)
	return l
}

// someone is a person with a conversation.
func (s *server) someone(t *testing.T) (contact, conversation string) {
	t.Helper()
	const wa = "12025550139"
	s.mustStaySecret(wa, "Some One")
	body := whatsappText(wa, "wamid."+rand.Text(), "Some One", "hello from someone")
	got := s.verdicts(t, s.accepted(t, "whatsapp", body, signed(body)...))
	return got[0].ContactID, got[0].ConversationID
}
