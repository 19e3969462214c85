package graph

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

// counted counts how often each graph is built.
type counted struct {
	Model
	builds map[string]int
}

func (c counted) Build(w *Window) error {
	c.builds[fmt.Sprintf("T=%d B=%d train=%v", w.T, w.B, w.Run.Train)]++
	return c.Model.Build(w)
}

func TestOneGraphForEachShapeAndMode(t *testing.T) {
	c := counted{LanguageModel{LanguageModel: languageModel()}, map[string]int{}}
	s := must(NewSession(c, Config{}))
	stream := s.NewStream(testB)
	for range 2 {
		for _, T := range []int{3, 5, 3} {
			train(t, s, stream, window(0, T))
			evaluate(t, s, stream, window(0, T))
		}
		w := must(NewWindows(text(60), 3, 3))
		w.Next()
		evaluate(t, s, s.NewStream(3), w.Feeds())
	}
	want := map[string]int{
		"T=3 B=2 train=true": 1, "T=3 B=2 train=false": 1, "T=5 B=2 train=true": 1, "T=5 B=2 train=false": 1,
		"T=3 B=3 train=false": 1,
	}
	if fmt.Sprint(c.builds) != fmt.Sprint(want) {
		t.Errorf("graphs were built %v times, want %v", c.builds, want)
	}
}

// A text cut into windows of any lengths gives what one long window gives.
func TestCarriedStateIsExact(t *testing.T) {
	for name, change := range map[string]func(*layers.LanguageModelConfig){
		"EvNN": func(*layers.LanguageModelConfig) {}, "Paper": ofPaper, "GRU": ofGRU,
	} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			m := languageModel(change, func(c *layers.LanguageModelConfig) { c.Dtype = dt })
			s := newSession(m)
			whole := s.NewStream(testB)
			want := evaluate(t, s, whole, window(0, 12))

			stream := s.NewStream(testB)
			sum, from := 0.0, 0
			outputs := map[string][]float64{}
			for _, T := range []int{1, 4, 2, 4, 1} {
				r := evaluate(t, s, stream, window(from, T))
				sum += r.Loss * float64(T)
				from += T
				for output, v := range r.Outputs {
					outputs[output] = append(outputs[output], numbers(v)...)
				}
			}
			t.Run(fmt.Sprint(name, dt), func(t *testing.T) {
				for output, v := range want.Outputs {
					near(t, output, outputs[output], numbers(v), 0)
				}
				for state, v := range whole.States() {
					near(t, state, numbers(stream.States()[state]), numbers(v), 0)
				}
				tolerance := 1e-14
				if dt == tensor.Float32 {
					tolerance = 1e-6
				}
				near(t, "loss", []float64{sum / 12}, []float64{want.Loss}, tolerance)
			})
		}
	}
}

// Each run is a function of weights, feeds, stream and, in training, of the
// number of the run: not of what the session did before.
func TestRunsDoNotDependOnWhatRanBefore(t *testing.T) {
	m := languageModel(masked)
	fresh := func() *Session { return newSession(m) }
	after := func(s *Session) *Stream {
		stream := s.NewStream(testB)
		evaluate(t, s, stream, window(0, 4))
		return stream
	}
	alone := func(run func(*testing.T, *Session, *Stream, Feeds) Result, n int) snapshot {
		s := fresh()
		stream := after(s)
		s.SetRuns(n)
		return snapshotOf(run(t, s, stream, window(4, 3)), stream)
	}
	wantEvaluation, wantTraining := alone(evaluate, 0), alone(train, 8)

	busy := fresh()
	for i, T := range []int{3, 7, 1, 3, 5} {
		other := busy.NewStream(testB)
		train(t, busy, other, window(i, T))
		evaluate(t, busy, other, window(2*i, 3))
	}
	stream := after(busy)
	sameBits(t, "evaluation", snapshotOf(evaluate(t, busy, stream, window(4, 3)), stream), wantEvaluation)
	busy.SetRuns(8)
	stream = after(busy)
	sameBits(t, "training", snapshotOf(train(t, busy, stream, window(4, 3)), stream), wantTraining)
}

