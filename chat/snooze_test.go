package chat

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSnoozing(t *testing.T) {
	t.Run("until a time, which wakes it once", func(t *testing.T) {
		c := talk(said("a", 10, 0))
		require.NoError(t, c.Snooze(second(100), "Ada", second(20)))
		require.NoError(t, c.Snooze(second(100), "Ada", second(21)), "nothing to do")
		require.Equal(t, StateSnoozed, c.State)
		require.Equal(t, second(100), c.Due())
		require.Empty(t, c.BringBack(second(99)))
		require.Equal(t, StateSnoozed, c.State)
		require.Equal(t, []string{"woken"}, c.BringBack(second(100)))
		require.Equal(t, StateOpen, c.State)
		require.Zero(t, c.Due())
		require.Empty(t, c.BringBack(second(101)), "another process did it already")
		require.Equal(t, []string{"snoozed " + second(100).Format(time.RFC3339) + " Ada", "woken"}, happened(&c))
	})
	t.Run("until the customer writes", func(t *testing.T) {
		c := talk(said("a", 10, 0))
		require.NoError(t, c.Snooze(time.Time{}, "Ada", second(20)))
		require.Zero(t, c.Due())
		c.Add(nil, said("b", 30, 0))
		require.Equal(t, StateOpen, c.State)
	})
	t.Run("a message wakes it before its time, and the time is forgotten", func(t *testing.T) {
		c := talk(said("a", 10, 0))
		require.NoError(t, c.Snooze(second(100), "Ada", second(20)))
		c.Add(nil, said("b", 30, 0))
		require.Equal(t, StateOpen, c.State)
		require.Zero(t, c.SnoozedUntil)
	})
	t.Run("any other state forgets the time", func(t *testing.T) {
		for _, s := range []State{StateOpen, StatePending, StateClosed} {
			c := talk(said("a", 10, 0))
			require.NoError(t, c.Snooze(second(100), "Ada", second(20)))
			require.NoError(t, c.SetState(s, "Ada", second(30)))
			require.Zero(t, c.SnoozedUntil, s)
			require.Empty(t, c.BringBack(second(200)), s)
			require.Equal(t, s, c.State)
		}
	})
	t.Run("not into the past, not for ever", func(t *testing.T) {
		c := talk()
		for _, until := range []time.Time{second(20), second(1), second(20).AddDate(2, 0, 0)} {
			err := c.Snooze(until, "Ada", second(20))
			require.ErrorIs(t, err, ErrInvalid)
			message, ok := IsInput(err)
			require.True(t, ok)
			require.NotEmpty(t, message)
		}
		require.Equal(t, StateOpen, c.State)
	})
	t.Run("a closed one comes back for it", func(t *testing.T) {
		c := talk(said("a", 10, 0))
		require.NoError(t, c.SetState(StateClosed, "Ada", second(20)))
		require.NoError(t, c.Snooze(second(100), "Ada", second(30)))
		require.Equal(t, c.ThreadKey, c.OpenKey)
		require.Zero(t, c.ClosedAt)
	})
}

func TestFlag(t *testing.T) {
	c := talk()
	c.SetFlag(true, "Ada", second(1))
	c.SetFlag(true, "Ada", second(2))
	require.True(t, c.Flagged)
	c.SetFlag(false, "Bo", second(3))
	require.False(t, c.Flagged)
	require.Equal(t, []string{"flagged  Ada", "unflagged  Bo"}, happened(&c))
}

func TestDepartment(t *testing.T) {
	c := talk()
	require.NoError(t, c.Assign("u1", "Bo", "Ada", second(1)))
	require.NoError(t, c.SetDepartment("d1", "Billing", "Ada", second(2)))
	require.Empty(t, c.Assignee, "nobody of the new department has it yet")
	require.NoError(t, c.Assign("u2", "Cy", "Ada", second(3)))
	require.NoError(t, c.SetDepartment("d1", "Billing", "Ada", second(4)), "nothing to do")
	require.Equal(t, "u2", c.Assignee)
	require.NoError(t, c.SetDepartment("", "", "Ada", second(5)))
	require.Equal(t, "u2", c.Assignee)
	require.ErrorIs(t, c.SetDepartment(strings.Repeat("x", 200), "", "Ada", second(6)), ErrInvalid)
	require.Equal(t, []string{"assigned Bo Ada", "department Billing Ada", "assigned Cy Ada", "department none Ada"}, happened(&c))
}

func TestAColleagueChoseSomethingElseMeanwhile(t *testing.T) {
	c := talk()
	require.NoError(t, c.Assign("u-bo", "Bo", "Bo", second(5)))
	require.NoError(t, c.SetPriority("high", "Bo", second(6)))
	require.NoError(t, c.SetState(StatePending, "Bo", second(7)))
	for _, x := range []struct {
		field, was, wants string
		at                int
	}{{"assignee", "", "u-ada", 5}, {"priority", "", "low", 6}, {"state", "open", "closed", 7}} {
		err := c.Unchanged(x.field, x.was, x.wants)
		conflict, ok := errors.AsType[*ConflictError](err)
		require.True(t, ok, x.field)
		require.Equal(t, "Bo", conflict.By)
		require.Equal(t, second(x.at), conflict.At)
		require.NoError(t, c.Unchanged(x.field, conflict.Theirs, x.wants), "having seen it")
		require.NoError(t, c.Unchanged(x.field, x.was, conflict.Theirs), "both want the same")
	}
	require.NoError(t, c.Unchanged("department", "", "billing"))
	require.ErrorIs(t, c.Unchanged("weather", "", ""), ErrInvalid)
}
