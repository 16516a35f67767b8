package dashboard

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	requests *prometheus.HistogramVec
	logins   *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	factory := promauto.With(reg)
	m := &metrics{
		requests: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "switchboard_dashboard_request_duration_seconds", Help: "Time to answer a dashboard request.",
			Buckets:                     []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"route", "method", "code"}),
		logins: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "switchboard_dashboard_logins_total", Help: "Attempts to sign in.",
		}, []string{"result"}),
	}
	for _, result := range []string{"ok", "wrong", "throttled"} {
		m.logins.WithLabelValues(result)
	}
	return m
}

// request counts an answer under its route's pattern, so that the number of series is bounded.
func (m *metrics) request(r route, c *fiber.Ctx, err error, took time.Duration) {
	code := c.Response().StatusCode()
	if err != nil {
		code = Status(err)
	}
	m.requests.WithLabelValues(r.path, r.method, strconv.Itoa(code)).Observe(took.Seconds())
}
