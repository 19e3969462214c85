package checkpoint

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// A run that was stopped at any step, saved, and taken up in fresh objects has
// the losses and weights of one that went on, to the last bit.
func TestARunGoesOnAsIfItHadNeverStopped(t *testing.T) {
	const steps = 20 // the text has 15 windows
	for dt, stops := range map[tensor.Dtype][]int{tensor.Float32: {0, 1, 6, 15, 16}, tensor.Float64: {7}} {
		whole := newRun(dt, 1)
		want := whole.train(t, steps)
		end := encoded(t, whole.take(t, want))
		for _, stop := range stops {
			path := filepath.Join(t.TempDir(), "run.safetensors")
			first := newRun(dt, 1)
			losses := first.train(t, stop)
			if err := Save(path, first.take(t, losses)); err != nil {
				t.Fatal(err)
			}

			second := newRun(dt, 2) // with other weights of its own
			got := second.restore(t, must(Load(path)))
			got = append(got, second.train(t, steps-stop)...)
			if !slices.EqualFunc(got, want, sameBits64) {
				t.Errorf("%v, stopped at %d: losses\n%v, want\n%v", dt, stop, got, want)
			}
			if string(encoded(t, second.take(t, got))) != string(end) {
				t.Errorf("%v, stopped at %d: the runs end in different states", dt, stop)
			}
		}
	}
}

// The masks of training, and with them the losses, hang on the number of runs.
func TestASessionOfOtherRunsGoesOnElsewhere(t *testing.T) {
	r := newRun(tensor.Float64, 1)
	r.train(t, 3)
	s := r.take(t, nil)
	want := r.train(t, 1)
	r.restore(t, s)
	r.session.SetRuns(0)
	if got := r.train(t, 1); got[0] == want[0] {
		t.Error("the test of continued runs would not notice a forgotten count of runs")
	}
}

// unfit are changes to a good snapshot that Restore must report, and what it says.
var unfit = map[string]struct {
	change func(*Snapshot)
	kind   error
	says   []string
}{
	"a missing weight": {func(s *Snapshot) { delete(s.Weights, "rnn.0.kernel") }, ErrFit, []string{"weights: rnn.0.kernel is missing"}},
	"a surplus weight": {func(s *Snapshot) { s.Weights["x"] = s.Weights["rnn.0.kernel"] }, ErrFit, []string{"weights: x is surplus"}},
	"a nil weight":     {func(s *Snapshot) { s.Weights["rnn.0.kernel"] = nil }, ErrFit, []string{"weights: rnn.0.kernel has no tensor"}},
	"a weight's shape": {func(s *Snapshot) { s.Weights["rnn.0.threshold"] = zeros(tensor.Float64, 6) }, ErrFit, []string{"weights: rnn.0.threshold is (6) of float64, want (5) of float64"}},
	"a weight's axes":  {func(s *Snapshot) { s.Weights["rnn.0.threshold"] = zeros(tensor.Float64, 5, 1) }, ErrFit, []string{"weights: rnn.0.threshold is (5, 1) of float64"}},
	"a weight's dtype": {func(s *Snapshot) { s.Weights["rnn.0.threshold"] = zeros(tensor.Float32, 5) }, ErrFit, []string{"weights: rnn.0.threshold is (5) of float32, want (5) of float64"}},
	"everything renamed": {func(s *Snapshot) {
		s.Weights["x"] = s.Weights["rnn.0.kernel"]
		delete(s.Weights, "rnn.0.kernel")
		delete(s.Weights, "rnn.0.recurrent_kernel")
	}, ErrFit, []string{"rnn.0.kernel is missing", "rnn.0.recurrent_kernel is missing", "x is surplus"}},
	"a state's rows":   {func(s *Snapshot) { s.States["rnn.0.h"] = zeros(tensor.Float64, rows+1, 5) }, graph.ErrStream, []string{"state rnn.0.h does not have 2 rows"}},
	"no states":        {func(s *Snapshot) { s.States = nil }, ErrFit, []string{"no states of a stream"}},
	"another solver":   {func(s *Snapshot) { s.Solver.Solver = "Adam" }, optim.ErrState, []string{`state is of "Adam"`}},
	"a missing moment": {func(s *Snapshot) { delete(s.Solver.Tensors, "rnn.0.kernel/moment1") }, optim.ErrState, []string{"AdamW: state has"}},
	"a moment's shape": {func(s *Snapshot) {
		s.Solver.Tensors["rnn.0.kernel/moment1"] = optim.Tensor{Shape: []int{1}, Float64: []float64{1}}
	}, ErrFit, []string{"rnn.0.kernel/moment1 is (1) of float64, want (4, 15) of float64 as the weight"}},
	"moments' dtype": {func(s *Snapshot) {
		s.Solver.Tensors["rnn.0.kernel/moment2"] = optim.Tensor{Shape: []int{4, 15}, Float32: make([]float32, 60)}
	}, ErrFit, []string{"rnn.0.kernel/moment2 is (4, 15) of float32"}},
	"a broken moment":  {func(s *Snapshot) { s.Solver.Tensors["rnn.0.kernel/moment2"] = optim.Tensor{Shape: []int{4, 15}} }, ErrFit, []string{"rnn.0.kernel/moment2: has both or none of Float32 and Float64"}},
	"a count of steps": {func(s *Snapshot) { s.Solver.Steps["rnn.0.kernel"] = 0 }, optim.ErrState, []string{`"rnn.0.kernel": has 0 steps`}},
	"fewer schedules":  {func(s *Snapshot) { s.Solver.Schedules = nil }, optim.ErrState, []string{"fewer schedules"}},
}

