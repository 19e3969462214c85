package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/surrogates"
	"github.com/egru/egru/examples/internal/threads"
	"github.com/egru/egru/ops/surrogate"
)

// The baselines.
const (
	baselineNone     = "none"
	baselineGonum    = "gonum"    // gonum's dense matrix product
	baselineGorgonia = "gorgonia" // a GRU spelled out step by step in plain Gorgonia ops
	baselineGRU      = "gru"      // this library's dense GRU
)

// config is what the flags say.
type config struct {
	bench bench
	sizes

	activities []float64
	baseline   string
	runs       int
	threads    int
	seed       uint64

	fixedX, sparse bool
	vectors        bool    // the steps of a stream are vectors, not words
	density        float64 // of a stream's pruned weights
	streams        int     // side by side
	live           float64 // of the input's units; 0: as many as of the layer's own
	surrogate      surrogate.Surrogate

	json, plot string
}

// sizes are T, B, I, H and V; those that an op does not have are 0.
type sizes struct{ T, B, I, H, V, layers int }

// The default sizes let each op finish within about a minute. The surrogate is
// that of the papers' language models.
const (
	defaultActivities = "1,0.5,0.2,0.1,0.05"
	defaultRuns       = 9
	defaultDampening  = 3.6
	defaultSupport    = 3.6
	defaultDensity    = 0.2
)

// parse reads the flags.
func parse(args []string, stderr io.Writer) (config, error) {
	var c config
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	op := f.String("op", "layer", "what to measure: "+oneOf(names(benches)))
	given := sizes{}
	of := map[string]*int{}
	for _, s := range given.fields() {
		of[s.flag] = s.n
		f.IntVar(s.n, s.flag, 0, s.what+"; "+defaultsOf(s.flag))
	}
	activity := f.String("activity", defaultActivities, "shares of units that send events, each above 0 and at most 1")
	f.StringVar(&c.baseline, "baseline", baselineNone, "what to compare with: none; gonum for matmul; gorgonia or gru for the others")
	f.IntVar(&c.runs, "runs", defaultRuns, "timed runs, of which the median counts")
	f.IntVar(&c.threads, "threads", 0, threads.Usage)
	f.Uint64Var(&c.seed, "seed", 1, "of all random numbers")
	f.BoolVar(&c.fixedX, "fixed-x", false, "layer: compute no gradient of the input")
	f.BoolVar(&c.sparse, "sparse-input", false, "layer: the input is as sparse as the output, as from an EGRU below")
	f.Float64Var(&c.live, "live", 0, "layer with -sparse-input: share of the input a gradient can pass, no less than its activity; 0: as of the output")
	f.BoolVar(&c.vectors, "vectors", false, "stream: the input is vectors, and there are neither words nor a decoder")
	f.Float64Var(&c.density, "density", defaultDensity, "stream: share of the weights that pruning leaves")
	f.IntVar(&c.streams, "streams", 1, "stream: how many run side by side")
	var triangle surrogate.Triangle
	shape := f.String(surrogates.Flag, "", surrogates.Usage())
	f.Float64Var(&triangle.Dampening, surrogates.FlagDampening, defaultDampening, "height of the surrogate's triangle")
	f.Float64Var(&triangle.Support, surrogates.FlagSupport, defaultSupport, "slope of the surrogate's triangle; it is zero beyond 1/support")
	f.StringVar(&c.json, "json", "", "`FILE` for one JSON object a row")
	f.StringVar(&c.plot, "plot", "", "`DIR` for curves of time over activity")

	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, "bench measures how time falls with activity.\n\n")
		f.PrintDefaults()
		return c, err
	}
	if err != nil {
		return c, err
	}
	if f.NArg() > 0 {
		return c, errors.Errorf("unknown argument %q; flags start with -", f.Arg(0))
	}
	i := slices.IndexFunc(benches, func(b bench) bool { return b.name == *op })
	if i < 0 {
		return c, errors.Errorf("-op is %q, want %s", *op, oneOf(names(benches)))
	}
	c.bench = benches[i]
	c.sizes = c.bench.sizes
	var wrong error
	all := map[string]bool{}
	f.Visit(func(g *flag.Flag) {
		all[g.Name] = true
		if n, ok := of[g.Name]; ok && wrong == nil {
			wrong = c.sizes.set(c.bench.name, g.Name, *n)
		}
	})
	if wrong != nil {
		return c, wrong
	}
	if c.activities, err = parseActivities(*activity); err != nil {
		return c, err
	}
	if c.vectors {
		if all["V"] {
			return c, errors.New("-V is given with -vectors, which have no vocabulary")
		}
		c.V = 0
	}
	for _, name := range []string{surrogates.Flag, surrogates.FlagDampening, surrogates.FlagSupport} {
		if all[name] && c.bench.name == opMatmul {
			return c, errors.Errorf("-%s is given, but -op %s has no units", name, opMatmul)
		}
	}
	if c.surrogate, err = surrogates.Chosen(*shape, triangle, all); err != nil {
		return c, err
	}
	return c, c.validate()
}

