// Package webwidget speaks the contract of Switchboard's own web widget: sessions issued to browsers, events and offline
// flushes posted by pages, and identities proven by the customer's server. Everything a browser says is a claim; only the
// session signature and an identity proof are trusted.
package webwidget

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"switchboard/channels"
	"switchboard/chat"
)

// An inbox is a widget prepared for checking.
type inbox struct {
	Widget
	origins    map[string]bool
	signingKey []byte
}

// Adapter is the web widget channel. It is safe for concurrent use.
type Adapter struct {
	inboxes  map[string]*inbox
	origins  map[string]bool // of all widgets
	sessions sessionSigner
	limits   *limits
	zones    *lru.Cache[string, bool] // names of time zones seen, and whether they exist
}

// maxZones bounds the names remembered; there are some 600 that exist.
const maxZones = 1024

var (
	_ channels.Adapter       = (*Adapter)(nil)
	_ channels.SessionIssuer = (*Adapter)(nil)
)

// New builds the adapter. key is the installation's secret key (SWITCHBOARD_SECRET_KEY); sessions issued under another key
// are not accepted.
func New(cfg Config, key []byte) (*Adapter, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(key) < minSecret {
		return nil, fmt.Errorf("webwidget: the secret key must have at least %d bytes: %w", minSecret, chat.ErrInvalid)
	}
	l, err := newLimits(cfg.RateLimits)
	if err != nil {
		return nil, fmt.Errorf("webwidget: rate limits: %w", err)
	}
	zones, err := lru.New[string, bool](maxZones)
	if err != nil {
		return nil, fmt.Errorf("webwidget: zones: %w", err)
	}
	a := &Adapter{zones: zones, inboxes: make(map[string]*inbox, len(cfg.Widgets)), origins: make(map[string]bool), sessions: newSessionSigner(key), limits: l}
	for _, w := range cfg.Widgets {
		in := &inbox{Widget: w, origins: make(map[string]bool, len(w.Origins))}
		if in.signingKey, err = signingKey(w.Secret); err != nil {
			return nil, err
		}
		for _, o := range w.Origins {
			in.origins[o] = true
			a.origins[o] = true
		}
		a.inboxes[w.ID] = in
	}
	return a, nil
}

// Channel names the channel.
func (a *Adapter) Channel() chat.Channel { return chat.WebWidget }

// AllowsOrigin reports whether any configured widget lists the origin. It answers CORS; it authenticates nobody.
func (a *Adapter) AllowsOrigin(origin string) bool { return a.origins[origin] }

// IssueSession answers {"inbox_id": ...} from an allowed page, or from a server that signs, with a new visitor.
func (a *Adapter) IssueSession(r *channels.Request) (visitorID, sessionID string, err error) {
	if !a.limits.session(clientAddr(r), r.ReceivedAt) {
		return "", "", errTooMany
	}
	if err := checkShape(r.Body); err != nil {
		return "", "", err
	}
	var asked struct {
		InboxID string `json:"inbox_id"`
	}
	if err := json.Unmarshal(r.Body, &asked); err != nil {
		return "", "", decodeRefusal(err)
	}
	in, ok := a.inboxes[asked.InboxID]
	if !ok {
		return "", "", errInbox
	}
	if err := in.admit(r); err != nil {
		return "", "", err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return "", "", fmt.Errorf("webwidget: new visitor: %w", chat.ErrUnavailable)
	}
	visitorID = id.String()
	return visitorID, a.sessions.sign(asked.InboxID, visitorID), nil
}

// admit lets a browser in by its Origin and a server by its signature.
func (in *inbox) admit(r *channels.Request) error {
	origins := r.HeaderAll("Origin")
	if len(origins) == 0 {
		if !signed(in.signingKey, r) {
			return errSignature
		}
		return nil
	}
	if len(origins) > 1 || !in.origins[origins[0]] {
		return errOrigin
	}
	return nil
}

// Split keeps a body whole: a flush belongs to one visitor. It reads the inbox, the visitor and the number of events.
func (a *Adapter) Split(body []byte) []chat.Parcel {
	f, err := readFlush(body)
	if err != nil {
		return []chat.Parcel{{Key: string(chat.WebWidget), Value: body}}
	}
	return []chat.Parcel{{Account: f.inbox, Key: f.inbox + "|" + f.visitor.ID, Elements: len(f.raw), Value: body}}
}

// clientAddr is the address of whoever posted, or the zero address when the gateway does not know it.
func clientAddr(r *channels.Request) netip.Addr {
	addr, err := netip.ParseAddr(strings.TrimSpace(r.Client.IP))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// Verify admits the request, checks the visitor's session and every identity proof, and refuses content the contract does
// not allow, so that nothing unproven reaches the log. A flush is taken whole or not at all.
func (a *Adapter) Verify(r *channels.Request) (secret string, err error) {
	if !a.limits.address(clientAddr(r), r.ReceivedAt) {
		return "", errTooMany
	}
	f, err := readFlush(r.Body)
	if err != nil {
		return "", err
	}
	in, ok := a.inboxes[f.inbox]
	if !ok {
		return "", errInbox
	}
	if err := in.admit(r); err != nil {
		return "", err
	}
	if !a.sessions.valid(f.inbox, f.visitor.ID, f.visitor.SessionID) {
		return "", errSession
	}
	if !a.limits.events(f.inbox, f.visitor.ID, len(f.raw), r.ReceivedAt) {
		return "", errTooMany
	}
	return "0", a.verifyElements(in, f, r.ReceivedAt)
}

func (a *Adapter) verifyElements(in *inbox, f *flush, at time.Time) error {
	if n := len(f.raw); n == 0 || n > maxBatch {
		return errBatchSize
	}
	var proven visitor // the last one checked: the elements of a flush repeat it
	for _, raw := range f.raw {
		el, err := f.element(raw)
		if err != nil {
			return err
		}
		if el.Visitor != proven {
			if !a.sessions.valid(f.inbox, el.Visitor.ID, el.Visitor.SessionID) {
				return errSession
			}
			if err := in.prove(el.Visitor, at); err != nil {
				return err
			}
			proven = el.Visitor
		}
		if err := el.check(); err != nil {
			return err
		}
	}
	return nil
}