func zeros(dt tensor.Dtype, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(dt))
}

func TestASnapshotIsRestoredAsAWholeOrNotAtAll(t *testing.T) {
	source := newRun(tensor.Float64, 1)
	source.train(t, 4)
	stepped := newRun(tensor.Float64, 2)
	stepped.train(t, 2)
	for name, c := range unfit {
		for _, r := range []*run{newRun(tensor.Float64, 2), stepped} {
			s := source.take(t, nil)
			c.change(s)
			before := r.take(t, nil)
			err := s.Restore(r.params, r.solver, r.stream)
			wantError(t, name, err, ErrFit, c.says...)
			wantError(t, name, err, c.kind)
			wantSnapshot(t, r.take(t, nil), before)
		}
	}
	// After all these errors it still takes a good one.
	s := source.take(t, nil)
	if err := s.Restore(stepped.params, stepped.solver, stepped.stream); err != nil {
		t.Fatal(err)
	}
	stepped.session.SetRuns(source.session.Runs())
	if err := stepped.windows.Seek(source.windows.Position() + source.windows.Steps()); err != nil {
		t.Fatal(err)
	}
	wantSnapshot(t, stepped.take(t, nil), s)
}

func TestWeightsAloneAreRestored(t *testing.T) {
	source, r := newRun(tensor.Float32, 1), newRun(tensor.Float32, 2)
	source.train(t, 2)
	r.train(t, 1)
	before, s := r.take(t, nil), source.take(t, nil)
	if err := s.RestoreWeights(r.params); err != nil {
		t.Fatal(err)
	}
	want := *before
	want.Weights = source.take(t, nil).Weights
	wantSnapshot(t, r.take(t, nil), &want)

	delete(s.Weights, "rnn.1.kernel")
	clear(s.Weights["rnn.0.kernel"].Float32s())
	err := s.RestoreWeights(r.params)
	wantError(t, "a missing weight", err, ErrFit, "checkpoint: weights: rnn.1.kernel is missing")
	wantSnapshot(t, r.take(t, nil), &want)
	wantError(t, "a nil weight", s.RestoreWeights([]*layers.Param{nil}), ErrFit, "weight 0 is nil")
}

// stubborn is a solver that refuses every state.
type stubborn struct{ optim.Solver }

var errStubborn = errors.New("no")

func (stubborn) Restore(optim.State) error { return errStubborn }

func TestAStreamGoesBackWhenTheSolverRefuses(t *testing.T) {
	r := newRun(tensor.Float64, 1)
	r.train(t, 2)
	s := r.take(t, nil)
	r.train(t, 1)
	before := r.take(t, nil)
	err := s.Restore(r.params, stubborn{r.solver}, r.stream)
	wantError(t, "a solver that refuses", err, errStubborn)
	wantError(t, "a solver that refuses", err, ErrFit)
	wantSnapshot(t, r.take(t, nil), before)
}
