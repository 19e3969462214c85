package stream

// Counters is the work of a stream, beside what a dense model of the same sizes
// does, which multiplies by every weight whatever is silent or zero.
type Counters struct {
	Steps  int64
	Units  int64 // outputs of layers computed
	Events int64 // outputs that were not zero

	// MACs are the multiply-accumulates of the products with weights. A row of
	// Config.TableBytes' table takes none.
	MACs, DenseMACs int64

	// Adds are additions that are part of no multiply-accumulate, UnitMACs the
	// multiply-accumulates that every unit takes for itself: its gates, the
	// subtraction of its threshold, the gain of its events, the scales of 8 bits.
	// Nonlinearities are not counted.
	Adds, UnitMACs int64

	// WeightBytes are the bytes of weights that were read, of products and tables;
	// DenseWeightBytes those of all products in float32, with one row of the
	// embedding.
	WeightBytes, DenseWeightBytes int64
}

// Add gives the sum of two counters.
func (c Counters) Add(d Counters) Counters {
	c.Steps += d.Steps
	c.Units += d.Units
	c.Events += d.Events
	c.MACs += d.MACs
	c.DenseMACs += d.DenseMACs
	c.Adds += d.Adds
	c.UnitMACs += d.UnitMACs
	c.WeightBytes += d.WeightBytes
	c.DenseWeightBytes += d.DenseWeightBytes
	return c
}

// Activity is the share of outputs that were not zero; 0 before any step.
func (c Counters) Activity() float64 {
	if c.Units == 0 {
		return 0
	}
	return float64(c.Events) / float64(c.Units)
}

// Costs are the energies of single operations, in pJ.
type Costs struct {
	MAC        float64 // a multiply-accumulate
	Add        float64 // an addition
	WeightByte float64 // reading a byte of weights
}

// DefaultCosts are those of float32 arithmetic in 45 nm: 3.7 pJ for a
// multiplication and 0.9 pJ for an addition, 4.6 pJ for both. Reading weights is
// left out, since it depends on where they lie: the same source has 10 to 100 pJ
// for 8 bytes from a cache of 8 KB to 1 MB, and 1300 to 2600 pJ from DRAM.
//
// Source: Horowitz, "Computing's Energy Problem (and what we can do about it)",
// ISSCC 2014, figure 1.1.9.
func DefaultCosts() Costs { return Costs{MAC: 4.6, Add: 0.9} }

// Validate names every cost outside its domain.
func (c Costs) Validate() error {
	var bad checks
	for _, v := range []struct {
		name string
		cost float64
	}{{"MAC", c.MAC}, {"Add", c.Add}, {"WeightByte", c.WeightByte}} {
		bad.want(v.cost >= 0 && v.cost <= maxCost, "%s costs %v pJ, want it in 0..%v", v.name, v.cost, maxCost)
	}
	return bad.err(ErrConfig)
}

// maxCost in pJ, a joule, keeps sums finite.
const maxCost = 1e12

// Energy is an estimate of what was spent, in pJ.
func (c Counters) Energy(costs Costs) float64 {
	return costs.MAC*float64(c.MACs+c.UnitMACs) + costs.Add*float64(c.Adds) + costs.WeightByte*float64(c.WeightBytes)
}

// DenseEnergy is that of a dense model.
func (c Counters) DenseEnergy(costs Costs) float64 {
	return costs.MAC*float64(c.DenseMACs+c.UnitMACs) + costs.Add*float64(c.Adds) + costs.WeightByte*float64(c.DenseWeightBytes)
}
