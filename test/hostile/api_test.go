package hostile

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func apiAttacks() []attack {
	return []attack{{"interface without token", apiWithoutToken}, {"interface with bad parameters", apiParameters}, {"interface tells no secrets", apiSecrets}}
}

func apiRoutes() []string {
	return []string{
		"/api/v1/ledger", "/api/v1/ledger?request_id=x", "/api/v1/ledger/summary", "/api/v1/contacts", "/api/v1/contacts/1", "/api/v1/conversations", "/api/v1/conversations/1", "/api/v1/conversations/1/messages",
		"/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/users", "/api/v1/logins", "/api/v1/contacts/1/2/3", "/api/v1/ledger/..",
	}
}

func apiWithoutToken(t *testing.T, s *server) {
	session := s.signIn(t)
	for _, path := range apiRoutes() {
		for name, headers := range map[string][]string{
			"none": nil, "empty": {"Authorization", ""}, "scheme only": {"Authorization", "Bearer"}, "empty token": {"Authorization", "Bearer "}, "wrong": {"Authorization", "Bearer guess"},
			"cut": {"Authorization", "Bearer " + apiToken[:len(apiToken)-1]}, "longer": {"Authorization", "Bearer " + apiToken + "x"}, "basic": {"Authorization", "Basic " + apiToken}, "bare": {"Authorization", apiToken},
			"in capitals": {"Authorization", "Bearer " + strings.ToUpper(apiToken)}, "two words": {"Authorization", "Bearer " + apiToken + " x"}, "in a cookie": {"Cookie", "token=" + apiToken + "; Authorization=Bearer " + apiToken},
			"an agent's cookie": {"Cookie", session.cookie}, "another header": {"X-API-Key", apiToken, "Proxy-Authorization", "Bearer " + apiToken}, "huge": {"Authorization", "Bearer " + strings.Repeat("a", 10_000)},
			"wrong, then right": {"Authorization", "Bearer guess", "Authorization", "Bearer " + apiToken},
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions} {
				r := s.send(t, method, path, nil, headers...)
				require.Contains(t, []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed}, r.status, "%s %s, %s", method, path, name)
				if method == http.MethodGet {
					require.NotEqual(t, http.StatusOK, r.status)
					mustRefuse(t, r, path+", "+name, http.StatusUnauthorized, http.StatusNotFound)
				}
			}
		}
		inQuery := s.send(t, http.MethodGet, path+"?token="+apiToken+"&access_token="+apiToken, nil)
		mustRefuse(t, inQuery, path+", in the address", http.StatusUnauthorized, http.StatusNotFound)
	}
	for _, path := range apiRoutes()[:8] { // read only, whoever asks
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			mustRefuse(t, s.send(t, method, path, strings.NewReader("{}"), "Authorization", "Bearer "+apiToken), method+" "+path, http.StatusMethodNotAllowed, http.StatusNotFound)
		}
	}
}

func apiParameters(t *testing.T, s *server) {
	s.someone(t)
	for _, bad := range []string{
		"-1", "0", "x", "1e9", "99999999999999999999999", "9223372036854775807", "' OR 1=1", "\x00", "\xff", `{"$gt":""}`, "../..", strings.Repeat("a", 3000), "eyJhIjoxfQ==", "null", "[]", "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z", "2026-13-45T00:00:00Z", "2026-01-01T00:00:00+99:99", "-292277022399-01-01T00:00:00Z",
	} {
		q := url.QueryEscape(bad)
		for _, path := range []string{"/ledger", "/ledger/summary", "/contacts", "/conversations", "/conversations/1/messages"} {
			for _, name := range []string{"after", "limit", "from", "to", "request_id", "verdict", "channel"} {
				r := s.send(t, http.MethodGet, "/api/v1"+path+"?"+name+"="+q, nil, "Authorization", "Bearer "+apiToken)
				if r.status == http.StatusOK {
					require.Equal(t, "application/json", r.header.Get("Content-Type"))
					continue
				}
				mustRefuse(t, r, path+"?"+name+"="+bad[:min(len(bad), 40)], http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusBadRequest)
			}
		}
		for _, path := range []string{"/contacts/", "/conversations/"} {
			r := s.send(t, http.MethodGet, "/api/v1"+path+url.PathEscape(bad), nil, "Authorization", "Bearer "+apiToken)
			mustRefuse(t, r, path+bad[:min(len(bad), 40)], http.StatusNotFound, http.StatusUnprocessableEntity)
		}
	}
}

// apiSecrets: what proves who somebody is does not come out again.
func apiSecrets(t *testing.T, s *server) {
	v := s.visitor(t)
	got := s.verdicts(t, s.accepted(t, "webwidget", v.widget(widgetInbox, "secrets", `,"external_id":"member-7","user_hash":"`+mac(widgetSecret, "member-7")+`"`), fromShop()...))
	for _, path := range []string{"/ledger?limit=500", "/contacts?limit=500", "/conversations?limit=500", "/contacts/" + got[0].ContactID, "/conversations/" + got[0].ConversationID} {
		r := s.send(t, http.MethodGet, "/api/v1"+path, nil, "Authorization", "Bearer "+apiToken)
		require.Equal(t, http.StatusOK, r.status, path)
		require.NotContains(t, r.body, v.Session, path)
		require.NotContains(t, r.body, mac(widgetSecret, "member-7"), path)
		require.NotContains(t, r.body, "argon2", path)
		for _, secret := range []string{apiToken, verifyToken, appSecret, widgetSecret, secretKey, adminPassword} {
			require.NotContains(t, r.body, secret, path)
		}
		require.Contains(t, r.header.Get("Cache-Control"), "no-store")
	}
}
