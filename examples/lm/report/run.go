package report

import (
	"encoding/json"
	"time"

	"github.com/egru/egru/graph/probe"
)

// Run is what there is to tell of a training. All but the title is optional.
// Numbers under a pointer are left out where it is nil; one that is NaN or
// infinite is told as such, and leaves a gap in a curve. Activities and other
// shares are from 0 to 1, perplexities per token.
type Run struct {
	Title       string
	Started     time.Time   // shown in its own location
	Finished    time.Time   // zero while the run goes on
	Interrupted bool        // ended before all was done
	Facts       probe.Facts // more to stand on top, such as the seed
	Corpus      *Corpus
	Models      []Model
	Baselines   []Baseline
	Published   []Published     // of others, to compare with
	Warnings    []string        // to stand on top
	Config      json.RawMessage // any JSON
}

// Corpus is the text, in tokens.
type Corpus struct {
	Name                           string
	Train, Valid, Test, Vocabulary int
}

// Model is one model of the run, with what was seen of it.
type Model struct {
	Name       string // unlike that of other models
	Parameters int
	Epochs     []Epoch
	Curve      Curve
	Test       *Test
	Thresholds []probe.Sample // of each layer
	Work       *probe.Report
	WorkOf     string        // what Work was counted over: "the test text"
	Raster     *probe.Raster // events of some text; a title is added if it has none
}

// Epoch is one pass through the training text and the validation after it.
type Epoch struct {
	Number                           int // rising
	TrainPerplexity, ValidPerplexity *float64

	Activity, BackwardActivity *float64 // over all layers
	Layers                     []Layer

	LearnRate    *float64
	GradientNorm *float64 // before clipping
	Clipped      *float64 // share of the steps

	Seconds, TokensPerSecond *float64
}

// Layer is the activity of one layer in an epoch.
type Layer struct {
	Name                       string
	Activity, BackwardActivity *float64
}

// Curve is a training window by window, or less often: three slices of one
// length.
type Curve struct {
	Epochs   []float64 // where the windows end
	Loss     []float64 // nats per token
	Activity []float64 // over all layers; optional
}

// Test is the result on the test text.
type Test struct {
	Perplexity *float64
	Activity   *float64
}

// Baseline is a model that needs no training of ours.
type Baseline struct {
	Name        string
	Valid, Test *float64 // perplexity
}

// Published is a result of others.
type Published struct {
	Name        string
	Source      string
	Valid, Test *float64 // perplexity
	Activity    *float64
}
