package chat

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func rules() *Settings { return &Settings{Tags: []string{"complaint", "refund"}} }

func closeAs(c *Conversation, closing Closing, s *Settings) error {
	return c.Close(&ClosingRequest{Closing: closing, Messages: c.InboundCount}, s, "Ada", second(50))
}

func TestClosingKeepsWhatWasSaid(t *testing.T) {
	c := talk(said("a", 10, 0))
	require.NoError(t, c.Snooze(second(100), "Ada", second(20)))
	require.NoError(t, closeAs(&c, Closing{
		Sentiment: "positive", Notes: " all good\r\nnow ", Tag: "refund", Tickets: SplitTickets(" OPS-1, #4711\nhttps://jira.example/browse/OPS-2;OPS-1 "),
	}, rules()))
	require.Equal(t, StateClosed, c.State)
	require.Empty(t, c.OpenKey)
	require.Zero(t, c.Due())
	require.Equal(t, "positive", c.Sentiment)
	require.Equal(t, &Closing{
		Sentiment: "positive", Notes: "all good\nnow", Tag: "refund", Tickets: []string{"OPS-1", "#4711", "https://jira.example/browse/OPS-2"}, By: "Ada", At: second(50),
	}, c.Closing)
	require.Equal(t, "closed positive, refund, OPS-1, #4711, https://jira.example/browse/OPS-2 Ada", happened(&c)[1])
	require.Equal(t, "Ada", c.ClosedBy())
	require.NoError(t, c.SetState(StateOpen, "Bo", second(60)))
	require.NotNil(t, c.Closing, "what was typed is not lost when it is opened again")
	require.Empty(t, c.ClosedBy())
}

func TestNothingIsRequiredUnlessTheWorkspaceSaysSo(t *testing.T) {
	c := talk()
	require.NoError(t, closeAs(&c, Closing{}, rules()))
	for name, s := range map[string]*Settings{
		"sentiment": {Closing: ClosingRules{Sentiment: true}},
		"notes":     {Closing: ClosingRules{Notes: true}},
		"tag":       {Closing: ClosingRules{Tag: true}, Tags: []string{"refund"}},
	} {
		c := talk()
		err := closeAs(&c, Closing{Notes: " \n "}, s)
		require.Equal(t, name, fields(err), "required")
		require.ErrorIs(t, err, ErrInvalid)
		require.Equal(t, StateOpen, c.State)
	}
	c = talk()
	require.NoError(t, closeAs(&c, Closing{}, &Settings{Closing: ClosingRules{Tag: true}}), "no tag can be chosen where none are defined")
}

func TestRequiredAttributesComeBeforeTheClose(t *testing.T) {
	s := &Settings{ConversationAttributes: []AttributeDefinition{{Key: "order", Required: true}, {Key: "reason", Required: true}, {Key: "colour"}}}
	c := talk()
	err := closeAs(&c, Closing{}, s)
	require.Equal(t, "attributes", fields(err))
	message, _ := IsInput(err)
	require.Equal(t, "Fill in first: order, reason.", message)
	require.NoError(t, c.SetAttribute("order", "1", "", "Ada", second(1)))
	require.NoError(t, c.SetAttribute("reason", "x", "", "Ada", second(1)))
	require.NoError(t, closeAs(&c, Closing{}, s))
}

// fields lists what was wrong.
func fields(err error) string {
	var names []string
	wrong, _ := errors.AsType[InputErrors](err)
	for _, e := range wrong {
		names = append(names, e.Field)
	}
	return strings.Join(names, " ")
}

func TestEverythingWrongWithAClosingIsSaidAtOnce(t *testing.T) {
	c := talk()
	err := closeAs(&c, Closing{Sentiment: "furious", Notes: strings.Repeat("x", MaxClosingNotes+1), Tag: "unheard of", Tickets: []string{"javascript:alert(1)"}}, rules())
	require.Equal(t, "tag sentiment notes tickets", fields(err))
	message, ok := IsInput(err)
	require.True(t, ok)
	require.NotEmpty(t, message)
	for _, bad := range []string{"ftp://x.example/1", "https://user:pw@x.example", "two words are split before", "x y", strings.Repeat("a", 65), "<b>"} {
		require.Equal(t, "tickets", fields(closeAs(&c, Closing{Tickets: []string{bad}}, rules())), bad)
	}
	require.Equal(t, "tickets", fields(closeAs(&c, Closing{Tickets: strings.Fields(manyTickets())}, rules())))
	require.Nil(t, c.Closing)
}

func manyTickets() string {
	var b strings.Builder
	for i := range maxClosingTickets + 1 {
		b.WriteString("OPS-" + strings.Repeat("1", i+1) + " ")
	}
	return b.String()
}

func TestClosingMeetsTheCustomer(t *testing.T) {
	c := talk(said("a", 10, 0))
	seen := c.InboundCount
	c.Add(nil, said("b", 30, 0))
	request := ClosingRequest{Messages: seen}
	err := c.Close(&request, rules(), "Ada", second(40))
	conflict, ok := errors.AsType[*ConflictError](err)
	require.True(t, ok)
	require.Equal(t, "messages", conflict.Field)
	require.Equal(t, StateOpen, c.State)
	request.Messages = c.InboundCount // the agent has read it
	require.NoError(t, c.Close(&request, rules(), "Ada", second(41)))
}

func TestClosingMeetsAColleague(t *testing.T) {
	for name, first := range map[string]func(c *Conversation) error{
		"with the dialog":    func(c *Conversation) error { return c.Close(&ClosingRequest{}, rules(), "Bo", second(30)) },
		"with the state box": func(c *Conversation) error { return c.SetState(StateClosed, "Bo", second(30)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := talk()
			require.NoError(t, first(&c))
			request := ClosingRequest{Closing: Closing{Notes: "mine"}}
			require.Equal(t, &ConflictError{Field: "state", Theirs: "closed", By: "Bo", At: second(30)}, c.Close(&request, rules(), "Ada", second(40)))
			request.ClosedAt = second(30) // having seen it, the agent replaces what was said
			require.NoError(t, c.Close(&request, rules(), "Ada", second(41)))
			require.Equal(t, "mine", c.Closing.Notes)
			require.Equal(t, second(30), c.ClosedAt)
			require.Equal(t, "closing_changed  Ada", happened(&c)[1])
			require.Equal(t, "Bo", c.ClosedBy())
		})
	}
}

func TestATagThatIsGoneStaysWhereItWas(t *testing.T) {
	c := talk()
	require.NoError(t, closeAs(&c, Closing{Tag: "refund"}, rules()))
	request := ClosingRequest{Closing: Closing{Tag: "refund", Notes: "more"}, ClosedAt: c.ClosedAt}
	require.NoError(t, c.Close(&request, &Settings{}, "Ada", second(60)))
	request.Closing.Tag = "complaint"
	require.ErrorIs(t, c.Close(&request, &Settings{}, "Ada", second(61)), ErrInvalid)
	require.Equal(t, time.Time{}, c.Due())
}
