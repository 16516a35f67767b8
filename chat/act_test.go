package chat

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// status is the act of a word at second at.
func status(word string, at int) Act {
	return Act{EventID: word, Kind: KindStatus, Status: word, At: second(at)}
}

func TestStatusClimbsTheLadderAndNeverFalls(t *testing.T) {
	for name, c := range map[string]struct {
		acts []Act
		want string
	}{
		"nothing":                           {nil, ""},
		"sent, delivered, read":             {[]Act{status("sent", 1), status("delivered", 2), status("read", 3)}, "read"},
		"arrival order does not matter":     {[]Act{status("read", 3), status("sent", 1), status("delivered", 2)}, "read"},
		"a word of one second, unordered":   {[]Act{status("read", 1), status("delivered", 1), status("sent", 1)}, "read"},
		"delivered said after read":         {[]Act{status("read", 3), status("delivered", 4)}, "read"},
		"played is more than read":          {[]Act{status("read", 3), status("played", 4)}, "played"},
		"failed alone":                      {[]Act{status("failed", 1)}, "failed"},
		"failed after sent":                 {[]Act{status("sent", 1), status("failed", 2)}, "failed"},
		"failed never over delivered":       {[]Act{status("delivered", 1), status("failed", 2)}, "delivered"},
		"failed never over read":            {[]Act{status("read", 1), status("failed", 2)}, "read"},
		"nothing leaves failed":             {[]Act{status("failed", 1), status("delivered", 2), status("read", 3)}, "failed"},
		"delivered before failed, late":     {[]Act{status("failed", 2), status("delivered", 1)}, "delivered"},
		"legacy deleted moves nothing":      {[]Act{status("sent", 1), status("deleted", 2)}, "sent"},
		"only a legacy word":                {[]Act{status("deleted", 2)}, ""},
		"a warning moves nothing":           {[]Act{status("delivered", 1), status("warning", 2)}, "delivered"},
		"a word nobody knows moves nothing": {[]Act{status("teleported", 1), status("sent", 2)}, "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			m := answered("e", 0)
			for _, a := range c.acts {
				require.True(t, m.Act(a))
			}
			require.Equal(t, c.want, m.Status)
			require.Len(t, m.Statuses, len(c.acts), "every word is kept")
		})
	}
}

func TestGroupMessageIsAsFarAsItsFurthestReader(t *testing.T) {
	m := answered("e", 0)
	by := func(a Act, who string) Act { a.By = who; return a }
	m.Act(by(status("sent", 1), "+1"))
	m.Act(by(status("failed", 2), "+2"))
	require.Equal(t, "failed", m.Status)
	m.Act(by(status("delivered", 3), "+1"))
	require.Equal(t, "delivered", m.Status)
	m.Act(by(status("read", 4), "+3"))
	require.Equal(t, "read", m.Status)
}

func TestEarliestMarkOfAWordStays(t *testing.T) {
	m := answered("e", 0)
	require.True(t, m.Act(status("read", 5)))
	require.False(t, m.Act(status("read", 5)), "said twice")
	require.False(t, m.Act(status("read", 6)))
	require.True(t, m.Act(status("read", 4)))
	require.Equal(t, []StatusMark{{Status: "read", At: second(4)}}, m.Statuses)
}

func TestStatusOfOneRecipientNamesNobody(t *testing.T) {
	e := Event{ID: "e", Kind: KindStatus, MessageID: "m", ContactKey: "+1", Status: "read", Timestamp: second(1)}
	require.Empty(t, ActOf(&e).By)
	e.GroupID = "g"
	require.Equal(t, "+1", ActOf(&e).By)
}

func TestNewestReactionOfEachPersonStays(t *testing.T) {
	reaction := func(id, by, emoji string, at int) Act {
		return Act{EventID: id, Kind: KindReaction, By: by, Emoji: emoji, At: second(at)}
	}
	m := said("a", 0, 0)
	require.True(t, m.Act(reaction("1", "+1", "👍", 1)))
	require.True(t, m.Act(reaction("2", "+1", "❤️", 3)))
	require.False(t, m.Act(reaction("3", "+1", "😮", 2)), "older")
	require.True(t, m.Act(reaction("4", ByBusiness, "🎉", 1)))
	require.True(t, m.Act(reaction("5", "+1", "", 4)), "taken back")
	require.False(t, m.Act(reaction("2", "+1", "❤️", 3)), "an older one does not come back")
	require.Equal(t, []Reaction{{By: "+1", At: second(4), EventID: "5"}, {By: ByBusiness, Emoji: "🎉", At: second(1), EventID: "4"}}, m.Reactions)
}

func TestReactionOfTheBusinessIsTheBusinesss(t *testing.T) {
	e := Event{ID: "e", Kind: KindReaction, Direction: Outbound, ContactKey: "+1", Emoji: "👍", Action: "add"}
	require.Equal(t, ByBusiness, ActOf(&e).By)
	e.Direction, e.Action = Inbound, "remove"
	require.Empty(t, ActOf(&e).Emoji, "a removal may still name the emoji")
}

func TestTheCustomerTakesAReactionBackUnderWhateverNameTheyHaveNow(t *testing.T) {
	given := Event{ID: "1", Kind: KindReaction, ContactKey: "+12025550143", KeyType: IdentityPhone, Emoji: "👍", Action: "add", Timestamp: second(1)}
	taken := Event{ID: "2", Kind: KindReaction, ContactKey: "US.1", KeyType: IdentityBSUID, Action: "remove", Timestamp: second(2)}
	m := said("a", 0, 0)
	require.True(t, m.Act(ActOf(&given)))
	require.True(t, m.Act(ActOf(&taken)))
	require.Equal(t, []Reaction{{By: ByCustomer, At: second(2), EventID: "2"}}, m.Reactions)

	given.GroupID, taken.GroupID = "g", "g"
	require.Equal(t, "+12025550143", ActOf(&given).By, "a group has many who react")
	require.Equal(t, "US.1", ActOf(&taken).By)
}