// set takes over a size that was given.
func (s *sizes) set(op, name string, n int) error {
	for _, f := range s.fields() {
		switch {
		case f.flag != name:
		case *f.n == 0:
			return errors.Errorf("-%s is given, but -op %s has no such size", name, op)
		case n < 1:
			return errors.Errorf("-%s is %d, want at least 1", name, n)
		default:
			*f.n = n
		}
	}
	return nil
}

// field is a size with its flag.
type field struct {
	flag, what string
	n          *int
}

func (s *sizes) fields() []field {
	return []field{
		{"T", "time steps", &s.T},
		{"B", "batch rows", &s.B},
		{"I", "inputs; for lm and stream the size of the word vectors", &s.I},
		{"H", "units", &s.H},
		{"V", "words of the vocabulary", &s.V},
		{"layers", "recurrent layers", &s.layers},
	}
}

// defaultsOf says what a size is by default for each op that has it.
func defaultsOf(name string) string {
	var of []string
	for _, b := range benches {
		for _, f := range b.sizes.fields() {
			if f.flag == name && *f.n > 0 {
				of = append(of, fmt.Sprintf("%s %d", b.name, *f.n))
			}
		}
	}
	return "default " + strings.Join(of, ", ")
}

func parseActivities(list string) ([]float64, error) {
	var as []float64
	for _, s := range strings.Split(list, ",") {
		a, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || !(a > 0 && a <= 1) {
			return nil, errors.Errorf("-activity has %q, want numbers above 0 and at most 1, separated by commas", s)
		}
		as = append(as, a)
	}
	return as, nil
}

// mostRuns is a bound, since all their seconds are kept.
const mostRuns = 1_000_000

// validate checks what parse did not.
func (c config) validate() error {
	layer, stream := c.bench.name == opLayer, c.bench.name == opStream
	switch {
	case !slices.Contains(c.bench.baselines, c.baseline):
		return errors.Errorf("-baseline is %q, want %s for -op %s", c.baseline, oneOf(c.bench.baselines), c.bench.name)
	case c.runs < 1 || c.runs > mostRuns:
		return errors.Errorf("-runs is %d, want 1 to %d", c.runs, mostRuns)
	case c.fixedX && !layer:
		return errors.Errorf("-fixed-x is given, want it with -op %s only", opLayer)
	case c.sparse && !layer:
		return errors.Errorf("-sparse-input is given, want it with -op %s only", opLayer)
	case (c.vectors || c.density != defaultDensity || c.streams != 1) && !stream:
		return errors.Errorf("-vectors, -density or -streams is given, want it with -op %s only", opStream)
	case !(c.density > 0 && c.density <= 1):
		return errors.Errorf("-density is %v, want it above 0 and at most 1", c.density)
	case c.streams < 1:
		return errors.Errorf("-streams is %d, want at least 1", c.streams)
	case c.live != 0 && !(layer && c.sparse):
		return errors.Errorf("-live is given, want it with -op %s -sparse-input only", opLayer)
	case !(c.live >= 0 && c.live <= 1):
		return errors.Errorf("-live is %v, want it in [0, 1]", c.live)
	}
	if err := c.bounded(); err != nil {
		return err
	}
	return threads.Validate(c.threads)
}

func oneOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
