package ingest

import "sync/atomic"

// An admission bounds what the gateway holds while the log has not acknowledged it: requests and their bytes. Beyond the
// bound nothing waits, the sender is told to come back.
type admission struct {
	maxRequests, maxBytes int64
	requests, bytes       atomic.Int64
}

// enter reports whether a request of size bytes may be taken in. When it may, leave must follow.
func (a *admission) enter(size int) bool {
	requests, bytes := a.requests.Add(1), a.bytes.Add(int64(size))
	if requests <= a.maxRequests && (bytes <= a.maxBytes || requests == 1) {
		return true
	}
	a.leave(size)
	return false
}

func (a *admission) leave(size int) {
	a.bytes.Add(int64(-size))
	a.requests.Add(-1)
}
