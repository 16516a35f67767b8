package ingest

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"switchboard/chat"
)

// statuses are the answers an endpoint can give; their counters exist from the start.
func statuses() []int {
	return []int{200, 204, 400, 401, 403, 405, 408, 413, 415, 422, 429, 500, 503}
}

type webhookMetrics struct {
	requests   *prometheus.CounterVec
	ack        *prometheus.HistogramVec
	signatures *prometheus.CounterVec
	elements   *prometheus.CounterVec
	splits     *prometheus.CounterVec
}

func newWebhookMetrics(reg prometheus.Registerer, a *admission) *webhookMetrics {
	f := promauto.With(reg)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "switchboard_webhook_in_flight", Help: "Webhook requests the log has not acknowledged yet."},
		func() float64 { return float64(a.requests.Load()) })
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "switchboard_webhook_in_flight_bytes", Help: "Bytes of webhook bodies the log has not acknowledged yet."},
		func() float64 { return float64(a.bytes.Load()) })
	return &webhookMetrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_webhook_requests_total", Help: "Webhook requests by channel and answer."}, []string{"channel", "code"}),
		ack: f.NewHistogramVec(durations("switchboard_webhook_ack_duration_seconds", "From the whole request read to 200: the log has it.",
			.0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5), []string{"channel"}),
		signatures: f.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_signature_failures_total", Help: "Webhooks whose sender could not be proven."}, []string{"channel"}),
		elements:   f.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_webhook_elements_total", Help: "Elements of accepted webhooks, as counted on intake."}, []string{"channel"}),
		splits:     f.NewCounterVec(prometheus.CounterOpts{Name: "switchboard_webhook_split_failures_total", Help: "Bodies that could not be cut and went into the log whole."}, []string{"channel"}),
	}
}

// An intakeMetrics is the part of one channel, looked up once.
type intakeMetrics struct {
	codes                        map[int]prometheus.Counter
	ack                          prometheus.Observer
	signatures, elements, splits prometheus.Counter
}

func (m *webhookMetrics) of(channel chat.Channel) *intakeMetrics {
	im := &intakeMetrics{
		codes:      map[int]prometheus.Counter{},
		ack:        m.ack.WithLabelValues(string(channel)),
		signatures: m.signatures.WithLabelValues(string(channel)),
		elements:   m.elements.WithLabelValues(string(channel)),
		splits:     m.splits.WithLabelValues(string(channel)),
	}
	for _, s := range statuses() {
		im.codes[s] = m.requests.WithLabelValues(string(channel), strconv.Itoa(s))
	}
	return im
}

func (m *intakeMetrics) answered(status int) {
	if c := m.codes[status]; c != nil {
		c.Inc()
		return
	}
	m.codes[500].Inc()
}

type workerMetrics struct {
	batches     *prometheus.CounterVec
	batchSize   prometheus.Histogram
	applyTime   prometheus.Histogram
	verdicts    *prometheus.CounterVec
	quarantined *prometheus.CounterVec
	platform    *prometheus.HistogramVec
	received    *prometheus.HistogramVec
	contacts    *prometheus.CounterVec
	notify      prometheus.Counter
	panics      *prometheus.CounterVec
	reasons     boundedWords
}

// maxReasons bounds the label values that come out of parsing; further ones are counted as "other".
const maxReasons = 100

// boundedWords lets at most maxReasons different words through.
type boundedWords struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

func (b *boundedWords) word(s string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.seen[s]; ok {
		return s
	}
	if len(b.seen) >= maxReasons {
		return "other"
	}
	if b.seen == nil {
		b.seen = map[string]struct{}{}
	}
	b.seen[s] = struct{}{}
	return s
}

func newWorkerMetrics(reg prometheus.Registerer, known []chat.Channel) *workerMetrics {
	f := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &workerMetrics{
		batches: counter("switchboard_worker_batches_total", "Batches taken from the log, by result: stored, retry (the store or the log did not answer).", "result"),
		batchSize: f.NewHistogram(prometheus.HistogramOpts{
			Name: "switchboard_worker_batch_records", Help: "Records of the log in a batch that was stored in one go.",
			Buckets: []float64{1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500},
		}),
		applyTime:   f.NewHistogram(durations("switchboard_worker_apply_duration_seconds", "Storing one batch.", .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)),
		verdicts:    counter("switchboard_verdicts_total", "Elements by what became of them. Quarantined and ignored ones carry the reason.", "channel", "verdict", "reason"),
		quarantined: counter("switchboard_quarantined_total", "Elements put into quarantine, by reason.", "channel", "reason"),
		platform: f.NewHistogramVec(durations("switchboard_platform_to_stored_seconds", "From the platform's time of a message to stored: what the customer waits.",
			.01, .025, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 3600, 86400), []string{"channel"}),
		received: f.NewHistogramVec(durations("switchboard_received_to_stored_seconds", "From received by the gateway to stored.",
			.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600), []string{"channel"}),
		contacts: counter("switchboard_contacts_created_total", "Contacts made by themselves.", "channel"),
		notify:   f.NewCounter(prometheus.CounterOpts{Name: "switchboard_change_publish_failures_total", Help: "Batches whose changes could not be announced; dashboards catch up by themselves."}),
		panics:   counter("switchboard_worker_panics_total", "Panics contained by the worker, by step.", "step"),
	}
	for _, c := range known {
		for _, v := range []chat.Verdict{chat.Applied, chat.Duplicate} {
			m.verdicts.WithLabelValues(string(c), string(v), "")
		}
		m.contacts.WithLabelValues(string(c))
		m.platform.WithLabelValues(string(c))
		m.received.WithLabelValues(string(c))
	}
	for _, r := range []string{"stored", "retry"} {
		m.batches.WithLabelValues(r)
	}
	for _, s := range []string{"parse", "apply"} {
		m.panics.WithLabelValues(s)
	}
	return m
}

// stored counts what became of a batch.
func (m *workerMetrics) stored(out chat.Outcome, now time.Time) {
	for i := range out.Entries {
		e := &out.Entries[i]
		m.verdicts.WithLabelValues(string(e.Channel), string(e.Verdict), m.reasons.word(e.Reason)).Inc()
		if e.Verdict != chat.Applied || e.Kind != chat.KindMessage && e.Kind != chat.KindEcho {
			continue
		}
		m.received.WithLabelValues(string(e.Channel)).Observe(max(0, now.Sub(e.ReceivedAt).Seconds()))
		if !imported(e.Flags) && !e.Timestamp.IsZero() {
			m.platform.WithLabelValues(string(e.Channel)).Observe(max(0, now.Sub(e.Timestamp).Seconds()))
		}
	}
	for c, n := range out.Created {
		m.contacts.WithLabelValues(string(c)).Add(float64(n))
	}
}

// imported messages were written long ago; their age says nothing about us.
func imported(flags []string) bool { return slices.Contains(flags, chat.FlagHistory) }

func durations(name, help string, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}
