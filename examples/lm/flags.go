package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/surrogates"
	"github.com/egru/egru/examples/internal/threads"
	"github.com/egru/egru/examples/lm/sample"
	"github.com/egru/egru/graph/optim"
)

// The modes of the program.
const (
	modeTrain  = "train"
	modeEval   = "eval"
	modeStream = "stream"
	modeSample = "sample"
	modeExport = "export"

	modeSurrogates = "surrogates" // draws them
)

// settings are what the flags say.
type settings struct {
	config config
	given  map[string]bool // flags on the command line, by name

	mode   string
	from   string // checkpoint to evaluate, stream, sample or export
	to     string // file to export to
	print  bool   // the config, and no more
	preset string
	file   string // config to start from

	threads  int
	out      string
	resume   bool
	every    time.Duration // between checkpoints within an epoch
	keep     int           // checkpoints
	onFull   string
	json     string
	sampling sample.Config

	streaming streaming
}

// What to do where a checkpoint cannot be written.
const (
	onFullStop     = "stop"
	onFullContinue = "continue"
)

const defaultOut = "lm-out"

// parse reads the flags. Flags beside a preset or a config override it, whatever
// their order.
func parse(args []string, stderr io.Writer) (*settings, error) {
	first := &settings{config: toy()}
	flags := first.flags()
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, first.help(stderr)
	} // another error comes up again below
	first.given = givenBy(flags)
	base, err := first.base()
	if err != nil {
		return nil, err
	}
	s, err := over(base, args)
	if err != nil || !s.resume {
		return s, err
	}
	return s.resumed(args)
}

// over is what the flags say over a config.
func over(base config, args []string) (*settings, error) {
	s := &settings{config: base}
	f := s.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, errors.Errorf("unknown argument %q; flags start with -%s", f.Arg(0), switchBefore(f, args))
	}
	s.given = givenBy(f)
	if s.mode == modeTrain && s.from != "" {
		s.config.From = s.from
	}
	if c := &s.config; c.Layers == 1 && s.given["hidden"] && !s.given["embed"] {
		c.Embed = c.Hidden // the only layer is also the last
	}
	if err := s.config.EGRU.settleSurrogate(s.given); err != nil {
		return nil, err
	}
	if err := s.config.Prune.settle(base.Prune, s.given, s.config.Epochs); err != nil {
		return nil, err
	}
	return s, s.validate()
}

// switchBefore explains an argument that was meant for a switch, which takes none.
func switchBefore(f *flag.FlagSet, args []string) string {
	at := len(args) - f.NArg() - 1
	if at < 0 {
		return ""
	}
	name := strings.TrimLeft(args[at], "-")
	g := f.Lookup(name)
	if g == nil || name == args[at] {
		return ""
	}
	if b, ok := g.Value.(interface{ IsBoolFlag() bool }); !ok || !b.IsBoolFlag() {
		return ""
	}
	return fmt.Sprintf(", and a switch is set by -%s=false", name)
}

// givenBy are the names of the flags on the command line.
func givenBy(f *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	return given
}

// base is the config that the flags start from.
func (s *settings) base() (config, error) {
	c := toy()
	var err error
	switch {
	case s.preset != "":
		c, err = preset(s.preset)
	case s.mode == modeTrain && s.from != "" && s.file == "" && !s.resume:
		var from *start
		if from, err = readStart(s.from, s.cellGiven()); err == nil {
			c = from.config()
		}
	case s.config.Data != "":
		c = small()
	}
	if err == nil && s.file != "" {
		err = errors.Wrap(readConfig(s.file, &c), "-config")
	}
	return c, err
}

