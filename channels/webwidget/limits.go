package webwidget

import (
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// How many sources are remembered. Beyond it the longest silent one is forgotten and starts with a full bucket again: the
// limits get softer under a flood of addresses, memory does not grow.
const (
	maxSources = 16384
	maxInboxes = 1024
)

// limits are the token buckets of addresses, visitors and inboxes.
type limits struct {
	addresses, sessions, visitors, inboxes *buckets
}

func newLimits(cfg RateLimits) (*limits, error) {
	var l limits
	for _, b := range []struct {
		into           **buckets
		rate, fallback Rate
		size           int
	}{
		{&l.addresses, cfg.PerIP, Rate{200, 1000}, maxSources},
		{&l.sessions, cfg.SessionsPerIP, Rate{5, 60}, maxSources},
		{&l.visitors, cfg.PerVisitor, Rate{50, 200}, maxSources},
		{&l.inboxes, cfg.PerInbox, Rate{5000, 20000}, maxInboxes},
	} {
		made, err := newBuckets(b.rate, b.fallback, b.size)
		if err != nil {
			return nil, err
		}
		*b.into = made
	}
	return &l, nil
}

// address charges whoever posts events, session whoever asks for a session.
func (l *limits) address(addr netip.Addr, now time.Time) bool {
	return l.addresses.takeAddr(addr, now)
}

func (l *limits) session(addr netip.Addr, now time.Time) bool {
	return l.sessions.takeAddr(addr, now)
}

// events charges a visitor for each event and the inbox for the request.
func (l *limits) events(inbox, visitor string, n int, now time.Time) bool {
	return l.visitors.take(inbox+"|"+visitor, n, now) && l.inboxes.take(inbox, 1, now)
}

// buckets is one kind of limit.
type buckets struct {
	rate    Rate
	entries *lru.Cache[string, *rate.Limiter]
}

func newBuckets(want, fallback Rate, size int) (*buckets, error) {
	if want.PerSecond == 0 {
		want.PerSecond = fallback.PerSecond
	}
	if want.Burst <= 0 {
		want.Burst = max(fallback.Burst, int(want.PerSecond))
	}
	entries, err := lru.New[string, *rate.Limiter](size)
	if err != nil {
		return nil, err
	}
	return &buckets{rate: want, entries: entries}, nil
}

// takeAddr charges an address. Loopback is exempt and an unknown address cannot be charged; IPv6 is charged by /64, which is
// what one household or host gets.
func (b *buckets) takeAddr(addr netip.Addr, now time.Time) bool {
	if !addr.IsValid() || addr.IsLoopback() {
		return true
	}
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	return b.take(addr.String(), 1, now)
}

// take charges n tokens, at most a full bucket: otherwise something larger than the bucket could never pass.
func (b *buckets) take(key string, n int, now time.Time) bool {
	if b.rate.PerSecond < 0 {
		return true
	}
	l, ok := b.entries.Get(key)
	if !ok {
		fresh := rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
		if prior, there, _ := b.entries.PeekOrAdd(key, fresh); there {
			l = prior
		} else {
			l = fresh
		}
	}
	return l.AllowN(now, min(max(n, 1), b.rate.Burst))
}
