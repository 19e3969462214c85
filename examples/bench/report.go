package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/memory"
	"github.com/egru/egru/examples/internal/rows"
	"github.com/egru/egru/internal/kernel"
)

// result is a row of the table and a line of -json. What there is none of is
// null, sizes that an op does not have are left out.
type result struct {
	Op      string `json:"op"`
	Product string `json:"product,omitempty"` // of matmul
	Phase   string `json:"phase,omitempty"`   // of the others

	M      int `json:"M,omitempty"`
	K      int `json:"K,omitempty"`
	N      int `json:"N,omitempty"`
	T      int `json:"T,omitempty"`
	B      int `json:"B,omitempty"`
	I      int `json:"I,omitempty"`
	H      int `json:"H,omitempty"`
	V      int `json:"V,omitempty"`
	Layers int `json:"layers,omitempty"`

	Streams             int      `json:"streams,omitempty"`
	WeightDensity       float64  `json:"weight_density,omitempty"`
	WeightBytesPerToken *float64 `json:"weight_bytes_per_token,omitempty"`

	WantedActivity   float64  `json:"wanted_activity"`
	Activity         float64  `json:"activity"`
	BackwardActivity *float64 `json:"backward_activity"` // null without a backward pass

	Threads int    `json:"threads"`
	Path    string `json:"path"`
	Runs    int    `json:"runs"`

	Seconds         float64  `json:"seconds"` // median
	GFLOPSDone      float64  `json:"gflops_done"`
	GFLOPSDense     float64  `json:"gflops_dense_equivalent"`
	TokensPerSecond *float64 `json:"tokens_per_s"` // null but for lm

	Baseline        string   `json:"baseline"`
	BaselineSeconds *float64 `json:"baseline_seconds"` // null without a baseline
	Ratio           *float64 `json:"ratio"`            // median of baseline to ours, pair by pair

	PeakRSSMB float64 `json:"peak_rss_mb"` // of the process so far
}

// name is the product or phase.
func (r result) name() string {
	if r.Product != "" {
		return r.Product
	}
	return r.Phase
}

// count is multiply-accumulates: those done, and those of dense products of the
// same sizes.
type count struct{ done, dense int64 }

// reporter shows the rows as they come, and keeps them for the figure.
type reporter struct {
	config config
	out    io.Writer
	json   *rows.File // nil without -json
	rows   []result
}

func newReporter(c config, stdout io.Writer) (*reporter, error) {
	r := &reporter{config: c, out: stdout}
	if c.plot != "" {
		if err := writable(c.plot); err != nil {
			return nil, errors.Wrap(err, "-plot: want a folder to write to")
		}
	}
	var err error
	r.json, err = rows.Open(c.json)
	return r, errors.Wrap(err, "-json: want a file to write")
}

// writable makes a folder, if need be, and tries whether it takes files: better
// now than after the measurements.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".bench-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// head prints what the table is about.
func (r *reporter) head() {
	c := r.config
	var of []string
	for _, f := range c.fields() {
		if *f.n > 0 {
			of = append(of, fmt.Sprintf("%s=%d", f.flag, *f.n))
		}
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{c.fixedX, "fixed x"}, {c.sparse, "sparse input"}} {
		if f.on {
			of = append(of, f.name)
		}
	}
	fmt.Fprintf(r.out, "%s: %s, path %s, threads %d, median of %d runs, baseline %s\n\n",
		c.bench.name, strings.Join(of, " "), kernel.Path(), runtime.GOMAXPROCS(0), c.runs, c.baseline)
	sizes, last := "", ""
	if c.bench.name == opMatmul {
		sizes = fmt.Sprintf(" %6s %5s %6s", "M", "K", "N")
	}
	switch c.bench.name {
	case opLM:
		last = fmt.Sprintf(" %9s", "tokens/s")
	case opStream:
		last = fmt.Sprintf(" %9s", "kB/token")
	}
	fmt.Fprintf(r.out, "%-16s%s %9s %9s %10s %8s %8s %11s %7s%s\n",
		"", sizes, "activity", "backward", "ms", "done", "dense", "baseline ms", "ratio", last)
}

// note prints a line about the rows that follow.
func (r *reporter) note(format string, of ...any) { fmt.Fprintf(r.out, "  "+format+"\n", of...) }

// add completes a row, of which sizes and activities are given, and reports it.
// The seconds are those of each run, baseline's nil without one.
func (r *reporter) add(row result, ours, baseline []float64, macs count) error {
	c := r.config
	made, ok := compare(ours, baseline)
	if !ok {
		r.note("%s is lost in the noise at activity %.1f %%; larger sizes or more -runs would show it", row.name(), 100*row.Activity)
		return nil
	}
	row.Op, row.Threads, row.Path, row.Runs = c.bench.name, runtime.GOMAXPROCS(0), kernel.Path(), c.runs
	row.Seconds = made.seconds
	row.GFLOPSDone, row.GFLOPSDense = 2e-9*float64(macs.done)/made.seconds, 2e-9*float64(macs.dense)/made.seconds
	if row.Op == opLM {
		perSecond := float64(row.T) * float64(row.B) / made.seconds
		row.TokensPerSecond = &perSecond
	}
	row.Baseline, row.BaselineSeconds, row.Ratio = c.baseline, made.baseline, made.ratio
	row.PeakRSSMB = memory.PeakMB()
	r.rows = append(r.rows, row)
	r.print(row)
	return r.write(row)
}

func (r *reporter) print(row result) {
	show := func(width int, format string, v *float64, scale float64) string {
		if v == nil {
			return fmt.Sprintf(" %*s", width, "-")
		}
		return fmt.Sprintf(" %*s", width, fmt.Sprintf(format, scale**v))
	}
	line := fmt.Sprintf("%-16s", row.name())
	if row.Product != "" {
		line += fmt.Sprintf(" %6d %5d %6d", row.M, row.K, row.N)
	}
	line += show(9, "%.1f %%", &row.Activity, 100) + show(9, "%.1f %%", row.BackwardActivity, 100)
	line += show(10, "%.3f", &row.Seconds, 1e3)
	line += show(8, "%.1f", &row.GFLOPSDone, 1) + show(8, "%.1f", &row.GFLOPSDense, 1)
	line += show(11, "%.3f", row.BaselineSeconds, 1e3) + show(7, "%.2f", row.Ratio, 1)
	for _, last := range []struct {
		v     *float64
		scale float64
	}{{row.TokensPerSecond, 1}, {row.WeightBytesPerToken, 1e-3}} {
		if last.v != nil {
			line += show(9, "%.0f", last.v, last.scale)
		}
	}
	fmt.Fprintln(r.out, line)
}

// write adds a row to the file of -json. Rows of an earlier run stay until then.
func (r *reporter) write(row result) error {
	if len(r.rows) == 1 {
		if err := r.json.Clear(); err != nil {
			return errors.Wrap(err, "-json")
		}
	}
	return errors.Wrap(r.json.Write(row), "-json")
}

// finish draws the figure and closes the file of rows.
func (r *reporter) finish() error {
	err := r.draw()
	if e := r.json.Close(); err == nil {
		err = errors.Wrap(e, "-json")
	}
	return err
}

// draw saves the figure of all rows as PNG and SVG.
func (r *reporter) draw() error {
	if r.config.plot == "" || len(r.rows) == 0 {
		return nil
	}
	f, err := r.figure()
	if err != nil {
		return err
	}
	name := filepath.Join(r.config.plot, r.config.bench.name)
	for _, ext := range []string{".png", ".svg"} {
		if err := f.WriteFile(name + ext); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "  wrote %s.{png,svg}\n", name)
	return nil
}
