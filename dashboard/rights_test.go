package dashboard

import (
	"net/http"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

const let = http.StatusNoContent // what a handler of the walk answers

// walk is a site whose every route lets in whom it lets in and then does nothing.
func walk(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.app = fiber.New(fiber.Config{ErrorHandler: s.d.Error, StrictRouting: true, CaseSensitive: true, Immutable: true, DisableStartupMessage: true})
	for _, r := range s.d.routes() {
		r.handle = func(c *fiber.Ctx) error { return c.SendStatus(let) }
		s.app.Add(r.method, r.path, s.d.serve(r))
	}
	return s
}

// Every route, with every role and without sign-in, with and without the token: exactly the allowed ones pass. The table of
// routes is read, not repeated: a new route is walked without a change here.
func TestEveryRouteWithEveryRole(t *testing.T) {
	t.Parallel()
	s := walk(t)
	type caller struct {
		name   string
		role   chat.Role
		signed bool
	}
	callers := []caller{{name: "nobody"}, {"agent", chat.RoleAgent, true}, {"supervisor", chat.RoleSupervisor, true}, {"admin", chat.RoleAdmin, true}, {"unknown role", "visitor", true}}
	cookie := s.cookie
	for _, who := range callers {
		s.cookie = ""
		if who.signed {
			s.cookie = cookie
			u := s.store.users[adaID]
			u.Role = who.role
			s.store.users[adaID] = u
		}
		for _, r := range s.d.routes() {
			for _, token := range []string{"", csrf} {
				got := s.do(r.method, r.example(), values("csrf", token)).StatusCode
				want := let
				switch {
				case r.role == anyone:
				case !who.signed:
					want = http.StatusSeeOther
				case rank(who.role) < rank(r.role), r.method != fiber.MethodGet && token == "":
					want = http.StatusForbidden
				}
				require.Equal(t, want, got, "%s as %s, token %t", r.method+" "+r.path, who.name, token != "")
			}
		}
	}
}

// A route that forgot its role fails here: what stands below /settings is for supervisors and administrators, except
// everybody's own account, and nothing outside the sign-in pages is for anyone.
func TestRoutesHaveTheRoleOfTheirPlace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seen := map[string]bool{}
	for _, r := range s.d.routes() {
		name := r.method + " " + r.path
		require.False(t, seen[name], "%s stands in the table twice: the second is never reached", name)
		seen[name] = true
		require.Contains(t, []string{fiber.MethodGet, fiber.MethodPost}, r.method, "%s: forms can send GET and POST only", name)
		require.NotNil(t, r.handle, name)
		if r.role != anyone {
			require.True(t, chat.RoleKnown(r.role), "%s: %q is no role", name, r.role)
		}
		own := r.path == "/settings" || r.path == accountPath || strings.HasPrefix(r.path, accountPath+"/")
		if strings.HasPrefix(r.path, "/settings") && !own {
			require.GreaterOrEqual(t, rank(r.role), rank(chat.RoleSupervisor), "%s: settings are not for every agent", name)
		}
		switch {
		case strings.HasPrefix(r.path, "/login"), strings.HasPrefix(r.path, "/static/"):
		default:
			require.NotEqual(t, anyone, r.role, "%s needs a sign-in", name)
		}
	}
}

// Everybody is shown exactly the settings they may open, and those open.
func TestSettingsNavigation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, role := range []chat.Role{chat.RoleAgent, chat.RoleSupervisor, chat.RoleAdmin} {
		u := s.store.users[adaID]
		u.Role = role
		s.store.users[adaID] = u
		require.Equal(t, accountPath, s.get("/settings").Header.Get("Location"))
		page := s.get(accountPath)
		require.Equal(t, http.StatusOK, page.StatusCode)
		for _, screen := range settingsScreens() {
			link := `class="settings__link" href="` + screen.path + `"`
			if rank(role) < rank(screen.role) {
				require.NotContains(t, page.body, link, "%s does not see %s", role, screen.name)
				require.Equal(t, http.StatusForbidden, s.get(screen.path).StatusCode, screen.path)
				continue
			}
			require.Contains(t, page.body, link, "%s sees %s", role, screen.name)
			require.Equal(t, http.StatusOK, s.get(screen.path).StatusCode, screen.path)
		}
	}
}
