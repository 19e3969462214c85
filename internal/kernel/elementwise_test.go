package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// elementwiseCase is an elementwise instruction with what it should do to the
// numbers of one place, in the order of its slices. A slice whose name begins
// with a star is only written. Same says which slices the cells make one.
type elementwiseCase[F Float] struct {
	name   string
	slices string
	same   [][2]int
	run    func(p elementwise[F], s [][]F)
	truth  func(x []float64)
}

const caseHeight, caseSlope = 0.7, 1.5

func theta(c, thr float64) float64 {
	if c > thr {
		return 1
	}
	return 0
}

func elementwiseCases[F Float]() []elementwiseCase[F] {
	return []elementwiseCase[F]{
		{"add", "dst src", nil,
			func(p elementwise[F], s [][]F) { p.add(s[0], s[1]) },
			func(x []float64) { x[0] += x[1] }},
		{"multiply", "*dst a b", [][2]int{{0, 1}, {0, 2}},
			func(p elementwise[F], s [][]F) { p.multiply(s[0], s[1], s[2]) },
			func(x []float64) { x[0] = x[1] * x[2] }},
		{"subtract", "*dst a b", [][2]int{{0, 1}, {0, 2}},
			func(p elementwise[F], s [][]F) { p.subtract(s[0], s[1], s[2]) },
			func(x []float64) { x[0] = x[1] - x[2] }},
		{"addProduct", "dst a b", [][2]int{{0, 1}, {0, 2}},
			func(p elementwise[F], s [][]F) { p.addProduct(s[0], s[1], s[2]) },
			func(x []float64) { x[0] += x[1] * x[2] }},
		{"addKept", "dst a m", nil,
			func(p elementwise[F], s [][]F) { p.addKept(s[0], s[1], s[2]) },
			func(x []float64) {
				if x[2] != 0 {
					x[0] += x[1] * x[2]
				}
			}},
		{"mix", "*dst w a b", [][2]int{{0, 1}, {0, 2}, {0, 3}},
			func(p elementwise[F], s [][]F) { p.mix(s[0], s[1], s[2], s[3]) },
			func(x []float64) { x[0] = x[1]*x[2] + (1-x[1])*x[3] }},
		{"split", "*rest x w", nil,
			func(p elementwise[F], s [][]F) { p.split(s[0], s[1], s[2]) },
			func(x []float64) { x[0], x[1] = (1-x[2])*x[1], x[2]*x[1] }},
		{"indicate", "*dst a b", [][2]int{{0, 1}, {0, 2}},
			func(p elementwise[F], s [][]F) { p.indicate(s[0], s[1], s[2]) },
			func(x []float64) { x[0] = indicated(x[1], x[2]) }},
		{"fire", "*o *y c thr", nil,
			func(p elementwise[F], s [][]F) { p.fire(s[0], s[1], s[2], s[3]) },
			func(x []float64) { x[0] = theta(x[2], x[3]); x[1] = x[0] * x[2] }},
		{"fireAndReset", "*o *y c thr", nil,
			func(p elementwise[F], s [][]F) { p.fireAndReset(s[0], s[1], s[2], s[3]) },
			func(x []float64) { x[0] = theta(x[2], x[3]); x[1] = x[0] * x[2]; x[2] -= x[0] * x[3] }},
		{"crossing", "*dst h o thr", [][2]int{{0, 1}},
			func(p elementwise[F], s [][]F) { p.crossing(s[0], s[1], s[2], s[3]) },
			func(x []float64) { x[0] = x[1] + x[2]*x[3] - x[3] }},
		{"triangle", "*dst v", [][2]int{{0, 1}},
			func(p elementwise[F], s [][]F) { p.triangle(s[0], s[1], caseHeight, caseSlope) },
			func(x []float64) { x[0] = caseHeight * max(0, 1-caseSlope*math.Abs(x[1])) }},
		{"fireGrad", "dc dthr dy do s o c", nil,
			func(p elementwise[F], s [][]F) { p.fireGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6]) },
			func(x []float64) {
				dy, do, s, o, c := x[2], x[3], x[4], x[5], x[6]
				d := do + c*dy
				x[0] += o*dy + s*d
				x[1] -= s * d
			}},
		{"fireAndResetGrad", "dc dthr dy do s o h thr", nil,
			func(p elementwise[F], s [][]F) { p.fireAndResetGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]) },
			func(x []float64) {
				dh, dy, do, s, o, thr := x[0], x[2], x[3], x[4], x[5], x[7]
				c := x[6] + o*thr
				d := do + c*dy - thr*dh
				x[0] = o*dy + dh + s*d
				x[1] -= s*d + o*dh
			}},
		{"resetAfterGrad", "*dz *dr *dg *dq dc z r g h q", nil,
			func(p elementwise[F], s [][]F) {
				p.resetAfterGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9])
			},
			func(x []float64) {
				dc, z, r, g, h, q := x[4], x[5], x[6], x[7], x[8], x[9]
				x[0] = dc * (h - g) * z * (1 - z)
				x[2] = dc * (1 - z) * (1 - g*g)
				x[1] = x[2] * q * r * (1 - r)
				x[3] = x[2] * r
				x[4] = dc * z
			}},
		{"takeGrad", "*du *dg *dy dc u g h", nil,
			func(p elementwise[F], s [][]F) { p.takeGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6]) },
			func(x []float64) {
				dc, u, g, h := x[3], x[4], x[5], x[6]
				x[0] = dc * (g - h) * u * (1 - u)
				x[1] = dc * u * (1 - g*g)
				x[2] = -dc
				x[3] = dc * (1 - u)
			}},
		{"gateGrad", "*dr dy d r y", nil,
			func(p elementwise[F], s [][]F) { p.gateGrad(s[0], s[1], s[2], s[3], s[4]) },
			func(x []float64) {
				d, r, y := x[2], x[3], x[4]
				x[0] = d * y * r * (1 - r)
				x[1] += d * r
			}},
	}
}

