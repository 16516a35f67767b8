package dashboard

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

var oneTimePassword = regexp.MustCompile(`id="one-time-password">([^<]+)<`)

// audited lists what the audit log says happened, oldest first.
func (s *site) audited() []string {
	var out []string
	for _, e := range s.store.audited {
		out = append(out, strings.TrimSpace(e.What+" "+e.About+" "+e.Detail))
	}
	return out
}

func TestAnAdministratorAddsAnAgentWhoSignsIn(t *testing.T) {
	t.Parallel()
	for _, with := range []string{"htmx", "plain forms"} {
		t.Run(with, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.store.settings.Departments = []chat.Department{{ID: "sales", Name: "Sales"}, {ID: "legal", Name: "Legal"}}
			send := s.post
			if with == "htmx" {
				send = s.htmx
			}
			got := send("/settings/users/new", "name", "Cleo Agent", "email", " Cleo@Example.com", "role", "agent", "department", "sales", "department", "gone")
			require.Equal(t, http.StatusOK, got.StatusCode)
			password := oneTimePassword.FindStringSubmatch(got.body)[1]
			cleo, err := s.store.UserByEmail(t.Context(), "cleo@example.com")
			require.NoError(t, err)
			require.Equal(t, []string{"sales"}, cleo.Departments)
			require.Equal(t, chat.RoleAgent, cleo.Role)
			require.NotContains(t, cleo.PasswordHash, password)
			require.Contains(t, s.audited(), "user_created "+cleo.ID+" as agent")
			require.NotContains(t, s.get("/settings/users/edit/"+cleo.ID).body, password, "it is shown once")

			s.cookie = ""
			in := s.signIn("cleo@example.com", password, "192.0.2.9")
			require.Equal(t, http.StatusSeeOther, in.StatusCode)
			s.cookie = in.Cookies()[0].Value
			require.Equal(t, "/settings/account/password", s.get("/inbox").Header.Get("Location"), "nothing before a password of their own")
			require.Equal(t, "/settings/account/password", s.get("/inbox", "HX-Request", "true").Header.Get("HX-Redirect"))
			require.Equal(t, "/settings/account/password", s.do(http.MethodPost, "/inbox/"+talkID+"/priority", values("csrf", s.token())).Header.Get("Location"))
			require.Equal(t, http.StatusOK, s.get("/settings/account/password").StatusCode)
			refused := s.do(http.MethodPost, "/settings/account/password", values("csrf", s.token(), "current", password, "password", password, "again", password))
			require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
			require.Contains(t, refused.body, "another password")
			done := s.do(http.MethodPost, "/settings/account/password", values("csrf", s.token(), "current", password, "password", goodPassword, "again", goodPassword))
			require.Equal(t, "/inbox", done.Header.Get("Location"))
			require.Equal(t, http.StatusOK, s.get("/inbox").StatusCode)
			s.cookie = ""
			require.Equal(t, http.StatusUnprocessableEntity, s.signIn("cleo@example.com", password, "192.0.2.9").StatusCode, "the one-time password is no more")
			require.Equal(t, http.StatusSeeOther, s.signIn("cleo@example.com", goodPassword, "192.0.2.9").StatusCode)
		})
	}
}

// token is the token of the forms of whoever is signed in.
func (s *site) token() string { return mask(s.store.logins[loginID(s.cookie)].CSRF) }

func TestAUserThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct{ name, email, role, why string }{
		{"Cleo", "ben@example.com", "agent", "There is a user with this e-mail already."},
		{"Cleo", "BEN@example.com ", "agent", "There is a user with this e-mail already."},
		{"Cleo", "nothing", "agent", "This is not an e-mail address."},
		{"", "cleo@example.com", "agent", "Enter the name"},
		{"Cleo", "cleo@example.com", "root", "Choose a role"},
	} {
		for _, got := range []answer{
			s.post("/settings/users/new", "name", c.name, "email", c.email, "role", c.role),
			s.htmx("/settings/users/new", "name", c.name, "email", c.email, "role", c.role),
		} {
			require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, "%+v", c)
			require.Contains(t, got.body, c.why)
			require.NotContains(t, got.body, "one-time-password")
			if c.email == "nothing" {
				require.Contains(t, got.body, `value="nothing"`, "what was typed stays")
			}
		}
	}
	require.Len(t, s.store.users, 2)
	require.Empty(t, s.store.audited)
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.store.users[adaID]
	got := s.post("/settings/users/edit/"+adaID, "name", "Ada Admin", "role", "agent", "seen", ada.Seen())
	require.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	require.Contains(t, got.body, "last administrator")
	require.Equal(t, chat.RoleAdmin, s.store.users[adaID].Role)
	require.Contains(t, s.post("/settings/users/edit/"+adaID+"/disable").body, "cannot disable yourself")

	ben := s.store.users[benID]
	require.Equal(t, http.StatusSeeOther, s.post("/settings/users/edit/"+benID, "name", "Ben", "role", "admin", "seen", ben.Seen()).StatusCode)
	require.Equal(t, http.StatusSeeOther, s.post("/settings/users/edit/"+adaID, "name", "Ada Admin", "role", "agent", "seen", ada.Seen()).StatusCode, "Ben is another one")
	require.Equal(t, http.StatusForbidden, s.get("/settings/users").StatusCode, "and Ada is none any more, at once")
	require.Equal(t, []string{"role_changed u-ben agent to admin", "user_changed u-ben name", "role_changed u-ada admin to agent"}, s.audited())
}

func TestTwoAdministratorsEditAUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ben := s.store.users[benID]
	seen := ben.Seen()
	require.Equal(t, http.StatusOK, s.htmx("/settings/users/edit/"+benID, "name", "Benjamin", "role", "agent", "seen", seen).StatusCode)
	got := s.htmx("/settings/users/edit/"+benID, "name", "Benny", "role", "supervisor", "seen", seen)
	require.Equal(t, http.StatusConflict, got.StatusCode)
	require.Contains(t, got.body, "Benjamin, agent", "what the colleague saved")
	require.Contains(t, got.body, `value="Benny"`, "what was typed")
	require.Equal(t, "Benjamin", s.store.users[benID].Name)
	again := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(got.body)[1]
	require.Equal(t, http.StatusOK, s.htmx("/settings/users/edit/"+benID, "name", "Benny", "role", "supervisor", "seen", again).StatusCode, "saving again keeps one's own")
	require.Equal(t, chat.RoleSupervisor, s.store.users[benID].Role)
}

func TestDisablingSignsOutEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.asBen()
	require.Equal(t, http.StatusOK, s.get("/inbox").StatusCode)
	s.cookie = "cookie-of-ada"
	require.Equal(t, http.StatusOK, s.htmx("/settings/users/edit/"+benID+"/disable").StatusCode)
	require.NotContains(t, s.store.logins, loginID("cookie-of-ben"))
	require.Len(t, s.store.published, 1, "open pages ask again, and are sent to sign in")
	require.Empty(t, s.store.published[0].Conversation+s.store.published[0].Contact)
	require.Contains(t, s.audited(), "user_disabled u-ben")
	s.cookie = "cookie-of-ben"
	require.Equal(t, "/login?next=%2Finbox", s.get("/inbox").Header.Get("Location"))

	s.cookie = "cookie-of-ada"
	reset := s.htmx("/settings/users/edit/" + benID + "/enable")
	require.Contains(t, reset.body, "User enabled")
	reset = s.post("/settings/users/edit/" + benID + "/password")
	password := oneTimePassword.FindStringSubmatch(reset.body)[1]
	s.cookie = ""
	require.Equal(t, http.StatusSeeOther, s.signIn("ben@example.com", password, "192.0.2.3").StatusCode)
	require.True(t, s.store.users[benID].MustChangePassword)
}

func TestDepartmentsScreen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.Contains(t, s.get("/settings/departments").body, "There are none yet")
	require.Equal(t, http.StatusSeeOther, s.post("/settings/departments", "name", "Sales").StatusCode)
	require.Equal(t, http.StatusOK, s.htmx("/settings/departments", "name", "Legal").StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx("/settings/departments", "name", "sales").StatusCode)
	legal, sales := s.store.settings.Departments[0], s.store.settings.Departments[1]
	s.give(talkID, sales.ID)

	page := "/settings/departments/" + sales.ID
	require.Equal(t, http.StatusOK, s.htmx(page+"/rename", "name", "Shop", "seen", sales.Seen()).StatusCode)
	late := s.htmx(page+"/rename", "name", "Store", "seen", sales.Seen())
	require.Equal(t, http.StatusConflict, late.StatusCode)
	require.Contains(t, late.body, "Shop")
	require.Equal(t, http.StatusConflict, s.htmx(page+"/delete", "seen", sales.Seen()).StatusCode)
	require.Equal(t, sales.ID, s.store.conversations[talkID].Department, "nothing moved out of a department that stays")

	shop, _ := s.store.settings.Department(sales.ID)
	require.Equal(t, http.StatusUnprocessableEntity, s.htmx(page+"/delete", "seen", shop.Seen(), "to", "nowhere").StatusCode)
	require.Contains(t, s.get("/settings/departments").body, "1 conversation<")
	require.Equal(t, http.StatusOK, s.htmx(page+"/delete", "seen", shop.Seen(), "to", legal.ID).StatusCode)
	require.Equal(t, legal.ID, s.store.conversations[talkID].Department)
	require.Len(t, s.store.settings.Departments, 1)
	require.Equal(t, []string{
		"settings_changed departments added", "settings_changed departments added", "settings_changed departments renamed", "settings_changed departments deleted",
	}, s.audited())
}
