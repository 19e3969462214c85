package main

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// flagNames puts flags in the place of the fields that they set.
var flagNames = strings.NewReplacer(
	"ThresholdMean", "-threshold",
	"OutputGain", "-gain",
	"KeepBias", "-keep-bias",
	"Zoneout", "-zoneout",
	"DropConnect", "-drop-connect",
	"WordDropout", "-word-dropout",
	"EmbedDropout", "-embed-dropout",
	"LayerDropout", "-layer-dropout",
	"OutputDropout", "-output-dropout",
	"ActivityPenalty.Weight", "-activity-weight",
	"ActivityPenalty.Target", "-activity-target",
	"StatePenalty.Weight", "-state-weight",
	"StatePenalty.Target", "-state-target",
	"WeightDecay", "-decay",
	"Beta1", "-beta1",
	"Beta2", "-beta2",
	"Groups[0].LearnRateScale", "-threshold-rate",
	"Prune: Names has", "-prune-weights has",
)

// inFlags words an error of the library as one of our flags. What layer or solver
// found it says nothing to whoever gave the flag.
func inFlags(err error) error {
	text := flagNames.Replace(err.Error())
	if text == err.Error() {
		return err
	}
	if at := strings.Index(text, ": -"); at >= 0 {
		text = text[at+len(": "):]
	}
	for _, sentinel := range []error{layers.ErrConfig, optim.ErrConfig} {
		text = strings.TrimSuffix(text, ": "+sentinel.Error())
	}
	return errors.New(text)
}
