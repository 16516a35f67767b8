package chat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// happened lists the timeline as "type text by".
func happened(c *Conversation) []string {
	var list []string
	for _, e := range c.Timeline[1:] { // without "created"
		list = append(list, strings.TrimSpace(e.Type+" "+e.Text+" "+e.By))
	}
	return list
}

func TestClosingGivesUpTheThreadAndOpeningTakesItBack(t *testing.T) {
	c := talk(said("a", 10, 0))
	require.NoError(t, c.SetState(StateClosed, "Ada", second(20)))
	require.Empty(t, c.OpenKey)
	require.Equal(t, second(20), c.ClosedAt)
	require.Zero(t, c.Waiting, "a closed conversation waits for nobody")
	c.Add(nil, said("b", 15, 0))
	require.Zero(t, c.Waiting)
	require.NoError(t, c.SetState(StatePending, "Ada", second(30)))
	require.Equal(t, c.ThreadKey, c.OpenKey)
	require.Zero(t, c.ClosedAt)
	require.Equal(t, second(10), c.Waiting)
	require.NoError(t, c.SetState(StatePending, "Ada", second(31)), "nothing to do")
	require.Equal(t, []string{"state closed Ada", "state pending Ada"}, happened(&c))
	require.ErrorIs(t, c.SetState("gone", "Ada", second(32)), ErrInvalid)
}

func TestOpeningAnAnsweredConversationWaitsSinceTheAnswer(t *testing.T) {
	c := talk(said("a", 10, 0), answered("e", 20), said("b", 30, 0))
	require.NoError(t, c.SetState(StateClosed, "Ada", second(40)))
	require.NoError(t, c.SetState(StateOpen, "Ada", second(50)))
	require.Equal(t, second(30), c.Waiting)
}

func TestPriority(t *testing.T) {
	c := talk()
	require.NoError(t, c.SetPriority("high", "Ada", second(1)))
	require.NoError(t, c.SetPriority("high", "Ada", second(2)))
	require.Equal(t, "high", c.Priority)
	require.NoError(t, c.SetPriority("normal", "Ada", second(3)))
	require.Empty(t, c.Priority)
	require.ErrorIs(t, c.SetPriority("mad", "Ada", second(4)), ErrInvalid)
	require.Equal(t, []string{"priority high Ada", "priority normal Ada"}, happened(&c))
}

func TestAssigning(t *testing.T) {
	c := talk()
	require.NoError(t, c.Assign("u1", "Bo", "Ada", second(1)))
	require.NoError(t, c.Assign("u1", "Bo", "Ada", second(2)))
	require.Equal(t, "u1", c.Assignee)
	require.NoError(t, c.Assign("", "", "Ada", second(3)))
	require.Empty(t, c.Assignee)
	require.ErrorIs(t, c.Assign(strings.Repeat("x", 200), "", "Ada", second(4)), ErrInvalid)
	require.Equal(t, []string{"assigned Bo Ada", "unassigned  Ada"}, happened(&c))
}

func TestConversationLabels(t *testing.T) {
	c := talk()
	require.NoError(t, c.AddLabel("VIP", "Ada", second(1)))
	require.NoError(t, c.AddLabel("priority::low", "Ada", second(2)))
	require.NoError(t, c.AddLabel("vip", "Ada", second(3)), "there already")
	require.NoError(t, c.SetLabels([]string{"priority::High", "new", "priority::urgent"}, "Bo", second(4)))
	require.Equal(t, []string{"new", "priority::urgent"}, c.Labels)
	require.NoError(t, c.RemoveLabel("new", "Bo", second(5)))
	require.NoError(t, c.RemoveLabel("new", "Bo", second(6)))
	require.ElementsMatch(t, []string{
		"labelled vip Ada", "labelled priority::low Ada", "unlabelled priority::low Bo", "unlabelled vip Bo", "labelled new Bo", "labelled priority::urgent Bo", "unlabelled new Bo",
	}, happened(&c))
	for _, err := range []error{
		c.AddLabel(" ", "Bo", second(7)), c.RemoveLabel(" ", "Bo", second(7)), c.SetLabels([]string{"a,b"}, "Bo", second(7)),
	} {
		require.ErrorIs(t, err, ErrInvalid)
	}
	var many []string
	for i := range MaxLabels + 1 {
		many = append(many, fmt.Sprint(i))
	}
	require.ErrorIs(t, c.SetLabels(many, "Bo", second(8)), ErrInvalid)
	require.NoError(t, c.SetLabels(many[1:], "Bo", second(8)))
	require.ErrorIs(t, c.AddLabel("more", "Bo", second(8)), ErrInvalid)
}

