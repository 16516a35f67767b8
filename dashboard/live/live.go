// Package live tells open dashboards that something changed. It carries no content, only ids: every page fetches what it
// shows with its own rights.
package live

import (
	"fmt"
	"sync"

	"switchboard/chat"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Bounds of the hub. A subscriber that lets buffer signals pile up is dropped: its browser connects again and fetches
// everything it shows, which is cheaper than waiting for it.
const (
	buffer     = 64
	maxClients = 4096
)

// A Signal says which documents changed. Its slice is shared by all subscribers and must not be changed.
type Signal struct {
	Mark    string // the hub's mark after these changes
	Changes []chat.Change
}

// A Hub hands changes to all subscribers of this process and waits for none of them.
type Hub struct {
	instance string
	clients  prometheus.Gauge
	dropped  prometheus.Counter

	mu     sync.Mutex
	seq    uint64
	subs   map[*Subscription]struct{}
	closed bool
}

// NewHub makes a hub. The instance name tells this process from others, so that a browser that moves between them knows
// that it may have missed something.
func NewHub(instance string, reg prometheus.Registerer) *Hub {
	factory := promauto.With(reg)
	return &Hub{
		instance: instance,
		subs:     map[*Subscription]struct{}{},
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
	hub     *Hub
	signals chan Signal
}

// Subscribe adds a subscriber, which must call Close. It fails with chat.ErrUnavailable when the hub is closed or full.
func (h *Hub) Subscribe() (*Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.subs) >= maxClients {
		return nil, fmt.Errorf("live: subscribe: %w", chat.ErrUnavailable)
	}
	s := &Subscription{hub: h, signals: make(chan Signal, buffer)}
	h.subs[s] = struct{}{}
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

// Publish hands the changes to every subscriber without waiting. A zero change means that everybody should fetch everything
// again.
func (h *Hub) Publish(changes []chat.Change) {
	if len(changes) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.seq++
	signal := Signal{Mark: h.mark(), Changes: changes}
	for s := range h.subs {
		select {
		case s.signals <- signal:
		default:
			h.dropped.Inc()
			h.remove(s)
		}
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
	close(s.signals)
	h.clients.Set(float64(len(h.subs)))
}
