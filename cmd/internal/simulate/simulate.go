// Package simulate plays the platforms: it posts realistic, correctly signed traffic of WhatsApp, Instagram and the web
// widget to a gateway, retries like they do, and keeps its own books about what was accepted.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"switchboard/chat"
)

// Number is one WhatsApp number of the business.
type Number struct {
	ID, Phone, WABA string
}

func (n Number) digits() string { return strings.TrimPrefix(n.Phone, "+") }

// WhatsApp is what the simulator must know to post as the Cloud API.
type WhatsApp struct {
	Secret  string
	Numbers []Number
}

// Instagram is what the simulator must know to post as Instagram.
type Instagram struct {
	Secret   string
	Accounts []string
}

// Widget is one embedded widget.
type Widget struct {
	ID, Secret, Origin string
}

// WebWidget lists the widgets that visitors use.
type WebWidget struct {
	Widgets []Widget
}

// Config says what to play. Channels without accounts are left out.
type Config struct {
	Target    string // address of the gateway, e.g. http://127.0.0.1:8080
	WhatsApp  WhatsApp
	Instagram Instagram
	WebWidget WebWidget

	Rate       float64       // webhooks per second; 0: as fast as they are answered
	Contacts   int           // people, over all channels; default 50
	Duplicates float64       // share of webhooks that is posted a second time
	Reorder    float64       // share of updates that arrive late, with an older platform time
	Batch      int           // updates in one webhook at most; default 1
	Duration   time.Duration // 0: until the context ends
	Seed       uint64        // the same seed plays the same people; message ids never repeat between seeds
	Senders    int           // webhooks under way at once; default 16
	Forwarded  bool          // send visitors' addresses in X-Forwarded-For; the gateway believes them from trusted proxies only
	Retry      time.Duration // longest pause between attempts; default 10 s
	Burst      int           // so many webhooks at the start do not wait for their turn
	Past       time.Duration // platform times of the burst begin so long ago and end now: a working day at first sight
	Keep       bool          // keep a record of every acknowledged message; grows with them
}

func (c Config) withDefaults() Config {
	if c.Contacts <= 0 {
		c.Contacts = 50
	}
	c.Batch, c.Senders = max(1, c.Batch), max(c.Senders, 0)
	if c.Senders == 0 {
		c.Senders = 16
	}
	if c.Retry <= 0 {
		c.Retry = 10 * time.Second
	}
	c.Target = strings.TrimSuffix(c.Target, "/")
	return c
}

func (c Config) channels() []chat.Channel {
	var list []chat.Channel
	if len(c.WhatsApp.Numbers) > 0 {
		list = append(list, chat.WhatsApp)
	}
	if len(c.Instagram.Accounts) > 0 {
		list = append(list, chat.Instagram)
	}
	if len(c.WebWidget.Widgets) > 0 {
		list = append(list, chat.WebWidget)
	}
	return list
}

// A Message is a message the gateway acknowledged.
type Message struct {
	ID       string
	Channel  chat.Channel
	Account  string
	Person   string // the same for all messages of one person
	Contact  string // contact key, as the ledger names it at that moment
	At       time.Time
	Business bool // an echo: written by the business
}

// A Simulator plays once.
type Simulator struct {
	cfg    Config
	seed   uint64
	start  time.Time
	post   *poster
	stats  *stats
	ground *playground

	mu     sync.Mutex
	record map[string][]Message // by person; nil unless kept
}

// New checks the configuration and invents the people.
func New(cfg Config) (*Simulator, error) {
	cfg = cfg.withDefaults()
	if cfg.Target == "" {
		return nil, errors.New("simulate: no target address")
	}
	channels := cfg.channels()
	if len(channels) == 0 {
		return nil, errors.New("simulate: no channel to play: the channels file names no number, account or widget")
	}
	s := &Simulator{cfg: cfg, seed: cfg.Seed, stats: newStats(), start: time.Now()}
	s.post = newPoster(cfg, s.stats)
	if cfg.Keep {
		s.record = map[string][]Message{}
	}
	s.ground = newPlayground(cfg, channels)
	return s, nil
}

// Run plays until the context or the configured duration ends and answers with what happened. Webhooks under way are
// finished first; only those that are waiting for another attempt are given up, and were never acknowledged.
func (s *Simulator) Run(ctx context.Context) Summary {
	if s.cfg.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.cfg.Duration)
		defer cancel()
	}
	s.stats.begin(time.Now())
	pace := newPace(s.cfg.Rate, s.cfg.Burst)
	var senders sync.WaitGroup
	for range s.cfg.Senders {
		senders.Go(func() {
			for {
				turn, ok := pace.wait(ctx)
				if !ok || s.turn(ctx, s.ago(turn)) != nil {
					return
				}
			}
		})
	}
	senders.Wait()
	s.post.close()
	return s.stats.summary(time.Now())
}

