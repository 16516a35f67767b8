package stream

import (
	"sync"
	"sync/atomic"
	"time"
)

// A record waits in one lane for one delivery. It is an element of the lane's list, so that it can leave from the middle.
type record struct {
	key  string
	wire []byte  // see newRecord
	lent *[]byte // where the memory of wire goes back to, see recycle

	delivery   *delivery
	lane       *lane
	queued     bool // in the lane's list; guarded by the lane
	prev, next *record
}

// recordOverhead is what a record takes on the wire and in memory beside its bytes, generously.
const recordOverhead = 176

func (r *record) cost() int { return len(r.wire) + recordOverhead }

// A delivery is one caller's wait for its records, which may lie on several partitions.
type delivery struct {
	gone atomic.Bool   // the caller stopped waiting
	done chan struct{} // closed when every record is settled

	mu   sync.Mutex
	left int
	err  error // of the first record that failed
}

func newDelivery(n int) *delivery { return &delivery{left: n, done: make(chan struct{})} }

// settle tells the outcome of one record.
func (d *delivery) settle(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil && d.err == nil {
		d.err = err
	}
	if d.left--; d.left == 0 {
		close(d.done)
	}
}

// result may be read once done is closed.
func (d *delivery) result() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// A budget bounds what callers have handed over and nobody has acknowledged.
type budget struct {
	maxBytes, maxRecords int64

	mu             sync.Mutex
	bytes, records int64
}

func (b *budget) take(bytes, records int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes+bytes > b.maxBytes || b.records+records > b.maxRecords {
		return false
	}
	b.bytes += bytes
	b.records += records
	return true
}

func (b *budget) give(bytes, records int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes -= bytes
	b.records -= records
}

// Bounds of one produce request. A request of this size passes a topic's default limit of 1 MiB; only a record that is
// larger by itself needs the larger limit our topics have.
const (
	maxRequestBytes   = 900 << 10
	maxRequestRecords = 5000
)

// failFast is how long a partition may fail before new records for it are refused at once instead of waiting in line.
const failFast = time.Second

// A lane is the queue of one partition. While one batch is in flight everything new waits here and makes up the next.
type lane struct {
	partition int

	mu           sync.Mutex
	head, tail   *record
	length       int
	inFlight     bool      // a batch was taken and is not done
	batch        []*record // memory of the batch in flight
	failingSince time.Time
	failure      error // why, as of the last attempt
	told         bool  // that it fails
	closed       bool
}

func newLane(partition int) *lane {
	return &lane{partition: partition}
}

// refusal says why the lane takes no record now, or nil. A failing lane takes one at a time, to learn when it works again.
func (l *lane) refusal(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return errClosed
	case !l.failingSince.IsZero() && now.Sub(l.failingSince) > failFast && (l.inFlight || l.length > 0):
		return l.failure
	}
	return nil
}

// push adds a record, or says that the lane was closed meanwhile.
func (l *lane) push(r *record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	r.lane, r.queued, r.prev = l, true, l.tail
	if l.tail == nil {
		l.head = r
	} else {
		l.tail.next = r
	}
	l.tail = r
	l.length++
	return nil
}

// withdraw takes a record out of the queue; false when it has left already.
func (l *lane) withdraw(r *record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !r.queued {
		return false
	}
	l.unlink(r)
	return true
}

func (l *lane) unlink(r *record) {
	if r.prev == nil {
		l.head = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.tail = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next, r.queued = nil, nil, false
	l.length--
}

// take gives the next batch, at least one record when there is any, and how many bytes it has; nothing while the last one is
// not done.
func (l *lane) take() (batch []*record, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight {
		return nil, 0
	}
	batch = l.batch[:0]
	for l.head != nil && len(batch) < maxRequestRecords {
		r := l.head
		if bytes+r.cost() > maxRequestBytes && len(batch) > 0 {
			break
		}
		bytes += r.cost()
		l.unlink(r)
		batch = append(batch, r)
	}
	l.inFlight, l.batch = len(batch) > 0, batch
	return batch, bytes
}

// done ends the batch that was taken; its records are settled.
func (l *lane) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.batch) // do not keep what was written alive
	l.inFlight = false
}

// finished reports that nothing is left and nothing will come.
func (l *lane) finished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed && l.head == nil && !l.inFlight
}

// failing notes a failed attempt. It reports true once, when this has gone on for so long that it is news: a leader that
// moves is not.
func (l *lane) failing(err error, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
	if l.failingSince.IsZero() {
		l.failingSince = now
	}
	if l.told || now.Sub(l.failingSince) < failFast/2 {
		return false
	}
	l.told = true
	return true
}

// working notes that the broker answered. When failing was news, it reports for how long it had not.
func (l *lane) working(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var silent time.Duration
	if l.told {
		silent = now.Sub(l.failingSince)
	}
	l.failingSince, l.failure, l.told = time.Time{}, nil, false
	return silent
}

func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}
