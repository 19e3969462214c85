package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
	"github.com/egru/egru/ops/surrogate"
)

const cellBoth = "both"

// config is what the flags say.
type config struct {
	data    string
	words   int // of the artificial training text
	cell    string
	variant string

	layers, hidden, embed int
	batch, bptt, epochs   int
	evalBatch             int

	lr, gruLR           float64
	clip                float64
	dropout, gruDropout float64
	threshold           float64
	dampening, support  float64
	gain                float64

	seed    uint64
	threads int
	out     string
	json    string
	sample  int
}

// toyDefaults and corpusDefaults are the settings without flags, chosen by
// short runs side by side, for EGRU and GRU each.
func toyDefaults() config {
	return config{
		words: 200_000,
		cell:  cellBoth, variant: ops.EvNN.String(),
		layers: 1, hidden: 128, embed: 128,
		batch: 20, bptt: 35, epochs: 5, evalBatch: 1,
		lr: 5e-3, gruLR: 1e-2, clip: 1, dropout: 0, gruDropout: 0,
		threshold: 0.2, dampening: 1, support: 1, gain: 5,
		seed: 1, out: "lm-out",
	}
}

func corpusDefaults() config {
	c := toyDefaults()
	c.cell = layers.CellEGRU
	c.layers, c.hidden, c.embed = 2, 256, 256
	c.epochs, c.evalBatch = 6, 10
	c.lr, c.gruLR = 2e-3, 2e-3
	c.clip, c.dropout, c.gruDropout = 0.25, 0.1, 0.3
	c.threshold = 0.1
	return c
}

// parse reads the flags. Defaults depend on whether there is -data.
func parse(args []string, stderr io.Writer) (config, error) {
	c := toyDefaults()
	for _, a := range args {
		if name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "="); a != name && name == "data" {
			c = corpusDefaults()
		}
	}
	f := flag.NewFlagSet("lm", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.data, "data", c.data, "`DIR` with ptb.{train,valid,test}.txt, {train,valid,test}.txt or wiki.{train,valid,test}.tokens; none: an artificial language")
	f.IntVar(&c.words, "words", c.words, "words of the artificial language to train on, without -data")
	f.StringVar(&c.cell, "cell", c.cell, "egru, gru, or both one after the other")
	f.StringVar(&c.variant, "variant", c.variant, "equations of the EGRU: evnn or paper")
	f.IntVar(&c.layers, "layers", c.layers, "recurrent layers")
	f.IntVar(&c.hidden, "hidden", c.hidden, "units of each layer but the last, which has -embed units")
	f.IntVar(&c.embed, "embed", c.embed, "size of the word vectors, shared by embedding and decoder")
	f.IntVar(&c.batch, "batch", c.batch, "rows of text side by side")
	f.IntVar(&c.bptt, "bptt", c.bptt, "steps of a window")
	f.IntVar(&c.epochs, "epochs", c.epochs, "passes through the training text")
	lr := f.Float64("lr", 0, fmt.Sprintf("rate of Adam (default %v for EGRU, %v for GRU)", c.lr, c.gruLR))
	f.Float64Var(&c.clip, "clip", c.clip, "largest global norm of the gradients")
	dropout := f.Float64("dropout", 0, fmt.Sprintf("probability of dropout before, between and after the layers (default %v for EGRU, %v for GRU)", c.dropout, c.gruDropout))
	f.Float64Var(&c.threshold, "threshold", c.threshold, "mean of the initial thresholds")
	f.Float64Var(&c.dampening, "dampening", c.dampening, "height of the surrogate's triangle")
	f.Float64Var(&c.support, "support", c.support, "slope of the surrogate's triangle; it is zero beyond 1/support")
	f.Float64Var(&c.gain, "gain", c.gain, "initial output gain of the EGRU layers")
	f.Uint64Var(&c.seed, "seed", c.seed, "of weights, dropout, sampling and the artificial language")
	f.IntVar(&c.threads, "threads", c.threads, "processors to use; 0: all")
	f.StringVar(&c.out, "out", c.out, "`DIR` for plots; empty: no plots")
	f.StringVar(&c.json, "json", c.json, "`FILE` for one JSON object an epoch and a last one for the test")
	f.IntVar(&c.sample, "sample", c.sample, "words of generated text to print at the end")

	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, "lm trains an event-based language model beside a dense GRU.\n\n")
		f.PrintDefaults()
		return c, err
	}
	if err != nil {
		return c, err
	}
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) {
		given[g.Name] = true
		switch g.Name {
		case "lr":
			c.lr, c.gruLR = *lr, *lr
		case "dropout":
			c.dropout, c.gruDropout = *dropout, *dropout
		}
	})
	if c.layers == 1 && given["hidden"] && !given["embed"] {
		c.embed = c.hidden // the only layer is also the last
	}
	if given["data"] && c.data == "" {
		return c, errors.New("-data is empty, want a directory")
	}
	if f.NArg() > 0 {
		return c, errors.Errorf("unknown argument %q; flags start with -", f.Arg(0))
	}
	return c, c.validate()
}