// ago is how long ago the given turn is said to have been.
func (s *Simulator) ago(turn int) time.Duration {
	if turn >= s.cfg.Burst {
		return 0
	}
	return time.Duration(float64(s.cfg.Past) * (1 - float64(turn)/float64(s.cfg.Burst)))
}

// Progress is what happened so far.
func (s *Simulator) Progress() Summary { return s.stats.summary(time.Now()) }

// Record gives every acknowledged message by person (Message.Person), in the order in which they were sent.
func (s *Simulator) Record() map[string][]Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	copied := make(map[string][]Message, len(s.record))
	for k, v := range s.record {
		copied[k] = append([]Message(nil), v...)
	}
	return copied
}

// turn lets some idle people write, as if it were so long ago, posts it until the gateway has it, and notes what was acknowledged.
func (s *Simulator) turn(ctx context.Context, ago time.Duration) error {
	people := s.ground.take(s.cfg.Batch)
	if len(people) == 0 {
		return nap(ctx, time.Millisecond)
	}
	defer s.ground.put(people)
	if people[0].channel == chat.WebWidget && people[0].visitor == "" {
		if err := s.post.session(ctx, s.cfg, people[0]); err != nil {
			return err
		}
	}
	if err := rested(ctx, people); err != nil {
		return err
	}
	w, err := s.webhook(people, time.Now().Add(-ago))
	if err != nil {
		return err
	}
	if err := s.post.deliver(ctx, w); err != nil {
		return err
	}
	s.keep(w)
	for _, p := range people {
		p.acked = time.Now()
	}
	if people[0].random.Float64() < s.cfg.Duplicates {
		s.stats.duplicate()
		return s.post.deliver(ctx, w)
	}
	return nil
}

// rest is the shortest time between two webhooks of one person: longer than the gateway's clock ticks, so that the order in
// which they were sent can be told from when they were received.
const rest = 2 * time.Millisecond

func rested(ctx context.Context, people []*person) error {
	for _, p := range people {
		if err := nap(ctx, time.Until(p.acked.Add(rest))); err != nil {
			return err
		}
	}
	return nil
}

// A webhook is a body on its way with what must become of it.
type webhook struct {
	channel   chat.Channel
	path      string
	body      []byte
	signature string
	origin    string
	agent     string
	address   string
	updates   int
	messages  []Message
}

func (s *Simulator) webhook(people []*person, now time.Time) (*webhook, error) {
	first := people[0]
	w := &webhook{channel: first.channel, path: "/webhooks/" + string(first.channel), updates: len(people)}
	elements := make([]element, len(people))
	for i, p := range people {
		at := s.timeOf(p, now)
		switch p.channel {
		case chat.WhatsApp:
			elements[i] = s.whatsapp(p, at)
		case chat.Instagram:
			elements[i] = s.instagram(p, at)
		default:
			elements[i] = s.webwidget(p, at)
		}
		if m := elements[i].message; m != nil {
			m.Channel, m.Account, m.Person, m.Contact = p.channel, s.account(p), p.bsuid, p.contactKey()
			w.messages = append(w.messages, *m)
		}
	}
	return w, s.seal(w, first, now, elements)
}

// seal makes the body and signs it.
func (s *Simulator) seal(w *webhook, first *person, now time.Time, elements []element) (err error) {
	switch first.channel {
	case chat.WhatsApp:
		w.body, err = s.whatsappBody(s.number(first).WABA, elements)
		w.signature = sign(s.cfg.WhatsApp.Secret, w.body)
	case chat.Instagram:
		w.body, err = s.instagramBody(s.account(first), now, elements)
		w.signature = sign(s.cfg.Instagram.Secret, w.body)
	default:
		w.body, err = s.widgetBody(elements[0])
		w.origin, w.agent = s.cfg.WebWidget.Widgets[first.account].Origin, first.agent
		if s.cfg.Forwarded {
			w.address = first.address
		}
	}
	if err != nil {
		return fmt.Errorf("simulate: encode webhook: %w", err)
	}
	return nil
}

// timeOf is the platform time of a person's next update: now, or some time ago for one that arrives late.
func (s *Simulator) timeOf(p *person, now time.Time) time.Time {
	if p.random.Float64() < s.cfg.Reorder && !p.last.IsZero() {
		return p.last.Add(-time.Duration(3+p.random.IntN(60)) * time.Second)
	}
	p.last = now
	return now
}

func (s *Simulator) account(p *person) string {
	switch p.channel {
	case chat.WhatsApp:
		return s.number(p).ID
	case chat.Instagram:
		return s.cfg.Instagram.Accounts[p.account]
	default:
		return s.cfg.WebWidget.Widgets[p.account].ID
	}
}

func (s *Simulator) keep(w *webhook) {
	if !s.cfg.Keep {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range w.messages {
		s.record[m.Person] = append(s.record[m.Person], m)
	}
}

// newRandom gives a person randomness of their own, so that what they do does not depend on who else is there.
func newRandom(seed uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(seed^0x9e3779b97f4a7c15, uint64(n)+1)) //nolint:gosec // invented traffic needs no secrecy
}
