package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAdministratorChangesAUser(t *testing.T) {
	t.Parallel()
	existing := []Department{{ID: "d1", Name: "Sales"}, {ID: "d2", Name: "Legal"}}
	start := User{ID: "u", Name: "Ann", Role: RoleAgent, Departments: []string{"d1"}, Version: 4}
	seen := start.Seen()

	u := start
	require.NoError(t, u.Change(UserEdit{Name: " Ann\tSample ", Role: RoleSupervisor, Departments: []string{"d2", "gone", "d1"}}, seen, existing))
	require.Equal(t, "Ann Sample", u.Name)
	require.Equal(t, []string{"d1", "d2"}, u.Departments, "only those that exist")

	var conflict *ConflictError
	other := UserEdit{Name: "Anna", Role: RoleAgent}
	require.ErrorAs(t, u.Change(other, seen, existing), &conflict, "somebody was faster")
	require.Contains(t, conflict.Theirs, "Ann Sample")
	require.NoError(t, u.Change(UserEdit{Name: "Ann Sample", Role: RoleSupervisor, Departments: []string{"d1", "d2"}}, seen, existing), "both want the same")
	require.NoError(t, u.Change(other, u.Seen(), existing))

	u = start
	u.PanelTab, u.TimeZone = "notes", "Asia/Tokyo"
	require.NoError(t, u.Change(other, seen, existing), "what the user does is no conflict")
	for _, bad := range []UserEdit{{Name: "", Role: RoleAgent}, {Name: " \x00 ", Role: RoleAgent}, {Name: "A", Role: "boss"}, {Name: "A"}} {
		_, refused := IsInput(u.Change(bad, u.Seen(), existing))
		require.True(t, refused, "%+v", bad)
	}
}

func TestTheLastTabChosenOnAPageIsRemembered(t *testing.T) {
	t.Parallel()
	var u User
	for _, c := range []struct {
		tab, page string
		nth       int64
		want      string
	}{
		{"notes", "p1", 2, "notes"},
		{"history", "p1", 1, "notes"}, // it was chosen before, and arrived later
		{"comments", "p1", 3, "comments"},
		{"contact", "p2", 1, "contact"}, // another window counts for itself
		{"notes", "", 0, "notes"},       // no script
		{"history", "", 0, "history"},
		{"contact", strings.Repeat("x", 5000), 1, "contact"},
	} {
		u.ChooseTab(c.tab, c.page, c.nth)
		require.Equal(t, c.want, u.PanelTab)
	}
	require.LessOrEqual(t, len(u.PanelPage), 2*maxPage, "what a page calls itself has an end")
}

func TestOwnProfile(t *testing.T) {
	t.Parallel()
	var u User
	require.NoError(t, u.SetProfile(" Ann ", "Europe/Berlin", "de"))
	require.Equal(t, User{Name: "Ann", TimeZone: "Europe/Berlin", Locale: "de"}, u)
	require.NoError(t, u.SetProfile("Ann", "", ""))
	require.Empty(t, u.TimeZone)
	for _, bad := range [][3]string{{"", "", ""}, {"A", "Mars/Base", ""}, {"A", "../../etc/passwd", ""}, {"A", "Local", ""}, {"A", "", "xx-nothing"}} {
		_, refused := IsInput(u.SetProfile(bad[0], bad[1], bad[2]))
		require.True(t, refused, "%v", bad)
	}
	for _, zone := range TimeZones() {
		require.NoError(t, u.SetProfile("Ann", zone, ""), zone)
	}
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	by := Editor{Name: "Ada", At: time.Unix(1_700_000_000, 0)}
	var s Settings
	require.NoError(t, s.AddDepartment("d1", "Sales", by))
	require.NoError(t, s.AddDepartment("d2", " Éclair ", by))
	require.Equal(t, []Department{{ID: "d2", Name: "Éclair"}, {ID: "d1", Name: "Sales"}}, s.Departments)
	for _, bad := range []string{"", " ", "sales", "ECLAIR", strings.Repeat("x", 61)} {
		_, refused := IsInput(s.AddDepartment("d3", bad, by))
		require.True(t, refused, "%q", bad)
	}
	sales, _ := s.Department("d1")
	require.NoError(t, s.RenameDepartment("d1", "Support", sales.Seen(), by))
	var conflict *ConflictError
	require.ErrorAs(t, s.RenameDepartment("d1", "Selling", sales.Seen(), by), &conflict)
	require.Equal(t, "Support", conflict.Theirs)
	require.Equal(t, "Ada", conflict.By)
	require.ErrorAs(t, s.DropDepartment("d1", sales.Seen(), by), &conflict)
	support, _ := s.Department("d1")
	require.NoError(t, s.DropDepartment("d1", support.Seen(), by))
	require.NoError(t, s.DropDepartment("d1", support.Seen(), by), "it is gone")
	require.ErrorAs(t, s.RenameDepartment("d1", "Back", support.Seen(), by), &conflict)
	require.Len(t, s.Departments, 1)
}

func TestLeavingADepartment(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_700_000_000, 0)
	c := Conversation{ID: "c", Department: "d1", Assignee: "ann"}
	c.LeaveDepartment("d1", Department{ID: "d2", Name: "Legal"}, "Ada", at)
	require.Equal(t, "d2", c.Department)
	require.Equal(t, "ann", c.Assignee, "whoever has it keeps it")
	require.Equal(t, "Legal", c.Timeline[0].Text)
	c.LeaveDepartment("d1", Department{}, "Ada", at)
	require.Equal(t, "d2", c.Department, "not one of it")
	c.Transfer = &Transfer{From: "ben", Department: "d1"}
	c.LeaveDepartment("d1", Department{}, "Ada", at)
	require.Nil(t, c.Transfer)
	require.Equal(t, "ben", c.Assignee, "the offer goes back")
	c.LeaveDepartment("d2", Department{}, "Ada", at)
	require.Empty(t, c.Department)
}
