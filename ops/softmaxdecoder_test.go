package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// manyWords needs several chunks of rows, the last of them short.
var manyWords = decoderCase{lead: tensor.Shape{29, 5}, h: 6, v: 70000, bias: true, live: true}

func (d decoderCase) valuesWithIgnored(dt tensor.Dtype) []opValue {
	values := d.op("").values(1, dt)
	for i := range values[2].index {
		if i%7 == 3 {
			values[2].index[i] = IgnoreTarget
		}
	}
	return values
}

func TestSoftmaxDecoderChunksAddUp(t *testing.T) {
	if rows := len(manyWords.valuesWithIgnored(tensor.Float32)[2].index); rows*manyWords.v <= 2*chunkNumbers {
		t.Fatalf("%d rows of %d words are no three chunks", rows, manyWords.v)
	}
	values := manyWords.valuesWithIgnored(tensor.Float32) // the same for both precisions
	dout := opInput{shape: tensor.Shape{1 + 2*145}}.value(rand.New(rand.NewPCG(1, 1)), tensor.Float32).floats
	var want outcome
	want.out, want.grads = manyWords.formula(values, dout)
	// Sums over 70,000 words, one term after the other without vector code,
	// lose a digit more than those of the suite: the bound is that of golden
	// values.
	for dt, tolerance := range map[tensor.Dtype]float64{tensor.Float64: 1e-12, tensor.Float32: 1e-4} {
		s := opRun{opCase: manyWords.op(""), dt: dt, values: values}
		near(t, s.opCase, s.withGradient(t, dout), want, tolerance)
	}
}

func TestSoftmaxDecoderChunksAreBounded(t *testing.T) {
	for _, c := range []struct{ rows, h, v, chunks int }{
		{rows: 200, h: 2, v: 3, chunks: 1},
		{rows: 200, h: 2, v: chunkNumbers / minChunkRows * 2, chunks: 4},
		{rows: 3 * chunkNumbers / 2048, h: 2048, v: 2, chunks: 3},
	} {
		in := []array[float32]{
			{shape: tensor.Shape{c.rows, c.h}, floats: make([]float32, c.rows*c.h)},
			{shape: tensor.Shape{c.v, c.h}, floats: make([]float32, c.v*c.h)},
			{shape: tensor.Shape{c.rows}, index: make([]int, c.rows)},
		}
		in[2].index[0] = IgnoreTarget
		d, err := softmaxCrossEntropy[float32]{}.decoder(in)
		if err != nil {
			t.Fatal(err)
		}
		chunks, next := 0, 1
		for k := range d.chunks(nil) {
			chunks++
			size := max(len(k.logits.Data), k.y.Rows*k.y.Cols)
			if len(k.rows) > minChunkRows && size > chunkNumbers {
				t.Errorf("%+v: a chunk has %d rows and %d numbers", c, len(k.rows), size)
			}
			for _, n := range k.rows {
				if n != next {
					t.Fatalf("%+v: row %d comes after row %d", c, n, next-1)
				}
				next++
			}
		}
		d.release()
		if chunks != c.chunks || next != c.rows {
			t.Errorf("%+v: %d chunks up to row %d", c, chunks, next-1)
		}
	}
}

// The pass that keeps logits computes what the one that makes them again does.
func TestSoftmaxDecoderKeepsLogitsToTheBit(t *testing.T) {
	values := manyWords.valuesWithIgnored(tensor.Float32)
	want := manyWords.op("").result(t, tape, values, tensor.Float32)
	kept := manyWords
	kept.config.KeepLogits = 29 * 5 * 70000
	c := kept.op("")
	same(t, c, c.result(t, tape, values, tensor.Float32), want)
}

func TestSoftmaxDecoderIsTheSameForAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	c := manyWords.op("")
	values := manyWords.valuesWithIgnored(tensor.Float32)
	var want outcome
	for i, procs := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(procs)
		got := c.result(t, tape, values, tensor.Float32)
		if i == 0 {
			want = got
		}
		same(t, c, got, want)
	}
}

// Runs at the same time borrow memory from the same pools.
func TestSoftmaxDecoderRunsAtOnce(t *testing.T) {
	var done sync.WaitGroup
	for i := range 4 {
		d := decoderCase{lead: tensor.Shape{2 + i}, h: 3 + i, v: 9 - i, bias: i%2 == 0}
		c := d.op("")
		values := c.values(uint64(i), tensor.Float64)
		want, _ := d.formula(values, make([]float64, 1+2*(2+i)))
		o := c.graph(t, values, tensor.Float64)
		var all []G.Value
		for _, v := range values {
			all = append(all, v.of(tensor.Float64))
		}
		done.Go(func() {
			for range 50 {
				out, err := o.do(all...)
				if err != nil {
					t.Error(err)
					return
				}
				compare(t, fmt.Sprint("output of ", i), flat(out), want, 1e-13)
			}
		})
	}
	done.Wait()
}

