package graph

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/internal/pool"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

// The gradients are those of a graph built by hand, with a state that takes
// none.
func TestTrainIsForwardAndBackwardOfOneWindow(t *testing.T) {
	m := languageModel(masked)
	s := newSession(m)
	stream := s.NewStream(testB)
	train(t, s, stream, window(0, 4))
	start := stream.States()
	work := func() (counts []ops.Counts) {
		for _, meter := range m.Meters() {
			counts = append(counts, meter.Counts())
			meter.Reset()
		}
		return counts
	}
	work()
	got := train(t, s, stream, window(4, 3))
	done := work()

	g := G.NewGraph()
	input := func(name string, v *tensor.Dense) *G.Node {
		return G.NewTensor(g, v.Dtype(), v.Dims(), G.WithShape(v.Shape()...), G.WithName(name), G.WithValue(v))
	}
	feeds := window(4, 3)
	run := layers.Run{Train: true, FixedState: true, Key: input("key", tensor.New(tensor.WithBacking([]int{3, 2})))}
	var states []layers.State
	for _, l := range m.Stack().Layers() {
		states = append(states, layers.State{H: input(l.Name()+".h", start[l.Name()+".h"]), Y: input(l.Name()+".y", start[l.Name()+".y"])})
	}
	out := must(m.Run(input("tokens", feeds[Tokens]), states, run))
	loss := must(must(m.Loss(out.Signal, input("targets", feeds[Targets]))).Loss())
	weights := must(layers.Nodes(g, m.Params()))
	must(G.Grad(loss, weights...))
	var value G.Value
	G.Read(loss, &value)
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if byHand := work(); !slices.Equal(done, byHand) {
		t.Errorf("the work was %+v, want %+v", done, byHand)
	}
	near(t, "loss", []float64{got.Loss}, numbers(value), 0)
	for i, n := range weights {
		near(t, n.Name(), numbers(must(got.Grads[i].Grad())), numbers(must(n.Grad())), 0)
		if got.Grads[i].Value() != G.Value(m.Params()[i].Value()) {
			t.Errorf("the gradient of %s is not that of the weight", n.Name())
		}
	}
}

// What a session holds does not grow with the number of runs.
func TestMemoryStays(t *testing.T) {
	s := newSession(languageModel())
	stream := s.NewStream(testB)
	solver := must(optim.NewSGD(optim.SGDConfig{LearnRate: 0.01}))
	work := func(runs int) {
		for i := range runs {
			r := train(t, s, stream, window(i%5, 3+i%3))
			if err := solver.Step(r.Grads); err != nil {
				t.Fatal(err)
			}
			evaluate(t, s, stream, window(i%5, 4))
		}
	}
	work(30)
	before := heap()
	work(200)
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes in 400 runs", grown)
	}
}

