package live

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"switchboard/chat"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func say(hub *Hub, p chat.Presence) { hub.Publish([]chat.Change{{Presence: &p}}) }

func TestPresenceTellsWhoViewsAndTypes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		before := hub.Mark()
		p, done := open(t, hub)
		say(hub, chat.Presence{User: "ada", Page: "1", Conversation: "c1"})
		say(hub, chat.Presence{User: "ada", Page: "2", Conversation: "c1", Typing: chat.TypingNote})
		say(hub, chat.Presence{User: "ben", Page: "1", Conversation: "c1"})
		say(hub, chat.Presence{User: "eve", Page: "1", Away: true})
		require.Equal(t, []string{"ada", "ben", "eve"}, hub.Online())
		require.Equal(t, map[string][]Viewer{"c1": {{User: "ada", Typing: chat.TypingNote}, {User: "ben"}}}, hub.Viewers([]string{"c1", "c2"}))
		require.Empty(t, hub.Viewers([]string{"c2"}), "nobody is shown where nobody asked")
		time.Sleep(hub.gather())
		synctest.Wait()
		require.Equal(t, "hello", p.events()[0])
		require.NotContains(t, p.events(), "change", "nothing that documents show has changed")
		require.Contains(t, p.events(), "people")
		require.Contains(t, p.text.String(), `{"conversations":["c1"],"online":true}`)
		require.Equal(t, before, hub.Mark(), "nobody has missed a change")

		say(hub, chat.Presence{User: "ben", Page: "1", Conversation: "c2"})
		require.Equal(t, map[string][]Viewer{"c1": {{User: "ada", Typing: chat.TypingNote}}, "c2": {{User: "ben"}}}, hub.Viewers([]string{"c1", "c2"}))
		say(hub, chat.Presence{User: "ben", Page: "1", Gone: true})
		require.Equal(t, []string{"ada", "eve"}, hub.Online())
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestPresenceSaidAgainIsNoNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		viewing := chat.Presence{User: "ada", Page: "1", Conversation: "c1"}
		require.False(t, hub.Known(&viewing))
		say(hub, viewing)
		require.True(t, hub.Known(&viewing), "told a moment ago")
		require.True(t, hub.Known(&chat.Presence{User: "ada", Page: "other", Gone: true}), "nobody knew that page")
		for range 10 {
			time.Sleep(12 * time.Second)
			require.False(t, hub.Known(&viewing), "it must be said again before it is forgotten")
			say(hub, viewing)
		}
		synctest.Wait()
		people := 0
		for _, name := range p.events() {
			if name == "people" {
				people++
			}
		}
		require.Equal(t, 1, people)
		require.Equal(t, []string{"ada"}, hub.Online())
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestPresenceIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewPedanticRegistry()
		hub := NewHub("one", reg)
		p, done := open(t, hub)
		hub.Publish([]chat.Change{
			{Presence: &chat.Presence{User: "ada", Page: "1", Conversation: "c1", Typing: chat.TypingReply}},
			{Presence: &chat.Presence{User: "eve", Page: "1", Away: true}},
		})
		time.Sleep(typingLife)
		require.Equal(t, []Viewer{{User: "ada"}}, hub.Viewers([]string{"c1"})["c1"], "nobody types for ever")
		time.Sleep(heartbeat)
		synctest.Wait()
		require.Equal(t, 2, count(p.events(), "people"), "those who see it are told")
		time.Sleep(viewingLife - typingLife - heartbeat)
		require.Equal(t, []string{"eve"}, hub.Online())
		require.Empty(t, hub.Viewers([]string{"c1"}))
		time.Sleep(heartbeat)
		synctest.Wait()
		require.Equal(t, 3, count(p.events(), "people"))
		time.Sleep(awayLife)
		synctest.Wait()
		require.Empty(t, hub.Online())
		require.Zero(t, testutil.ToFloat64(hub.crowd.known), "memory is given back")
		hub.Close()
		require.NoError(t, <-done)
	})
}

func count(list []string, word string) int {
	n := 0
	for _, w := range list {
		if w == word {
			n++
		}
	}
	return n
}

func TestPresenceIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", prometheus.NewPedanticRegistry())
		for i := range 100 {
			say(hub, chat.Presence{User: "ada", Page: fmt.Sprint(i), Conversation: fmt.Sprint("c", i)})
			time.Sleep(time.Millisecond)
		}
		require.Len(t, hub.crowd.pages, pagesPerUser)
		require.Equal(t, map[string][]Viewer{"c99": {{User: "ada"}}}, hub.Viewers([]string{"c0", "c75", "c99"}), "the newest stay")
		for i := range maxPages {
			say(hub, chat.Presence{User: fmt.Sprint("u", i), Page: "1"})
		}
		require.Len(t, hub.crowd.pages, maxPages)
		require.InDelta(t, pagesPerUser, testutil.ToFloat64(hub.crowd.refused), 0)
		say(hub, chat.Presence{User: "u1", Page: "1", Gone: true})
		say(hub, chat.Presence{User: "late", Page: "1"})
		require.Contains(t, hub.Online(), "late")
	})
}

func TestTooManyPeopleAreNotNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", nil)
		p, done := open(t, hub)
		var many []chat.Change
		for i := range maxIDs + 1 {
			many = append(many, chat.Change{Presence: &chat.Presence{User: fmt.Sprint("u", i), Page: "1", Conversation: fmt.Sprint("c", i)}})
		}
		hub.Publish(many)
		synctest.Wait()
		require.Contains(t, p.text.String(), `event: people`+"\n"+`data: {"all":true,"online":true}`)
		hub.Close()
		require.NoError(t, <-done)
	})
}

func TestOneUserCannotTakeAllStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub("one", prometheus.NewPedanticRegistry())
		other, err := hub.Subscribe("ben")
		require.NoError(t, err)
		first, done := openAs(t, hub, "ada")
		var rest []*Subscription
		for range streamsPerUser {
			sub, err := hub.Subscribe("ada")
			require.NoError(t, err)
			rest = append(rest, sub)
		}
		require.NoError(t, <-done)
		require.Equal(t, []string{"hello", "enough"}, first.events(), "the oldest is told not to come back by itself")
		require.InDelta(t, streamsPerUser+1, testutil.ToFloat64(hub.clients), 0)
		hub.Publish(change("c"))
		require.Len(t, other.Signals(), 1, "nobody else is touched")
		for _, sub := range append(rest, other) {
			require.Len(t, sub.Signals(), 1)
			sub.Close()
		}
		require.Empty(t, hub.byUser, "nothing is kept of users who left")
	})
}
