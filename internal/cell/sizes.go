package cell

import (
	"github.com/pkg/errors"

	"github.com/egru/egru/internal/kernel"
)

// sized is a slice of a cell, and how many numbers its shape says that it has.
type sized[F kernel.Float] struct {
	name           string
	have           []F
	want           int
	optional, none bool
}

// fit wants all slices to have the lengths that they should. kind says of what.
func (c *Cell[F]) fit(kind string, all []sized[F]) error {
	for _, a := range all {
		switch {
		case a.have == nil && (a.optional || a.none):
		case a.none:
			return errors.Errorf("%v has no %s%s", c.Kind, kind, a.name)
		case len(a.have) != a.want:
			return errors.Errorf("%s%s has %d numbers, want %d for T=%d B=%d I=%d H=%d", kind, a.name, len(a.have), a.want, c.T, c.B, c.I, c.H)
		}
	}
	return nil
}

// check is for both passes.
func (c *Cell[F]) check(in *Inputs[F], out *Outputs[F]) error {
	if c.T <= 0 || c.B <= 0 || c.I <= 0 || c.H <= 0 {
		return errors.Errorf("sequence of T=%d B=%d I=%d H=%d has an empty axis", c.T, c.B, c.I, c.H)
	}
	gru, paper := c.Kind == GRU, c.Kind == Paper
	if err := c.fit("", []sized[F]{
		{"X", in.X, c.rows() * c.I, false, false},
		{"W", in.W, c.I * 3 * c.H, false, false},
		{"R", in.R, c.H * 3 * c.H, false, false},
		{"Bx", in.Bx, 3 * c.H, false, false},
		{"Br", in.Br, 3 * c.H, false, paper},
		{"Thr", in.Thr, c.H, false, gru},
		{"State", in.State, c.state(), true, false},
		{"Y", in.Y, c.state(), true, gru},
		{"Zoneout", in.Zoneout, c.units(), true, false},
		{"DropConnect", in.DropConnect, c.H * 3 * c.H, true, false},
		{"LiveX", in.LiveX, c.rows() * c.I, true, false},
	}); err != nil {
		return err
	}
	if err := c.fit("output ", []sized[F]{
		{"Y", out.Y, c.units(), false, false},
		{"State", out.State, c.units(), false, gru},
		{"Events", out.Events, c.units(), false, gru},
		{"FinalState", out.FinalState, c.state(), false, false},
		{"FinalY", out.FinalY, c.state(), false, gru},
		{"Gates", out.Gates, 3 * c.units(), false, false},
		{"Recurrent", out.Recurrent, c.units(), false, paper},
	}); err != nil {
		return err
	}
	if in.Lengths != nil && len(in.Lengths) != c.B {
		return errors.Errorf("there are %d lengths, want %d, one a row", len(in.Lengths), c.B)
	}
	for b, n := range in.Lengths {
		if n < 0 || n > c.T {
			return errors.Wrapf(ErrLength, "row %d has length %d, want 0..%d", b, n, c.T)
		}
	}
	if !gru && c.Surrogate == nil {
		return errors.Errorf("%v needs a surrogate", c.Kind)
	}
	return nil
}

// checkGradients is for what the way back has besides.
func (c *Cell[F]) checkGradients(from *OutputGrads[F], to *Grads[F]) error {
	gru, paper := c.Kind == GRU, c.Kind == Paper
	if err := c.fit("gradient of output ", []sized[F]{
		{"Y", from.Y, c.units(), true, false},
		{"State", from.State, c.units(), true, gru},
		{"Events", from.Events, c.units(), true, gru},
		{"FinalState", from.FinalState, c.state(), true, false},
		{"FinalY", from.FinalY, c.state(), true, gru},
	}); err != nil {
		return err
	}
	if err := c.fit("gradient of ", []sized[F]{
		{"X", to.X, c.rows() * c.I, true, false},
		{"W", to.W, c.I * 3 * c.H, true, false},
		{"R", to.R, c.H * 3 * c.H, true, false},
		{"Bx", to.Bx, 3 * c.H, true, false},
		{"Br", to.Br, 3 * c.H, true, paper},
		{"Thr", to.Thr, c.H, true, gru},
		{"State", to.State, c.state(), true, false},
		{"Y", to.Y, c.state(), true, gru},
	}); err != nil {
		return err
	}
	return to.Trace.check(c.Shape)
}
