package simulate

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"switchboard/chat"
)

// A playground holds the people who are not writing at the moment. A person is with one sender at a time, so what one
// person says is posted one after the other, as their telephone would.
type playground struct {
	mu     sync.Mutex
	random *rand.Rand
	idle   map[group][]*person
	groups []group // non-empty at the start; weights by number of people
	total  int
}

// A group is people whose updates may share a webhook: Meta's bodies are one business account each, a widget's one visitor.
type group struct {
	channel chat.Channel
	account int
}

func newPlayground(cfg Config, channels []chat.Channel) *playground {
	g := &playground{random: newRandom(cfg.Seed, -1), idle: map[group][]*person{}}
	c := newCast(cfg.Seed)
	for n := range cfg.Contacts {
		p := &person{persona: c.persona(n), channel: channels[n%len(channels)], random: newRandom(cfg.Seed, n)}
		p.talks = dialogues(p.region.language)
		switch p.channel {
		case chat.WhatsApp:
			p.account = p.random.IntN(len(cfg.WhatsApp.Numbers))
		case chat.Instagram:
			p.account = p.random.IntN(len(cfg.Instagram.Accounts))
		default:
			p.account = p.random.IntN(len(cfg.WebWidget.Widgets))
		}
		k := group{p.channel, p.account}
		if len(g.idle[k]) == 0 {
			g.groups = append(g.groups, k)
		}
		g.idle[k] = append(g.idle[k], p)
		g.total++
	}
	return g
}

// take picks up to n idle people who can share a webhook; none when everybody is busy.
func (g *playground) take(n int) []*person {
	g.mu.Lock()
	defer g.mu.Unlock()
	idle := 0
	for _, k := range g.groups {
		idle += len(g.idle[k])
	}
	if idle == 0 {
		return nil
	}
	at := g.random.IntN(idle)
	for _, k := range g.groups {
		if at >= len(g.idle[k]) {
			at -= len(g.idle[k])
			continue
		}
		if k.channel == chat.WebWidget {
			n = 1
		} else {
			n = 1 + g.random.IntN(n)
		}
		return g.draw(k, n)
	}
	return nil
}

func (g *playground) draw(k group, n int) []*person {
	list := g.idle[k]
	n = min(n, len(list))
	drawn := make([]*person, 0, n)
	for range n {
		i := g.random.IntN(len(list))
		drawn = append(drawn, list[i])
		list[i] = list[len(list)-1]
		list = list[:len(list)-1]
	}
	g.idle[k] = list
	return drawn
}

func (g *playground) put(people []*person) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k := group{people[0].channel, people[0].account}
	g.idle[k] = append(g.idle[k], people...)
}

// A pace lets a number of turns through each second. A sender that falls behind does not make up for it in a burst of more
// than a quarter of a second.
type pace struct {
	mu    sync.Mutex
	every time.Duration
	burst int // turns that are due at once
	turns int
	next  time.Time
}

func newPace(perSecond float64, burst int) *pace {
	p := &pace{next: time.Now(), burst: burst}
	if perSecond > 0 {
		p.every = time.Duration(float64(time.Second) / perSecond)
	}
	return p
}

// wait blocks until the next turn is due and gives its number; false when the context has ended.
func (p *pace) wait(ctx context.Context) (int, bool) {
	p.mu.Lock()
	turn, now := p.turns, time.Now()
	p.turns++
	if p.every == 0 || turn < p.burst {
		p.next = now
		p.mu.Unlock()
		return turn, ctx.Err() == nil
	}
	if earliest := now.Add(-250 * time.Millisecond); p.next.Before(earliest) {
		p.next = earliest
	}
	due := p.next
	p.next = p.next.Add(p.every)
	p.mu.Unlock()
	return turn, nap(ctx, time.Until(due)) == nil
}

// nap sleeps, or returns the context's error when it ends first.
func nap(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
