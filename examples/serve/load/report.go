package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"time"
)

// report is what came of a load.
type report struct {
	clients int
	took    time.Duration

	mu        sync.Mutex
	latencies map[string][]time.Duration // of whole answers, by kind
	words     int
	whole     int
	refused   int // 429
	left      int // by the client
	different int
	lost      int
	first     error // of those lost or different

	memory, goroutines []float64 // of the server, over time
}

func newReport(clients int) *report {
	return &report{clients: clients, latencies: map[string][]time.Duration{}}
}

func (r *report) add(kind string, took time.Duration, words int, leave bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case isRefusal(err):
		r.refused++
		return
	case err != nil:
		if r.first == nil {
			r.first = fmt.Errorf("%s: %w", kind, err)
		}
		if err == errDiffers {
			r.different++
		} else {
			r.lost++
		}
		return
	case leave:
		r.left++
		return
	}
	r.whole++
	r.words += words
	r.latencies[kind] = append(r.latencies[kind], took)
}

const (
	metricMemory     = "process_resident_memory_bytes"
	metricGoroutines = "go_goroutines"
)

// watch samples the server's memory until the function that it gives is called.
// That adds a last sample.
func (r *report) watch(ctx context.Context, c *client, over time.Duration) func() error {
	sample := func() error {
		m, err := c.metric(ctx, metricMemory, metricGoroutines)
		if err == nil {
			r.memory = append(r.memory, m[metricMemory])
			r.goroutines = append(r.goroutines, m[metricGoroutines])
		}
		return err
	}
	err := sample()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		every := time.NewTicker(min(5*time.Second, max(50*time.Millisecond, over/100)))
		defer every.Stop()
		for err == nil {
			select {
			case <-stop:
				return
			case <-every.C:
				err = sample()
			}
		}
	}()
	return func() error {
		close(stop)
		<-stopped
		if err == nil {
			err = sample()
		}
		return err
	}
}

// percentile is the smallest latency that a share of all do not exceed.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

func (r *report) print(w io.Writer) {
	all := r.whole + r.refused + r.left + r.different + r.lost
	fmt.Fprintf(w, "%d requests of %d clients in %.1f s: %d answered whole, %d refused (429), %d left by their clients, %d lost, %d different\n",
		all, r.clients, r.took.Seconds(), r.whole, r.refused, r.left, r.lost, r.different)
	for _, kind := range kinds {
		l := r.latencies[kind]
		slices.Sort(l)
		ms := func(share float64) float64 { return float64(percentile(l, share).Microseconds()) / 1e3 }
		fmt.Fprintf(w, "  %-8s  p50 %.2f ms  p90 %.2f ms  p99 %.2f ms  (%d)\n", kind, ms(0.5), ms(0.9), ms(0.99), len(l))
	}
	fmt.Fprintf(w, "  %.0f words/s\n", float64(r.words)/r.took.Seconds())
	early, late := halves(r.memory)
	fmt.Fprintf(w, "  the server took %.1f MB, then %.1f MB, and %.0f goroutines, then %.0f\n",
		early/1e6, late/1e6, r.goroutines[0], r.goroutines[len(r.goroutines)-1])
}

// halves are the medians of the second quarter and of the last: the first quarter
// is for what fills at the start.
func halves(v []float64) (early, late float64) {
	if len(v) < 8 {
		return v[0], v[len(v)-1]
	}
	q := len(v) / 4
	median := func(of []float64) float64 {
		of = slices.Sorted(slices.Values(of))
		return of[len(of)/2]
	}
	return median(v[q : 2*q]), median(v[len(v)-q:])
}

// slack is what a collector may leave behind at any time.
const slack = 4 << 20

// verdict says what should not have been. Memory is judged where there are enough
// samples to do so.
func (r *report) verdict(growth float64) error {
	early, late := halves(r.memory)
	switch {
	case r.lost+r.different > 0:
		return fmt.Errorf("%d requests were lost and %d had other answers; the first: %w", r.lost, r.different, r.first)
	case r.whole == 0:
		return fmt.Errorf("no request was answered, %d were refused", r.refused)
	case len(r.memory) >= 40 && late > early*(1+growth)+slack:
		return fmt.Errorf("the server's memory grew from %.1f to %.1f MB", early/1e6, late/1e6)
	}
	return nil
}
