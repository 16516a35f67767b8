package chat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPresenceHoldsNoWordsOfPeople(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Presence{
		"no page":            {Conversation: "c1"},
		"a sentence as page": {Page: "call me on 555"},
		"a long page":        {Page: strings.Repeat("x", 65)},
		"an address":         {Page: "p", Conversation: "ana@example.com"},
		"a long id":          {Page: "p", Conversation: strings.Repeat("x", 65)},
		"words as typing":    {Page: "p", Conversation: "c1", Typing: "Dear Ana"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, p.Check(), ErrInvalid)
		})
	}
}

func TestPresenceDropsWhatContradictsItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ said, kept Presence }{
		"viewing and typing": {Presence{Page: "p", Conversation: "c1", Typing: TypingNote}, Presence{Page: "p", Conversation: "c1", Typing: TypingNote}},
		"typing nowhere":     {Presence{Page: "p", Typing: TypingNote}, Presence{Page: "p"}},
		"away":               {Presence{Page: "p", Conversation: "c1", Typing: TypingNote, Away: true}, Presence{Page: "p", Away: true}},
		"gone":               {Presence{Page: "p", Conversation: "c1", Gone: true}, Presence{Page: "p", Gone: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.said.Check())
			require.Equal(t, c.kept, c.said)
		})
	}
}
