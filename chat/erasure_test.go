package chat

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOlderThanAnErasure(t *testing.T) {
	t.Parallel()
	erased := time.Date(2026, 10, 5, 12, 0, 5, 300_000_000, time.UTC)
	later := erased.Add(time.Hour)
	for name, c := range map[string]struct {
		happened, received time.Time
		want               bool
	}{
		"before, and there before":                 {erased.Add(-time.Hour), erased.Add(-time.Hour), true},
		"before, sent again later":                 {erased.Add(-time.Hour), later, true},
		"a clock ahead, but there before":          {later, erased.Add(-time.Millisecond), true},
		"after":                                    {later, later, false},
		"the same second, as platforms count them": {erased.Truncate(time.Second), erased.Add(time.Second), false},
		"the second before":                        {erased.Truncate(time.Second).Add(-time.Second), later, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := Event{Timestamp: c.happened, ReceivedAt: c.received}
			require.Equal(t, c.want, e.OlderThan(erased))
		})
	}
}

func TestAnErasedEntryNamesNobody(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	e := Event{
		ID: "e1", Kind: KindMessage, Channel: WebWidget, Account: "shop", ContactKey: "PERSON-key", KeyType: IdentityVisitor, ContactName: "PERSON-name",
		Aliases: map[string]string{"phone": "PERSON-phone"}, MessageID: "PERSON-message", ReplyTo: "PERSON-reply", Text: "PERSON-text", Emoji: "PERSON-emoji",
		Claims: map[string]string{"email": "PERSON-mail"}, Content: Content{Media: []Media{{ID: "PERSON-media", Filename: "PERSON-file"}}},
		Timestamp: at, ReceivedAt: at, RequestID: "r1", Position: Position{Partition: 3, Offset: 7},
	}
	n := EntryOf(&e)
	n.Verdict, n.ContactID, n.ConversationID = Applied, "PERSON-contact", "PERSON-conversation"
	require.True(t, n.Belongs(Identity{Channel: WebWidget, Scope: "shop", Kind: IdentityVisitor, Value: "PERSON-key"}))
	require.False(t, n.Belongs(Identity{Channel: WebWidget, Scope: "another shop", Kind: IdentityVisitor, Value: "PERSON-key"}))
	key := n.MessageKey
	n.Erase()
	raw, err := json.Marshal(n)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "PERSON")
	require.Equal(t, []any{"e1", Applied, WebWidget, at, Position{Partition: 3, Offset: 7}, key}, []any{n.ID, n.Verdict, n.Channel, n.ReceivedAt, n.Position, n.MessageKey})
}

func TestTombstones(t *testing.T) {
	t.Parallel()
	require.Equal(t, Tombstone("salt", "a"), Tombstone("salt", "a"))
	require.NotEqual(t, Tombstone("salt", "a"), Tombstone("other", "a"))
	require.NotEqual(t, Tombstone("salt", "a"), Tombstone("salt", "b"))
	require.NotContains(t, Tombstone("salt", "+12025550143"), "2025550143")
}
