package stream

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errStalled = errors.New("stream: consumer stalled")

// A suspicion is something that ought to move and did not, since when.
type suspicion struct {
	at    int64
	since time.Time
}

// watch ends the membership when it makes no progress for StallTimeout although the brokers answer: a reader that does not
// read what is there, offsets that are not committed, or no partitions at all from a group that does not come about. A
// handler that takes its time is no stall.
func (m *member) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	timeout := m.log.cfg.StallTimeout
	ticker := time.NewTicker(timeout / 5)
	defer ticker.Stop()
	suspects := make(map[string]suspicion)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			list, err := extents(ctx, m.log.client, m.log.topics.inbound)
			if err != nil {
				clear(suspects) // nobody can make progress now
				continue
			}
			if err := m.suspect(suspects, list, now, timeout); err != nil {
				cancel(err)
				return
			}
		}
	}
}

// suspect compares with what it saw the last time and says what has stood still for too long.
func (m *member) suspect(suspects map[string]suspicion, list []extent, now time.Time, timeout time.Duration) error {
	m.mu.Lock()
	g, idleSince := m.current, m.idleSince
	m.mu.Unlock()
	if g == nil {
		clear(suspects)
		if now.Sub(idleSince) < timeout+m.log.cfg.SessionTimeout {
			return nil
		}
		return fmt.Errorf("%w: no partitions were assigned since %s", errStalled, idleSince.Format(time.RFC3339))
	}
	for p, r := range g.readers {
		if p >= len(list) {
			continue
		}
		position, handled, committed := r.position.Load(), r.handled.Load(), r.committed.Load()
		reading := fmt.Sprintf("reading of partition %d", p)
		if stuck(suspects, reading, position, position < list[p].end && !r.handling.Load(), now, timeout) {
			return fmt.Errorf("%w: %s stands at offset %d of %d", errStalled, reading, position, list[p].end)
		}
		committing := fmt.Sprintf("committing of partition %d", p)
		if stuck(suspects, committing, committed, committed < handled, now, timeout) {
			return fmt.Errorf("%w: %s stands at offset %d of %d", errStalled, committing, committed, handled)
		}
	}
	return nil
}

// stuck notes where something stands and reports whether it has stood there, with work to do, for the whole timeout.
func stuck(suspects map[string]suspicion, what string, at int64, pending bool, now time.Time, timeout time.Duration) bool {
	seen, known := suspects[what]
	switch {
	case !pending:
		delete(suspects, what)
		return false
	case !known || seen.at != at:
		suspects[what] = suspicion{at: at, since: now}
		return false
	}
	return now.Sub(seen.since) >= timeout
}
