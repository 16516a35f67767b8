package sqlite

import (
	"sync"
	"time"
)

// How long an estimate is believed, and how many are kept.
const (
	estimateLife = 10 * time.Second
	maxEstimates = 512
	maxEstimated = 1024 // bytes of a key; what names so many values is hardly asked for again
)

// Estimates remember how many documents conditions select, for choosing how a query is answered, never for answering it: the
// same lists are asked for again and again, and counting would take longer than the list.
type estimates struct {
	mu   sync.Mutex
	kept map[string]estimate
}

type estimate struct {
	n     int64
	until time.Time
}

// of counts what it does not remember.
func (e *estimates) of(key string, count func() (int64, error)) (int64, error) {
	if len(key) > maxEstimated {
		return count()
	}
	now := time.Now()
	e.mu.Lock()
	known, ok := e.kept[key]
	e.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.n, nil
	}
	n, err := count()
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kept == nil || len(e.kept) >= maxEstimates {
		e.kept = map[string]estimate{}
	}
	e.kept[key] = estimate{n, now.Add(estimateLife)}
	return n, nil
}
