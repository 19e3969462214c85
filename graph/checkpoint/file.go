package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"hash"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/optim"
	"github.com/egru/egru/internal/atomicfile"
)

// The names in a file. The trailer's bytes are the last: of the tensors with
// elements of one byte it is the last by name, and all others stand before them.
const (
	inModel  = "model/"
	inSolver = "solver/"
	inStream = "stream/"
	trailer  = "trailer.sha256"

	// VersionKey is the metadata that tells a checkpoint from other safetensors.
	VersionKey = "egru.checkpoint"
	version    = "1"
	solverKey  = "solver"
	streamKey  = "stream"
	runKey     = "run"
)

// Save writes a snapshot to a file, which is replaced only by a whole one. On an
// error the file is as it was. The folder must be there.
func Save(path string, s *Snapshot) error {
	return errors.Wrapf(atomicfile.Write(path, func(w io.Writer) error { return encode(w, s) }), "checkpoint %s", path)
}

// Load reads what Save wrote. A file that is cut short or altered gives
// ErrDamaged; one that is not there, an error for which errors.Is finds
// fs.ErrNotExist.
func Load(path string) (*Snapshot, error) {
	s, err := load(path)
	return s, errors.WithMessagef(err, "checkpoint %s", path)
}

func load(path string) (*Snapshot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, errors.Wrap(ErrDamaged, "is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	defer f.Close() // which was only read
	if info, err = f.Stat(); err != nil {
		return nil, errors.WithStack(err)
	}
	return decode(f, info.Size())
}

// encode writes the file: the archive, the checksum in the place of its last
// bytes.
func encode(w io.Writer, s *Snapshot) error {
	if s == nil {
		return errors.Wrap(ErrSnapshot, "the snapshot is nil")
	}
	a, err := archiveOf(s)
	if err != nil {
		return err
	}
	t := &trailing{w: w, hash: sha256.New()}
	if err := archive.EncodeSafetensors(t, a); err != nil {
		if errors.Is(err, archive.ErrFormat) || errors.Is(err, archive.ErrDtype) {
			return as(ErrSnapshot, err)
		}
		return err
	}
	_, err = w.Write(t.hash.Sum(nil))
	return errors.WithStack(err)
}

// trailing passes on all bytes but the last sha256.Size, which never come, and
// sums up those that do.
type trailing struct {
	w    io.Writer
	hash hash.Hash
	held []byte
}

func (t *trailing) Write(b []byte) (int, error) {
	t.held = append(t.held, b...)
	ready := max(0, len(t.held)-sha256.Size)
	t.hash.Write(t.held[:ready]) // never returns an error
	if _, err := t.w.Write(t.held[:ready]); err != nil {
		return 0, err
	}
	t.held = append(t.held[:0], t.held[ready:]...)
	return len(b), nil
}

// decode checks the sum before it believes anything.
func decode(r io.ReaderAt, size int64) (*Snapshot, error) {
	end := size - sha256.Size
	if end < 0 {
		return nil, errors.Wrapf(ErrDamaged, "has %d bytes, too few for a checksum", size)
	}
	sum, said := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, end)); err != nil {
		return nil, errors.WithStack(err)
	}
	switch _, err := io.ReadFull(io.NewSectionReader(r, end, sha256.Size), said); {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return nil, errors.Wrapf(ErrDamaged, "ends before its %d bytes", size)
	case err != nil:
		return nil, errors.WithStack(err)
	}
	if got := sum.Sum(nil); !bytes.Equal(got, said) {
		return nil, errors.Wrapf(ErrDamaged, "the SHA-256 of its first %d bytes is %x, want %x as the last 32 say", end, got, said)
	}
	a, err := archive.DecodeSafetensors(r, size)
	switch {
	case errors.Is(err, archive.ErrFormat):
		return nil, as(ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	last := a.Tensors[trailer]
	if last == nil || last.Dtype() != tensor.Uint8 || !bytes.Equal(last.Uint8s(), said) {
		return nil, errors.Wrapf(ErrDamaged, "the last 32 bytes are not the tensor %s", trailer)
	}
	if v := a.Metadata[VersionKey]; v != version {
		return nil, errors.Wrapf(ErrVersion, "%s is %.20q, want %q", VersionKey, v, version)
	}
	s, err := snapshotOf(a)
	return s, as(ErrDamaged, err)
}

// archiveOf puts the parts of a snapshot under their names. Nothing is copied.
func archiveOf(s *Snapshot) (*archive.Archive, error) {
	a := &archive.Archive{
		Tensors:  map[string]*tensor.Dense{trailer: tensor.New(tensor.WithShape(sha256.Size), tensor.Of(tensor.Uint8))},
		Metadata: map[string]string{VersionKey: version},
	}
	for name, d := range s.Weights {
		a.Tensors[inModel+name] = d
	}
	if s.States != nil {
		a.Metadata[streamKey] = ""
	}
	for name, d := range s.States {
		a.Tensors[inStream+name] = d
	}
	for name, t := range s.Solver.Tensors {
		d, err := denseOf(t)
		if err != nil {
			return nil, errors.Wrapf(ErrSnapshot, "state of the solver: %s: %v", name, err)
		}
		a.Tensors[inSolver+name] = d
	}
	if !reflect.ValueOf(s.Solver).IsZero() {
		st := s.Solver
		st.Tensors = nil
		text, err := json.Marshal(st)
		if err != nil {
			return nil, errors.Wrapf(ErrSnapshot, "state of the solver: %v", err)
		}
		a.Metadata[solverKey] = string(text)
	}
	if s.Run != nil {
		if !json.Valid(s.Run) {
			return nil, errors.Wrap(ErrSnapshot, "the run part is not JSON")
		}
		a.Metadata[runKey] = string(s.Run)
	}
	return a, nil
}

func snapshotOf(a *archive.Archive) (*Snapshot, error) {
	s := &Snapshot{Weights: map[string]*tensor.Dense{}}
	if _, ok := a.Metadata[streamKey]; ok {
		s.States = map[string]*tensor.Dense{}
	}
	if text, ok := a.Metadata[solverKey]; ok {
		if err := strictly([]byte(text), &s.Solver); err != nil {
			return nil, errors.WithMessage(err, "state of the solver")
		}
		s.Solver.Tensors = map[string]optim.Tensor{}
	}
	if text, ok := a.Metadata[runKey]; ok {
		if s.Run = json.RawMessage(text); !json.Valid(s.Run) {
			return nil, errors.New("the run part is not JSON")
		}
	}
	for key, d := range a.Tensors {
		at := strings.IndexByte(key, '/') + 1
		room, name := key[:at], key[at:]
		switch {
		case key == trailer:
		case room == inModel:
			s.Weights[name] = d
		case room == inStream && s.States != nil:
			s.States[name] = d
		case room == inSolver && s.Solver.Tensors != nil:
			var err error
			if s.Solver.Tensors[name], err = optimOf(d); err != nil {
				return nil, errors.WithMessage(err, key)
			}
		default:
			return nil, errors.Errorf("the tensor %.60q belongs to no part of a checkpoint", key)
		}
	}
	return s, nil
}

// denseOf is a tensor of a solver's state, as the tensor of a file; the memory is
// shared.
func denseOf(t optim.Tensor) (*tensor.Dense, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	switch {
	case len(t.Shape) == 0 && t.Float32 != nil:
		return tensor.New(tensor.FromScalar(t.Float32[0])), nil
	case len(t.Shape) == 0:
		return tensor.New(tensor.FromScalar(t.Float64[0])), nil
	case t.Float32 != nil:
		return tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.Float32)), nil
	}
	return tensor.New(tensor.WithShape(t.Shape...), tensor.WithBacking(t.Float64)), nil
}

func optimOf(d *tensor.Dense) (optim.Tensor, error) {
	t := optim.Tensor{Shape: append([]int{}, d.Shape()...)}
	switch d.Dtype() {
	case tensor.Float32:
		t.Float32 = d.Float32s()
	case tensor.Float64:
		t.Float64 = d.Float64s()
	default:
		return t, errors.Errorf("is of %v, want float32 or float64", d.Dtype())
	}
	return t, nil
}
