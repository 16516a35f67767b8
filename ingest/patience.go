package ingest

import (
	"context"
	"sync"
	"time"
)

// Patience hands out contexts that end after a time which is the same for all requests. Those that begin close together share
// one: a timer for each request costs a tenth of what a webhook costs at full rate, and nobody notices a fiftieth more.
type patience struct {
	time time.Duration

	mu     sync.Mutex
	shared context.Context //nolint:containedctx // handed out for as long as it is fresh
	begun  time.Time
}

// context ends after the time, or up to a fiftieth later; no parent ends it.
func (p *patience) context() context.Context {
	now, fresh := time.Now(), p.time/50
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared == nil || now.Sub(p.begun) >= fresh {
		ctx, cancel := context.WithTimeout(context.Background(), p.time+fresh)
		context.AfterFunc(ctx, cancel)
		p.shared, p.begun = ctx, now
	}
	return p.shared
}
