package stream

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"
)

func TestRestoredStreamsGoOnToTheBit(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *Engine) {
		s := e.NewStream()
		for _, token := range text(1, 30, 11) {
			must(s.Step(token))
		}
		var st State
		if err := st.UnmarshalBinary(must(s.State().MarshalBinary())); err != nil {
			t.Fatal(err)
		}
		back := e.NewStream()
		must(back.Step(1))
		if err := back.Restore(st); err != nil {
			t.Fatal(err)
		}
		sameNumbers(t, "output", back.Output(), s.Output())
		for _, token := range text(2, 30, 11) {
			sameNumbers(t, "step", must(back.Step(token)), must(s.Step(token)))
		}
		s.Reset()
		zero := e.NewStream()
		sameNumbers(t, "output after a reset", s.Output(), zero.Output())
		sameNumbers(t, "step after a reset", must(s.Step(4)), must(zero.Step(4)))
	})
}

// A state is of its layers, not of how their weights are kept.
func TestStatesMoveBetweenPrecisions(t *testing.T) {
	m := small(evnn).model()
	c := DefaultConfig()
	a := must(New(Of(m), c)).NewStream()
	c.Precision = Int8
	b := must(New(Of(m), c)).NewStream()
	for _, token := range text(1, 10, 11) {
		must(a.Step(token))
	}
	if err := b.Restore(a.State()); err != nil {
		t.Error(err)
	}
	if err := b.CopyFrom(a); err == nil {
		t.Error("a stream copies from one of another engine")
	}
}

func TestStatesThatDoNotFitAreRefused(t *testing.T) {
	e := must(New(Of(small(evnn).model()), DefaultConfig()))
	s := e.NewStream()
	must(s.Step(1))
	before := s.State()
	for _, c := range []struct {
		name, says string
		change     func(st *State)
	}{
		{"no layers", "0 layers, want 2", func(st *State) { st.Layers = nil }},
		{"a layer less", "1 layers, want 2", func(st *State) { st.Layers = st.Layers[:1] }},
		{"a unit less", "18 units, want the 19", func(st *State) { st.Layers[0].H, st.Layers[0].Y = st.Layers[0].H[1:], st.Layers[0].Y[1:] }},
		{"no Y", "layer 1 has 0 numbers of Y", func(st *State) { st.Layers[1].Y = nil }},
		{"a short Y", "want as many as of H", func(st *State) { st.Layers[1].Y = st.Layers[1].Y[1:] }},
		{"no units", "no units", func(st *State) { st.Layers[1] = LayerState{} }},
		{"NaN", "H of unit 3 is NaN", func(st *State) { st.Layers[1].H[3] = float32(math.NaN()) }},
		{"Inf", "Y of unit 0 is +Inf", func(st *State) { st.Layers[0].Y[0] = float32(math.Inf(1)) }},
	} {
		st := s.State()
		c.change(&st)
		wantError(t, c.name, s.Restore(st), ErrState, c.says)
	}
	g := must(New(Of(small(gru).model()), DefaultConfig())).NewStream()
	wantError(t, "of another cell", g.Restore(before), ErrState, "GRU has 0")
	if !bytes.Equal(must(s.State().MarshalBinary()), must(before.MarshalBinary())) {
		t.Error("a refused state has changed the stream")
	}
	if _, err := (State{Layers: []LayerState{{H: []float32{float32(math.NaN())}}}}).MarshalBinary(); err == nil {
		t.Error("a state of NaN is written")
	}
}

func someState(t testing.TB) (State, []byte) {
	t.Helper()
	s := must(New(Of(small(paper).model()), DefaultConfig())).NewStream()
	for _, token := range text(1, 10, 11) {
		must(s.Step(token))
	}
	return s.State(), must(s.State().MarshalBinary())
}

func TestDamagedStatesAreRefused(t *testing.T) {
	_, whole := someState(t)
	var st State
	for n := range whole {
		wantError(t, "a prefix", st.UnmarshalBinary(whole[:n]), ErrState, "")
		changed := slices.Clone(whole)
		changed[n] ^= 1
		wantError(t, "a changed byte", st.UnmarshalBinary(changed), ErrState, "")
	}
	wantError(t, "a byte more", st.UnmarshalBinary(append(slices.Clone(whole), 0)), ErrState, "CRC")
	if st.Layers != nil {
		t.Error("a damaged state was taken over in part")
	}
}

// sealed ends bytes with their sum.
func sealed(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }

func stateHead(layers uint32, rest ...byte) []byte {
	return sealed(append(binary.LittleEndian.AppendUint32([]byte(stateMagic), layers), rest...))
}

// Sizes are believed only as far as there are bytes.
func TestHostileStatesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, says string
		b          []byte
	}{
		{"a layer that is not there", "ends before layer 0 of 1", stateHead(1)},
		{"2^32-1 layers", "ends before layer 0", stateHead(math.MaxUint32)},
		{"2^32-1 units", "are left", stateHead(1, 255, 255, 255, 255, 1, 0, 0, 0, 0)},
		{"no units", "no units", stateHead(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"an odd flag", "says 2", stateHead(1, 1, 0, 0, 0, 2, 0, 0, 0, 0)},
		{"NaN", "NaN", stateHead(1, 1, 0, 0, 0, 0, 0, 0, 192, 127)},
		{"bytes behind", "follow", stateHead(0, 1)},
	} {
		var st State
		wantError(t, c.name, st.UnmarshalBinary(c.b), ErrState, c.says)
		if n := testing.AllocsPerRun(5, func() { _ = st.UnmarshalBinary(c.b) }); n > 40 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func FuzzState(f *testing.F) {
	_, whole := someState(f)
	f.Add(whole)
	f.Add(stateHead(0))
	f.Add(stateHead(1, 1, 0, 0, 0, 0, 0, 0, 128, 63))
	f.Add(stateHead(1, 255, 255, 255, 255, 1, 0, 0, 0, 0))
	e := must(New(Of(small(paper).model()), DefaultConfig()))
	s := e.NewStream()
	f.Fuzz(func(t *testing.T, b []byte) {
		// Also what would be found out by its sum alone.
		for _, b := range [][]byte{b, sealed(b[:max(0, len(b)-crcBytes):max(0, len(b)-crcBytes)])} {
			var st State
			if err := st.UnmarshalBinary(b); err != nil {
				continue
			}
			if again := must(st.MarshalBinary()); !bytes.Equal(again, b) {
				t.Fatalf("%x is read, and written as %x", b, again)
			}
			if err := s.Restore(st); err != nil {
				continue
			}
			if !bytes.Equal(must(s.State().MarshalBinary()), b) {
				t.Fatal("a restored state is another")
			}
			_ = s.Feed(1) // may overflow
		}
	})
}
