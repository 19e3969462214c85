package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/examples/internal/surrogates"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

// config is all that the numbers of a run depend on, beside the texts. It is
// written beside the results, and -config takes it back.
type config struct {
	Data  string `json:"data"`           // folder of the corpus; empty: an artificial language
	Words int    `json:"words"`          // of the artificial training text
	Cell  string `json:"cell"`           // egru, gru, or both
	From  string `json:"from,omitempty"` // checkpoint or folder of the run whose weights training starts with; empty: random ones

	Layers int `json:"layers"`
	Hidden int `json:"hidden"`
	Embed  int `json:"embed"`

	Batch         int  `json:"batch"`
	Window        int  `json:"window"`         // steps
	RandomWindows bool `json:"random_windows"` // lengths drawn around Window
	Epochs        int  `json:"epochs"`
	EvalBatch     int  `json:"eval_batch"`

	Seed uint64 `json:"seed"`

	Prune pruning `json:"prune,omitzero"`

	EGRU egruRecipe `json:"egru"`
	GRU  recipe     `json:"gru"`
}

// recipe is how a model of either cell is trained.
type recipe struct {
	LearnRate     float64 `json:"lr"`
	Decay         float64 `json:"decay"` // decoupled, as in AdamW
	Beta1         float64 `json:"beta1"`
	Beta2         float64 `json:"beta2"`
	Schedule      string  `json:"schedule"`       // constant, halve or cosine
	ScheduleEpoch int     `json:"schedule_epoch"` // the first with a lower rate
	Clip          float64 `json:"clip"`           // largest global norm of the gradients

	WordDropout   float64 `json:"word_dropout"`
	EmbedDropout  float64 `json:"embed_dropout"`
	LayerDropout  float64 `json:"layer_dropout"`
	OutputDropout float64 `json:"output_dropout"`
	Variational   bool    `json:"variational"`
	DropConnect   float64 `json:"drop_connect"`
	Zoneout       float64 `json:"zoneout"`
}

// egruRecipe adds what only an EGRU has.
type egruRecipe struct {
	recipe
	Variant       string  `json:"variant"`
	Threshold     float64 `json:"threshold"`      // mean of the initial ones
	ThresholdRate float64 `json:"threshold_rate"` // times the learning rate; 0: frozen
	Surrogate     string  `json:"surrogate"`      // as surrogate.Parse reads it; empty: the triangle of the two below
	Dampening     float64 `json:"dampening"`
	Support       float64 `json:"support"`
	Gain          float64 `json:"gain"` // initial output gain
	LearnGain     bool    `json:"learn_gain"`
	KeepBias      float64 `json:"keep_bias"`

	ActivityWeight float64 `json:"activity_weight"`
	ActivityTarget float64 `json:"activity_target"`
	StateWeight    float64 `json:"state_weight"`
	StateTarget    float64 `json:"state_target"`
}

const cellBoth = "both"

// The schedules of the learning rate.
const (
	scheduleConstant = "constant"
	scheduleHalve    = "halve"
	scheduleCosine   = "cosine"
)

// recipe is that of a cell.
func (c config) recipe(cell string) recipe {
	if cell == layers.CellGRU {
		return c.GRU
	}
	return c.EGRU.recipe
}

// The largest settings, far above what this program is for. A file cannot make
// it take memory beyond them.
const (
	maxWords  = runs.MaxWords
	maxLayers = runs.MaxLayers
	maxUnits  = runs.MaxUnits
	maxRows   = 1 << 16
	maxSteps  = 1 << 16
	maxEpochs = 100_000
)

// validate checks everything without making a model.
func (c config) validate() error {
	for _, n := range []struct {
		name    string
		n, most int
	}{
		{"words", c.Words, maxWords}, {"layers", c.Layers, maxLayers}, {"hidden", c.Hidden, maxUnits}, {"embed", c.Embed, maxUnits},
		{"batch", c.Batch, maxRows}, {"bptt", c.Window, maxSteps}, {"epochs", c.Epochs, maxEpochs}, {"eval-batch", c.EvalBatch, maxRows},
	} {
		if n.n < 1 || n.n > n.most {
			return errors.Errorf("-%s is %d, want 1 to %d", n.name, n.n, n.most)
		}
	}
	if c.Cell != layers.CellEGRU && c.Cell != layers.CellGRU && c.Cell != cellBoth {
		return errors.Errorf("-cell is %q, want egru, gru or both", c.Cell)
	}
	if _, err := ops.ParseVariant(c.EGRU.Variant); err != nil {
		return errors.Errorf("-variant is %q, want evnn or paper", c.EGRU.Variant)
	}
	if _, err := c.EGRU.surrogate(nil); err != nil {
		return err
	}
	if err := c.Prune.validate(c.Epochs); err != nil {
		return err
	}
	if c.From != "" && c.Cell == cellBoth {
		return errBothFrom
	}
	for _, cell := range c.cells() {
		if err := c.recipe(cell).validate(); err != nil {
			return err
		}
		small := c // with all the names that a model of any size has
		small.Hidden, small.Embed = 1, 1
		m, err := layers.NewLanguageModel(small.model(cell, 1))
		if err != nil {
			return inFlags(err)
		}
		s, err := newSolver(c, cell, 1)
		if err != nil {
			return inFlags(err)
		}
		if err := optim.CheckNames(s.Solver, m.Params()); err != nil {
			return inFlags(err)
		}
	}
	return nil
}

