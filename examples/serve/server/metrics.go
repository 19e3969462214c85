package server

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/egru/egru/graph/stream"
)

// reasons name the errors that limits give, by their status.
var reasons = map[int]string{400: "request", 408: "slow", 409: "session", 413: "body", 415: "type", 429: "streams", 503: "time"}

// metrics are those of one server, in a registry of its own.
type metrics struct {
	registry      *prometheus.Registry
	requests      *prometheus.CounterVec
	seconds       *prometheus.HistogramVec
	rejected      *prometheus.CounterVec
	read, written prometheus.Counter
	panics        prometheus.Counter

	mu    sync.Mutex
	total stream.Counters
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egru_requests_total", Help: "Requests answered, by route and status; 499 where the client left."}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "egru_request_seconds", Help: "Time from headers to the end of the answer.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16),
		}, []string{"route"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egru_rejected_total", Help: "Requests that were not answered as asked, by reason."}, []string{"reason"}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "egru_panics_total", Help: "Panics that became a 500."}),
	}
	tokens := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egru_tokens_total", Help: "Words read from requests, and words written."}, []string{"kind"})
	m.read, m.written = tokens.WithLabelValues("read"), tokens.WithLabelValues("written")
	m.registry.MustRegister(m.requests, m.seconds, m.rejected, m.panics, tokens,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("egru_streams_active", "Requests at work.", func() float64 { return float64(len(s.slots)) })
	gauge("egru_sessions", "States kept.", func() float64 { return float64(s.sessions.count(s.config.now())) })
	gauge("egru_activity", "Share of units' outputs that were events, so far.", func() float64 { return m.work().Activity() })
	work := func(name, help string, f func(stream.Counters) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return f(m.work()) }))
	}
	work("egru_steps_total", "Steps of the model.", func(c stream.Counters) float64 { return float64(c.Steps) })
	work("egru_units_total", "Outputs of units computed.", func(c stream.Counters) float64 { return float64(c.Units) })
	work("egru_events_total", "Outputs of units that were events.", func(c stream.Counters) float64 { return float64(c.Events) })
	work("egru_macs_total", "Multiply-accumulates of products with weights.", func(c stream.Counters) float64 { return float64(c.MACs) })
	work("egru_dense_macs_total", "Multiply-accumulates that a dense model takes for as much.", func(c stream.Counters) float64 { return float64(c.DenseMACs) })
	work("egru_weight_bytes_total", "Bytes of weights read.", func(c stream.Counters) float64 { return float64(c.WeightBytes) })
	work("egru_energy_joules_total", "Estimate of the energy of arithmetic.", func(c stream.Counters) float64 { return c.Energy(stream.DefaultCosts()) * 1e-12 })
	return m
}

// answered counts a request.
func (m *metrics) answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// worked adds the work of a request.
func (m *metrics) worked(c stream.Counters) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = m.total.Add(c)
}

func (m *metrics) work() stream.Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}
