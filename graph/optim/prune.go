package optim

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/internal/kernel"
)

// PruneScope says among which numbers the smallest are looked for.
type PruneScope int

const (
	// PruneGlobal ranks the numbers of all parameters together: a layer of
	// small weights loses more of them.
	PruneGlobal PruneScope = iota
	// PruneEach ranks those of each parameter by themselves: each comes to the
	// same sparsity.
	PruneEach
)

// PruneConfig configures Prune.
type PruneConfig struct {
	// Names are names of the parameters to prune, or patterns, in which * stands
	// for any run of characters. The default is "*kernel" and "*.weight": the
	// matrices of layers, embeddings and decoders, but no biases, thresholds
	// and gains. A name may match nothing; CheckNames tells.
	Names    []string
	Scope    PruneScope // default PruneGlobal
	Schedule Gradual
	// KeepZeros prunes from the start what is exactly zero before a parameter's
	// first step: what another training has pruned stays so. Default false.
	KeepZeros bool
}

// DefaultPrune prunes all at once, after the first step.
func DefaultPrune(sparsity float64) PruneConfig {
	return PruneConfig{
		Names:    []string{"*kernel", "*.weight"},
		Schedule: Gradual{Initial: sparsity, Final: sparsity, Every: 1},
	}
}

// Validate reports everything that is wrong with the config.
func (c PruneConfig) Validate() error {
	var p problems
	p.names("Names", c.Names)
	if c.Scope != PruneGlobal && c.Scope != PruneEach {
		p.addf("Scope is %d, want PruneGlobal or PruneEach", c.Scope)
	}
	c.Schedule.check(&p)
	return p.err("Prune")
}

// Prune sets the smallest weights to zero and keeps them there. After step n = 1,
// 2, ... of the inner solver (or at other times, see SetTime) the schedule says what
// share of the numbers is pruned, rounded to a whole number of them. The smallest in
// magnitude go first; of equal ones, those of the parameter whose name comes first,
// and within it those at earlier places. What is pruned once stays so. NaN counts as
// larger than all numbers.
//
//	p = 0, gradient = 0 where pruned
//
// The gradients are set to zero before the inner solver sees them, so that a Clip
// within does not count them, and the parameters once more after it: neither
// momentum nor decay brings one back. All others take the inner solver's steps as
// they are. Frozen parameters are pruned too. Parameters that come later than the
// others are pruned with their first step, among those of that step.
//
// Source: magnitude pruning for activity-sparse networks as in Mukherji, Schöne,
// Nazeer, Mayr and Subramoney, "Activity sparsity complements weight sparsity for
// efficient RNN inference", 2023 (arXiv 2311.07625).
type Prune struct {
	inner  Solver
	config PruneConfig
	time   int // of the last step; 0 before the first
	next   int // time of the next one
	masks  map[string]*mask
	reader reader
	f32    zeros[float32]
	f64    zeros[float64]
}

var (
	_ Solver = (*Prune)(nil)
	_ named  = (*Prune)(nil)
)

// mask is what is pruned of a parameter.
type mask struct {
	shape tensor.Shape
	dtype tensor.Dtype
	off   []bool
}

// NewPrune wraps a solver. Wrap it around all others.
func NewPrune(inner Solver, c PruneConfig) (*Prune, error) {
	if err := checkInner("Prune", inner); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Names = slices.Clone(c.Names)
	p := &Prune{inner: inner, config: c, next: 1, masks: map[string]*mask{}}
	p.f32.init()
	p.f64.init()
	return p, nil
}

// Step implements Solver.
func (p *Prune) Step(model []G.ValueGrad) error {
	params, err := p.check(model)
	if err != nil {
		return err
	}
	// Past this point the gradients are changed: the step must not fail.
	if err := p.inner.Check(model); err != nil {
		return err
	}
	fresh := p.meet(params)
	for i := range params {
		if m := p.masks[params[i].name]; m != nil {
			p.f32.set(params[i].f32.grad, m.off)
			p.f64.set(params[i].f64.grad, m.off)
		}
	}
	if err := p.inner.Step(model); err != nil {
		return err
	}
	if s := p.config.Schedule.Sparsity(p.next); fresh || s > p.config.Schedule.Sparsity(p.time) {
		p.prune(params, s)
	}
	p.time, p.next = p.next, p.next+1
	for i := range params {
		if m := p.masks[params[i].name]; m != nil {
			p.f32.set(params[i].f32.value, m.off)
			p.f64.set(params[i].f64.value, m.off)
		}
	}
	return nil
}

