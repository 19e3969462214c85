package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/optim"
)

func decodeBytes(b []byte) (*Snapshot, error) { return decode(bytes.NewReader(b), int64(len(b))) }

// special are the numbers that are lost most easily.
func special[F float32 | float64](smallest, largest F) []F {
	return []F{F(math.Copysign(0, -1)), F(math.Inf(1)), F(math.Inf(-1)), F(math.NaN()), smallest, 3 * smallest, largest, 1.0 / 3}
}

func TestSnapshotsComeBackToTheBit(t *testing.T) {
	f32 := special[float32](math.SmallestNonzeroFloat32, math.MaxFloat32)
	f64 := special(math.SmallestNonzeroFloat64, math.MaxFloat64)
	dense := func(shape []int, x any) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))
	}
	r := newRun(tensor.Float32, 1)
	r.train(t, 3)
	for name, s := range map[string]*Snapshot{
		"a run":      r.take(t, []float64{0.1}),
		"small":      small(7),
		"only a run": {Weights: map[string]*tensor.Dense{}, Run: []byte(` {"a":[1e-300,"größe <&> \u0000"]} `)},
		"special numbers": {
			Weights: map[string]*tensor.Dense{"w/32": dense([]int{2, 4}, f32), "w64": dense([]int{8, 1}, f64), "": tensor.New(tensor.FromScalar(float32(-0.5)))},
			Solver: optim.State{
				Solver: "AdamW", LearnRate: math.SmallestNonzeroFloat64, Steps: map[string]int{"größe": math.MaxInt, "s": 1}, Schedules: []int{3, 0},
				Tensors: map[string]optim.Tensor{
					"größe/moment1": {Shape: []int{8}, Float32: slices.Clone(f32)},
					"größe/moment2": {Shape: []int{1, 8}, Float64: slices.Clone(f64)},
					"s/velocity":    {Shape: []int{}, Float64: []float64{math.Copysign(0, -1)}},
				},
			},
			States: map[string]*tensor.Dense{"h": dense([]int{1, 8}, slices.Clone(f32)), "counts": dense([]int{2}, []int64{math.MinInt64, 1}), "mask": dense([]int{2}, []bool{true, false}), "z": dense([]int{1}, []uint8{255})},
		},
		"empty parts": {
			Weights: map[string]*tensor.Dense{}, States: map[string]*tensor.Dense{}, Run: []byte("null"),
			Solver: optim.State{Solver: "SGD", LearnRate: 1e-3, Steps: map[string]int{}, Tensors: map[string]optim.Tensor{}, Schedules: []int{}},
		},
		"nothing": {Weights: map[string]*tensor.Dense{}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.safetensors")
			if err := Save(path, s); err != nil {
				t.Fatal(err)
			}
			wantSnapshot(t, must(Load(path)), s)
			if !bytes.Equal(must(os.ReadFile(path)), encoded(t, s)) {
				t.Error("saved again, it has other bytes")
			}
		})
	}
}

// The layout that the documentation of the package promises to others.
func TestCheckpointsAreSafetensors(t *testing.T) {
	b := encoded(t, small(7))
	a := must(archive.DecodeSafetensors(bytes.NewReader(b), int64(len(b))))
	sum := sha256.Sum256(b[:len(b)-32])
	if !bytes.Equal(sum[:], b[len(b)-32:]) {
		t.Error("the last 32 bytes are not the sum of those before")
	}
	for name, want := range map[string]string{
		"model/w":           "(2) of float32: 0000e0400000e0c0",
		"solver/w/velocity": "(2) of float32: 0000e0400000e040",
		"stream/rnn.h":      "(1, 2) of float32: 0000e0400000803f",
		"trailer.sha256":    bits(tensor.New(tensor.WithShape(32), tensor.WithBacking(sum[:]))),
	} {
		if a.Tensors[name] == nil || bits(a.Tensors[name]) != want {
			t.Errorf("%s is %v, want %s", name, a.Tensors[name], want)
		}
	}
	for key, want := range map[string]string{
		"egru.checkpoint": "1", "stream": "", "run": "7",
		"solver": `{"Solver":"SGD","LearnRate":0.1,"Steps":{"w":8},"Tensors":null,"Schedules":null}`,
	} {
		if got, ok := a.Metadata[key]; got != want || !ok {
			t.Errorf("metadata %s is %s, want %s", key, got, want)
		}
	}
	if len(a.Tensors) != 4 || len(a.Metadata) != 4 {
		t.Errorf("tensors %v and metadata %v, want 4 of each", a.Tensors, a.Metadata)
	}
}

