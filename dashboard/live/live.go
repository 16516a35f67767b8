// Package live tells open dashboards that something changed. It carries no content, only ids: every page fetches what it
// shows with its own rights.
package live

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"switchboard/chat"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Bounds of the hub. A subscriber that lets buffer signals pile up is dropped: its browser connects again and fetches
// everything it shows, which is cheaper than waiting for it.
const (
	buffer         = 64
	maxClients     = 4096
	streamsPerUser = 20 // with one more, the oldest is told to close
)

// A Signal says which documents changed, and where agents came or left. Its slices are shared by all subscribers and must
// not be changed.
type Signal struct {
	Mark    string // the hub's mark after these changes
	Changes []chat.Change
	People  []string // conversations that are viewed, or typed in, by others than before
	Online  bool     // somebody came online or went
	Read    string   // conversation that the subscriber's user has read
}

// A Hub hands changes to all subscribers of this process and waits for none of them.
type Hub struct {
	instance string
	clients  prometheus.Gauge
	dropped  prometheus.Counter

	mu     sync.Mutex
	seq    uint64
	subs   map[*Subscription]struct{}
	byUser map[string][]*Subscription // oldest first
	crowd  *crowd
	closed bool
}

// NewHub makes a hub. The instance name tells this process from others, so that a browser that moves between them knows
// that it may have missed something.
func NewHub(instance string, reg prometheus.Registerer) *Hub {
	factory := promauto.With(reg)
	return &Hub{
		instance: instance,
		subs:     map[*Subscription]struct{}{},
		byUser:   map[string][]*Subscription{},
		crowd:    newCrowd(reg),
		clients: factory.NewGauge(prometheus.GaugeOpts{
			Name: "switchboard_sse_clients", Help: "Open dashboards connected for live updates.",
		}),
		dropped: factory.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_sse_dropped_total", Help: "Dashboards disconnected because they did not keep up.",
		}),
	}
}

// A Subscription receives signals until it is closed, falls behind, or the hub closes.
type Subscription struct {
	hub      *Hub
	user     string
	signals  chan Signal
	replaced bool // the user opened too many others
}

// Subscribe adds a subscriber, which must call Close. A user who has too many already loses the oldest. It fails with
// chat.ErrUnavailable when the hub is closed or full.
func (h *Hub) Subscribe(user string) (*Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if mine := h.byUser[user]; len(mine) >= streamsPerUser {
		mine[0].replaced = true
		h.remove(mine[0])
	}
	if h.closed || len(h.subs) >= maxClients {
		return nil, fmt.Errorf("live: subscribe: %w", chat.ErrUnavailable)
	}
	s := &Subscription{hub: h, user: user, signals: make(chan Signal, buffer)}
	h.subs[s] = struct{}{}
	h.byUser[user] = append(h.byUser[user], s)
	h.clients.Set(float64(len(h.subs)))
	return s, nil
}

// Signals is closed when the subscription ends for whatever reason.
func (s *Subscription) Signals() <-chan Signal { return s.signals }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.remove(s)
}

// Publish hands the changes to every subscriber without waiting, and remembers who is there. A zero change means that
// everybody should fetch everything again.
func (h *Hub) Publish(changes []chat.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	var s stir
	documents := make([]chat.Change, 0, len(changes))
	for i := range changes {
		switch change := &changes[i]; {
		case change.Presence != nil:
			h.crowd.note(change.Presence, time.Now(), &s)
		case change.Read:
			h.tellReader(change)
		default:
			documents = append(documents, *change)
		}
	}
	signal := Signal{Changes: documents, People: s.conversations, Online: s.online}
	if len(documents) > 0 {
		h.seq++
		signal.Mark = h.mark()
	}
	if signal.Mark != "" || !s.empty() {
		h.tell(signal)
	}
}

// tell needs the lock.
func (h *Hub) tell(signal Signal) {
	for s := range h.subs {
		h.send(s, signal)
	}
}

// tellReader tells the other pages of somebody that they have read a conversation. It needs the lock. No mark is set: a page
// that misses it shows a number too many until its list is fetched again, and is not worth fetching everything.
func (h *Hub) tellReader(change *chat.Change) {
	for _, s := range slices.Clone(h.byUser[change.By]) {
		h.send(s, Signal{Read: change.Conversation})
	}
}

// send needs the lock.
func (h *Hub) send(s *Subscription, signal Signal) {
	select {
	case s.signals <- signal:
	default:
		h.dropped.Inc()
		h.remove(s)
	}
}

// Mark names the last change the hub has seen. A page keeps the mark from before it read the store; when the mark is
// another one by the time it subscribes, it may have missed something.
func (h *Hub) Mark() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mark()
}

// Close ends all subscriptions and refuses new ones. Call it before the HTTP server shuts down, which waits for streams.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.subs {
		h.remove(s)
	}
}

func (h *Hub) mark() string { return fmt.Sprintf("%s:%d", h.instance, h.seq) }

// remove needs the lock; whoever takes the subscription out of the map closes its channel, once.
func (h *Hub) remove(s *Subscription) {
	if _, there := h.subs[s]; !there {
		return
	}
	delete(h.subs, s)
	if mine := slices.DeleteFunc(h.byUser[s.user], func(other *Subscription) bool { return other == s }); len(mine) > 0 {
		h.byUser[s.user] = mine
	} else {
		delete(h.byUser, s.user)
	}
	close(s.signals)
	h.clients.Set(float64(len(h.subs)))
}