// resumed takes the config of the run in -out. Flags that were given must say
// the same, but for those that a run may change.
func (s *settings) resumed(args []string) (*settings, error) {
	var stored config
	err := readConfig(filepath.Join(s.out, configFile), &stored)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Errorf("-resume: %s holds no run", s.out)
	}
	if err != nil {
		return nil, errors.Wrap(err, "-resume")
	}
	wanted := s.config // by the whole command line
	s, err = over(stored, args)
	if err != nil {
		return nil, err
	}
	if s.preset == "" && s.file == "" {
		wanted = s.config
	}
	if !wanted.resumes(stored) {
		return nil, errors.Errorf("-resume: the run in %s has other settings (see its %s); of them only -epochs, -lr, -clip, -data and -from may change", s.out, configFile)
	}
	return s, nil
}

// resumes says whether a run of one config can go on by another. What may change
// is what leaves the model and the random numbers as they are.
func (c config) resumes(stored config) bool {
	c.Epochs, c.Data, c.From = stored.Epochs, stored.Data, stored.From
	for _, r := range []struct{ to, from *recipe }{{&c.EGRU.recipe, &stored.EGRU.recipe}, {&c.GRU, &stored.GRU}} {
		r.to.LearnRate, r.to.Clip = r.from.LearnRate, r.from.Clip
	}
	return c == stored
}

// flags are all flags, with what s holds as their defaults.
func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("lm", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	c := &s.config
	f.StringVar(&s.mode, "mode", modeTrain, "train; eval, stream, sample or export what -from holds, where stream compares ways to keep its weights for single steps; or surrogates, a figure of all of them and of -surrogate into -out")
	f.StringVar(&s.preset, "preset", "", "settings to start from: "+presetNames())
	f.StringVar(&s.file, "config", "", "`FILE` of settings to start from, as -print-config prints and each run writes")
	f.BoolVar(&s.print, "print-config", false, "print the settings and stop")

	f.StringVar(&c.Data, "data", c.Data, "`DIR` with ptb.{train,valid,test}.txt, {train,valid,test}.txt or wiki.{train,valid,test}.tokens; none: an artificial language")
	f.IntVar(&c.Words, "words", c.Words, "words of the artificial language to train on, without -data")
	f.StringVar(&c.Cell, "cell", c.Cell, "egru, gru, or both one after the other; in other modes than train egru or gru, the model of a folder of both, if not given egru")
	f.IntVar(&c.Layers, "layers", c.Layers, "recurrent layers")
	f.IntVar(&c.Hidden, "hidden", c.Hidden, "units of each layer but the last, which has -embed units; with -layers 1 units of that layer, where -embed is not given")
	f.IntVar(&c.Embed, "embed", c.Embed, "size of the word vectors, shared by embedding and decoder, and units of the last layer; with -layers 1 that of -hidden where only -hidden is given")
	f.IntVar(&c.Batch, "batch", c.Batch, "rows of text side by side")
	f.IntVar(&c.Window, "bptt", c.Window, "steps of a window")
	f.BoolVar(&c.RandomWindows, "random-windows", c.RandomWindows, "draw the length of each window around -bptt, and scale its rate with it")
	f.IntVar(&c.Epochs, "epochs", c.Epochs, "passes through the training text")
	f.IntVar(&c.EvalBatch, "eval-batch", c.EvalBatch, "rows of text side by side in validation and test")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "of weights, dropout, sampling and the artificial language")
	s.recipeFlags(f)
	s.egruFlags(f)
	s.pruneFlags(f)

	f.IntVar(&s.threads, "threads", 0, threads.Usage)
	f.StringVar(&s.out, "out", defaultOut, "`DIR` for checkpoints, logs, plots and the report; without -out, a run that is in "+defaultOut+" is set aside as "+defaultOut+beforeSuffix+"; empty: nothing is written")
	f.BoolVar(&s.resume, "resume", false, "go on with the run in -out from its last checkpoint")
	f.DurationVar(&s.every, "checkpoint", 2*time.Minute, "time between checkpoints within an epoch")
	f.IntVar(&s.keep, "keep", 2, "checkpoints to keep, beside the best")
	f.StringVar(&s.onFull, "on-full", onFullStop, "stop or continue where a checkpoint cannot be written; a run whose best weights are not saved in the end has failed nevertheless")
	f.StringVar(&s.json, "json", "", "`FILE` for one JSON object an epoch and a last one for the test; with -mode stream for one an engine")

	f.StringVar(&s.from, "from", "", "`PATH` of a checkpoint or of the folder of a run, also to start training with its weights, by its settings; except to train, also of a language model of EvNN or PyTorch (.pt, .npz, .safetensors; with its -data)")
	f.StringVar(&s.to, "to", "", "`FILE` to export to, .npz or .safetensors, under the names of EvNN, or of PyTorch for a GRU")
	f.IntVar(&s.sampling.Words, "sample", 0, "words of generated text to print at the end")
	f.Float64Var(&s.sampling.Temperature, "temperature", 1, "of sampling: below 1 likely words become likelier")
	f.IntVar(&s.sampling.TopK, "top-k", 0, "sample only the likeliest words; 0: all")
	f.StringVar(&s.sampling.Prompt, "prompt", "", "`TEXT` that the sample continues")
	f.IntVar(&s.streaming.words, "stream-words", 0, "words of the validation and of the test text each for -mode stream; 0: all")
	f.IntVar(&s.streaming.profile, "profile-words", defaultProfile, "words of the training text by which -mode stream sees what units do, or all there are")
	return f
}