// maxNumbers is how many numbers of float32 either the weights of a training may take,
// with gradients and two moments, or its windows: 8 GiB, several times what the papers'
// models do.
const (
	maxNumbers    = math.MaxInt32
	maxParameters = maxNumbers / 4
)

// bounded reports sizes that a training has no memory for, which each of them by itself
// does not show. The text has so many words to train on.
func (c config) bounded(vocabulary, text int) error {
	for _, cell := range c.cells() {
		if n := c.shape().Parameters(cell, vocabulary); n > maxParameters {
			return errors.Errorf("-layers %d, -hidden %d and -embed %d make a model of %d parameters with a vocabulary of %d, want at most %d",
				c.Layers, c.Hidden, c.Embed, n, vocabulary, maxParameters)
		}
	}
	// The sums of the gates, which are what there is most of.
	window, units := c.Batch*min(c.Window, text/c.Batch), 4*c.Layers*max(c.Hidden, c.Embed)
	if window > maxNumbers/units {
		return errors.Errorf("-batch %d and -bptt %d make windows of %d words, of which each takes %d numbers in the layers, want at most %d in all",
			c.Batch, c.Window, window, units, maxNumbers)
	}
	return nil
}

// shape is what a model keeps of the settings once it is trained.
func (c config) shape() runs.Shape {
	e := c.EGRU
	return runs.Shape{
		Layers: c.Layers, Hidden: c.Hidden, Embed: c.Embed,
		EGRU: runs.EGRUShape{Variant: e.Variant, Zoneout: e.Zoneout, Gain: e.Gain, LearnGain: e.LearnGain},
		GRU:  runs.GRUShape{Zoneout: c.GRU.Zoneout},
	}
}

func (r recipe) validate() error {
	switch r.Schedule {
	case scheduleConstant:
	case scheduleHalve, scheduleCosine:
		if r.ScheduleEpoch < 1 || r.ScheduleEpoch > maxEpochs {
			return errors.Errorf("-schedule-epoch is %d, want 1 to %d", r.ScheduleEpoch, maxEpochs)
		}
	default:
		return errors.Errorf("-schedule is %q, want constant, halve or cosine", r.Schedule)
	}
	switch {
	case !(r.LearnRate > 0) || math.IsInf(r.LearnRate, 1):
		return errors.Errorf("-lr is %v, want it finite and above 0", r.LearnRate)
	case !(r.Clip > 0) || math.IsInf(r.Clip, 1):
		return errors.Errorf("-clip is %v, want it finite and above 0", r.Clip)
	}
	return nil
}

// cells are the models to train, in order.
func (c config) cells() []string {
	if c.Cell == cellBoth {
		return []string{layers.CellEGRU, layers.CellGRU}
	}
	return []string{c.Cell}
}

// model is the configuration of the model of a cell.
func (c config) model(cell string, vocabulary int) layers.LanguageModelConfig {
	m := c.shape().Model(cell, vocabulary)
	m.Seed = c.Seed

	r := c.recipe(cell)
	m.WordDropout, m.EmbedDropout, m.LayerDropout, m.OutputDropout = r.WordDropout, r.EmbedDropout, r.LayerDropout, r.OutputDropout
	m.Variational = r.Variational
	m.GRU.DropConnect = r.DropConnect

	e := c.EGRU
	m.EGRU.DropConnect = r.DropConnect
	m.EGRU.Surrogate, _ = e.surrogate(nil) // validate reports it
	m.EGRU.ThresholdMean = e.Threshold
	m.EGRU.KeepBias = e.KeepBias
	m.ActivityPenalty = ops.MeanPenaltyConfig{Weight: e.ActivityWeight, Target: e.ActivityTarget}
	m.StatePenalty = ops.MeanPenaltyConfig{Weight: e.StateWeight, Target: e.StateTarget}
	return m
}

// surrogate is that of the settings, of which some may be given by flags.
func (e egruRecipe) surrogate(given map[string]bool) (surrogate.Surrogate, error) {
	return surrogates.Chosen(e.Surrogate, surrogate.Triangle{Dampening: e.Dampening, Support: e.Support}, given)
}

// settleSurrogate brings equal surrogates to equal settings, so that a run can be
// resumed by any of its names, and reports flags that contradict each other.
func (e *egruRecipe) settleSurrogate(given map[string]bool) error {
	s, err := e.surrogate(given)
	if err != nil {
		return err
	}
	if t, ok := s.(surrogate.Triangle); ok {
		e.Surrogate, e.Dampening, e.Support = "", t.Dampening, t.Support
		return nil
	}
	e.Surrogate = s.String()
	return nil
}

// maxConfig is far above the size of any config.
const maxConfig = 1 << 20

// readConfig reads what encode wrote over c. Settings that the file leaves out
// stay as they are.
func readConfig(path string, c *config) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err = d.Decode(c)
	if _, more := d.Token(); err == nil && more != io.EOF {
		err = errors.New("there is more after the settings")
	}
	return errors.Wrap(err, path)
}

// encode is the config as JSON, as people read it.
func (c config) encode() ([]byte, error) {
	raw, err := json.MarshalIndent(c, "", "  ")
	return append(raw, '\n'), err
}
