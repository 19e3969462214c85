package ops

import (
	"runtime"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/ops/surrogate"
)

// Sizes that are cut into blocks, with a remainder, in every way an op cuts.
func largeCases() []opCase {
	s := surrogate.Triangle{Dampening: 0.7, Support: 2}
	return []opCase{
		heavisideCase(s, 3, 101, 130),
		eventCase(s, 3, 101, 130),
		liveCase(s, 3, 101, 130),
		gatedCase(67, 3, 101, 130),
		gatedLiveCase(67, 3, 101, 130),
		embeddingCase(19, 130, 3, 101),
		dropoutCase(DropoutConfig{P: 0.3, Stream: "x"}, 3, 101, 130),
		dropoutCase(DropoutConfig{P: 0.3, Stream: "x", Variational: true}, 3, 133, 130),
		wordDropoutCase(WordDropoutConfig{P: 0.3, Stream: "x"}, 19, 130, 3, 133),
		meanPenaltyCase(MeanPenaltyConfig{Weight: 2, Target: 0.25}, 3, 101, 130),
		maskCase(tensor.Float32, MaskConfig{Shape: tensor.Shape{303, 130}, Keep: 0.7, Stream: "x"}),
		reshapeCase(tensor.Shape{3, 101, 130}, tensor.Shape{303, 130}),
		timeSliceCase(1, 3, 133, 130),
	}
}

func TestSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, c := range largeCases() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(c.name+"/"+dt.String(), func(t *testing.T) {
				values := c.values(1, dt)
				runtime.GOMAXPROCS(1)
				want := c.result(t, tape, values, dt)
				runtime.GOMAXPROCS(4)
				same(t, c, c.result(t, tape, values, dt), want)
				same(t, c, c.result(t, lisp, values, dt), want)

				o := c.graph(t, values, dt)
				var formula outcome
				formula.out, formula.grads = c.formula(values, flat(o.dout.Value()))
				// Sums over hundreds of rows are rounded that often.
				near(t, c, want, formula, 10*tolerance(o.out.Dtype()))
			})
		}
	}
}

// A second run in the same machine must not see the first.
func TestRunsRepeat(t *testing.T) {
	for _, c := range largeCases() {
		values := c.values(1, tensor.Float32)
		o := c.graph(t, values, tensor.Float32)
		vm := G.NewTapeMachine(o.g)
		var first []float64
		for run := range 3 {
			vm.Reset()
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			if run == 0 {
				first = flat(*o.read)
			}
			compare(t, c.name, flat(*o.read), first, 0)
		}
		vm.Close()
	}
}
