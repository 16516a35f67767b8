// Package channels is the seam between the gateway and the platforms: what an adapter must do, and the set of adapters a
// process runs with. Adding a channel is one package that implements Adapter and one line where the set is built.
package channels

import (
	"fmt"
	"slices"
	"time"

	"switchboard/chat"
)

// A Request is a webhook as it arrived. Nothing in it is trusted before Verify.
type Request struct {
	Header     func(name string) string // first value of a header; "" when absent
	HeaderAll  func(name string) []string
	Body       []byte // raw bytes; owned by the caller, must not be kept or changed
	Client     chat.Client
	ReceivedAt time.Time
}

// An Adapter translates one platform. Its methods are pure and safe for concurrent use; none of them blocks.
type Adapter interface {
	Channel() chat.Channel

	// Verify proves that the request comes from who it claims and says which configured secret proved it ("0" is the
	// current one). Errors wrap chat.ErrUnauthenticated (401), chat.ErrForbidden (403), chat.ErrInvalid (422) or
	// chat.ErrTooMany (429); their text is fixed and safe to show.
	Verify(r *Request) (secret string, err error)

	// Split finds whose message each element is and cuts the body into parcels, one for each person, in the order in which
	// the persons first appear. Only Account, Key, Elements and Value of a parcel are set. A body about one person (nearly
	// always), and a body it cannot cut, travels whole in one parcel whose Value is the body itself. Split never rejects an
	// authentic body and loses no element. It is on the intake path: it decodes no more than it needs.
	Split(body []byte) []chat.Parcel

	// Parse turns a parcel into events, one for each element, in the order of the body. It never fails: what cannot be read
	// becomes an event of KindUnreadable with the element's bytes in Raw, what needs no action one of KindIgnored with a
	// Reason. Element ids do not depend on how Split cut the body. RequestID, ReceivedAt and Position are left to the caller.
	Parse(p chat.Parcel) []chat.Event
}

// A Handshaker answers a platform's GET that proves we own the endpoint. query gives the raw query value of a key.
type Handshaker interface {
	// Handshake returns the text to answer with, or an error wrapping chat.ErrForbidden.
	Handshake(query func(key string) string) (challenge string, err error)
}

// A SessionIssuer hands a browser the identity it will post with, and knows which pages may ask (CORS).
type SessionIssuer interface {
	// IssueSession answers body ({"inbox_id": ...}) with a new visitor. Errors as for Verify.
	IssueSession(r *Request) (visitorID, sessionID string, err error)
	// AllowsOrigin reports whether any configured widget lists the origin.
	AllowsOrigin(origin string) bool
}

// A Set is the adapters of a process by channel.
type Set struct {
	byChannel map[chat.Channel]Adapter
	order     []chat.Channel
}

// NewSet collects adapters; two for one channel are an error.
func NewSet(adapters ...Adapter) (*Set, error) {
	s := &Set{byChannel: make(map[chat.Channel]Adapter, len(adapters))}
	for _, a := range adapters {
		c := a.Channel()
		if s.byChannel[c] != nil {
			return nil, fmt.Errorf("channels: two adapters for %q", c)
		}
		s.byChannel[c] = a
		s.order = append(s.order, c)
	}
	slices.Sort(s.order)
	return s, nil
}

// Get returns the adapter of a channel.
func (s *Set) Get(c chat.Channel) (Adapter, bool) {
	a, ok := s.byChannel[c]
	return a, ok
}

// Channels lists the channels in alphabetical order.
func (s *Set) Channels() []chat.Channel { return append([]chat.Channel(nil), s.order...) }
