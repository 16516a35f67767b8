package sqlite

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	writes  prometheus.Histogram
	seconds prometheus.Histogram
	expired prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	return &metrics{
		writes: f.NewHistogram(prometheus.HistogramOpts{
			Name: "switchboard_sqlite_commit_writes", Help: "Documents written by one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 8),
		}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{
			Name: "switchboard_sqlite_commit_duration_seconds", Help: "How long one transaction took, with the wait for the disk where somebody waits for that.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		expired: f.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_sqlite_expired_total", Help: "Documents removed because their time had passed.",
		}),
	}
}
