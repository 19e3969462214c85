package kernel

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// takePath makes float32 take a path until the test or benchmark ends.
func takePath(t testing.TB, p instructions[float32]) {
	before := path32
	path32 = p
	t.Cleanup(func() { path32 = before })
}

// eachPath runs a test on every path of float32 that runs here.
func eachPath(t *testing.T, f func(t *testing.T, p instructions[float32])) {
	for _, p := range paths32() {
		t.Run("path="+p.name, func(t *testing.T) {
			takePath(t, p)
			f(t, p)
		})
	}
}

// absolute is a copy of m without signs, whose products bound the roundings of
// those of m.
func absolute(m Mat[float32]) Mat[float32] {
	m = at(m, 0)
	for i := range m.Rows {
		for j, v := range m.Row(i) {
			m.Row(i)[j] = float32(math.Abs(float64(v)))
		}
	}
	return m
}

func TestProductsOnEveryPathAgreeWithThoseInGo(t *testing.T) {
	for _, s := range large {
		o := newOperands[float32](3, s.M, s.K, s.N, 2, 3, 0.2)
		sizes := operands[float32]{absolute(o.y), absolute(o.d), absolute(o.w), absolute(o.turned), o.live}
		for _, p := range products[float32]() {
			rows, cols, length := p.shape(s.M, s.K, s.N)
			before := fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]float32, rows*cols), rows, cols), 1)
			run := func(o operands[float32], before Mat[float32]) Mat[float32] {
				out, array := guarded[float32](rows, cols, 1, 5)
				for i := range rows {
					copy(out.Row(i), before.Row(i))
				}
				p.run(out, o)
				if err := intact(out, array); err != nil {
					t.Errorf("%s on %s: %v", p.name, Path(), err)
				}
				return out
			}
			takePath(t, paths32()[len(paths32())-1])
			want, size := run(o, before), run(sizes, absolute(before))
			for _, path := range paths32() {
				takePath(t, path)
				got := run(o, before)
				for i := range rows {
					for j, w := range want.Row(i) {
						bound := 2 * float64(length+2) * roundoff[float32]() * float64(size.Row(i)[j])
						if g := got.Row(i)[j]; !(math.Abs(float64(g-w)) <= bound) {
							t.Fatalf("%s on %s: [%d,%d] = %v, in Go %v", p.name, path.name, i, j, g, w)
						}
					}
				}
			}
		}
	}
}

func TestSmallProductsFollowTheirDefinitionsOnEveryPath(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) { productsFollowTheirDefinitions[float32](t) })
}

func TestBitsDependNeitherOnProcessorsNorOnAddressesOnEveryPath(t *testing.T) {
	eachPath(t, func(t *testing.T, _ instructions[float32]) { bitsDependOnNumbersAlone[float32](t) })
}

// Vector code reads where it is told to; the products must not tell it wrong.
func TestMatricesThatAreTooSmallPanicOnEveryPath(t *testing.T) {
	matrix := func(rows, cols int) Mat[float32] { return NewMat(make([]float32, rows*cols), rows, cols) }
	ones := matrix(3, 4)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	eachPath(t, func(t *testing.T, _ instructions[float32]) {
		for name, product := range map[string]func(){
			"Gated, W without row 3":             func() { Gated(matrix(3, 5), ones, NewWeights(matrix(3, 5))) },
			"Gated, W without column 4":          func() { Gated(matrix(3, 5), ones, NewWeights(matrix(4, 4))) },
			"GatedT, d without row 2":            func() { GatedT(matrix(4, 5), ones, matrix(2, 5)) },
			"GatedT, d without column 4":         func() { GatedT(matrix(4, 5), ones, matrix(3, 4)) },
			"Sampled, W without row 3":           func() { Sampled(matrix(3, 4), nil, matrix(3, 5), NewWeights(matrix(3, 5))) },
			"Sampled, W without column 4":        func() { Sampled(matrix(3, 4), nil, matrix(3, 5), NewWeights(matrix(4, 4))) },
			"Gated, turned W without row 4":      func() { Gated(matrix(3, 5), ones, NewTurnedWeights(matrix(4, 4))) },
			"Gated, turned W with column 4":      func() { Gated(matrix(3, 5), ones, NewTurnedWeights(matrix(5, 5))) },
			"Gated, turned W with row 5":         func() { Gated(matrix(3, 5), ones, NewTurnedWeights(matrix(6, 4))) },
			"Gated, turned W not turned":         func() { Gated(matrix(3, 5), ones, NewTurnedWeights(matrix(4, 5))) },
			"Sampled, turned W without column 3": func() { Sampled(matrix(3, 4), nil, matrix(3, 5), NewTurnedWeights(matrix(5, 3))) },
			"Sampled, turned W with row 5":       func() { Sampled(matrix(3, 4), nil, matrix(3, 5), NewTurnedWeights(matrix(6, 4))) },
			"Gated, y without its last row":      func() { Gated(matrix(3, 5), Mat[float32]{3, 4, 4, make([]float32, 11)}, NewWeights(matrix(4, 5))) },
			"Exp, src without number 1":          func() { Exp(make([]float32, 2), make([]float32, 1)) },
		} {
			panicked := func() (p any) {
				defer func() { p = recover() }()
				product()
				return nil
			}()
			if panicked == nil {
				t.Errorf("%s: no panic", name)
			}
		}
	})
}

