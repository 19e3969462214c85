package docs_test

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops"
)

func TestReshapeSharesTheMemoryOfItsInput(t *testing.T) {
	run := func(reshape func(*G.Node, tensor.Shape) (*G.Node, error)) (dx, weight any) {
		g := G.NewGraph()
		x := of(g, "x", []float64{0.1, 0.5, -1, 2}, 4)
		y := must(reshape(must(G.Tanh(x)), tensor.Shape{2, 2}))
		descend(g, must(G.Square(y)), x) // the gradient is that of another function
		dx = gradient(x)

		g = G.NewGraph()
		w := of(g, "w", []float64{1, 2, 3, 4}, 4)
		descend(g, must(G.Square(must(reshape(w, tensor.Shape{2, 2})))), w) // writes over w
		return dx, w.Value().Data()
	}
	rightX, rightW := []float64{0.1974, 0.7269, -0.6397, 0.1362}, []float64{1, 2, 3, 4}

	dx, w := run(G.Reshape)
	proves(t, finding{got: dx, wrong: []float64{0.9221, 0.02125, 1.743, 7.384}, right: rightX, workaround: "ops.Reshape"})
	proves(t, finding{got: w, wrong: []float64{2, 4, 6, 8}, right: rightW, workaround: "ops.Reshape"})

	dx, w = run(ops.Reshape)
	gives(t, dx, rightX)
	gives(t, w, rightW)
}

func TestNodesLoseTheirValuesDuringARun(t *testing.T) {
	g := G.NewGraph()
	x := of(g, "x", []float64{0.1, 0.5, -1, 2}, 4)
	y := must(G.Tanh(x))
	before := read(y) // copied while it is what it is
	descend(g, must(G.Square(y)), x)
	after := y.Value() // what was last written to its memory

	right := []float64{0.09967, 0.4621, -0.7616, 0.964}
	proves(t, finding{
		got: after.Data(), wrong: []float64{0.1974, 0.7269, -0.6397, 0.1362}, right: right,
		workaround: "the reads before compilation in graph/machine.go",
	})
	gives(t, (*before).Data(), right)
}

func TestAViewThatAnOpHandsOnIsWrittenTo(t *testing.T) {
	run := func(do func(*tensor.Dense) (G.Value, error)) any {
		same := taped{custom{"same", do}, custom{"back", times(1)}}
		g := G.NewGraph()
		x := of(g, "x", []float64{1, 2}, 2)
		y := must(G.ApplyOp(same, must(G.Tanh(x))))
		descend(g, must(G.Square(y)), x)
		return gradient(x)
	}
	right := []float64{0.6397, 0.1362}

	view := func(x *tensor.Dense) (G.Value, error) { return x.Slice(nil) }
	proves(t, finding{
		got: run(view), wrong: []float64{-2.011, -5.239}, right: right,
		workaround: "the copy in ops/pick.go",
	})
	copied := func(x *tensor.Dense) (G.Value, error) { return x.Clone().(*tensor.Dense), nil }
	gives(t, run(copied), right)
}

func TestAStateThatWasReadAndLetIsOverwritten(t *testing.T) {
	run := func(carry func(G.Value) G.Value) any {
		g := G.NewGraph()
		u, h0 := of(g, "u", []float64{0.5, 0.5}, 2), of(g, "h0", []float64{1, 2}, 2)
		h1 := must(G.Tanh(must(G.HadamardProd(h0, u))))
		end := read(h1)
		must(G.Grad(must(G.Sum(must(G.Square(h1)))), u))
		vm := G.NewTapeMachine(g, G.BindDualValues(u))

		check(vm.RunAll())
		check(G.Let(h0, carry(*end))) // the next window starts where this one ended
		vm.Reset()
		G.ZeroValue(must(u.Grad()))
		check(vm.RunAll()) // and writes its end over its start before it goes back
		return gradient(u)
	}
	right := []float64{0.199, 0.4804}

	proves(t, finding{
		got: run(func(v G.Value) G.Value { return v }), wrong: []float64{0.09777, 0.2292}, right: right,
		workaround: "the copies that a graph.Stream makes",
	})
	gives(t, run(func(v G.Value) G.Value { return must(G.CloneValue(v)) }), right)
}

func TestTimeSlicesTakeMemoryThatGrowsWithTheSquareOfT(t *testing.T) {
	const B, I = 1, 256
	inSlices := func(g *G.ExprGraph, x *G.Node) (out, wrt *G.Node) {
		for i := range x.Shape()[0] {
			step := must(G.Slice(x, G.S(i)))
			if out == nil {
				out = step
			} else {
				out = must(G.Add(out, step))
			}
		}
		return out, x
	}
	asAWhole := func(g *G.ExprGraph, x *G.Node) (out, wrt *G.Node) {
		rnn := must(layers.NewGRU("rnn", layers.DefaultGRU(I, 8)))
		return must(rnn.Forward(x)), x
	}
	// growth tells how much more memory a run takes for four times as many
	// steps: 4 times for what is linear in T, 16 for what is quadratic.
	growth := func(build func(g *G.ExprGraph, x *G.Node) (out, wrt *G.Node)) float64 {
		memory := func(T int) float64 {
			g := G.NewGraph()
			out, wrt := build(g, of(g, "x", make([]float32, T*B*I), T, B, I))
			must(G.Grad(must(G.Sum(out)), wrt))
			vm := G.NewTapeMachine(g, G.BindDualValues(wrt))
			least := math.Inf(1) // of several runs: a first one fills pools
			for range 4 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				check(vm.RunAll())
				runtime.ReadMemStats(&after)
				least = min(least, float64(after.TotalAlloc-before.TotalAlloc))
				vm.Reset()
			}
			return least
		}
		return memory(80) / memory(20)
	}

	proves(t, finding{
		got: growth(inSlices) > 8, wrong: true, right: false,
		workaround: "one of the reasons for one node for a whole sequence",
	})
	gives(t, growth(asAWhole) < 8, true)
}

func TestWriteNpyOfAViewWritesOtherNumbers(t *testing.T) {
	states := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))
	column := must(states.Slice(nil, G.S(0))).(*tensor.Dense) // 1 3 5
	right := []float64{1, 3, 5}

	var file bytes.Buffer
	check(column.WriteNpy(&file)) // writes 1 2 3
	var got tensor.Dense
	check(got.ReadNpy(&file))
	proves(t, finding{got: got.Data(), wrong: []float64{1, 2, 3}, right: right, workaround: "one of the reasons for archive.EncodeNPY"})

	file.Reset()
	check(archive.EncodeNPY(&file, column))
	ours := must(archive.DecodeNPY(bytes.NewReader(file.Bytes()), int64(file.Len())))
	gives(t, ours.Data(), right)
}
