package main

import (
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/probe"
)

// progress is how far a run has come: all that is neither weights, solver nor
// recurrent state, and goes into its checkpoints with them.
type progress struct {
	Config     config `json:"config"`
	Cell       string `json:"cell"`
	Vocabulary string `json:"vocabulary"` // hash
	Text       string `json:"text"`       // hash of all three parts

	Epoch    int `json:"epoch"`    // in hand, from 1; one more than there are at the end
	Window   int `json:"window"`   // windows of the epoch so far
	Position int `json:"position"` // tokens of each row before the next window
	Runs     int `json:"runs"`     // training runs of the session: where the random masks stand
	Windows  int `json:"windows"`  // in all

	// Of the epoch so far.
	Loss    meanLoss     `json:"loss"`
	Norms   float64      `json:"norms"`   // sum of the gradients' norms
	Clipped int          `json:"clipped"` // windows
	Counts  probe.Counts `json:"counts"`
	Seconds float64      `json:"seconds"`

	Results  []epochResult   `json:"results"` // of the epochs before
	Work     *probe.Report   `json:"work"`    // of the last of them
	Best     int             `json:"best"`    // epoch of the lowest validation perplexity; 0: none yet
	Curve    curve           `json:"curve"`
	Warnings []string        `json:"warnings"`
	Warned   map[string]bool `json:"warned"` // what not to warn of again

	Log int64 `json:"log"` // bytes of the log of windows that belong to this
}

// beginEpoch forgets the epoch before.
func (p *progress) beginEpoch(number int) {
	p.Epoch, p.Window, p.Position = number, 0, 0
	p.Loss, p.Norms, p.Clipped, p.Counts, p.Seconds = meanLoss{}, 0, 0, probe.Counts{}, 0
}

// begun is how many epochs were begun.
func (p *progress) begun() int {
	if p.Window == 0 {
		return p.Epoch - 1
	}
	return p.Epoch
}

// validate reports what no run has written.
func (p *progress) validate() error {
	for _, n := range []struct {
		name     string
		n, least int
	}{
		{"epoch", p.Epoch, 1}, {"window", p.Window, 0}, {"position", p.Position, 0}, {"runs", p.Runs, 0},
		{"windows", p.Windows, 0}, {"clipped", p.Clipped, 0}, {"best", p.Best, 0}, {"log", int(p.Log), 0},
	} {
		if n.n < n.least {
			return errors.Errorf("its %s is %d, want at least %d", n.name, n.n, n.least)
		}
	}
	c := p.Curve
	if len(c.Loss) != len(c.At) || len(c.Activity) != len(c.At) || len(c.Valid) != len(c.ValidAt) {
		return errors.Errorf("its curve has %d, %d and %d points, and %d and %d of validation", len(c.At), len(c.Loss), len(c.Activity), len(c.ValidAt), len(c.Valid))
	}
	if best := p.best(); best != nil && best.ValidPPL == nil {
		return errors.Errorf("its best epoch, %d, has no perplexity of validation, want one to compare with", p.Best)
	}
	if p.Warned == nil {
		p.Warned = map[string]bool{}
	}
	return nil
}

// best is the result of the best epoch, nil before the first.
func (p *progress) best() *epochResult {
	for i := range p.Results {
		if p.Results[i].Epoch == p.Best {
			return &p.Results[i]
		}
	}
	return nil
}

// epochResult is a line of -json: one for each epoch, and a last one of each
// cell with the perplexity on the test text and the work of the test.
type epochResult struct {
	Cell  string `json:"cell"`
	Epoch int    `json:"epoch"`

	// Null where there is none: the test is in the last line, and after an
	// interrupt nothing is evaluated any more.
	TrainPPL *float64 `json:"train_ppl"`
	ValidPPL *float64 `json:"valid_ppl"`
	TestPPL  *float64 `json:"test_ppl"`

	Activity         float64         `json:"activity"`          // of the recurrent layers
	BackwardActivity float64         `json:"backward_activity"` // of the last epoch of training
	Layers           []layerActivity `json:"layers"`

	// Density is the share of the weights to prune that is left. Null where none
	// are pruned.
	Density *float64 `json:"density,omitempty"`

	LearnRate float64 `json:"lr"`      // at the epoch's start
	Norm      float64 `json:"norm"`    // mean norm of the gradients before clipping
	Clipped   float64 `json:"clipped"` // share of the windows whose gradients were clipped

	// Forward multiply-accumulates of the recurrent layers and the decoder,
	// and those of the backward pass in training.
	MACsPerToken              float64 `json:"macs_per_token"`
	DenseMACsPerToken         float64 `json:"dense_macs_per_token"`
	BackwardMACsPerToken      float64 `json:"backward_macs_per_token"`
	DenseBackwardMACsPerToken float64 `json:"dense_backward_macs_per_token"`

	TokensPerSecond float64 `json:"tokens_per_s"` // in training
	Seconds         float64 `json:"seconds"`      // of training in the epoch
	PeakRSSMB       float64 `json:"peak_rss_mb"`
}

// measure takes over what was counted in a pass over some tokens. A pass
// without training leaves the figures of the last backward passes.
func (e *epochResult) measure(r probe.Report) {
	t := r.Total
	e.Activity = t.Activity
	e.MACsPerToken, e.DenseMACsPerToken = t.Forward.MACsPerToken, t.Forward.DenseMACsPerToken
	if t.BackwardUnits > 0 {
		e.BackwardActivity = t.BackwardActivity
		e.BackwardMACsPerToken, e.DenseBackwardMACsPerToken = t.Backward.MACsPerToken, t.Backward.DenseMACsPerToken
	}
	before := e.Layers
	e.Layers = nil
	for i, l := range r.Layers {
		a := layerActivity{l.Name, l.Activity, l.BackwardActivity}
		if l.BackwardUnits == 0 && i < len(before) {
			a.BackwardActivity = before[i].BackwardActivity
		}
		e.Layers = append(e.Layers, a)
	}
}

// layerActivity is the share of the units of a recurrent layer that sent an
// event, and that a gradient could pass.
type layerActivity struct {
	Name             string  `json:"name"`
	Activity         float64 `json:"activity"`
	BackwardActivity float64 `json:"backward_activity"`
}

// meanLoss gathers the mean loss of windows of different lengths.
type meanLoss struct {
	Sum   float64 `json:"sum"`
	Count int     `json:"count"`
}

func (l *meanLoss) add(mean float64, count int) {
	l.Sum += mean * float64(count)
	l.Count += count
}

// perplexity is nil before the first window, and where it is beyond all
// numbers.
func (l meanLoss) perplexity() *float64 {
	ppl := math.Exp(l.Sum / float64(l.Count))
	if l.Count == 0 || math.IsNaN(ppl) || math.IsInf(ppl, 0) {
		return nil
	}
	return &ppl
}