// recipeFlags set the recipes of both cells at once.
func (s *settings) recipeFlags(f *flag.FlagSet) {
	e, g := &s.config.EGRU.recipe, &s.config.GRU
	number := func(name, usage string, fields ...func(*recipe) *float64) {
		var to []*float64
		for _, field := range fields {
			to = append(to, field(e), field(g))
		}
		f.Var(&numbers{to}, name, fmt.Sprintf("%s (default %v for EGRU, %v for GRU)", usage, *to[0], *to[1]))
	}
	embed := func(r *recipe) *float64 { return &r.EmbedDropout }
	between := func(r *recipe) *float64 { return &r.LayerDropout }
	output := func(r *recipe) *float64 { return &r.OutputDropout }
	number("lr", "rate of Adam", func(r *recipe) *float64 { return &r.LearnRate })
	number("decay", "decoupled weight decay", func(r *recipe) *float64 { return &r.Decay })
	number("beta1", "decay of Adam's first moment", func(r *recipe) *float64 { return &r.Beta1 })
	number("beta2", "decay of Adam's second moment", func(r *recipe) *float64 { return &r.Beta2 })
	number("clip", "largest global norm of the gradients", func(r *recipe) *float64 { return &r.Clip })
	number("dropout", "probability of dropout before, between and after the layers", embed, between, output)
	number("word-dropout", "probability to drop a word of the vocabulary from a window", func(r *recipe) *float64 { return &r.WordDropout })
	number("embed-dropout", "probability of dropout before the layers", embed)
	number("layer-dropout", "probability of dropout between the layers", between)
	number("output-dropout", "probability of dropout after the layers", output)
	number("drop-connect", "probability to drop a recurrent weight from a window", func(r *recipe) *float64 { return &r.DropConnect })
	number("zoneout", "probability to keep a unit's old state for a step", func(r *recipe) *float64 { return &r.Zoneout })
	f.BoolFunc("variational", fmt.Sprintf("one dropout mask for all steps of a window (default %v for EGRU, %v for GRU)", e.Variational, g.Variational), func(v string) error {
		on, err := strconv.ParseBool(v)
		e.Variational, g.Variational = on, on
		return err
	})
	f.Func("schedule", fmt.Sprintf("of the rate: constant, halve each epoch, or cosine to 0 (default %s)", e.Schedule), func(v string) error {
		e.Schedule, g.Schedule = v, v
		return nil
	})
	f.Func("schedule-epoch", fmt.Sprintf("first epoch of the schedule (default %d)", e.ScheduleEpoch), func(v string) error {
		n, err := strconv.Atoi(v)
		e.ScheduleEpoch, g.ScheduleEpoch = n, n
		return err
	})
}

