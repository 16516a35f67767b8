package dashboard

import (
	"net/netip"
	"sync"
	"time"
)

// A throttle slows down whoever guesses passwords. Failures count per address of the caller, and per caller and e-mail; never
// per e-mail alone, so that nobody can lock somebody else out.
type throttle struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[string]*failures
}

type failures struct {
	count int
	last  time.Time
}

// Bounds of the throttle. After the free attempts the wait doubles with each failure up to maxWait; a quiet forgetAfter wipes
// the slate. The table is bounded: when it is full, the entries that have been quiet longest go.
const (
	freePerPerson = 5
	freePerCaller = 40
	firstWait     = 2 * time.Second
	maxWait       = 5 * time.Minute
	forgetAfter   = 15 * time.Minute
	maxTracked    = 20_000
)

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, seen: map[string]*failures{}}
}

// begin says how long this caller has to wait before trying this e-mail again. Zero means now, and the try counts as a failure
// until succeeded takes that back: tries that run at the same time must not all find the slate clean. An empty e-mail is of
// nobody in particular: what a provider sends back names nobody before it is confirmed, and colleagues share an address.
func (t *throttle) begin(caller, email string) time.Duration {
	caller = household(caller)
	t.mu.Lock()
	defer t.mu.Unlock()
	wait := t.left(caller, freePerCaller)
	if email != "" {
		wait = max(wait, t.left(caller+"\n"+email, freePerPerson))
	}
	if wait > 0 {
		return wait
	}
	t.count(caller)
	if email != "" {
		t.count(caller + "\n" + email)
	}
	return 0
}

func (t *throttle) left(key string, free int) time.Duration {
	f, ok := t.seen[key]
	if !ok || f.count < free || t.now().Sub(f.last) > forgetAfter {
		return 0
	}
	pause := maxWait
	if n := f.count - free; n < 10 {
		pause = min(maxWait, firstWait<<n)
	}
	return max(0, pause-t.now().Sub(f.last))
}

func (t *throttle) count(key string) {
	f, ok := t.seen[key]
	if !ok || t.now().Sub(f.last) > forgetAfter {
		f = &failures{}
		t.make(key, f)
	}
	f.count++
	f.last = t.now()
}

// succeeded forgets the failures of this person at this caller; the caller's own count keeps the others, or one good password
// would allow to go on guessing others.
func (t *throttle) succeeded(caller, email string) {
	caller = household(caller)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, caller+"\n"+email)
	if f, ok := t.seen[caller]; ok && f.count > 0 {
		f.count--
	}
}

// household is the address, or for IPv6 its /64: one caller has all the addresses in there.
func household(caller string) string {
	addr, err := netip.ParseAddr(caller)
	if err != nil || !addr.Is6() || addr.Is4In6() {
		return caller
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return caller
	}
	return prefix.String()
}

func (t *throttle) make(key string, f *failures) {
	if len(t.seen) >= maxTracked {
		t.forget()
	}
	t.seen[key] = f
}

// forget drops what is over, or the quietest half when everything is recent.
func (t *throttle) forget() {
	for _, after := range []time.Duration{forgetAfter, maxWait, time.Minute, 0} {
		for key, f := range t.seen {
			if t.now().Sub(f.last) >= after {
				delete(t.seen, key)
			}
		}
		if len(t.seen) < maxTracked/2 {
			return
		}
	}
}