// meet makes the masks of parameters that are new, and says whether there are any.
func (p *Prune) meet(params []parameter) (fresh bool) {
	for i := range params {
		q := &params[i]
		if p.masks[q.name] != nil || !matches(p.config.Names, q.name) {
			continue
		}
		fresh = true
		m := &mask{slices.Clone(q.shape), q.dtype(), make([]bool, q.shape.TotalSize())}
		p.masks[q.name] = m
		for i := range m.off {
			m.off[i] = p.config.KeepZeros && (prunable{q.f32.value, q.f64.value, nil}).magnitude(i) == 0
		}
	}
	return fresh
}

// prune extends the masks to a share of the numbers.
func (p *Prune) prune(params []parameter, share float64) {
	sorted := slices.Clone(params)
	slices.SortFunc(sorted, func(a, b parameter) int { return cmp.Compare(a.name, b.name) })
	var all []prunable
	for _, q := range sorted {
		if m := p.masks[q.name]; m != nil {
			all = append(all, prunable{q.f32.value, q.f64.value, m.off})
		}
	}
	size := 1
	if p.config.Scope == PruneGlobal {
		size = max(1, len(all))
	}
	for of := range slices.Chunk(all, size) {
		total := 0
		for _, q := range of {
			total += len(q.off)
		}
		pruneSmallest(of, int(math.Round(share*float64(total))))
	}
}

// Check implements Solver.
func (p *Prune) Check(model []G.ValueGrad) error {
	if _, err := p.check(model); err != nil {
		return err
	}
	return p.inner.Check(model)
}

func (p *Prune) check(model []G.ValueGrad) ([]parameter, error) {
	params, err := p.reader.read("Prune", model)
	if err != nil {
		return nil, err
	}
	for i := range params {
		q := &params[i]
		if m := p.masks[q.name]; m != nil && (m.dtype != q.dtype() || !slices.Equal(m.shape, q.shape)) {
			return nil, errors.Wrapf(ErrChanged, "Prune: parameter %q has shape %v of %v, want %v of %v as before",
				q.name, q.shape, q.dtype(), m.shape, m.dtype)
		}
	}
	return params, nil
}

// LearnRate implements Solver.
func (p *Prune) LearnRate() float64 { return p.inner.LearnRate() }

// SetLearnRate implements Solver.
func (p *Prune) SetLearnRate(rate float64) { p.inner.SetLearnRate(rate) }

// SetTime sets the time of the next step in the schedule, 1 or later, for schedules
// that do not count steps but, say, the words of windows that differ in length. The
// steps after it go on by ones, up to the next SetTime.
func (p *Prune) SetTime(n int) { p.next = max(1, n) }

// Sparsity is the share that the schedule has come to.
func (p *Prune) Sparsity() float64 {
	if p.time == 0 {
		return 0
	}
	return p.config.Schedule.Sparsity(p.time)
}

// Density is how much of a parameter is left.
type Density struct {
	Name       string
	Kept, Size int // numbers
}

// Densities are those of the parameters to prune, by name. There are none before
// the first step.
func (p *Prune) Densities() []Density {
	var ds []Density
	for _, name := range slices.Sorted(maps.Keys(p.masks)) {
		d := Density{Name: name, Size: len(p.masks[name].off)}
		for _, off := range p.masks[name].off {
			if !off {
				d.Kept++
			}
		}
		ds = append(ds, d)
	}
	return ds
}

func (p *Prune) idle(params []string) []string {
	var idle []string
	for _, name := range p.config.Names {
		if !slices.ContainsFunc(params, func(q string) bool { return match(name, q) }) {
			idle = append(idle, fmt.Sprintf("Prune: Names has %q, which fits none", name))
		}
	}
	return append(idle, idleNames(p.inner, params)...)
}

// zeros sets numbers to zero, block by block.
type zeros[F kernel.Float] struct {
	x     []F
	off   []bool
	block func(lo, hi int) // made once, so that a step allocates nothing
}

func (z *zeros[F]) init() {
	z.block = func(lo, hi int) {
		x := z.x[lo:hi]
		for i, off := range z.off[lo:hi] {
			if off {
				x[i] = 0
			}
		}
	}
}

// set sets x to zero where off says; a nil x is that of another precision.
func (z *zeros[F]) set(x []F, off []bool) {
	if x == nil {
		return
	}
	z.x, z.off = x, off
	kernel.Parallel(len(x), blockSize, z.block)
	z.x, z.off = nil, nil
}
