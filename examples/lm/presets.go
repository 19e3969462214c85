package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// toy is the setting without flags, for the artificial language; its rates and
// thresholds were chosen by short runs side by side, for EGRU and GRU each.
func toy() config {
	r := recipe{
		LearnRate: 5e-3, Beta1: 0.9, Beta2: 0.999,
		Schedule: scheduleCosine, ScheduleEpoch: 1, Clip: 1,
	}
	gru := r
	gru.LearnRate = 1e-2
	return config{
		Words: 200_000, Cell: cellBoth,
		Layers: 1, Hidden: 128, Embed: 128,
		Batch: 20, Window: 35, Epochs: 5, EvalBatch: 1,
		Seed: 1,
		EGRU: egruRecipe{
			recipe: r, Variant: ops.EvNN.String(),
			Threshold: 0.2, ThresholdRate: 1, Dampening: 1, Support: 1,
			Gain: 5, LearnGain: true,
		},
		GRU: gru,
	}
}

// presets are settings by name, of corpora of words. small is also the default
// with -data alone.
var presets = map[string]func() config{
	"ptb-small":  small,
	"ptb-medium": medium,
	"ptb-paper":  ptbPaper,
	"wt2-paper":  wikiPaper,
}

func presetNames() string {
	return strings.Join(slices.Sorted(maps.Keys(presets)), ", ")
}

func preset(name string) (config, error) {
	make, ok := presets[name]
	if !ok {
		return config{}, errors.Errorf("-preset is %q, want one of %s", name, presetNames())
	}
	return make(), nil
}

// small trains two layers of 256 units in minutes. Of what was tried for the
// EGRU side by side, validation perplexity after two epochs:
//
//	dropout 0.1                     150.7
//	and dampening 0.5               149.5
//	and decay 0.1                   144.0
//	and dropout 0.2, 0.3            167.2, 183.3 (neither of the above)
//
// Events are few, and dropout makes more noise in them than in the outputs of a
// GRU; decay regularises without.
func small() config {
	c := toy()
	c.Cell = layers.CellEGRU
	c.Layers, c.Hidden, c.Embed = 2, 256, 256
	c.Epochs, c.EvalBatch = 6, 10

	r := recipe{
		LearnRate: 2e-3, Beta1: 0.9, Beta2: 0.999,
		Schedule: scheduleHalve, ScheduleEpoch: 5, Clip: 0.25,
	}
	c.GRU = r
	c.GRU.EmbedDropout, c.GRU.LayerDropout, c.GRU.OutputDropout = 0.3, 0.3, 0.3
	c.EGRU.recipe = r
	c.EGRU.EmbedDropout, c.EGRU.LayerDropout, c.EGRU.OutputDropout = 0.1, 0.1, 0.1
	c.EGRU.Decay = 0.1
	c.EGRU.Threshold, c.EGRU.Dampening = 0.1, 0.5
	return c
}

// medium trains a wider model in about an hour on two processors.
func medium() config {
	c := small()
	c.Hidden, c.Embed = 800, 400
	c.Epochs = 14
	for _, r := range []*recipe{&c.GRU, &c.EGRU.recipe} {
		r.WordDropout, r.EmbedDropout, r.LayerDropout, r.OutputDropout, r.Variational = 0.1, 0.3, 0.1, 0.2, true
		r.DropConnect, r.Decay = 0.2, 0.1
		r.ScheduleEpoch = 12
	}
	return c
}

// ptbPaper is the recipe that EvNN 0.2.0 trains Penn Treebank with, for the
// figures of Subramoney et al., ICLR 2023. Its EGRU sends events as they are,
// without a gain.
func ptbPaper() config {
	c := small()
	c.Layers, c.Hidden, c.Embed = 3, 1350, 750
	c.Batch, c.Window, c.RandomWindows = 64, 70, true
	c.Epochs, c.EvalBatch = 1000, 1
	c.GRU = recipe{
		LearnRate: 1.2e-3, Decay: 0.10, Beta1: 0, Beta2: 0.999,
		Schedule: scheduleCosine, ScheduleEpoch: 700, Clip: 0.1,
		WordDropout: 0.1, EmbedDropout: 0.6, LayerDropout: 0.25, OutputDropout: 0.5, Variational: true,
		DropConnect: 0.7,
	}
	c.EGRU = egruRecipe{
		recipe: c.GRU, Variant: ops.EvNN.String(),
		Threshold: 0.01, ThresholdRate: 0, Dampening: 3.6, Support: 3.6,
		Gain: 1,
	}
	return c
}

// wikiPaper is the same for WikiText-2.
func wikiPaper() config {
	c := ptbPaper()
	c.Batch, c.Epochs = 128, 800
	for _, r := range []*recipe{&c.GRU, &c.EGRU.recipe} {
		r.LearnRate, r.Decay, r.ScheduleEpoch, r.EmbedDropout = 1e-3, 0.12, 400, 0.7
	}
	return c
}
