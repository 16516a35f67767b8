package chat

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLabelsAndAttributesOfAContactKnowWhoSetThem(t *testing.T) {
	c := Contact{Labels: []string{"old"}, Attributes: []Attribute{{Key: "age", Value: "40"}}} // from before there were marks
	require.NoError(t, c.AddLabel("vip", "Ada", second(1)))
	require.NoError(t, c.AddLabel("vip", "Bo", second(2)))
	require.NoError(t, c.EditLabels([]string{"vip"}, []string{"vip", "tier::gold"}, "Bo", second(3)))
	require.NoError(t, c.SetAttribute("size", "M", "", "Ada", second(4)))
	require.NoError(t, c.SetAttribute("size", "M", "M", "Bo", second(5)))
	require.Equal(t, []Mark{
		{MarkLabel, "tier::gold", "Bo", second(3)}, {MarkLabel, "vip", "Ada", second(1)}, {MarkAttribute, "size", "Ada", second(4)},
	}, c.Marks, "setting what is set already changes nothing, and what is older has no mark")

	var conflict *ConflictError
	require.ErrorAs(t, c.SetAttribute("size", "L", "S", "Bo", second(6)), &conflict)
	require.Equal(t, ConflictError{Field: "size", Theirs: "M", By: "Ada", At: second(4)}, *conflict)

	require.NoError(t, c.SetAttribute("size", "L", "M", "Bo", second(7)))
	require.NoError(t, c.AddLabel("tier::silver", "Cy", second(8)))
	require.NoError(t, c.RemoveLabel("vip", "Cy", second(8)))
	require.Equal(t, []Mark{{MarkLabel, "tier::silver", "Cy", second(8)}, {MarkAttribute, "size", "Bo", second(7)}}, c.Marks)
	require.True(t, c.RemoveAttribute("size"))
	require.NoError(t, c.SetLabels([]string{"tier::silver", "vip"}, "Di", second(9)))
	require.Equal(t, []Mark{{MarkLabel, "tier::silver", "Cy", second(8)}, {MarkLabel, "vip", "Di", second(9)}}, c.Marks)
	require.NoError(t, c.SetLabels(nil, "Di", second(10)))
	require.Nil(t, c.Marks)
}

func TestMarksFollowRenamedLabels(t *testing.T) {
	for name, c := range map[string]struct {
		job  LabelJob
		want []Mark
	}{
		"renamed":                  {LabelJob{"vip", "key account"}, []Mark{{MarkLabel, "key account", "Ada", second(1)}, {MarkLabel, "press", "Bo", second(2)}}},
		"renamed to one it has":    {LabelJob{"vip", "press"}, []Mark{{MarkLabel, "press", "Bo", second(2)}}},
		"taken off":                {LabelJob{"vip", ""}, []Mark{{MarkLabel, "press", "Bo", second(2)}}},
		"about a label it has not": {LabelJob{"gold", "silver"}, []Mark{{MarkLabel, "press", "Bo", second(2)}, {MarkLabel, "vip", "Ada", second(1)}}},
	} {
		t.Run(name, func(t *testing.T) {
			var contact Contact
			require.NoError(t, contact.AddLabel("vip", "Ada", second(1)))
			require.NoError(t, contact.AddLabel("press", "Bo", second(2)))
			c.job.Apply(&contact)
			require.Equal(t, c.want, contact.Marks)
		})
	}
}

func TestTheTimelineTellsWhoHandledAConversationHow(t *testing.T) {
	c := Conversation{ID: "d1", State: StateOpen}
	for _, field := range []string{"state", "assignee", "department", "priority", "flavour"} {
		_, ok := c.HandlingMark(field)
		require.False(t, ok, field)
	}
	require.NoError(t, c.SetPriority("high", "Ada", second(1)))
	require.NoError(t, c.Assign("u-bo", "Bo", "Ada", second(2)))
	c.LeaveDepartment("", Department{ID: "sales", Name: "Sales"}, "Cy", second(3)) // whoever has it keeps it
	require.NoError(t, c.SetState(StatePending, "Di", second(4)))
	for field, want := range map[string]Mark{
		"priority": {"", "priority", "Ada", second(1)}, "assignee": {"", "assignee", "Ada", second(2)},
		"department": {"", "department", "Cy", second(3)}, "state": {"", "state", "Di", second(4)},
	} {
		m, ok := c.HandlingMark(field)
		require.True(t, ok, field)
		require.Equal(t, want, m)
	}
	require.NoError(t, c.SetDepartment("legal", "Legal", "Ed", second(5)))
	m, _ := c.HandlingMark("assignee")
	require.Equal(t, "Ed", m.By, "moving it took it from whoever had it")
}

func TestTheTimelineTellsWhoSetLabelsAndAttributes(t *testing.T) {
	c := Conversation{Labels: []string{"old"}}
	require.NoError(t, c.AddLabel("vip", "Ada", second(1)))
	require.NoError(t, c.RemoveLabel("vip", "Ada", second(2)))
	require.NoError(t, c.AddLabel("vip", "Bo", second(3)))
	require.NoError(t, c.SetAttribute("order", "1", "", "Ada", second(4)))
	require.NoError(t, c.SetAttribute("order", "2", "1", "Cy", second(5)))
	m, ok := c.LabelMark("vip")
	require.True(t, ok)
	require.Equal(t, Mark{MarkLabel, "vip", "Bo", second(3)}, m)
	m, ok = c.AttributeMark("order")
	require.True(t, ok)
	require.Equal(t, Mark{MarkAttribute, "order", "Cy", second(5)}, m)
	for _, label := range []string{"old", "never"} {
		_, ok = c.LabelMark(label)
		require.False(t, ok)
	}
	var conflict *ConflictError
	require.ErrorAs(t, c.SetAttribute("order", "3", "1", "Di", second(6)), &conflict)
	require.Equal(t, ConflictError{Field: "order", Theirs: "2", By: "Cy", At: second(5)}, *conflict)
}