func TestStreamsAreIndependent(t *testing.T) {
	s := newSession(languageModel())
	alone := s.NewStream(testB)
	var want []snapshot
	for i := range 4 {
		want = append(want, snapshotOf(evaluate(t, s, alone, window(3*i, 3)), alone))
	}
	a, b := s.NewStream(testB), s.NewStream(testB)
	for i := range 4 {
		sameBits(t, "stream", snapshotOf(evaluate(t, s, a, window(3*i, 3)), a), want[i])
		evaluate(t, s, b, window(20-i, 3))
	}
}

// Runs only accumulate where a solver asks for it: not here.
func TestGradientsAreThoseOfTheLastRun(t *testing.T) {
	s := newSession(languageModel())
	of := func(T int) snapshot {
		stream := s.NewStream(testB)
		return snapshotOf(train(t, s, stream, window(2, T)), stream)
	}
	first, other := of(4), of(3)
	sameBits(t, "again", of(4), first)
	sameBits(t, "again with fewer steps", of(3), other)
}

func TestResultsBelongToTheCaller(t *testing.T) {
	m := languageModel()
	s := newSession(m)
	stream := s.NewStream(testB)
	feeds := window(0, 3)
	r := evaluate(t, s, stream, feeds)
	before := snapshotOf(r, stream)
	for i := range 3 {
		evaluate(t, s, s.NewStream(testB), window(5*i, 3))
		train(t, s, s.NewStream(testB), window(5*i, 3))
	}
	sameBits(t, "result after other runs", snapshotOf(r, stream), before)
	if r.Grads != nil {
		t.Error("an evaluation has gradients")
	}
	for name, v := range window(0, 3) {
		if !slices.Equal(feeds[name].Data().([]int), v.Data().([]int)) {
			t.Errorf("%s changed", name)
		}
	}
	// Nor does the session hold on to them.
	clear(r.Outputs[Features].Float64s())
	clear(feeds[Tokens].Data().([]int))
	again := s.NewStream(testB)
	sameBits(t, "another run", snapshotOf(evaluate(t, s, again, window(0, 3)), again), before)
}

func TestTheSolverChangesAllGraphs(t *testing.T) {
	m := languageModel()
	s := newSession(m)
	at := func(s *Session) float64 { return evaluate(t, s, s.NewStream(testB), window(0, 5)).Loss }
	before := at(s)
	r := train(t, s, s.NewStream(testB), window(0, 3))
	if at(s) != before {
		t.Error("training without a solver changed the weights")
	}
	if err := must(optim.NewSGD(optim.SGDConfig{LearnRate: 0.1})).Step(r.Grads); err != nil {
		t.Fatal(err)
	}
	after := at(s)
	if after >= before {
		t.Errorf("loss is %v after a step, %v before", after, before)
	}
	if other := at(newSession(m)); other != after {
		t.Errorf("a new session of the model has loss %v, want %v", other, after)
	}
}

