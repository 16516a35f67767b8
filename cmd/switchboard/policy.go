package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"switchboard/chat"
	"switchboard/geo"
)

// policyLife is how long a process goes on with the address policy it read last: the longest an administrator waits for a
// change to reach every worker.
const policyLife = 5 * time.Second

// settingsReader reads the workspace's settings.
type settingsReader interface {
	Settings(ctx context.Context) (chat.Settings, error)
}

// An ipPolicy answers what to keep of visitors' addresses: what the workspace set, else what the process is configured to.
type ipPolicy struct {
	settings   settingsReader
	configured string
	clock      func() time.Time

	mu    sync.Mutex
	value string // empty: never read
	until time.Time
}

func newIPPolicy(settings settingsReader, configured string) *ipPolicy {
	return &ipPolicy{settings: settings, configured: configured, clock: time.Now}
}

// now is the policy in force. When it cannot be read it is the one read last; before the first reading nothing is kept, as
// the workspace may have said so.
func (p *ipPolicy) now(ctx context.Context) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.clock()
	if p.value != "" && at.Before(p.until) {
		return p.value
	}
	settings, err := p.settings.Settings(ctx)
	if err != nil {
		return cmp.Or(p.value, geo.PolicyNone)
	}
	p.value, p.until = cmp.Or(settings.IPPolicy, p.configured, geo.PolicyNone), at.Add(policyLife)
	return p.value
}