func (s *settings) egruFlags(f *flag.FlagSet) {
	e := &s.config.EGRU
	f.StringVar(&e.Variant, "variant", e.Variant, "equations of the EGRU: evnn or paper")
	f.Float64Var(&e.Threshold, "threshold", e.Threshold, "mean of the initial thresholds")
	f.Float64Var(&e.ThresholdRate, "threshold-rate", e.ThresholdRate, "learning rate of the thresholds, as a multiple of -lr; 0: frozen")
	f.StringVar(&e.Surrogate, surrogates.Flag, e.Surrogate, surrogates.Usage())
	f.Float64Var(&e.Dampening, surrogates.FlagDampening, e.Dampening, "height of the surrogate's triangle")
	f.Float64Var(&e.Support, surrogates.FlagSupport, e.Support, "slope of the surrogate's triangle; it is zero beyond 1/support")
	f.Float64Var(&e.Gain, "gain", e.Gain, "initial output gain of the EGRU layers")
	f.BoolVar(&e.LearnGain, "learn-gain", e.LearnGain, "learn the output gain, a number for each unit")
	f.Float64Var(&e.KeepBias, "keep-bias", e.KeepBias, "initial bias of the gate that keeps the old state")
	f.Float64Var(&e.ActivityWeight, "activity-weight", e.ActivityWeight, "weight in the loss of the squared distance of each layer's mean activity from -activity-target")
	f.Float64Var(&e.ActivityTarget, "activity-target", e.ActivityTarget, "wanted mean activity")
	f.Float64Var(&e.StateWeight, "state-weight", e.StateWeight, "weight in the loss of the squared distance of each layer's mean state from -state-target")
	f.Float64Var(&e.StateTarget, "state-target", e.StateTarget, "wanted mean state")
}

func (s *settings) pruneFlags(f *flag.FlagSet) {
	p := &s.config.Prune
	f.Float64Var(&p.Sparsity, "prune", p.Sparsity, "share of the weights to set to zero, the smallest first, and to keep there; 0: none")
	f.StringVar(&p.Scope, "prune-scope", p.Scope, "global: the smallest of all weights together, the default; layer: of each matrix by itself")
	f.StringVar(&p.Weights, "prune-weights", p.Weights, "`PATTERNS` of the names of weights to prune, separated by commas; default all matrices: "+strings.Join(optim.DefaultPrune(0).Names, ","))
	f.Float64Var(&p.From, "prune-from", p.From, "epochs that are over when pruning begins")
	f.Float64Var(&p.Until, "prune-until", p.Until, "epochs that are over when the share is reached, by the cube of Zhu and Gupta; default halfway from -prune-from to the end")
	f.IntVar(&p.Every, "prune-every", p.Every, fmt.Sprintf("windows of -bptt steps between two prunings; default %d", defaultPruneEvery))
}

// numbers is a flag that sets several numbers.
type numbers struct{ to []*float64 }

// String is empty, so that the usage tells the defaults.
func (*numbers) String() string { return "" }

func (n *numbers) Set(text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err
	}
	for _, to := range n.to {
		*to = v
	}
	return nil
}

// help prints the flags with the defaults of the preset that was asked for.
func (s *settings) help(to io.Writer) error {
	base, err := s.base()
	if err != nil {
		return err
	}
	of := &settings{config: base}
	f := of.flags()
	f.SetOutput(to)
	fmt.Fprint(to, "lm trains an event-based language model beside a dense GRU.\n\n")
	f.PrintDefaults()
	return flag.ErrHelp
}

