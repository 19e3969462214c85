package probe

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// RecorderConfig holds the settings of a Recorder. Start from DefaultRecorder.
type RecorderConfig struct {
	Keep Keep // default Ring{Steps: 512}

	Rows  []int // of the batch; default row 0. Batches without one of them are recorded without it
	Units []int // default nil: all

	// States are c, the state carried on and the threshold, Gates the three
	// gates, Gradients what the backward pass met: the surrogate, the gradient
	// that came to the output and that of the state. Default true. Events are
	// always recorded.
	States, Gates, Gradients bool

	// MaxBytes is the most memory that a recorder may take; NewRecorder refuses
	// settings that would need more. Default 256 MiB.
	MaxBytes int64
}

// DefaultRecorder records everything of all units of row 0, for the last 512
// steps. A unit takes 73 bytes a step.
func DefaultRecorder() RecorderConfig {
	return RecorderConfig{
		Keep:      Ring{Steps: 512},
		Rows:      []int{0},
		States:    true,
		Gates:     true,
		Gradients: true,
		MaxBytes:  256 << 20,
	}
}

// Validate names every setting outside its domain.
func (c RecorderConfig) Validate() error {
	var bad []string
	if c.Keep == nil {
		bad = append(bad, "Keep is nil, want a Ring or a Reservoir")
	} else if p := c.Keep.problem(); p != "" {
		bad = append(bad, p)
	}
	if len(c.Rows) == 0 || !distinct(c.Rows) {
		bad = append(bad, fmt.Sprintf("Rows are %v, want at least one, each once and at least 0", c.Rows))
	}
	if c.Units != nil && len(c.Units) == 0 || !distinct(c.Units) {
		bad = append(bad, fmt.Sprintf("Units are %v, want at least one, each once and at least 0, or nil for all", c.Units))
	}
	if c.MaxBytes < 1 {
		bad = append(bad, fmt.Sprintf("MaxBytes is %d, want at least 1", c.MaxBytes))
	}
	if bad != nil {
		return errors.Wrapf(ErrRecord, "recorder: %s", strings.Join(bad, "; "))
	}
	return nil
}

func distinct(numbers []int) bool {
	seen := map[int]bool{}
	for _, n := range numbers {
		if n < 0 || seen[n] {
			return false
		}
		seen[n] = true
	}
	return true
}

// Recorder records what the units of recurrent layers do while models run:
// events, states, thresholds, gates and the gradients that passed them. It only
// looks: losses, gradients and weights are the same bits with it and without.
//
// All graphs that the layers are built into are recorded, those of a
// graph.Session, for training and evaluation, before and after. A recorder may
// be used from several goroutines; where several run a model at once, their
// windows are recorded as they end.
type Recorder struct {
	config RecorderConfig
	layers []layers.Recurrent
	bytes  int64

	mu     sync.Mutex
	tracks [][]*track // of each layer, of each row
	stops  []func()   // nil while nothing is recorded
}

// NewRecorder makes a recorder of layers, such as model.Stack().Layers(). It
// takes all the memory it will ever hold, see Bytes, and records nothing before
// Start. ErrRecord is returned for settings that Validate refuses, without
// layers, for one that is nil, has no meter or lacks one of the units, for two of
// one name, and if more than MaxBytes were needed.
func NewRecorder(c RecorderConfig, of ...layers.Recurrent) (*Recorder, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(of) == 0 {
		return nil, errors.Wrap(ErrRecord, "recorder: there are no layers, want at least 1")
	}
	c.Rows, c.Units = slices.Clone(c.Rows), slices.Clone(c.Units)
	r := &Recorder{config: c, layers: slices.Clone(of)}
	named := map[string]bool{}
	need := 0.0 // whole and sure not to overflow
	for i, l := range of {
		switch {
		case layers.IsNil(l):
			return nil, errors.Wrapf(ErrRecord, "recorder: layer %d is nil", i)
		case l.Meter() == nil:
			return nil, errors.Wrapf(ErrRecord, "recorder: layer %s has no meter to watch it by", l.Name())
		case named[l.Name()]:
			return nil, errors.Wrapf(ErrRecord, "recorder: two layers are named %s", l.Name())
		}
		named[l.Name()] = true
		for _, u := range c.Units {
			if u >= l.Units() {
				return nil, errors.Wrapf(ErrRecord, "recorder: unit %d is not in layer %s of %d units", u, l.Name(), l.Units())
			}
		}
		need += float64(len(c.Rows)) * trackBytes(c, len(c.units(l)))
	}
	if need > float64(c.MaxBytes) {
		return nil, errors.Wrapf(ErrRecord, "recorder: a %v takes %.0f bytes, more than the %d allowed: record fewer steps, rows, units or kinds of numbers", c.Keep, need, c.MaxBytes)
	}
	r.bytes = int64(need)
	r.clear()
	return r, nil
}

func (c RecorderConfig) units(l layers.Recurrent) []int {
	if c.Units != nil {
		return c.Units
	}
	all := make([]int, l.Units())
	for i := range all {
		all[i] = i
	}
	return all
}

// Bytes is the memory that the recording takes, at most MaxBytes. Beside it a
// backward pass that is watched for gradients holds three numbers for each step
// of its window, recorded row and unit, until it ends.
func (r *Recorder) Bytes() int64 { return r.bytes }

// Start records from now on. It does nothing if it is recording already.
func (r *Recorder) Start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stops != nil {
		return
	}
	for i, l := range r.layers {
		r.stops = append(r.stops, l.Meter().Watch(watch{r, i}))
	}
}

// Stop records nothing from now on, and keeps what was recorded.
func (r *Recorder) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, stop := range r.stops {
		stop()
	}
	r.stops = nil
}

// Clear forgets what was recorded, and goes on recording if it does.
func (r *Recorder) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear()
}

func (r *Recorder) clear() {
	r.tracks = nil
	for _, l := range r.layers {
		var rows []*track
		for _, row := range r.config.Rows {
			rows = append(rows, newTrack(r.config, l, row))
		}
		r.tracks = append(r.tracks, rows)
	}
}

// Records are copies of what was recorded, of each layer in order.
func (r *Recorder) Records() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	records := make([]Record, len(r.layers))
	for i, l := range r.layers {
		records[i] = Record{Layer: l.Name(), Units: r.config.units(l)}
		for _, t := range r.tracks[i] {
			if t.cell != "" {
				records[i].Cell, records[i].GateNames = t.cell, t.gateNames
			}
			records[i].Pieces = append(records[i].Pieces, t.pieces()...)
		}
	}
	return records
}

// watch is the recorder's eye on one layer.
type watch struct {
	*Recorder
	layer int
}

var _ ops.Watcher = watch{}

func (w watch) Rows(int) []int {
	if !w.config.Gradients {
		return nil
	}
	return w.config.Rows
}

func (w watch) Watch(p ops.Pass) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stops == nil {
		return // stopped while this pass was under way
	}
	for _, t := range w.tracks[w.layer] {
		if t.row >= p.B || p.H != w.layers[w.layer].Units() {
			continue
		}
		if p.Backward {
			t.back(p)
		} else {
			t.forward(p)
		}
	}
}
