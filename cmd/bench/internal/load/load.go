// Package load posts signed WhatsApp webhooks and says how they were answered. It is the benchmark's generator, made to cost
// little on the cores it shares with what it measures: one thread, one epoll loop, bodies signed from saved hash states.
package load

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A Spec says what to post.
type Spec struct {
	Address string // host:port, IPv4
	Secret  string // the app secret that signs
	Number  string // phone number id the messages are for
	WABA    string // its business account
	Run     string // part of every message id, so that two runs never share one

	Connections int
	Rate        float64       // requests a second, open loop; 0: each connection posts again as soon as it was answered
	Warmup      time.Duration // not measured
	Duration    time.Duration // measured
	Requests    int64         // stop after so many; 0: only the time counts

	Contacts int // different people, in turns
	BodySize int // bytes
}

// Validate reports what a run cannot work with.
func (s *Spec) Validate() error {
	if _, err := netip.ParseAddrPort(s.Address); err != nil {
		return fmt.Errorf("load: address: %w", err)
	}
	if s.Connections < 1 || s.Contacts < 1 || s.Duration <= 0 || s.Rate < 0 {
		return fmt.Errorf("load: needs connections, contacts and a duration, has %d, %d and %s", s.Connections, s.Contacts, s.Duration)
	}
	return nil
}

// A Result says how the requests were answered.
type Result struct {
	Sent     int64         `json:"sent"`     // requests written, warm-up included
	Accepted int64         `json:"accepted"` // answered 200, warm-up included
	Refused  map[int]int64 `json:"refused"`  // other answers by status
	Broken   int64         `json:"broken"`   // connections that ended with a request on them
	Late     int64         `json:"late"`     // requests without an answer when the run ended

	Measured Window  `json:"measured"`
	CPU      float64 `json:"cpu_seconds"` // the generator's own, in the window
}

// A Window is what happened after the warm-up.
type Window struct {
	Accepted int64   `json:"accepted"`
	Seconds  float64 `json:"seconds"`
	Answer   Times   `json:"answer"`
}

// PerSecond is the rate of accepted requests.
func (w Window) PerSecond() float64 {
	if w.Seconds == 0 {
		return 0
	}
	return float64(w.Accepted) / w.Seconds
}

// Times are percentiles in milliseconds, exact: every single time was kept.
type Times struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// TimesOf sorts the durations in place.
func TimesOf(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		i := min(int(share*float64(len(all))), len(all)-1)
		return float64(all[i]) / float64(time.Millisecond)
	}
	return Times{Count: len(all), P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: at(1)}
}

// A Progress tells how far a run is.
type Progress struct {
	Measuring bool          // the warm-up is over
	Elapsed   time.Duration // of the whole run
	Accepted  int64
}