// Only what is multiplied with something that is not zero is counted.
func TestSoftmaxCrossEntropyCounts(t *testing.T) {
	const h, v = 4, 5
	y := []float64{
		1, 0, 0, 2, // 2 events
		0, 0, 0, 0,
		1, 1, 1, 1, // ignored
		0, 3, 0, 0, // 1 event
	}
	live := []float64{
		1, 0, 1, 1,
		0, 0, 0, 0,
		1, 1, 1, 1, // ignored
		0, 1, 0, 1,
	}
	for _, c := range []struct {
		name string
		d    decoderCase
		want Counts
	}{
		{"live", decoderCase{live: true}, Counts{
			Units: 12, Events: 3, Live: 5, BackwardUnits: 12,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 3 + 5) * v, // logits again, dW, dY
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 2 * 12 * v,
		}},
		{"all live", decoderCase{}, Counts{
			Units: 12, Events: 3, Live: 12, BackwardUnits: 12,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 3 + 12) * v,
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 2 * 12 * v,
		}},
		{"fixed Y", decoderCase{live: true, config: SoftmaxCrossEntropyConfig{FixedY: true}}, Counts{
			Units: 12, Events: 3,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 3) * v,
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 12 * v,
		}},
		{"kept logits", decoderCase{live: true, config: SoftmaxCrossEntropyConfig{KeepLogits: 4 * v}}, Counts{
			Units: 12, Events: 3, Live: 5, BackwardUnits: 12,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 5) * v,
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 2 * 12 * v,
		}},
		{"a logit too many to keep", decoderCase{live: true, config: SoftmaxCrossEntropyConfig{KeepLogits: 4*v - 1}}, Counts{
			Units: 12, Events: 3, Live: 5, BackwardUnits: 12,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 3 + 5) * v,
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 2 * 12 * v,
		}},
		{"fixed W", decoderCase{live: true, config: SoftmaxCrossEntropyConfig{FixedW: true}}, Counts{
			Units: 12, Events: 3, Live: 5, BackwardUnits: 12,
			ForwardMACs: 3 * v, BackwardMACs: (3 + 5) * v,
			DenseForwardMACs: 12 * v, DenseBackwardMACs: 12 * v,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.lead, c.d.h, c.d.v, c.d.bias = tensor.Shape{4}, h, v, true
			meter := NewMeter("decoder")
			c.d.config.Meter = meter
			o := c.d.op("")
			values := o.values(1, tensor.Float64)
			values[0].floats = y
			values[2].index = []int{0, 1, IgnoreTarget, 2}
			if c.d.live {
				values[4].floats = live
			}
			for _, kind := range []string{tape, lisp} {
				meter.Reset()
				o.result(t, kind, values, tensor.Float64)
				if got := meter.Counts(); got != c.want {
					t.Errorf("%s: counted %+v, want %+v", kind, got, c.want)
				}
			}
		})
	}
}

func BenchmarkSoftmaxCrossEntropy(b *testing.B) {
	const N, H, V = 20 * 35, 256, 10000
	for _, activity := range []float64{0.1, 1} {
		r := rand.New(rand.NewPCG(1, 0))
		floats := func(n int, activity, scale float64) []float32 {
			x := make([]float32, n)
			for i := range x {
				if r.Float64() < activity {
					x[i] = float32(scale * r.NormFloat64())
				}
			}
			return x
		}
		y, w := floats(N*H, activity, 1), floats(V*H, 1, 0.05)
		in := []array[float32]{
			{shape: tensor.Shape{N, H}, floats: y},
			{shape: tensor.Shape{V, H}, floats: w},
			{shape: tensor.Shape{N}, index: make([]int, N)},
			{shape: tensor.Shape{V}, floats: make([]float32, V)},
			{shape: tensor.Shape{N, H}, floats: y},
		}
		for i := range in[2].index {
			in[2].index[i] = r.IntN(V)
		}
		op := softmaxCrossEntropy[float32]{bias: true, live: true}
		out, grad := make([]float32, 1+2*N), make([]float32, 1+2*N)
		grad[0] = 1
		into := [][]float32{make([]float32, N*H), make([]float32, V*H), nil, make([]float32, V), nil}
		b.Run(fmt.Sprintf("N=%d/H=%d/V=%d/activity=%v", N, H, V, activity), func(b *testing.B) {
			b.Run("forward", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := op.forward(in, out); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("backward", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := op.backward(in, out, grad, into); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// Whatever stands where gradients belong, and if no target counts.
func TestSoftmaxDecoderReplacesGradients(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name    string
		op      softmaxCrossEntropy[float32]
		ignored bool
	}{
		{name: "all"},
		{name: "bias", op: softmaxCrossEntropy[float32]{bias: true}},
		{name: "fixed Y", op: softmaxCrossEntropy[float32]{bias: true, fixedY: true}},
		{name: "fixed W", op: softmaxCrossEntropy[float32]{bias: true, fixedW: true}},
		{name: "no target", op: softmaxCrossEntropy[float32]{bias: true}, ignored: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := manyWords
			d.bias, d.live = c.op.bias, false
			var in []array[float32]
			for _, v := range d.valuesWithIgnored(tensor.Float32) {
				a, err := arrayOf[float32](v.of(tensor.Float32), v.shape, v.index != nil)
				if err != nil {
					t.Fatal(err)
				}
				in = append(in, a)
			}
			if c.ignored {
				for i := range in[2].index {
					in[2].index[i] = IgnoreTarget
				}
			}
			out := make([]float32, 1+2*len(in[2].index))
			if err := c.op.forward(in, out); err != nil {
				t.Fatal(err)
			}
			grad := opInput{shape: tensor.Shape{len(out)}}.value(rand.New(rand.NewPCG(1, 1)), tensor.Float32)
			dout, err := arrayOf[float32](grad.of(tensor.Float32), grad.shape, false)
			if err != nil {
				t.Fatal(err)
			}
			filled := func(x float32) [][]float32 {
				into := make([][]float32, len(in))
				for i, o := range c.op.operands() {
					if o.differentiable() {
						into[i] = slices.Repeat([]float32{x}, len(in[i].floats))
					}
				}
				return into
			}
			want, got := filled(0), filled(nan)
			if err := c.op.backward(in, out, dout.floats, want); err != nil {
				t.Fatal(err)
			}
			if err := c.op.replace(in, out, dout.floats, got); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.Equal(want[i], got[i]) {
					t.Errorf("%s: other than what is added to zeros", c.op.operands()[i].name)
				}
			}
		})
	}
}