func TestNewestEditStaysAndTheFirstTextIsKept(t *testing.T) {
	edit := func(id, text string, n, at int) Act {
		return Act{EventID: id, Kind: KindEdit, Text: text, EditNumber: n, At: second(at)}
	}
	m := said("a", 0, 0)
	require.True(t, m.Act(edit("2", "second", 2, 2)))
	require.False(t, m.Act(edit("1", "first", 1, 3)), "a lower number is older, whatever its time")
	require.True(t, m.Act(edit("3", "third", 2, 4)), "without numbers the time decides")
	require.False(t, m.Act(edit("3", "third", 2, 4)))
	require.Equal(t, "third", m.Text)
	require.Equal(t, &Edit{Number: 2, At: second(4), EventID: "3", Original: "text of a"}, m.Edit)
}

func TestAFileFillsItsPlaceholderUnlessThatIsGone(t *testing.T) {
	file := Message{Type: "image", Text: "caption", Content: Content{Media: []Media{{ID: "1", Caption: "caption"}}}, Flags: []string{FlagHistory}}
	placeholder := func() Message {
		return Message{Type: "unsupported", Content: Content{RawType: "media_placeholder"}, Flags: []string{FlagHistory, FlagUnsupported}}
	}
	m := placeholder()
	require.True(t, m.Fill(&file))
	require.Equal(t, file, m)
	require.False(t, m.Fill(&file), "once")

	m = placeholder()
	require.True(t, m.Act(Act{EventID: "e", Kind: KindEdit, Text: "edited", At: second(1)}))
	require.True(t, m.Fill(&file))
	require.Equal(t, "edited", m.Text)
	require.Equal(t, "caption", m.Edit.Original)

	m = placeholder()
	require.True(t, m.Act(Act{Kind: KindDelete, At: second(1)}))
	require.False(t, m.Fill(&file), "taken back")
	live := Message{Type: "unsupported", Flags: []string{FlagUnsupported}}
	require.False(t, live.Fill(&file), "not imported: what the channel could not deliver")
}

func TestDeletionTakesTheContentAndAbsorbsEdits(t *testing.T) {
	edit := Act{EventID: "1", Kind: KindEdit, Text: "edited", EditNumber: 1, At: second(5)}
	deletion := Act{EventID: "2", Kind: KindDelete, At: second(3)}
	for _, acts := range [][]Act{{edit, deletion}, {deletion, edit}, {deletion, edit, deletion}} {
		m := said("a", 0, 0)
		m.Content = Content{Media: []Media{{ID: "media"}}}
		for _, a := range acts {
			m.Act(a)
		}
		require.True(t, m.Deleted)
		require.Equal(t, second(3), m.DeletedAt)
		require.Empty(t, m.Text)
		require.Empty(t, m.Content)
		require.Nil(t, m.Edit)
		require.Equal(t, "text", m.Type)
	}
	m := said("a", 0, 0)
	m.Act(deletion)
	require.False(t, m.Act(Act{Kind: KindDelete, At: second(9)}), "the earliest deletion stays")
}

func TestOnlyTargetingEventsAct(t *testing.T) {
	m := said("a", 0, 0)
	require.False(t, m.Act(Act{Kind: KindMessage, Text: "x"}))
	require.False(t, m.Act(Act{Kind: KindStatus}), "a status without a word")
	require.Equal(t, said("a", 0, 0), m)
}

func TestTheEarliestMarksStayWhenThereAreTooMany(t *testing.T) {
	read := func(i int) StatusMark { return StatusMark{Status: "read", Participant: fmt.Sprint(i), At: second(i)} }
	marks := func(from, to int) []StatusMark {
		var list []StatusMark
		for i := from; i < to; i++ {
			list = append(list, read(i))
		}
		return list
	}
	early, late := answered("e", 0), answered("e", 0)
	early.Statuses, late.Statuses = marks(0, maxMarks), marks(20, maxMarks+20)
	for i := range 20 {
		require.False(t, early.mark(read(maxMarks+i)))
		require.True(t, late.mark(read(i)))
	}
	require.Len(t, early.Statuses, maxMarks)
	require.Equal(t, early.Statuses, late.Statuses)
}

func TestAnyTwoCopiesOfAMessageJoinToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		both, one, two := said("ma", 0, 0), said("ma", 0, 0), said("ma", 0, 0)
		for i := range rapid.IntRange(0, 12).Draw(t, "acts") {
			e := actEvent(t, i, 1)
			a := ActOf(&e)
			both.Act(a)
			if rapid.Bool().Draw(t, "where") {
				one.Act(a)
			} else {
				two.Act(a)
			}
		}
		oneTwo, twoOne := one.clone(), two.clone()
		oneTwo.join(&two)
		twoOne.join(&one)
		if d := cmp.Diff(both, oneTwo); d != "" {
			t.Fatalf("-all at once +joined:\n%s", d)
		}
		if d := cmp.Diff(oneTwo, twoOne); d != "" {
			t.Fatalf("-one with two +two with one:\n%s", d)
		}
		if oneTwo.join(&two) {
			t.Fatal("joining again changed something")
		}
	})
}
