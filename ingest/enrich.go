package ingest

import (
	"net/netip"

	"switchboard/chat"
	"switchboard/geo"
)

// Places knows where addresses and numbers are, and what a browser runs on. *geo.Locator is one.
type Places interface {
	IP(address netip.Addr) (chat.Geo, bool)
	Phone(e164 string) (chat.Geo, bool)
	Device(userAgent string, hints chat.Client) chat.Device
}

// enrich adds what the gateway itself can tell about where a customer is: for browsers from the connection, for WhatsApp
// from the number. The address a platform posts from says nothing about the customer and is never used.
func (w *Worker) enrich(p *chat.Parcel, e *chat.Event, policy string) {
	switch {
	case p.Client != (chat.Client{}):
		// Without an Origin it was a server that posted: its address and software say nothing about the visitor. Events without
		// a session (typing, reading) leave the visit alone.
		if p.Client.Origin != "" && e.Session != nil {
			w.enrichBrowser(p, e, policy)
		}
	case e.ContactKey != "":
		w.enrichPhone(e)
	}
}

func (w *Worker) enrichBrowser(p *chat.Parcel, e *chat.Event, policy string) {
	s := *e.Session // the adapter's; events are values, so ours is a copy
	if s.UserAgent == "" {
		s.UserAgent = p.Client.UserAgent
	}
	s.IPPolicy = policy
	if address, err := netip.ParseAddr(p.Client.IP); err == nil {
		s.IP = geo.ApplyPolicy(policy, p.Client.IP)
		if place, ok := w.places.IP(address); ok {
			s.Geo = &place
		}
	}
	if device := w.places.Device(s.UserAgent, p.Client); device != (chat.Device{}) {
		s.Device = &device
	}
	if s.StartedAt.IsZero() {
		s.StartedAt = p.ReceivedAt
	}
	if s.SeenAt.IsZero() {
		s.SeenAt = p.ReceivedAt
	}
	e.Session = &s
}

// enrichPhone gives a conversation the place its number is from.
func (w *Worker) enrichPhone(e *chat.Event) {
	number := e.Aliases["phone"]
	if e.KeyType == chat.IdentityPhone {
		number = e.ContactKey
	}
	if number == "" {
		return
	}
	place, ok := w.places.Phone(number)
	if !ok {
		return
	}
	var s chat.Session
	if e.Session != nil {
		s = *e.Session
	}
	s.Geo = &place
	e.Session = &s
}
