package chat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFiltersAreCleaned(t *testing.T) {
	t.Parallel()
	f := ViewFilter{
		State: "nonsense", Priority: "$ne", Sort: "activity; drop", Assigned: strings.Repeat("x", 500), Channel: Channel(strings.Repeat("y", 500)),
		Labels: []string{"VIP", "vip", "a,b", "", "new", "c", "d", "e", "f"}, Text: " \x00" + strings.Repeat("é", 5000), Department: "sa\x00les",
	}.Clean()
	require.Empty(t, f.State)
	require.Empty(t, f.Priority)
	require.Empty(t, f.Sort)
	require.Equal(t, []string{"c", "d", "e", "new", "vip"}, f.Labels)
	require.LessOrEqual(t, len([]rune(f.Text)), maxFilterText+1)
	require.Less(t, len(f.Assigned), 140)
	require.Equal(t, "sales", f.Department)
	require.True(t, f.Equal(f.Clean()), "clean stays clean")
	require.False(t, f.Equal(ViewFilter{}))
}

func TestAFilterIsAboutWhoeverLooks(t *testing.T) {
	t.Parallel()
	ada, ben := &User{ID: "ada", Departments: []string{"sales"}}, &User{ID: "ben"}
	f := ViewFilter{Assigned: AssignedMe, Offered: true}
	require.Equal(t, "ada", f.Query(ada).Assignee)
	require.Equal(t, "ben", f.Query(ben).Assignee)
	require.Equal(t, &Offer{User: "ada", Departments: []string{"sales"}}, f.Query(ada).OfferedTo)
	require.True(t, ViewFilter{Assigned: AssignedNobody}.Query(ada).Unassigned)
	require.Equal(t, ByActivity, f.Query(ada).Sort)
}

func TestWhoMayChangeAView(t *testing.T) {
	t.Parallel()
	owner, other, boss := &User{ID: "o", Role: RoleAgent}, &User{ID: "x", Role: RoleAgent}, &User{ID: "b", Role: RoleSupervisor}
	v, err := NewView("id", " Mine ", owner, ViewFilter{}, 0, time.Time{})
	require.NoError(t, err)
	require.Equal(t, "Mine", v.Name)
	require.NoError(t, v.Rename("Ours", owner))
	require.ErrorIs(t, v.Rename("Theirs", other), ErrNotFound, "nobody learns of somebody else's view")
	require.ErrorIs(t, v.Rename("Theirs", boss), ErrNotFound)
	require.ErrorIs(t, v.Rename("", owner), ErrInvalid)
	require.ErrorIs(t, v.Share(true, owner), ErrForbidden)
	own, err := NewView("id2", "Team", boss, ViewFilter{}, 0, time.Time{})
	require.NoError(t, err)
	require.NoError(t, own.Share(true, boss))
	require.ErrorIs(t, own.Refilter(ViewFilter{}, other), ErrForbidden)
	require.ErrorIs(t, own.Removable(other), ErrForbidden)
	require.True(t, own.VisibleTo("x"))
	require.NoError(t, own.Share(false, &User{ID: "a", Role: RoleAdmin}))
	require.False(t, own.VisibleTo("x"))
}

func TestViewsMoveAmongTheirLike(t *testing.T) {
	t.Parallel()
	list := []SavedView{{ID: "p1"}, {ID: "s1", Shared: true}, {ID: "p2", Order: 1}, {ID: "s2", Shared: true, Order: 1}}
	SortViews(list)
	require.Equal(t, "s1", list[0].ID)
	require.Equal(t, map[string]int{"s2": 0, "s1": 1}, MoveView(list, "s2", true))
	require.Equal(t, map[string]int{"p2": 0, "p1": 1}, MoveView(list, "p1", false))
	require.Nil(t, MoveView(list, "p1", true))
	require.Nil(t, MoveView(list, "p2", false))
	require.Nil(t, MoveView(list, "gone", true))
}