func TestPathsWithVectorCodeGiveTheSameBits(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	for _, s := range large {
		o := newOperands[float32](6, s.M, s.K, s.N, 1, 0, 0.3)
		for _, p := range products[float32]() {
			rows, cols, _ := p.shape(s.M, s.K, s.N)
			run := func(path instructions[float32]) Mat[float32] {
				takePath(t, path)
				out := fill(rand.New(rand.NewPCG(7, 7)), NewMat(make([]float32, rows*cols), rows, cols), 1)
				p.run(out, o)
				return out
			}
			want := run(paths[0])
			for _, path := range paths[1:] {
				if err := sameBits(want, run(path)); err != nil {
					t.Errorf("%s on %s and %s: %v", p.name, paths[0].name, path.name, err)
				}
			}
		}
	}
}

func TestPathsAreFoundByName(t *testing.T) {
	paths := paths32()
	if last := paths[len(paths)-1].name; last != "generic" {
		t.Errorf("the last path is %s, want generic", last)
	}
	for _, p := range paths {
		if got, err := pick(p.name); err != nil || got.name != p.name {
			t.Errorf("%s finds %s, %v", p.name, got.name, err)
		}
	}
	if got, err := pick(""); err != nil || got.name != paths[0].name {
		t.Errorf("without a name: %s, %v, want %s", got.name, err, paths[0].name)
	}
}

func TestPathsThatDoNotRunHereAreErrors(t *testing.T) {
	fastest := paths32()[0].name
	for _, name := range []string{"sse9", "AVX2", " generic"} {
		got, err := pick(name)
		if got.name != fastest {
			t.Errorf("%q finds %s, want the fastest, %s", name, got.name, fastest)
		}
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "generic") {
			t.Errorf("%q: error %v, want the name and the paths there are", name, err)
		}
	}
}

// The variable is read when the process starts, so the test starts another.
func TestPathVariablePicksThePath(t *testing.T) {
	const child = "EGRU_KERNEL_TEST_CHILD"
	if os.Getenv(child) != "" {
		message := "no error"
		if err := PathError(); err != nil {
			message = err.Error()
		}
		_, _ = os.Stdout.WriteString("path " + Path() + ", " + message + "\n")
		return
	}
	run := func(value string) string {
		c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		c.Env = append(os.Environ(), child+"=1", PathVariable+"="+value)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	for _, p := range paths32() {
		if out, want := run(p.name), "path "+p.name+", no error\n"; !strings.Contains(out, want) {
			t.Errorf("%s=%s: %s, want %s", PathVariable, p.name, out, want)
		}
	}
	if out, want := run("fast"), "path "+paths32()[0].name+`, kernel: EGRU_KERNEL is "fast"`; !strings.Contains(out, want) {
		t.Errorf("%s=fast: %s, want %s", PathVariable, out, want)
	}
}
