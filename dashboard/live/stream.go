package live

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchboard/chat"
)

// Timing of a stream. The first change goes out at once; those that follow within the gather time travel together: what a page
// makes of a burst is for the page to decide (static/js/refresh.js), but writing to thousands of pages costs, so with every
// fifty of them a little more is gathered. The heartbeat is the only way to learn that a browser has gone (Fiber does
// not tell). A stream ends after lifetime, so that its viewer's rights are checked again.
const (
	gather    = 25 * time.Millisecond
	gatherPer = time.Millisecond / 50 // and for each open page
	heartbeat = 10 * time.Second
	lifetime  = 15 * time.Minute
	maxIDs    = 256 // a signal that names more ids says resync instead; 256 in gather are 10,000 changes a second, 20 KB
)

// message is the data of one server-sent event.
type message struct {
	Mark          string   `json:"mark,omitempty"`
	Conversations []string `json:"conversations,omitempty"`
	Contacts      []string `json:"contacts,omitempty"`
	List          bool     `json:"list,omitempty"`   // something that a conversation list shows changed
	Age           int64    `json:"age,omitempty"`    // milliseconds since the gateway received the oldest change in here
	Stored        int64    `json:"stored,omitempty"` // milliseconds of it since the oldest was stored
	For           []string `json:"for,omitempty"`    // users who were told something
	All           bool     `json:"all,omitempty"`    // too many to name
	Online        bool     `json:"online,omitempty"`
}

// Stream writes the subscription's signals to w as server-sent events until the subscription ends, its lifetime is over or
// the browser is gone. It closes the subscription.
//
// Events: "hello" (first; the hub's mark), "change", "resync" (fetch everything), "people" (who views and types where, and who
// is online), "read" (what the user has read on any page), "ping", "bye" (connect again at once), and "enough" (the user has newer streams: do not connect again by yourself).
func (s *Subscription) Stream(w *bufio.Writer) error {
	defer s.Close()
	if err := s.hello(w); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	end := time.NewTimer(lifetime)
	defer end.Stop()
	for {
		select {
		case signal, ok := <-s.signals:
			if !ok && s.replaced { // written before the channel was closed
				return send(w, "enough", message{})
			}
			if !ok {
				return nil
			}
			if err := s.forward(w, signal); err != nil {
				return err
			}
		case <-beat.C:
			s.hub.sweep()
			if err := send(w, "ping", message{}); err != nil {
				return err
			}
		case <-end.C:
			return send(w, "bye", message{})
		}
	}
}

func (s *Subscription) hello(w *bufio.Writer) error {
	if _, err := w.WriteString("retry: 1000\n"); err != nil {
		return fmt.Errorf("live: write: %w", err)
	}
	return send(w, "hello", message{Mark: s.hub.Mark()})
}

// forward sends a signal at once; whatever comes within the gather time after a sending goes out together.
func (s *Subscription) forward(w *bufio.Writer, first Signal) error {
	for batch := []Signal{first}; len(batch) > 0; batch = s.collect() {
		if err := s.write(w, batch); err != nil {
			return err
		}
	}
	return nil
}

// collect drains the subscription for the gather time, so that its bounded channel does not fill up meanwhile.
func (s *Subscription) collect() []Signal {
	var batch []Signal
	over := time.NewTimer(s.hub.gather())
	defer over.Stop()
	for {
		select {
		case signal, ok := <-s.signals:
			if !ok {
				return batch
			}
			batch = append(batch, signal)
		case <-over.C:
			return batch
		}
	}
}

// gather is how long changes are collected before they travel together.
func (h *Hub) gather() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return gather + time.Duration(len(h.subs))*gatherPer
}

func (s *Subscription) write(w *bufio.Writer, batch []Signal) error {
	if err := s.writePeople(w, batch); err != nil {
		return err
	}
	if err := writeRead(w, batch); err != nil {
		return err
	}
	var out message
	var received, stored time.Time // the oldest
	for _, signal := range batch {
		out.Mark = cmp.Or(signal.Mark, out.Mark)
	}
	for _, signal := range batch {
		for i := range signal.Changes {
			change := &signal.Changes[i]
			if change.Conversation == "" && change.Contact == "" {
				return send(w, "resync", message{Mark: out.Mark})
			}
			out.add(change)
			received, stored = older(received, change.ReceivedAt), older(stored, change.StoredAt)
		}
	}
	switch {
	case out.Mark == "": // nothing but people
		return nil
	case len(out.Conversations) > maxIDs || len(out.Contacts) > maxIDs:
		return send(w, "resync", message{Mark: out.Mark})
	case !received.IsZero():
		out.Age = max(1, time.Since(received).Milliseconds())
		out.Stored = max(1, time.Since(stored).Milliseconds())
	}
	return send(w, "change", out)
}

// older is the earlier of two instants, as far as they are known.
func older(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// writePeople tells where agents came or left.
func (s *Subscription) writePeople(w *bufio.Writer, batch []Signal) error {
	var out message
	for _, signal := range batch {
		out.Online = out.Online || signal.Online
		for _, id := range signal.People {
			if !slices.Contains(out.Conversations, id) {
				out.Conversations = append(out.Conversations, id)
			}
		}
	}
	if len(out.Conversations) > maxIDs {
		out.Conversations, out.All = nil, true
	}
	if !out.All && !out.Online && len(out.Conversations) == 0 {
		return nil
	}
	return send(w, "people", out)
}

// writeRead tells which conversations the user has read on another page.
func writeRead(w *bufio.Writer, batch []Signal) error {
	var out message
	for _, signal := range batch {
		if signal.Read != "" && !slices.Contains(out.Conversations, signal.Read) {
			out.Conversations = append(out.Conversations, signal.Read)
		}
	}
	if len(out.Conversations) == 0 {
		return nil
	}
	return send(w, "read", out)
}

func (m *message) add(change *chat.Change) {
	if id := change.Conversation; id != "" && !slices.Contains(m.Conversations, id) {
		m.Conversations = append(m.Conversations, id)
	}
	if id := change.Contact; id != "" && !slices.Contains(m.Contacts, id) {
		m.Contacts = append(m.Contacts, id)
	}
	for _, user := range change.For {
		if !slices.Contains(m.For, user) {
			m.For = append(m.For, user)
		}
	}
	m.List = m.List || change.Conversation != "" || slices.Contains(change.What, "contact")
}

func send(w *bufio.Writer, event string, m message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("live: encode: %w", err)
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return fmt.Errorf("live: write: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("live: flush: %w", err)
	}
	return nil
}