func TestConversationAttributes(t *testing.T) {
	c := talk()
	require.NoError(t, c.SetAttribute("order", "17", "", "Ada", second(1)))
	require.NoError(t, c.SetAttribute("order", "17", "", "Ada", second(2)))
	require.ErrorIs(t, c.SetAttribute("order", "18", "", "Bo", second(3)), ErrConflict)
	require.NoError(t, c.SetAttribute("order", "18", "17", "Bo", second(4)))
	require.NoError(t, c.RemoveAttribute("order", "Bo", second(5)))
	require.NoError(t, c.RemoveAttribute("order", "Bo", second(6)))
	require.Empty(t, c.Attributes)
	require.Equal(t, []string{"attribute order Ada", "attribute order Bo", "attribute_removed order Bo"}, happened(&c))
}

func TestTimelineKeepsTheNewestInOrderAndEachOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxTimeline+20).Draw(t, "entries")
		var entries []TimelineEntry
		for i := range n {
			entries = append(entries, TimelineEntry{ID: fmt.Sprint(i), Type: "x", At: second(rapid.IntRange(0, 50).Draw(t, "at"))})
		}
		var a, b Conversation
		for _, e := range entries {
			a.Record(e)
		}
		for _, e := range rapid.Permutation(append(entries, entries...)).Draw(t, "order") {
			b.Record(e)
		}
		if len(a.Timeline) != min(n, MaxTimeline) || fmt.Sprint(a.Timeline) != fmt.Sprint(b.Timeline) {
			t.Fatalf("%d and %d entries of %d, or in another order", len(a.Timeline), len(b.Timeline), n)
		}
	})
}

func TestTwoEditsOfOneSecondAreBothRecorded(t *testing.T) {
	c := talk()
	require.NoError(t, c.SetState(StateSnoozed, "Ada", second(1)))
	c.Version++
	require.NoError(t, c.SetState(StateOpen, "Ada", second(1)))
	c.Version++
	require.NoError(t, c.SetState(StateSnoozed, "Ada", second(1)))
	require.Len(t, c.Timeline, 4)
}

func TestReading(t *testing.T) {
	c := talk(said("a", 10, 0), said("b", 20, 0), imported(said("h", 5, 0)))
	require.EqualValues(t, 2, c.Unread("ada"))
	require.True(t, c.MarkRead("ada", second(30)))
	require.False(t, c.MarkRead("ada", second(31)), "no news")
	require.Zero(t, c.Unread("ada"))
	require.EqualValues(t, 2, c.Unread("bo"))
	c.Add(nil, said("late", 1, 0))
	require.EqualValues(t, 1, c.Unread("ada"), "a late message is unread although it stands above")
	require.True(t, c.MarkRead("ada", second(40)))
	require.Len(t, c.Reads, 1)

	var empty Conversation
	require.False(t, empty.MarkRead("ada", second(1)), "nothing to read")
}

func TestReadMarksAreBounded(t *testing.T) {
	c := talk(said("a", 10, 0))
	for i := range maxReads + 5 {
		require.True(t, c.MarkRead(fmt.Sprint("agent ", i), second(i)))
	}
	require.Len(t, c.Reads, maxReads)
	require.Zero(t, c.Unread(fmt.Sprint("agent ", maxReads+4)))
}