// others are the flags that a mode other than training reads.
var others = map[string][]string{
	modeEval:   {"mode", "from", "data", "cell", "threads", "bptt", "eval-batch", "zoneout", "json"},
	modeStream: {"mode", "from", "data", "cell", "threads", "zoneout", "json", "stream-words", "profile-words"},
	modeSample: {"mode", "from", "data", "cell", "threads", "zoneout", "sample", "temperature", "top-k", "prompt", "seed"},
	modeExport: {"mode", "from", "data", "cell", "threads", "to"},

	modeSurrogates: {"mode", "out", surrogates.Flag, surrogates.FlagDampening, surrogates.FlagSupport},
}

// used reports a flag that the mode does not read.
func (s *settings) used() error {
	for _, name := range slices.Sorted(maps.Keys(s.given)) {
		reads, other := others[s.mode]
		switch {
		case other && !slices.Contains(reads, name):
			return errors.Errorf("-%s says nothing with -mode %s, which reads %s", name, s.mode, "-"+strings.Join(reads, ", -"))
		case !other && s.sampling.Words == 0 && slices.Contains([]string{"temperature", "top-k", "prompt"}, name):
			return errors.Errorf("-%s says nothing without -sample", name)
		case !other && slices.Contains([]string{"stream-words", "profile-words"}, name):
			return errors.Errorf("-%s says nothing without -mode stream", name)
		}
	}
	return nil
}

func (s *settings) validate() error {
	switch {
	case !slices.Contains([]string{modeTrain, modeEval, modeStream, modeSample, modeExport, modeSurrogates}, s.mode):
		return errors.Errorf("-mode is %q, want train, eval, stream, sample, export or surrogates", s.mode)
	case s.mode == modeSurrogates && s.out == "":
		return errors.New("-mode surrogates needs the -out to draw into")
	case s.mode != modeTrain && s.mode != modeSurrogates && s.from == "":
		return errors.Errorf("-mode %s needs -from, a checkpoint or the folder of a run", s.mode)
	case s.mode == modeExport && s.to == "":
		return errors.New("-mode export needs -to, the file to write")
	case s.mode != modeExport && s.to != "":
		return errors.New("-to is for -mode export")
	case s.mode != modeTrain && s.given["cell"] && s.config.Cell == cellBoth:
		return errors.Errorf("-cell both is for training: -mode %s takes egru or gru", s.mode)
	case s.given["data"] && s.config.Data == "":
		return errors.New("-data is empty, want a directory")
	case s.preset != "" && s.config.Data == "" && s.mode == modeTrain && !s.print && !s.resume:
		return errors.Errorf("-preset %s is for a corpus of words: give its -data DIR", s.preset)
	case s.resume && s.out == "":
		return errors.New("-resume needs the -out of the run to go on with")
	case s.every <= 0:
		return errors.Errorf("-checkpoint is %v, want it above 0", s.every)
	case s.keep < 1:
		return errors.Errorf("-keep is %d, want at least 1", s.keep)
	case s.onFull != onFullStop && s.onFull != onFullContinue:
		return errors.Errorf("-on-full is %q, want stop or continue", s.onFull)
	case s.sampling.Words < 1 && s.mode == modeSample && s.given["sample"]:
		return errors.Errorf("-sample is %d, want at least 1 with -mode sample", s.sampling.Words)
	case s.sampling.Words < 0:
		return errors.Errorf("-sample is %d, want at least 0", s.sampling.Words)
	case !(s.sampling.Temperature > 0) || math.IsInf(s.sampling.Temperature, 1):
		return errors.Errorf("-temperature is %v, want it finite and above 0", s.sampling.Temperature)
	case s.sampling.TopK < 0:
		return errors.Errorf("-top-k is %d, want at least 0", s.sampling.TopK)
	case s.streaming.words < 0:
		return errors.Errorf("-stream-words is %d, want at least 0", s.streaming.words)
	case s.streaming.profile < 1:
		return errors.Errorf("-profile-words is %d, want at least 1", s.streaming.profile)
	}
	if err := threads.Validate(s.threads); err != nil {
		return err
	}
	if err := s.used(); err != nil {
		return err
	}
	return s.config.validate()
}