// Between runs a graph holds its weights and little else.
func TestTheMemoryOfARunIsLetGo(t *testing.T) {
	m := languageModel(func(c *layers.LanguageModelConfig) { c.Embed, c.Hidden = 32, 32 })
	s := newSession(m)
	const T, B = 64, 16
	w := must(NewWindows(text(T*B+1), B, T))
	w.Next()
	before := heap()
	stream := s.NewStream(B)
	train(t, s, stream, w.Feeds())
	evaluate(t, s, stream, w.Feeds())
	held := heap() - before
	// One layer alone makes more than y, state, events and gates.
	if run := int64(T * B * 32 * 6 * 8); held > run/4 {
		t.Errorf("two graphs hold %d bytes after runs that took more than %d", held, run)
	}
	runtime.KeepAlive(s)
}

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	for range 3 { // what a pool lets go of takes more than one
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// After an error the session and the stream are as they were, and the next runs
// give what they would have given.
func TestNothingChangesOnErrors(t *testing.T) {
	m := languageModel(masked)
	// work trains and evaluates windows of different lengths.
	work := func(s *Session, between func(*Stream)) (got []snapshot) {
		s.SetRuns(0)
		stream := s.NewStream(testB)
		between(stream)
		for i, T := range []int{3, 4} {
			got = append(got, snapshotOf(train(t, s, stream, window(4*i, T)), stream))
			between(stream)
			got = append(got, snapshotOf(evaluate(t, s, stream, window(4*i, T)), stream))
			between(stream)
		}
		return got
	}
	want := work(newSession(m), func(*Stream) {})
	s := newSession(m)
	ids := func(T int, id int) *tensor.Dense {
		v := tensor.New(tensor.WithShape(T, testB), tensor.Of(tensor.Int))
		v.Data().([]int)[1] = id
		return v
	}
	for _, c := range []struct {
		name     string
		feeds    func() Feeds
		sentinel error
		says     string
	}{
		{"no feeds", func() Feeds { return nil }, ErrFeed, "no input has the shape (T, 2, ...)"},
		{"missing", func() Feeds { return Feeds{Tokens: ids(3, 0)} }, ErrFeed, "input targets is missing"},
		{"nil", func() Feeds { return Feeds{Tokens: ids(3, 0), Targets: nil} }, ErrFeed, "input targets is nil"},
		{"unknown", func() Feeds { return Feeds{Tokens: ids(3, 0), Targets: ids(3, 0), "labels": ids(3, 0)} }, ErrFeed, "no input labels"},
		{"unlike steps", func() Feeds { return Feeds{Tokens: ids(3, 0), Targets: ids(4, 0)} }, ErrFeed, "steps"},
		{"shape", func() Feeds {
			return Feeds{Tokens: ids(3, 0), Targets: tensor.New(tensor.WithShape(3), tensor.Of(tensor.Int))}
		}, ErrFeed, "input targets has shape (3), want (3, 2)"},
		{"dtype", func() Feeds {
			return Feeds{Tokens: ids(3, 0), Targets: tensor.New(tensor.WithShape(3, testB), tensor.Of(tensor.Float64))}
		}, ErrFeed, "input targets has dtype float64, want int"},
		{"batch", func() Feeds {
			w := must(NewWindows(text(60), 5, 3))
			w.Next()
			return w.Feeds()
		}, ErrFeed, "no input has the shape (T, 2, ...)"},
		{"token", func() Feeds { return Feeds{Tokens: ids(3, testV), Targets: ids(3, 0)} }, ops.ErrIndex, "ids[0 1] is 6, want 0 to 5"},
		{"target", func() Feeds { return Feeds{Tokens: ids(3, 0), Targets: ids(3, -2)} }, ops.ErrIndex, "Targets[0 1] is -2"},
	} {
		got := work(s, func(stream *Stream) {
			before, runs := snapshotOf(Result{}, stream), s.Runs()
			for _, run := range []func(*Stream, Feeds) (Result, error){s.Train, s.Evaluate} {
				r, err := run(stream, c.feeds())
				wantError(t, c.name, err, c.sentinel, c.says)
				sameBits(t, "after "+c.name, snapshotOf(r, stream), before)
			}
			if s.Runs() != runs {
				t.Errorf("%s: %d runs, want %d", c.name, s.Runs(), runs)
			}
		})
		for i, w := range want {
			sameBits(t, fmt.Sprintf("run %d around %s", i, c.name), got[i], w)
		}
	}
}

// An error of an op comes through Gorgonia's machine with its cause.
func TestErrorsOfOpsCanBeToldApart(t *testing.T) {
	m := languageModel()
	for _, p := range m.Params() {
		if p.Name() == "rnn.1.kernel" {
			p.Value().Float64s()[0] = math.NaN()
		}
	}
	s := newSession(m)
	_, err := s.Train(s.NewStream(testB), window(0, 3))
	wantError(t, "weight", err, ops.ErrNaN, "EGRU")
}

// The ops' largest values come out of the pools again: a run after the first takes
// next to no memory from the system.
func TestLaterRunsUseTheMemoryOfEarlierOnes(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collections empty pools
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))  // the kernels' pools belong to processors
	s := newSession(languageModel(func(c *layers.LanguageModelConfig) { c.Embed, c.Hidden = 64, 64 }))
	allocated := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		train(t, s, s.NewStream(testB), window(0, 20))
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	first := allocated()
	allocated()
	if later := allocated(); later > first/3 {
		t.Errorf("a first run takes %d bytes, a third %d, want no more than a third", first, later)
	}
}

// A run that has more numbers than are kept leaves them to the garbage collector.
func TestNoMoreThanMostPooledNumbersAreKept(t *testing.T) {
	if racing {
		t.Skip("the race detector drops what pools hold")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // collections empty pools
	for n, want := range map[int]bool{mostPooled: true, mostPooled + 1: false} {
		g := G.NewGraph()
		x := G.NewMatrix(g, tensor.Float32, G.WithShape(1, n), G.WithName("x"))
		y := must(ops.AddBias(x, G.NewVector(g, tensor.Float32, G.WithShape(n), G.WithName("b"))))
		// What nobody writes to takes no memory.
		if err := G.UnsafeLet(y, tensor.New(tensor.WithShape(1, n), tensor.Of(tensor.Float32))); err != nil {
			t.Fatal(err)
		}
		(&machine{Window: &Window{graph: g}}).release()
		if _, kept := pool.Take[float32](n); kept != want {
			t.Errorf("a run of %d numbers keeps them: %v, want %v", n, kept, want)
		}
	}
}

// Gorgonia tells which instruction failed, and on which registers.
func TestAFailedRunNamesTheInputAndSaysNoMoreThanTheOp(t *testing.T) {
	ids := func(id int) *tensor.Dense {
		v := tensor.New(tensor.WithShape(3, testB), tensor.Of(tensor.Int))
		v.Data().([]int)[1] = id
		return v
	}
	s := newSession(languageModel(masked))
	for says, feeds := range map[string]Feeds{
		"input tokens: Embedding: ids[0 1] is 6, want ": {Tokens: ids(testV), Targets: ids(0)},
		"input targets: SoftmaxCrossEntropy(":           {Tokens: ids(0), Targets: ids(-2)},
	} {
		for _, run := range []func(*Stream, Feeds) (Result, error){s.Train, s.Evaluate} {
			_, err := run(s.NewStream(testB), feeds)
			if !errors.Is(err, ops.ErrIndex) || !strings.HasPrefix(err.Error(), says) {
				t.Errorf("got error %v, want it to start with %q", err, says)
			}
		}
	}
}
