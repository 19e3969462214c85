package checkpoint

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/layers"
)

// Snapshot is everything a run needs to go on as if it had never stopped. It
// shares no memory with what it was taken from, nor with what it is restored
// into.
type Snapshot struct {
	Weights map[string]*tensor.Dense // by the name of the layers.Param
	Solver  optim.State              // zero where there is none
	States  map[string]*tensor.Dense // of the training stream; nil where there is none
	Run     json.RawMessage          // whatever else the run keeps; nil where there is nothing
}

// Take copies the state of a run. run is what json.Marshal takes: say the
// configuration, the position in the text, the session's Runs, counters and
// history. A nil solver, stream or run is left out of the snapshot.
//
// ErrSnapshot is returned for weights that share a name or have no tensor, and
// for a run that cannot be JSON, as with a float that is NaN or infinite.
func Take(params []*layers.Param, solver optim.Solver, stream *graph.Stream, run any) (*Snapshot, error) {
	if err := checkParams(params); err != nil {
		return nil, errors.Wrapf(ErrSnapshot, "checkpoint: %v", err)
	}
	s := &Snapshot{Weights: map[string]*tensor.Dense{}}
	for _, p := range params {
		// The weight is plain: checkParams has seen to it.
		copied, ok := p.Value().Clone().(*tensor.Dense)
		if !ok {
			return nil, errors.Wrapf(ErrSnapshot, "checkpoint: weight %s cannot be copied", p.Name())
		}
		s.Weights[p.Name()] = copied
	}
	if solver != nil {
		s.Solver = solver.State()
	}
	if stream != nil {
		s.States = stream.States()
	}
	if run != nil {
		var err error
		if s.Run, err = json.Marshal(run); err != nil {
			return nil, errors.Wrapf(ErrSnapshot, "checkpoint: the run part cannot be JSON: %v", err)
		}
	}
	return s, nil
}

// Decode reads the run part into what run points to. It is strict: a field that
// run does not have is an error, ErrFit, as is a missing run part; run may have
// been changed in part by then.
func (s *Snapshot) Decode(run any) error {
	if s.Run == nil {
		return errors.Wrap(ErrFit, "checkpoint: the snapshot has no run part")
	}
	if err := strictly(s.Run, run); err != nil {
		return errors.Wrapf(ErrFit, "checkpoint: run part: %v", err)
	}
	return nil
}

// strictly is json.Unmarshal without a liking for unknown fields.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more follows after the value")
	}
	return nil
}