// validate checks what the layers and solvers do not check themselves.
func (c config) validate() error {
	for _, n := range []struct {
		name string
		n    int
	}{{"words", c.words}, {"layers", c.layers}, {"hidden", c.hidden}, {"embed", c.embed}, {"batch", c.batch}, {"bptt", c.bptt}, {"epochs", c.epochs}} {
		if n.n < 1 {
			return errors.Errorf("-%s is %d, want at least 1", n.name, n.n)
		}
	}
	switch {
	case c.cell != layers.CellEGRU && c.cell != layers.CellGRU && c.cell != cellBoth:
		return errors.Errorf("-cell is %q, want egru, gru or both", c.cell)
	case !(c.lr > 0) || math.IsInf(c.lr, 1):
		return errors.Errorf("-lr is %v, want it finite and above 0", c.lr)
	case !(c.clip > 0):
		return errors.Errorf("-clip is %v, want it above 0", c.clip)
	case c.threads < 0:
		return errors.Errorf("-threads is %d, want at least 0", c.threads)
	case c.sample < 0:
		return errors.Errorf("-sample is %d, want at least 0", c.sample)
	}
	if _, err := ops.ParseVariant(c.variant); err != nil {
		return errors.Errorf("-variant is %q, want evnn or paper", c.variant)
	}
	for _, cell := range c.cells() {
		if _, err := layers.NewLanguageModel(c.model(cell, 2)); err != nil {
			return err
		}
	}
	return nil
}

// cells are the models to train, in order.
func (c config) cells() []string {
	if c.cell == cellBoth {
		return []string{layers.CellEGRU, layers.CellGRU}
	}
	return []string{c.cell}
}

// model is the configuration of the model of a cell.
func (c config) model(cell string, vocabulary int) layers.LanguageModelConfig {
	m := layers.DefaultLanguageModel(vocabulary, c.embed, c.hidden, c.layers)
	m.Cell = cell
	m.Seed = c.seed
	m.EGRU.Variant, _ = ops.ParseVariant(c.variant)
	m.EGRU.Surrogate = surrogate.Triangle{Dampening: c.dampening, Support: c.support}
	m.EGRU.ThresholdMean = c.threshold
	m.EGRU.OutputGain = c.gain
	m.EGRU.LearnGain = true
	dropout := c.dropout
	if cell == layers.CellGRU {
		dropout = c.gruDropout
	}
	m.EmbedDropout, m.LayerDropout, m.OutputDropout = dropout, dropout, dropout
	return m
}

func (c config) rate(cell string) float64 {
	if cell == layers.CellGRU {
		return c.gruLR
	}
	return c.lr
}

// useThreads sets the number of processors.
func (c config) useThreads() {
	if c.threads > 0 {
		runtime.GOMAXPROCS(c.threads)
	}
}