// refuses wants a file not to be read, and a run not to notice.
func refuses(t *testing.T, name, path string, r *run) {
	t.Helper()
	s, err := Load(path)
	wantError(t, name, err, ErrDamaged, path)
	if err == nil {
		t.Errorf("%s: it is read, and restored with the error %v", name, s.Restore(r.params, r.solver, r.stream))
	}
}

func TestEveryPrefixOfACheckpointIsRefused(t *testing.T) {
	r := newRun(tensor.Float32, 1)
	r.train(t, 2)
	before, whole := r.take(t, nil), encoded(t, r.take(t, nil))
	path := filepath.Join(t.TempDir(), "x.safetensors")
	few := encoded(t, small(7))
	for n := range few {
		if _, err := decodeBytes(few[:n]); err == nil {
			t.Errorf("%d of %d bytes are read", n, len(few))
		}
	}
	for _, n := range []int{0, 7, 31, 32, 100, len(whole) - 32, len(whole) - 1} {
		write(t, path, whole[:n])
		refuses(t, "a prefix", path, r)
	}
	write(t, path, append(slices.Clone(whole), 0))
	refuses(t, "a byte more", path, r)
	wantSnapshot(t, r.take(t, nil), before)
}

func TestAChangedByteIsFound(t *testing.T) {
	r := newRun(tensor.Float32, 1)
	r.train(t, 2)
	before, whole := r.take(t, nil), encoded(t, r.take(t, nil))
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "x.safetensors")
	few := encoded(t, small(7))
	for at := range few {
		b := slices.Clone(few)
		b[at] ^= byte(1 + random.IntN(255))
		if _, err := decodeBytes(b); err == nil {
			t.Errorf("byte %d is changed, and nobody has noticed", at)
		}
	}
	for range 30 {
		b := slices.Clone(whole)
		for range 1 + random.IntN(5) {
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		}
		if bytes.Equal(b, whole) {
			continue
		}
		write(t, path, b)
		refuses(t, "changed bits", path, r)
	}
	wantSnapshot(t, r.take(t, nil), before)
}

// signed gives bytes the sum that they should have.
func signed(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// forged is an archive with the right sum at its end.
func forged(t testing.TB, change func(*archive.Archive)) []byte {
	a := must(archiveOf(small(7)))
	change(a)
	var b bytes.Buffer
	if err := archive.EncodeSafetensors(&b, a); err != nil {
		t.Fatal(err)
	}
	return signed(b.Bytes()[:b.Len()-sha256.Size])
}

func TestFilesOfAnotherLayoutAreRefused(t *testing.T) {
	one := tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{1}))
	for name, c := range map[string]struct {
		change func(*archive.Archive)
		kind   error
		says   string
	}{
		"a later version":        {func(a *archive.Archive) { a.Metadata["egru.checkpoint"] = "2" }, ErrVersion, `egru.checkpoint is "2", want "1"`},
		"no version":             {func(a *archive.Archive) { delete(a.Metadata, "egru.checkpoint") }, ErrVersion, `egru.checkpoint is "", want "1"`},
		"a strange tensor":       {func(a *archive.Archive) { a.Tensors["module/x"] = one }, ErrDamaged, `the tensor "module/x" belongs to no part`},
		"a tensor without part":  {func(a *archive.Archive) { a.Tensors["model"] = one }, ErrDamaged, `the tensor "model" belongs to no part`},
		"states without stream":  {func(a *archive.Archive) { delete(a.Metadata, "stream") }, ErrDamaged, `the tensor "stream/rnn.h" belongs to no part`},
		"moments without solver": {func(a *archive.Archive) { delete(a.Metadata, "solver") }, ErrDamaged, `the tensor "solver/w/velocity" belongs to no part`},
		"moments of bytes":       {func(a *archive.Archive) { a.Tensors["solver/w/velocity"] = tensor.New(tensor.FromScalar(uint8(1))) }, ErrDamaged, "solver/w/velocity: is of uint8, want float32 or float64"},
		"a strange solver":       {func(a *archive.Archive) { a.Metadata["solver"] = `{"Solver":"SGD","Momentum":1}` }, ErrDamaged, `state of the solver: json: unknown field "Momentum"`},
		"a broken solver":        {func(a *archive.Archive) { a.Metadata["solver"] = `{"Solver"` }, ErrDamaged, "state of the solver: unexpected EOF"},
		"a broken run":           {func(a *archive.Archive) { a.Metadata["run"] = "{" }, ErrDamaged, "the run part is not JSON"},
		"another last tensor":    {func(a *archive.Archive) { a.Tensors["zzz"] = tensor.New(tensor.WithShape(32), tensor.Of(tensor.Uint8)) }, ErrDamaged, "the last 32 bytes are not the tensor trailer.sha256"},
		"floats at the end": {func(a *archive.Archive) {
			a.Tensors[trailer] = tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float32))
		}, ErrDamaged, "the last 32 bytes are not the tensor trailer.sha256"},
	} {
		_, err := decodeBytes(forged(t, c.change))
		wantError(t, name, err, c.kind, c.says)
	}
	_, err := decodeBytes(signed(nil))
	wantError(t, "a sum of nothing", err, ErrDamaged, "safetensors: the header claims")
	_, err = decodeBytes(nil)
	wantError(t, "nothing", err, ErrDamaged, "has 0 bytes, too few for a checksum")
	_, err = decode(bytes.NewReader(nil), 100)
	wantError(t, "a wrong size", err, ErrDamaged, "ends before its 100 bytes")

	dir := t.TempDir()
	_, err = Load(dir)
	wantError(t, "a folder", err, ErrDamaged, dir, "is no regular file")
	_, err = Load(filepath.Join(dir, "x"))
	wantError(t, "no file", err, fs.ErrNotExist, filepath.Join(dir, "x"))
}

func TestWhatCannotBeSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	write(t, path, encoded(t, small(1)))
	for name, c := range map[string]struct {
		change func(*Snapshot) *Snapshot
		says   string
	}{
		"nothing":          {func(*Snapshot) *Snapshot { return nil }, "the snapshot is nil"},
		"a nil weight":     {func(s *Snapshot) *Snapshot { s.Weights["w"] = nil; return s }, `tensor "model/w": is nil`},
		"a weight of int":  {func(s *Snapshot) *Snapshot { s.Weights["w"] = zeros(tensor.Int, 1); return s }, `tensor "model/w": is of int`},
		"a name of bytes":  {func(s *Snapshot) *Snapshot { s.States["\xff"] = zeros(tensor.Int64, 1); return s }, "the name is not UTF-8"},
		"a run of bytes":   {func(s *Snapshot) *Snapshot { s.Run = []byte{1}; return s }, "the run part is not JSON"},
		"a run of none":    {func(s *Snapshot) *Snapshot { s.Run = []byte{}; return s }, "the run part is not JSON"},
		"a rate of NaN":    {func(s *Snapshot) *Snapshot { s.Solver.LearnRate = math.NaN(); return s }, "state of the solver: json: unsupported value: NaN"},
		"a moment of none": {func(s *Snapshot) *Snapshot { s.Solver.Tensors["a/b"] = optim.Tensor{}; return s }, "state of the solver: a/b: has both or none"},
		"a moment too short": {func(s *Snapshot) *Snapshot {
			s.Solver.Tensors["a/b"] = optim.Tensor{Shape: []int{2}, Float32: []float32{1}}
			return s
		}, "a/b: has shape [2] for 1 numbers"},
		"a negative axis": {func(s *Snapshot) *Snapshot {
			s.Solver.Tensors["a/b"] = optim.Tensor{Shape: []int{-1, -1}, Float32: []float32{1}}
			return s
		}, "a/b: has shape [-1 -1] for 1 numbers"},
		"axes that overflow": {func(s *Snapshot) *Snapshot {
			s.Solver.Tensors["a/b"] = optim.Tensor{Shape: []int{math.MaxInt, math.MaxInt}, Float32: []float32{1}}
			return s
		}, "for 1 numbers"},
		"an empty scalar": {func(s *Snapshot) *Snapshot { s.Solver.Tensors["a/b"] = optim.Tensor{Float32: []float32{}}; return s }, "a/b: has shape [] for 0 numbers"},
	} {
		err := Save(path, c.change(small(2)))
		wantError(t, name, err, ErrSnapshot, c.says, path)
		if strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s: the error has several lines: %v", name, err)
		}
		wantSnapshot(t, must(Load(path)), small(1))
	}
	if names := filesIn(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("the folder has %q, want one file", names)
	}
}