func indicated(a, b float64) float64 {
	if a != 0 || b != 0 {
		return 1
	}
	return 0
}

// smallNumber is within 2 of 0, so that a bound on roundings is one for all
// formulas: of every four one is exactly 0, 1 or so.
func smallNumber(r *rand.Rand) float64 {
	if r.IntN(4) == 0 {
		return []float64{0, 1, -1, 0.5, math.Copysign(0, -1)}[r.IntN(5)]
	}
	return float64(float32(4*r.Float64() - 2))
}

// strangers have no rounding among them: where they meet, what is infinite and
// what is NaN does not depend on the precision.
var strangers = []float64{0, 1, math.Inf(1), math.Inf(-1), math.NaN(), 0.5}

// checked runs a case on n places at all alignments, on numbers drawn by draw,
// and compares it with its truth. The last call makes one slice of those that
// the cells make one.
func (c elementwiseCase[F]) checked(p elementwise[F], n, offset int, same [2]int, draw func() float64) error {
	names := strings.Fields(c.slices)
	views, arrays := make([]Mat[F], len(names)), make([][]F, len(names))
	s := make([][]F, len(names))
	for i := range names {
		if i == same[1] && same[0] != same[1] {
			views[i], arrays[i] = views[same[0]], arrays[same[0]]
		} else {
			views[i], arrays[i] = guarded[F](1, n, 0, (offset*(2*i+1)+i)%8)
		}
		s[i] = views[i].Row(0)
		for j := range s[i] {
			s[i][j] = F(draw())
		}
	}
	want := make([][]float64, n)
	for j := range want {
		want[j] = make([]float64, len(names))
		for i := range names {
			want[j][i] = float64(s[i][j])
		}
		c.truth(want[j])
	}
	for i, name := range names { // what is only written may hold anything
		if strings.HasPrefix(name, "*") && same[0] == same[1] {
			for j := range s[i] {
				s[i][j] = F(math.NaN())
			}
		}
	}
	c.run(p, s)
	for i, name := range names {
		if i == same[1] && same[0] != same[1] {
			continue // holds the output
		}
		for j, got := range s[i] {
			g, w := float64(got), want[j][i]
			near := math.Abs(g-w) <= 64*roundoff[F]()*(1+math.Abs(w))
			if alike := g == w || g != g && w != w; !alike && !near {
				return fmt.Errorf("%s[%d] of %d is %v, want %v", name, j, n, g, w)
			}
		}
		if err := intact(views[i], arrays[i]); err != nil {
			return fmt.Errorf("%s: %v", name, err)
		}
	}
	return nil
}

func checkElementwise[F Float](t *testing.T, p elementwise[F]) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range elementwiseCases[F]() {
		for n := range 131 {
			for offset := range 8 {
				if err := c.checked(p, n, offset, [2]int{}, func() float64 { return smallNumber(r) }); err != nil {
					t.Fatalf("%s, offset %d: %v", c.name, offset, err)
				}
			}
			for _, same := range c.same {
				if err := c.checked(p, n, n%8, same, func() float64 { return smallNumber(r) }); err != nil {
					t.Fatalf("%s in place of %d: %v", c.name, same[1], err)
				}
			}
			if err := c.checked(p, n, n%8, [2]int{}, func() float64 { return strangers[r.IntN(len(strangers))] }); err != nil {
				t.Fatalf("%s of strange numbers: %v", c.name, err)
			}
		}
	}
}

func TestElementwiseInstructionsFollowTheirDefinition(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) { checkElementwise(t, p.elementwise) })
	t.Run("float64", func(t *testing.T) { checkElementwise(t, path64.elementwise) })
}