// learn trains on the text for some epochs and gives the bits of the weights
// and the loss of the last epoch.
func learn(t *testing.T, m *layers.LanguageModel, epochs int, rate float64) (weights [][]float64, loss float64) {
	t.Helper()
	s := must(NewSession(LanguageModel{LanguageModel: m}, Config{Seed: 3}))
	config := optim.DefaultAdam()
	config.LearnRate = rate
	adam := must(optim.NewAdam(config))
	solver := must(optim.NewProject(adam, optim.Bound{Names: []string{"*.threshold"}, Low: 0, High: 1}))
	for range epochs {
		w := must(NewWindows(text(201), 4, 10))
		stream := s.NewStream(4)
		loss = 0
		for w.Next() {
			r := train(t, s, stream, w.Feeds())
			loss += r.Loss * float64(w.Steps()) / 50
			if err := solver.Step(r.Grads); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range m.Params() {
		weights = append(weights, numbers(p.Value()))
	}
	return weights, loss
}

func TestTrainingLearns(t *testing.T) {
	for name, change := range map[string]func(*layers.LanguageModelConfig){
		"EvNN": func(*layers.LanguageModelConfig) {}, "Paper": ofPaper, "GRU": ofGRU,
	} {
		m := languageModel(change, func(c *layers.LanguageModelConfig) {
			c.Embed, c.Layers, c.Dtype = 32, 1, tensor.Float32
			c.EGRU.LearnGain, c.EGRU.OutputGain, c.EGRU.Surrogate = true, 3, surrogate.DefaultTriangle()
			c.EGRU.KernelGain, c.EGRU.ThresholdMean = 1, 0.1
		})
		if _, loss := learn(t, m, 20, 0.02); loss > 0.1 {
			t.Errorf("%s: loss is %.3f, from %.3f for guessing", name, loss, math.Log(testV))
		}
	}
}

func TestTrainingIsTheSameForAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want [][]float64
	for _, n := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(n)
		// Wide enough for work to be shared out.
		m := languageModel(masked, func(c *layers.LanguageModelConfig) { c.Embed, c.Hidden, c.Dtype = 130, 140, tensor.Float32 })
		got, _ := learn(t, m, 1, 0.01)
		if want == nil {
			want = got
		}
		for i, p := range m.Params() {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s differs on %d processors", p.Name(), n)
			}
		}
	}
}

// Random masks follow the seed and the number of the run.
func TestRunsNumberTheMasks(t *testing.T) {
	m := languageModel(masked)
	loss := func(s *Session) float64 { return train(t, s, s.NewStream(testB), window(0, 3)).Loss }
	s := newSession(m)
	if s.Runs() != 0 {
		t.Errorf("a new session has made %d runs", s.Runs())
	}
	losses := []float64{loss(s), loss(s), loss(s)}
	if losses[0] == losses[1] || losses[1] == losses[2] {
		t.Errorf("losses are %v: the masks are the same in every run", losses)
	}
	evaluate(t, s, s.NewStream(testB), window(0, 3))
	if s.Runs() != 3 {
		t.Errorf("%d runs after three of training and one of evaluation, want 3", s.Runs())
	}
	again := newSession(m)
	again.SetRuns(1)
	if got := []float64{loss(again), loss(again)}; !slices.Equal(got, losses[1:]) {
		t.Errorf("losses from the second run on are %v, want %v", got, losses[1:])
	}
	if again.Runs() != 3 {
		t.Errorf("%d runs, want 3", again.Runs())
	}
	other := must(NewSession(LanguageModel{LanguageModel: m}, Config{Seed: 4}))
	if got := loss(other); got == losses[0] {
		t.Error("another seed has the same masks")
	}
}

func TestSessionErrors(t *testing.T) {
	_, err := NewSession(nil, Config{})
	wantError(t, "nil model", err, ErrBuild, "model is nil")
	p := layers.NewParam("w", tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float64)))
	_, err = NewSession(modelOf{params: []*layers.Param{p, p}}, Config{})
	wantError(t, "names", err, layers.ErrConfig, "two weights are named w")

	s := must(NewSession(LanguageModel{}, Config{}))
	_, err = s.Evaluate(s.NewStream(testB), window(0, 3))
	wantError(t, "nil language model", err, ErrBuild, "language model is nil")
	_, err = s.Evaluate(nil, window(0, 3))
	wantError(t, "nil stream", err, ErrStream, "stream is nil")
	_, err = s.Evaluate(s.NewStream(0), window(0, 3))
	wantError(t, "no rows", err, ErrFeed, "no input has the shape (T, 0, ...)")
}
