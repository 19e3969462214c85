package main

import "context"

// bench is something to measure.
type bench struct {
	name      string
	sizes     sizes // default
	copies    int   // of the weights that a run holds: gradients, moments, other orders
	baselines []string
	run       func(ctx context.Context, c config, r *reporter) error
}

// The names of what can be measured.
const (
	opMatmul = "matmul"
	opLayer  = "layer"
	opLM     = "lm"
	opStream = "stream"
)

var benches []bench

// The functions below read the flags, whose help lists the benches: a plain
// initialiser would go in a circle.
func init() {
	rnns := []string{baselineNone, baselineGorgonia, baselineGRU}
	benches = []bench{
		{opMatmul, sizes{T: 20, B: 32, H: 512}, 2, []string{baselineNone, baselineGonum}, runMatmul},
		{opLayer, sizes{T: 35, B: 20, I: 256, H: 256}, 3, rnns, runLayer},
		{opLM, sizes{T: 20, B: 20, I: 128, H: 128, V: 1000, layers: 3}, 4, rnns, runLM},
		{opStream, sizes{T: 100, I: 256, H: 512, V: 1000, layers: 2}, 6, []string{baselineNone, baselineGRU}, runStream},
	}
}

func names(bs []bench) []string {
	var ns []string
	for _, b := range bs {
		ns = append(ns, b.name)
	}
	return ns
}
