package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// DecodeTorch reads the tensors of a file that PyTorch's torch.save made, of a
// size in bytes: a zip file since PyTorch 1.6, before it a sequence of pickles.
//
// A tensor is named by the keys that lead to it, joined by dots: weights of
// {"model": model.state_dict(), "epoch": 3} are called model.rnn.weight_ih_l0 and
// so on. Positions in lists and tuples count as keys, and whatever is no tensor
// is passed over. A file that holds a tensor alone gives it the name "tensor".
//
// Tensors are of float16 and bfloat16, which become float32, float32, float64,
// int8 and int16, which become int32, int32, int64, uint8 or bool. They may be
// views of one storage in any order; names for one and the same view, as of tied
// weights, get one and the same tensor.
//
// Nothing in the file is executed. A file that names a class or function other
// than those that tensors are made of, such as a whole module saved by
// torch.save(model, file), gives ErrFormat with that name, as does TorchScript,
// a tensor without elements, and whatever is cut short or damaged. Tensors that
// are many views of few numbers may take 8 times the file's size; beyond it they
// give ErrFormat.
//
// Source: torch/serialization.py and torch/_utils.py of PyTorch 1.13 and 2.
func DecodeTorch(r io.ReaderAt, size int64) (*Archive, error) {
	decode := decodeTorchPickles
	if startsWith(r, zipMagic) {
		decode = decodeTorchZip
	}
	a, err := decode(r, size)
	return a, errors.WithMessage(err, "torch")
}

const zipMagic = "PK\x03\x04"

func startsWith(r io.ReaderAt, magic string) bool {
	start := make([]byte, len(magic))
	_, err := r.ReadAt(start, 0)
	return (err == nil || err == io.EOF) && string(start) == magic
}

// The members of a zip file, in a folder named after the file that torch wrote.
const (
	torchPickle = "/data.pkl"
	torchScript = "/constants.pkl"
	torchOrder  = "/byteorder"
	torchData   = "/data/"
)

// torchFolder finds the folder of the members, if it is there.
func torchFolder(files []*zip.File) (string, bool) {
	for _, f := range files {
		if folder, ok := strings.CutSuffix(f.Name, torchPickle); ok && !strings.Contains(folder, "/") {
			return folder, true
		}
	}
	return "", false
}

func decodeTorchZip(r io.ReaderAt, size int64) (*Archive, error) {
	files, err := members(r, size)
	if err != nil {
		return nil, err
	}
	folder, ok := torchFolder(files)
	if !ok {
		return nil, errors.Wrapf(ErrFormat, "zip file has no member FOLDER%s", torchPickle)
	}
	byName := map[string]*zip.File{}
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.Name, folder); ok {
			byName[name] = f
		}
	}
	if byName[torchScript] != nil {
		return nil, errors.Wrapf(ErrFormat, "is a TorchScript program, want what torch.save writes")
	}
	t := newTorchTensors(size)
	if err := readMember(byName[torchPickle], func(r io.Reader, n int64) error {
		u := t.unpickler(bufio.NewReader(r), n)
		root, err := u.load()
		if err != nil {
			return err
		}
		if u.left != 0 {
			return errors.Wrapf(ErrFormat, "%d bytes follow the pickle", u.left)
		}
		return t.collect(root)
	}); err != nil {
		return nil, errors.WithMessage(err, torchPickle[1:])
	}
	order, err := torchByteOrder(byName[torchOrder])
	if err != nil {
		return nil, err
	}
	for _, s := range t.storages {
		f := byName[torchData+s.key]
		if f == nil {
			return nil, errors.Wrapf(ErrFormat, "storage %s is missing", quoted(s.key))
		}
		err := readMember(f, func(r io.Reader, n int64) error {
			if n != s.bytes() {
				return errors.Wrapf(ErrFormat, "has %d bytes, want %d for %d numbers of %s", n, s.bytes(), s.numel, s.name)
			}
			return t.fill(s, r, order)
		})
		if err != nil {
			return nil, errors.WithMessagef(err, "storage %s", quoted(s.key))
		}
	}
	return t.archive, nil
}

// torchByteOrder reads the order of bytes, which files before PyTorch 2.1 do
// not say: low first.
func torchByteOrder(f *zip.File) (order binary.ByteOrder, err error) {
	order = binary.LittleEndian
	if f == nil {
		return order, nil
	}
	err = readMember(f, func(r io.Reader, n int64) error {
		const most = 16
		b, err := io.ReadAll(io.LimitReader(r, most))
		switch {
		case err != nil:
			return err
		case string(b) == "big":
			order = binary.BigEndian
		case string(b) != "little":
			return errors.Wrapf(ErrFormat, "says %s, want little or big", quoted(string(b)))
		}
		return nil
	})
	return order, errors.WithMessage(err, torchOrder[1:])
}

// torchTensors gathers the tensors that a pickle describes.
type torchTensors struct {
	size     int64 // of the file
	archive  *Archive
	storages []*storage // in the order of the pickle
	byKey    map[string]*storage
	named    map[string]bool
	budget   int64 // bytes that names and tensors may still take
}

// storage is a run of numbers in a file, which tensors are views of.
type storage struct {
	element
	key   string
	numel int64
	views map[string]*view // by where they look
	order []*view          // as they are met
}

func (s *storage) bytes() int64 { return s.numel * int64(s.size) }

// view is a tensor of a pickle, before its numbers are read.
type view struct {
	of     *storage
	start  int
	shape  tensor.Shape
	stride []int
	names  []string
	same   *view // the first of the same numbers, which gets the names; nil before the first name
}

// key is the same for views of the same numbers.
func (v *view) key() string { return fmt.Sprint(v.start, v.shape, v.stride) }

func newTorchTensors(size int64) *torchTensors {
	const ratio, floor = 8, 1 << 16 // a floor for the names in very small files
	return &torchTensors{
		size:    size,
		archive: &Archive{Tensors: map[string]*tensor.Dense{}},
		byKey:   map[string]*storage{},
		named:   map[string]bool{},
		budget:  floor + ratio*min(size, math.MaxInt64/(2*ratio)),
	}
}

// fill reads a storage and makes the tensors that are views of it.
func (t *torchTensors) fill(s *storage, r io.Reader, order binary.ByteOrder) error {
	raw := make([]byte, s.bytes())
	if _, err := io.ReadFull(r, raw); err != nil {
		return failed(err)
	}
	for _, v := range s.order {
		numbers := byRows(raw, s.size, v.start, v.shape, v.stride)
		backing, err := s.read(bytes.NewReader(numbers), v.shape.TotalSize(), order)
		if err != nil {
			return err
		}
		d := tensor.New(tensor.WithShape(v.shape...), tensor.WithBacking(backing))
		for _, name := range v.names {
			t.archive.Tensors[name] = d
		}
	}
	return nil
}
