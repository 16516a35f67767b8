package mongo

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.mongodb.org/mongo-driver/event"
)

type metrics struct {
	connections prometheus.Gauge
	retries     *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		connections: f.NewGauge(prometheus.GaugeOpts{
			Name: "switchboard_mongo_connections", Help: "Open connections to MongoDB.",
		}),
		retries: f.NewCounterVec(prometheus.CounterOpts{
			Name: "switchboard_mongo_retries_total", Help: "Commands repeated because the server asked for it (conflicts, deadlocks).",
		}, []string{"operation"}),
	}
	for _, operation := range []string{"ensure", "write"} {
		m.retries.WithLabelValues(operation)
	}
	return m
}

func (m *metrics) pool() *event.PoolMonitor {
	return &event.PoolMonitor{Event: func(e *event.PoolEvent) {
		switch e.Type {
		case event.ConnectionCreated:
			m.connections.Inc()
		case event.ConnectionClosed:
			m.connections.Dec()
		}
	}}
}
