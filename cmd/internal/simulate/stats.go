package simulate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"switchboard/chat"
)

// latencyBuckets divide 10 µs to some 40 s into steps of 5 %.
const (
	latencyBuckets = 320
	latencyLowest  = 10 * time.Microsecond
	latencyStep    = 1.05
)

// stats are the simulator's own books. Their size does not depend on how long it plays.
type stats struct {
	mu      sync.Mutex
	begun   time.Time
	sum     Summary
	latency [latencyBuckets]int64
}

func newStats() *stats {
	return &stats{sum: Summary{Refused: map[int]int64{}, Channels: map[chat.Channel]int64{}}}
}

// A Summary is what happened so far. Every update that was made is acknowledged, given up or still under way.
type Summary struct {
	Elapsed    time.Duration          `json:"elapsed"`
	Posted     int64                  `json:"posted"`     // requests
	Accepted   int64                  `json:"accepted"`   // requests answered with 200
	Updates    int64                  `json:"updates"`    // in accepted requests, duplicates included
	Duplicates int64                  `json:"duplicates"` // webhooks posted a second time on purpose
	Retries    int64                  `json:"retries"`
	GivenUp    int64                  `json:"given_up"` // updates never acknowledged: refused for good, or still refused at the end
	Refused    map[int]int64          `json:"refused"`  // by status; 0: no answer
	Channels   map[chat.Channel]int64 `json:"channels"` // accepted updates
	P50        time.Duration          `json:"p50"`
	P99        time.Duration          `json:"p99"`
	Err        error                  `json:"-"` // why it stopped by itself, if it did
}

func (s *stats) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stats) begin(now time.Time) { s.locked(func() { s.begun = now }) }
func (s *stats) duplicate()          { s.locked(func() { s.sum.Duplicates++ }) }
func (s *stats) retried()            { s.locked(func() { s.sum.Retries++ }) }
func (s *stats) givenUp(updates int) { s.locked(func() { s.sum.GivenUp += int64(updates) }) }

func (s *stats) fatal(err error) {
	s.locked(func() {
		if s.sum.Err == nil {
			s.sum.Err = err
		}
	})
}

func (s *stats) accepted(channel chat.Channel, updates int) {
	s.locked(func() {
		s.sum.Accepted++
		s.sum.Updates += int64(updates)
		s.sum.Channels[channel] += int64(updates)
	})
}

func (s *stats) answered(status int, took time.Duration) {
	s.locked(func() {
		s.sum.Posted++
		if status != 200 {
			s.sum.Refused[status]++
			return
		}
		at := int(math.Log(float64(max(took, latencyLowest))/float64(latencyLowest)) / math.Log(latencyStep))
		s.latency[min(at, latencyBuckets-1)]++
	})
}

func (s *stats) summary(now time.Time) Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.sum
	sum.Elapsed = now.Sub(s.begun)
	sum.Refused, sum.Channels = maps.Clone(s.sum.Refused), maps.Clone(s.sum.Channels)
	sum.P50, sum.P99 = s.percentile(50), s.percentile(99)
	return sum
}

func (s *stats) percentile(p int64) time.Duration {
	var total, seen int64
	for _, n := range s.latency {
		total += n
	}
	for i, n := range s.latency {
		if seen += n; n > 0 && seen*100 >= total*p {
			return time.Duration(float64(latencyLowest) * math.Pow(latencyStep, float64(i+1)))
		}
	}
	return 0
}

// Line is the summary in one line, for a progress display.
func (s Summary) Line() string {
	perSecond := 0.0
	if seconds := s.Elapsed.Seconds(); seconds > 0 {
		perSecond = float64(s.Accepted) / seconds
	}
	line := fmt.Sprintf("%s  %d accepted  %.1f/s  p50 %s  p99 %s", s.Elapsed.Round(time.Second), s.Accepted, perSecond, brief(s.P50), brief(s.P99))
	if len(s.Refused) > 0 {
		line += "  refused " + s.refusals()
	}
	return line
}

// refusals lists how often which status came, "no answer" for none.
func (s Summary) refusals() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(s.Refused)) {
		name := fmt.Sprint(status)
		if status == 0 {
			name = "no answer"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", name, s.Refused[status]))
	}
	return strings.Join(parts, ", ")
}

// String is the summary in several lines.
func (s Summary) String() string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("time", "%s", s.Elapsed.Round(time.Millisecond))
	row("posted", "%d requests, %d of them retries, %d duplicates on purpose", s.Posted, s.Retries, s.Duplicates)
	row("accepted", "%d requests with %d updates", s.Accepted, s.Updates)
	for _, c := range slices.Sorted(maps.Keys(s.Channels)) {
		row("", "%d %s", s.Channels[c], c)
	}
	if len(s.Refused) > 0 {
		row("refused", "%s", s.refusals())
	}
	if s.GivenUp > 0 {
		row("given up", "%d updates were never acknowledged", s.GivenUp)
	}
	if s.Accepted > 0 {
		row("answer time", "p50 %s, p99 %s", brief(s.P50), brief(s.P99))
	}
	return b.String()
}

func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}
