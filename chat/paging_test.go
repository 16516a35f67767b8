package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// filled is a conversation of n messages, one each second.
func filled(n int) Conversation {
	c := talk()
	for i := range n {
		c.Add(nil, said(fmt.Sprintf("m%03d", i), i, 0))
	}
	return c
}

func TestNewestPageTurnsWhenItIsFull(t *testing.T) {
	c := filled(PageSize)
	require.False(t, c.Overfull())
	require.Empty(t, c.Turn())
	c.Add(nil, said("one more", PageSize, 0))
	require.True(t, c.Overfull())

	again := stored(c)
	pages := c.Turn()
	require.Len(t, pages, 1)
	require.Len(t, c.Messages, PageSize/2)
	require.Len(t, pages[0].Messages, PageSize/2+1)
	require.Equal(t, c.Messages[0].Place(), *c.PageFrom)
	require.Equal(t, c.ID, pages[0].ConversationID)
	require.False(t, c.Overfull())
	require.EqualValues(t, PageSize+1, c.MessageCount)

	require.Equal(t, pages, again.Turn(), "whoever turns it again gets the same pages")
	require.Equal(t, c, again)
}

func TestFirstPageBeginsBeforeEverything(t *testing.T) {
	c := filled(PageSize + 1)
	first := c.Turn()[0]
	require.Equal(t, Place{}, first.From)
	for i := range PageSize {
		c.Add(nil, said(fmt.Sprint("n", i), PageSize+1+i, 0))
	}
	from := *c.PageFrom
	second := c.Turn()[0]
	require.Equal(t, from, second.From)
	require.Equal(t, from.At, second.FromAt)
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, 0, CoveringPage([]Place{first.From, second.From}, Place{At: time.Unix(0, 0)}))
}

func TestMessagesOfOneSecondStayTogether(t *testing.T) {
	c := talk()
	for i := range PageSize + 1 {
		at := i
		if i >= PageSize/2-2 && i < PageSize/2+3 { // an album, posted as many messages
			at = PageSize/2 - 2
		}
		c.Add(nil, said(fmt.Sprintf("m%03d", i), at, time.Duration(i)))
	}
	page := c.Turn()[0]
	require.Equal(t, fmt.Sprintf("m%03d", PageSize/2-3), page.Messages[len(page.Messages)-1].ID)
	require.Equal(t, fmt.Sprintf("m%03d", PageSize/2-2), c.Messages[0].ID)
}

func TestOneSecondFullOfMessagesTurnsAllTheSame(t *testing.T) {
	c := talk()
	for i := range PageSize + 1 {
		c.Add(nil, said(fmt.Sprintf("m%03d", i), 7, 0))
	}
	pages := c.Turn()
	require.Len(t, pages[0].Messages, PageSize/2+1)
	require.True(t, slices.IsSortedFunc(Display(pages, &c), compareMessages))
}

func TestLongTextsTurnThePageEarly(t *testing.T) {
	n := PageSize * 3 / 4
	c := filled(n)
	long := strings.Repeat("x", 1<<20)
	c.Add(nil, Message{ID: "long", Direction: Inbound, Timestamp: second(n), ReceivedAt: second(n), Text: long})
	pages := c.Turn()
	require.Len(t, pages, 1)
	require.Len(t, c.Messages, PageSize/2, "an agent still sees the newest messages at once")
}

func TestHugeTextsLeaveAsFewMessagesAsItTakes(t *testing.T) {
	c := talk()
	for i := range 9 {
		c.Add(nil, Message{ID: fmt.Sprint(i), Direction: Inbound, Timestamp: second(i), ReceivedAt: second(i), Text: strings.Repeat("x", 900<<10)})
	}
	var pages []MessagePage
	for c.Overfull() {
		pages = append(pages, c.Turn()...)
	}
	require.LessOrEqual(t, weigh(c.Messages), 4<<20)
	for _, p := range pages {
		require.False(t, p.Overfull())
	}
	require.Len(t, Display(pages, &c), 9)
}

func TestOneHugeMessageIsLeftAlone(t *testing.T) {
	c := talk(Message{ID: "huge", Direction: Inbound, Timestamp: second(1), Text: strings.Repeat("x", 5<<20)})
	require.False(t, c.Overfull())
	require.Empty(t, c.Turn())
	p := MessagePage{Messages: c.Messages}
	require.False(t, p.Overfull())
	require.Empty(t, p.Split())
}

