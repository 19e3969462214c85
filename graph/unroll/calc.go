package unroll

import G "gorgonia.org/gorgonia"

// Calc writes an expression of several nodes without an error check at each: it
// keeps the first error and makes no more nodes after it. The zero value is ready
// for use; Err at the end says what went wrong.
//
//	var c unroll.Calc
//	z := c.One(G.Sigmoid, c.Two(G.Add, a, c.Two(ops.GatedMatMul, x, w)))
//	return z, c.Err()
type Calc struct{ err error }

// One is f(a).
func (c *Calc) One(f func(a *G.Node) (*G.Node, error), a *G.Node) *G.Node {
	return c.Do(func() (*G.Node, error) { return f(a) })
}

// Two is f(a, b).
func (c *Calc) Two(f func(a, b *G.Node) (*G.Node, error), a, b *G.Node) *G.Node {
	return c.Do(func() (*G.Node, error) { return f(a, b) })
}

// Sum adds up any number of nodes, from left to right.
func (c *Calc) Sum(first *G.Node, others ...*G.Node) *G.Node {
	for _, n := range others {
		first = c.Two(G.Add, first, n)
	}
	return first
}

// Do is what f makes, nil after an error.
func (c *Calc) Do(f func() (*G.Node, error)) *G.Node {
	if c.err != nil {
		return nil
	}
	n, err := f()
	if err != nil {
		c.err = err
		return nil
	}
	return n
}

// Err is the first error.
func (c *Calc) Err() error { return c.err }
