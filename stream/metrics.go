package stream

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	produceSeconds *prometheus.HistogramVec
	produceRecords *prometheus.CounterVec
	produceQueue   *prometheus.GaugeVec
	lagRecords     *prometheus.GaugeVec
	lagSeconds     *prometheus.GaugeVec
	lagErrors      prometheus.Counter
	rebuilds       prometheus.Counter
	truncated      prometheus.Counter
	resyncs        prometheus.Counter
}

// Results of a record handed to the producer.
const (
	resultOK       = "ok"        // durable
	resultRefused  = "refused"   // never queued: too much queued, the partition failing or full, or closed
	resultExpired  = "expired"   // its caller stopped waiting; it may have been written
	resultFailed   = "failed"    // the broker said no
	resultTooLarge = "too_large" // larger than a record may be
)

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	return &metrics{
		produceSeconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "switchboard_produce_duration_seconds",
			Help:                            "Time from handing records over until all in-sync replicas have them.",
			Buckets:                         []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  160,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"topic"}),
		produceRecords: f.NewCounterVec(prometheus.CounterOpts{
			Name: "switchboard_produce_records_total",
			Help: "Records handed to the log, by what became of them.",
		}, []string{"topic", "result"}),
		produceQueue: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchboard_produce_queue_bytes",
			Help: "Bytes handed to the log and not acknowledged yet.",
		}, []string{"topic"}),
		lagRecords: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchboard_consumer_lag_records",
			Help: "Records in the log that the consumer group has not committed.",
		}, []string{"topic", "partition"}),
		lagSeconds: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchboard_consumer_lag_seconds",
			Help: "Age of the oldest record that the consumer group has not committed.",
		}, []string{"topic", "partition"}),
		lagErrors: f.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_consumer_lag_errors_total",
			Help: "Failed attempts to read the lag; while it rises the lag metrics are old.",
		}),
		rebuilds: f.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_consumer_rebuilds_total",
			Help: "Consumers thrown away and built anew because they made no progress.",
		}),
		truncated: f.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_log_truncated_total",
			Help: "Times the log had lost the records to be read next. Each one may be lost data.",
		}),
		resyncs: f.NewCounter(prometheus.CounterOpts{
			Name: "switchboard_changes_resyncs_total",
			Help: "Times dashboards had to fetch everything because changes may have been missed.",
		}),
	}
}
