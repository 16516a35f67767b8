package seed

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/cmd/internal/simulate"
)

// A talk is one conversation on its way into the store.
type talk struct {
	random      *rand.Rand
	who         *somebody
	first, open bool // the person's first one; their last one, which may still be open
	long        bool
	begun, last time.Time
	events      []chat.Event

	contact, conversation string // once they are stored
	closed                bool   // at the end
}

func (t *talk) chance(percent int) bool { return t.random.IntN(100) < percent }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// talk invents the n-th conversation. Conversations begin one after the other, evenly over the time.
func (f *filler) talk(n int) *talk {
	t := &talk{
		random: rand.New(rand.NewPCG(f.spec.Seed, uint64(n)+1<<32)), //nolint:gosec // invented talk needs no secrecy
		who:    f.people.of(n), first: n < f.spec.Contacts, open: n+f.spec.Contacts >= f.spec.Conversations, long: n%longEvery == longEvery/2,
	}
	back := f.spec.Over / time.Duration(f.spec.Conversations) * time.Duration(f.spec.Conversations-n)
	t.begun = f.spec.Until.Add(-back).UTC().Truncate(time.Millisecond)
	count := 1 + t.random.IntN(2*f.spec.MessagesPer-1)
	if t.long {
		count = f.spec.MessagesPer * longTimes
	}
	// Whoever begins the next one must have ended this one: all of it happens between two turns of the same person.
	step := min(4*time.Minute, f.spec.Over/time.Duration(f.spec.Conversations)*time.Duration(f.spec.Contacts)/time.Duration(2*count))
	at := t.begun
	for m, line := range t.lines(count) {
		t.events = append(t.events, f.event(t, n, m, line, at))
		t.last = at
		at = at.Add(step/2 + time.Duration(t.random.Int64N(int64(step/2)+1))).Truncate(time.Millisecond)
	}
	return t
}

// lines are what is said, the customer first. Lines that begin with "<" are the business's.
func (t *talk) lines(count int) []string {
	talks := simulate.Dialogues(t.who.Language)
	var lines []string
	for len(lines) < count {
		lines = append(lines, pick(t.random, talks)...)
		if t.chance(40) {
			lines = append(lines, fmt.Sprintf("%s: %d, %s", pick(t.random, references()), 10000+t.random.IntN(90000), pick(t.random, things())))
		}
	}
	lines[0] = strings.TrimPrefix(lines[0], "<")
	return lines[:count]
}

func (f *filler) event(t *talk, n, m int, line string, at time.Time) chat.Event {
	text, business := strings.CutPrefix(line, "<")
	id := fmt.Sprintf("seed-%d-%d-%d", f.spec.Seed, n, m)
	w := t.who
	e := chat.Event{
		ID: chat.EventID("seed", id), Kind: chat.KindMessage, Channel: w.channel, Account: account(w.channel), ContactKey: w.key, KeyType: w.identity.Kind,
		Identities: []chat.Identity{w.identity}, ContactName: w.shown, Direction: chat.Inbound, MessageID: id, Type: "text", Text: text,
		Timestamp: at, ReceivedAt: at.Add(time.Second), RequestID: fmt.Sprintf("seed-%d", n), Position: chat.Position{Partition: seedPartition, Offset: f.offset},
	}
	f.offset++
	if business {
		e.Kind, e.Direction, e.ContactName = chat.KindEcho, chat.Outbound, ""
	}
	if m == 0 {
		e.Session, e.Profile = w.session(at), w.profile(at)
		if w.channel == chat.WebWidget {
			e.Aliases = map[string]string{"visitor_id": w.identity.Value}
		}
	} else if w.channel == chat.WebWidget {
		e.Aliases = map[string]string{"visitor_id": w.identity.Value}
	}
	return e
}

// seedPartition is one no log has, so that nothing seeded is mistaken for a record of one.
const seedPartition = 1 << 20

func account(c chat.Channel) string {
	switch c {
	case chat.WhatsApp:
		return "880000000000001"
	case chat.Instagram:
		return "17841400000000001"
	default:
		return "wgt_seed_01"
	}
}

// handle does with a conversation what agents would have done.
func (f *filler) handle(c *chat.Conversation, t *talk) error {
	r, at := t.random, t.last.Add(time.Minute)
	by := "Switchboard"
	if len(f.spec.Agents) > 0 {
		agent := pick(r, f.spec.Agents)
		by = agent.Name
		if !t.open || t.chance(65) {
			if err := c.Assign(agent.ID, agent.Name, by, at); err != nil {
				return err
			}
			c.MarkRead(agent.ID, at)
		}
	}
	if len(f.spec.Departments) > 0 && t.chance(cmp.Or(f.spec.Routed, 50)) {
		c.Department = pick(r, f.spec.Departments).ID
	}
	for range r.IntN(3) {
		if len(f.spec.Labels) > 0 {
			if err := c.AddLabel(f.spec.Labels[min(r.IntN(len(f.spec.Labels)), r.IntN(len(f.spec.Labels)))], by, at); err != nil {
				return err
			}
		}
	}
	if t.chance(12) {
		if err := c.SetPriority(pick(r, []string{"low", "high", "high", "urgent"}), by, at); err != nil {
			return err
		}
	}
	c.Flagged = t.chance(3)
	state := chat.StateClosed
	if t.open {
		state = pick(r, []chat.State{chat.StateOpen, chat.StateOpen, chat.StateOpen, chat.StateOpen, chat.StatePending, chat.StateSnoozed, chat.StateClosed, chat.StateClosed})
	}
	t.closed = state == chat.StateClosed
	if state == chat.StateSnoozed {
		c.SnoozedUntil = f.spec.Until.Add(time.Duration(1+r.IntN(14)) * 24 * time.Hour)
	}
	if state == chat.StateClosed {
		c.Sentiment = pick(r, []string{"", "positive", "neutral", "negative"})
		c.Closing = &chat.Closing{Sentiment: c.Sentiment, Notes: pick(r, []string{"", "", "Solved on first contact.", "Refund sent."}), By: by, At: at}
	}
	return c.SetState(state, by, at)
}
