package live

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"switchboard/chat"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// How long a page is remembered after it last said something. A page in view says so every 12 s. One that nobody looks at is
// let speak once a minute by its browser. Somebody typing says so every 3 s.
const (
	viewingLife = 30 * time.Second
	awayLife    = 90 * time.Second
	typingLife  = 8 * time.Second
	sweepEvery  = time.Second // at most: streams sweep at their heartbeats
	again       = 5 * time.Second
)

// Bounds of what is remembered. Beyond the first, a user's page that was quiet for longest is forgotten; beyond the second,
// a page that is not known yet is not taken in, and counted: presence is a courtesy, nothing depends on it.
const (
	pagesPerUser = 24
	maxPages     = 8192
)

// A Viewer is an agent who has a conversation in view.
type Viewer struct {
	User   string
	Typing chat.Typing
}

// crowd is who is there. It needs the hub's lock.
type crowd struct {
	pages   map[string]*place // by user and page
	byUser  map[string]int    // pages of each
	swept   time.Time
	known   prometheus.Gauge
	refused prometheus.Counter
}

type place struct {
	chat.Presence
	seen time.Time // when it last said something
}

func newCrowd(reg prometheus.Registerer) *crowd {
	factory := promauto.With(reg)
	return &crowd{
		pages: map[string]*place{}, byUser: map[string]int{},
		known: factory.NewGauge(prometheus.GaugeOpts{
			Name: "switchboard_presence_pages", Help: "Open pages of agents that are known here, of all processes.",
		}),
		refused: factory.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_presence_refused_total", Help: "Pages of agents that were not taken in because too many are known.",
		}),
	}
}

// stir gathers what a signal about people must name.
type stir struct {
	conversations []string
	online        bool // somebody came or left
}

func (s *stir) add(conversation string) {
	if conversation != "" && !slices.Contains(s.conversations, conversation) {
		s.conversations = append(s.conversations, conversation)
	}
}

func (s *stir) empty() bool { return len(s.conversations) == 0 && !s.online }

func pageKey(p *chat.Presence) string { return p.User + "/" + p.Page }

// note takes in what a page said.
func (c *crowd) note(p *chat.Presence, now time.Time, s *stir) {
	key := pageKey(p)
	was := c.pages[key]
	switch {
	case p.Gone:
		c.forget(key, s)
		return
	case was == nil && !c.room(p.User, s):
		c.refused.Inc()
		return
	case was == nil:
		was = &place{}
		c.pages[key] = was
		if c.byUser[p.User]++; c.byUser[p.User] == 1 {
			s.online = true
		}
		c.known.Set(float64(len(c.pages)))
	}
	if was.Conversation != p.Conversation || was.typing(now) != p.Typing {
		s.add(was.Conversation)
		s.add(p.Conversation)
	}
	*was = place{Presence: *p, seen: now}
}

// room makes room for one more page of the user.
func (c *crowd) room(user string, s *stir) bool {
	if c.byUser[user] >= pagesPerUser {
		oldest := ""
		for key, p := range c.pages {
			if p.User == user && (oldest == "" || p.seen.Before(c.pages[oldest].seen)) {
				oldest = key
			}
		}
		c.forget(oldest, s)
	}
	return len(c.pages) < maxPages
}

func (c *crowd) forget(key string, s *stir) {
	p := c.pages[key]
	if p == nil {
		return
	}
	s.add(p.Conversation)
	delete(c.pages, key)
	if c.byUser[p.User]--; c.byUser[p.User] == 0 {
		delete(c.byUser, p.User)
		s.online = true
	}
	c.known.Set(float64(len(c.pages)))
}

// sweep forgets pages that have fallen silent, and that somebody is typing.
func (c *crowd) sweep(now time.Time, s *stir) {
	if now.Sub(c.swept) < sweepEvery {
		return
	}
	c.swept = now
	for key, p := range c.pages {
		if !p.there(now) {
			c.forget(key, s)
		} else if p.Typing != "" && p.typing(now) == "" {
			p.Typing = ""
			s.add(p.Conversation)
		}
	}
}

func (p *place) there(now time.Time) bool {
	if p.Away {
		return now.Sub(p.seen) < awayLife
	}
	return now.Sub(p.seen) < viewingLife
}

func (p *place) typing(now time.Time) chat.Typing {
	if now.Sub(p.seen) < typingLife {
		return p.Typing
	}
	return chat.TypingNothing
}

// Online lists the users who have a page open in any browser at any process, in the order of their ids.
func (h *Hub) Online() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, there := time.Now(), map[string]bool{}
	for _, p := range h.crowd.pages {
		if p.there(now) {
			there[p.User] = true
		}
	}
	return slices.Sorted(maps.Keys(there))
}

// Viewers lists, for those of the conversations that somebody has in view, who that is, each user once. What somebody
// types in one of several windows counts.
func (h *Hub) Viewers(conversations []string) map[string][]Viewer {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, out := time.Now(), map[string][]Viewer{}
	for _, p := range h.crowd.pages {
		if p.Conversation == "" || !p.there(now) || !slices.Contains(conversations, p.Conversation) {
			continue
		}
		list, typing := out[p.Conversation], p.typing(now)
		if i := slices.IndexFunc(list, func(v Viewer) bool { return v.User == p.User }); i >= 0 {
			list[i].Typing = max(list[i].Typing, typing)
			continue
		}
		out[p.Conversation] = append(list, Viewer{User: p.User, Typing: typing})
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b Viewer) int { return cmp.Compare(a.User, b.User) })
	}
	return out
}

// Known tells that a presence says nothing new, so that there is no need to tell all processes again.
func (h *Hub) Known(p *chat.Presence) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, now := h.crowd.pages[pageKey(p)], time.Now()
	if was == nil {
		return p.Gone
	}
	life := again
	if p.Typing != "" {
		life = again / 2
	}
	return was.Presence == *p && now.Sub(was.seen) < life
}

// sweep tells everybody of those who have fallen silent. Streams call it at their heartbeats: who has no stream open need
// not be told.
func (h *Hub) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	var s stir
	h.crowd.sweep(time.Now(), &s)
	if !s.empty() && !h.closed {
		h.tell(Signal{People: s.conversations, Online: s.online})
	}
}