func TestAHistoryImportInOneBatchMakesPagesOfTheUsualSize(t *testing.T) {
	c := filled(1000)
	pages := c.Turn()
	for _, p := range pages {
		require.LessOrEqual(t, len(p.Messages), PageSize)
	}
	require.False(t, c.Overfull())
	require.Len(t, Display(pages, &c), 1000)
}

func TestOlderPageSplitsWhenLateMessagesFillIt(t *testing.T) {
	c := filled(2*PageSize + 1)
	p := newPage(c.ID, Place{}, c.Messages[:2*PageSize])
	require.False(t, p.Overfull())
	require.Empty(t, p.Split())
	p = newPage(c.ID, Place{}, c.Messages)
	again := storedPage(p)
	require.True(t, p.Overfull())
	parts := p.Split()
	require.Len(t, parts, 2)
	require.Equal(t, Place{}, p.From, "it keeps its own beginning")
	require.Equal(t, parts[0].Messages[0].Place(), parts[0].From)
	require.Equal(t, 2*PageSize+1, len(p.Messages)+len(parts[0].Messages)+len(parts[1].Messages))
	require.Equal(t, parts, again.Split())
}

func TestDisplayShowsEachMessageOnceWhateverACrashLeft(t *testing.T) {
	c := filled(PageSize + 1)
	want := ids(c.Messages)
	before := stored(c)
	pages := c.Turn()

	require.Equal(t, want, ids(Display(nil, &before)))
	require.Equal(t, want, ids(Display(pages, &before)), "the page was written, the conversation was not")
	require.Equal(t, want, ids(Display(pages, &c)))

	whole := storedPage(pages[0])
	parts := cutPages(c.ID, Place{}, whole.Messages, limits{page: 4, keep: 2, bytes: 1 << 20, hard: 1 << 22})
	require.Greater(t, len(parts), 1)
	require.Equal(t, want, ids(Display(append([]MessagePage{whole}, parts[1:]...), &c)), "the parts were written, the page was not")
	require.Equal(t, want, ids(Display(parts, &c)))
}

func TestDisplayJoinsCopiesAndLeavesThemAlone(t *testing.T) {
	c := filled(PageSize + 1)
	whole := c.Turn()[0]
	copied := storedPage(whole)
	copied.ID, copied.From = "other", whole.Messages[3].Place()
	copied.Messages = copied.Messages[3:]
	whole.Messages[6].Act(status("delivered", 2))
	whole.Messages[6].Act(Act{Kind: KindReaction, By: "+1", Emoji: "👍", At: second(1)})
	copied.Messages[3].Act(status("read", 1))
	copied.Messages[3].Act(Act{Kind: KindReaction, By: "+1", Emoji: "❤️", At: second(2)})
	kept := storedPage(whole)
	list := Display([]MessagePage{whole, copied}, &c)
	require.Equal(t, "read", list[6].Status)
	require.Len(t, list[6].Statuses, 2)
	require.Equal(t, "❤️", list[6].Reactions[0].Emoji)
	require.Equal(t, kept, storedPage(whole))
}

func TestPagesThatDoNotCountAreNotShown(t *testing.T) {
	c := filled(3)
	stray := newPage(c.ID, Place{}, []Message{said("nobody wrote this down", 1, 0)})
	require.Equal(t, ids(c.Messages), ids(Display([]MessagePage{stray}, &c)))
	from := c.Messages[0].Place()
	c.PageFrom = &from
	stray.From = from
	require.Equal(t, ids(c.Messages), ids(Display([]MessagePage{stray}, &c)))
}

func TestDisplayOfSomePagesShowsThose(t *testing.T) {
	c := filled(1000)
	pages := c.Turn()
	last := pages[len(pages)-1:]
	require.Equal(t, ids(last[0].Messages)+" "+ids(c.Messages), ids(Display(last, &c)))
}

func TestPageBeforeTheNext(t *testing.T) {
	p := MessagePage{Messages: []Message{said("a", 1, 0), said("b", 2, 0), said("c", 3, 0)}}
	require.Equal(t, "a", ids(p.Before(p.Messages[1].Place())))
	require.Equal(t, "a b c", ids(p.Before(Place{At: second(9)})))
}
