package view

import (
	"testing"
	"time"

	"switchboard/chat"

	"github.com/stretchr/testify/require"
)

func TestARowsVersionIsOfWhatItShows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	of := func(edit func(*chat.Conversation, *RowInput)) Row {
		c := chat.Conversation{ID: "c1", ContactID: "p1", State: chat.StateOpen, LastActivityAt: now, Waiting: now, Last: chat.Preview{ID: "m1", Type: "text", Text: "Hello", At: now}}
		in := RowInput{Conversation: &c, Agent: "ada", Clock: NewClock(now, "")}
		edit(&c, &in)
		return RowOf(&in)
	}
	row := of(func(*chat.Conversation, *RowInput) {})
	require.LessOrEqual(t, len(row.Version), 9)
	for name, edit := range map[string]func(*chat.Conversation, *RowInput){
		"an hour later":           func(_ *chat.Conversation, in *RowInput) { in.Clock.Now = now.Add(time.Hour) },
		"open in the page":        func(_ *chat.Conversation, in *RowInput) { in.Current = "c1" },
		"what no row shows":       func(c *chat.Conversation, _ *RowInput) { c.Version++ },
		"read by somebody else":   func(c *chat.Conversation, _ *RowInput) { c.MarkRead("ben", now) },
		"a department of no rows": func(c *chat.Conversation, _ *RowInput) { c.Department = "d1" },
	} {
		require.Equal(t, row.Version, of(edit).Version, name)
	}
	for name, edit := range map[string]func(*chat.Conversation, *RowInput){
		"another text":      func(c *chat.Conversation, _ *RowInput) { c.Last.Text = "Hello?" },
		"another time":      func(c *chat.Conversation, _ *RowInput) { c.LastActivityAt = now.Add(time.Second) },
		"something to read": func(c *chat.Conversation, _ *RowInput) { c.InboundCount++ },
		"answered":          func(c *chat.Conversation, _ *RowInput) { c.Waiting = time.Time{} },
		"a priority":        func(c *chat.Conversation, _ *RowInput) { c.Priority = "high" },
		"a label":           func(c *chat.Conversation, _ *RowInput) { c.Labels = []string{"vip"} },
		"a colleague":       func(_ *chat.Conversation, in *RowInput) { in.Watching = []Colleague{{Name: "Ben"}} },
		"another list":      func(_ *chat.Conversation, in *RowInput) { in.Query = map[string][]string{"view": {"mine"}} },
		"somebody else":     func(c *chat.Conversation, _ *RowInput) { c.ID = "c2" },
	} {
		require.NotEqual(t, row.Version, of(edit).Version, name)
	}
}
