package stream

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/cell"
)

// State is what a stream carries from step to step, apart from its engine. It is a
// copy, and may be kept in a file by MarshalBinary.
type State struct {
	Layers []LayerState
}

// LayerState is the state of one layer.
type LayerState struct {
	H []float32 // (H) h; for the variant Paper c
	Y []float32 // (H) the output before any gain; nil for GRU, whose output is its h
}

// State copies the state.
func (s *Stream) State() State {
	st := State{Layers: make([]LayerState, len(s.layers))}
	for i, l := range s.engine.layers {
		now := &s.layers[i].now
		st.Layers[i].H = append([]float32{}, now.state...)
		if l.kind != cell.GRU {
			st.Layers[i].Y = append([]float32{}, now.y...)
		}
	}
	return st
}

// Restore goes on from a state that State gave, of this engine or of another of the
// same layers, such as one of other precision. A state with other layers, units or
// parts, or which holds a number that is not finite, gives ErrState, and leaves the
// stream as it was.
func (s *Stream) Restore(st State) error {
	if err := s.engine.fits(st); err != nil {
		return errors.WithMessage(err, "stream")
	}
	for i, l := range st.Layers {
		now := &s.layers[i].now
		copy(now.state, l.H)
		copy(now.y, l.Y)
		now.events.Of(now.y)
	}
	s.stale = true
	return nil
}

func (e *Engine) fits(st State) error {
	if err := st.Validate(); err != nil {
		return err
	}
	if len(st.Layers) != len(e.layers) {
		return errors.Wrapf(ErrState, "state of %d layers, want %d", len(st.Layers), len(e.layers))
	}
	for i, l := range e.layers {
		part := st.Layers[i]
		if len(part.H) != l.H {
			return errors.Wrapf(ErrState, "layer %d has %d units, want the %d of %s", i, len(part.H), l.H, l.name)
		}
		if (part.Y == nil) != (l.kind == cell.GRU) {
			return errors.Wrapf(ErrState, "layer %d has %d numbers of Y, %s of kind %v has %d", i, len(part.Y), l.name, l.kind, l.yUnits())
		}
	}
	return nil
}

func (l *layer) yUnits() int {
	if l.kind == cell.GRU {
		return 0
	}
	return l.H
}

// Validate names the first thing that no state of any engine has: a layer without
// units, a Y that is not as long as its H, a number that is not finite.
func (st State) Validate() error {
	for i, l := range st.Layers {
		switch {
		case len(l.H) == 0:
			return errors.Wrapf(ErrState, "layer %d has no units", i)
		case l.Y != nil && len(l.Y) != len(l.H):
			return errors.Wrapf(ErrState, "layer %d has %d numbers of Y, want as many as of H, %d", i, len(l.Y), len(l.H))
		}
		if j := notFinite(l.H); j >= 0 {
			return errors.Wrapf(ErrState, "layer %d: H of unit %d is %v, want a finite number", i, j, l.H[j])
		}
		if j := notFinite(l.Y); j >= 0 {
			return errors.Wrapf(ErrState, "layer %d: Y of unit %d is %v, want a finite number", i, j, l.Y[j])
		}
	}
	return nil
}

// The binary form, numbers little-endian:
//
//	magic | layers uint32 | for each: units uint32, hasY uint8, H, Y | CRC-32 (IEEE) of all before
const (
	stateMagic = "egru stream 1\n"
	crcBytes   = 4
	headBytes  = 5 // of a layer
)

// MarshalBinary gives the state as bytes.
func (st State) MarshalBinary() ([]byte, error) {
	if err := st.Validate(); err != nil {
		return nil, err
	}
	b := []byte(stateMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(st.Layers)))
	for _, l := range st.Layers {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(l.H)))
		hasY := byte(0)
		if l.Y != nil {
			hasY = 1
		}
		b = append(b, hasY)
		for _, x := range [][]float32{l.H, l.Y} {
			for _, v := range x {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
			}
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

// UnmarshalBinary reads what MarshalBinary gave. Bytes that are cut short, altered
// or of something else give ErrState, and leave the state as it was. The
// memory it takes is in proportion to the bytes, whatever they say.
func (st *State) UnmarshalBinary(b []byte) error {
	read, err := readState(b)
	if err != nil {
		return errors.WithMessage(err, "stream: state")
	}
	*st = read
	return nil
}

func readState(b []byte) (st State, err error) {
	if len(b) < len(stateMagic)+4+crcBytes || string(b[:len(stateMagic)]) != stateMagic {
		return st, errors.Wrapf(ErrState, "the %d bytes do not begin as a state does, with %q", len(b), stateMagic)
	}
	body, sum := b[:len(b)-crcBytes], binary.LittleEndian.Uint32(b[len(b)-crcBytes:])
	if got := crc32.ChecksumIEEE(body); got != sum {
		return st, errors.Wrapf(ErrState, "the CRC-32 is %08x, want %08x as the last bytes say", got, sum)
	}
	body = body[len(stateMagic):]
	n, body := binary.LittleEndian.Uint32(body), body[4:]
	for i := range n {
		if len(body) < headBytes {
			return st, errors.Wrapf(ErrState, "it ends before layer %d of %d", i, n)
		}
		units, hasY := int64(binary.LittleEndian.Uint32(body)), body[4]
		body = body[headBytes:]
		if units == 0 {
			return st, errors.Wrapf(ErrState, "layer %d has no units", i)
		}
		if hasY > 1 {
			return st, errors.Wrapf(ErrState, "layer %d says %d where 0 or 1 tells whether it has a Y", i, hasY)
		}
		if want := units * 4 * int64(1+hasY); int64(len(body)) < want {
			return st, errors.Wrapf(ErrState, "layer %d of %d units takes %d bytes, %d are left", i, units, want, len(body))
		}
		var l LayerState
		l.H, body = floats(body, int(units))
		if hasY == 1 {
			l.Y, body = floats(body, int(units))
		}
		st.Layers = append(st.Layers, l)
	}
	if len(body) != 0 {
		return st, errors.Wrapf(ErrState, "%d bytes follow the last layer", len(body))
	}
	return st, st.Validate()
}

func floats(b []byte, n int) (x []float32, rest []byte) {
	x = make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x, b[4*n:]
}