func TestElementwiseInstructionsKeepWithinTheirSlices(t *testing.T) {
	const most = 10 // slices
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := range 131 {
			first, last := make([][]float32, most), make([][]float32, most)
			for i := range most {
				first[i], last[i] = fenced(t, n)
			}
			for _, c := range elementwiseCases[float32]() {
				c.run(p.elementwise, first)
				c.run(p.elementwise, last)
			}
			set, _ := boolsAt(first[0], n)
			p.eitherNotZero(set, first[1], first[2])
			_, set = boolsAt(last[0], n)
			p.eitherNotZero(set, last[1], last[2])
		}
	})
}

func TestElementwiseInstructionsGiveTheSameBitsOnPathsWithVectorCode(t *testing.T) {
	paths := vectorPaths()
	if len(paths) < 2 {
		t.Skip("fewer than two of them run here")
	}
	r := rand.New(rand.NewPCG(3, 1))
	for _, c := range elementwiseCases[float32]() {
		for n := range 131 {
			a, b := make([][]float32, len(strings.Fields(c.slices))), make([][]float32, len(strings.Fields(c.slices)))
			for i := range a {
				a[i] = make([]float32, n)
				for j := range a[i] {
					a[i][j] = float32(smallNumber(r))
				}
				b[i] = append([]float32(nil), a[i]...)
			}
			c.run(paths[0].elementwise, a)
			c.run(paths[1].elementwise, b)
			for i := range a {
				for j := range a[i] {
					if bits(a[i][j]) != bits(b[i][j]) {
						t.Fatalf("%s, n=%d: number %d of slice %d is %v and %v", c.name, n, j, i, a[i][j], b[i][j])
					}
				}
			}
		}
	}
}

func TestEitherNotZeroTellsAndCounts(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) { eitherNotZeroTells(t, p.elementwise) })
	t.Run("float64", func(t *testing.T) { eitherNotZeroTells(t, path64.elementwise) })
}

func eitherNotZeroTells[F Float](t *testing.T, p elementwise[F]) {
	r := rand.New(rand.NewPCG(2, 2))
	numbers := []float64{0, 0, 0, 0, math.Copysign(0, -1), math.Copysign(0, -1), 1, 0x1p-149, math.NaN(), math.Inf(-1)}
	for n := range 131 {
		for offset := range 8 {
			a, _ := guarded[F](1, n, 0, offset)
			b, _ := guarded[F](1, n, 0, (offset+n)%8)
			for j := range n {
				a.Row(0)[j], b.Row(0)[j] = F(numbers[r.IntN(len(numbers))]), F(numbers[r.IntN(len(numbers))])
			}
			const around = 9
			array := make([]bool, around+n+around)
			for j := range array {
				array[j] = true // a canary
			}
			dst := array[around-offset:][:n]
			got, want := p.eitherNotZero(dst, a.Row(0), b.Row(0)), 0
			for j, set := range dst {
				x, y := a.Row(0)[j], b.Row(0)[j]
				if set != (x != 0 || y != 0) {
					t.Fatalf("n=%d offset=%d: bool %d is %v for %v and %v", n, offset, j, set, x, y)
				}
				if set {
					want++
				}
			}
			if got != want {
				t.Fatalf("n=%d offset=%d: %d bools counted as true, there are %d", n, offset, got, want)
			}
			for j, set := range array {
				if i := j - around + offset; (i < 0 || i >= n) && !set {
					t.Fatalf("n=%d offset=%d: bool %d was overwritten", n, offset, i)
				}
			}
		}
	}
}

// A bool is a byte of 0 or 1: whoever counts them adds them up.
func TestEitherNotZeroWritesBools(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for n := range 40 {
			x, dst := make([]float32, n), make([]bool, n)
			for j := range x {
				x[j] = 2
			}
			p.eitherNotZero(dst, x, x)
			for j, b := range bytesOf(dst) {
				if b != 1 {
					t.Fatalf("n=%d: byte %d is %d", n, j, b)
				}
			}
		}
	})
}

func FuzzElementwise(f *testing.F) {
	f.Add(uint64(1), uint8(7), uint8(3), false)
	f.Add(uint64(2), uint8(130), uint8(0), true)
	f.Fuzz(func(t *testing.T, seed uint64, n, offset uint8, strange bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		draw := func() float64 {
			if strange {
				return strangers[r.IntN(len(strangers))]
			}
			return smallNumber(r)
		}
		for _, p := range paths32() {
			for _, c := range elementwiseCases[float32]() {
				if err := c.checked(p.elementwise, int(n), int(offset%8), [2]int{}, draw); err != nil {
					t.Fatalf("path=%s %s: %v", p.name, c.name, err)
				}
			}
		}
	})
}
