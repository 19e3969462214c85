package archive

import (
	"io"
	"os"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// format is a kind of file that Read knows.
type format struct {
	is     func(start []byte) bool
	decode func(r io.ReaderAt, size int64) (*Archive, error)
}

// formats are told apart by how a file starts.
var formats = []format{
	{begins(zipMagic), decodeZip},
	{begins("PK\x05\x06"), DecodeNPZ}, // without arrays
	{begins(npyMagic), decodeNPY},
	{isTorchPickle, DecodeTorch}, // before PyTorch 1.6
	{isSafetensors, DecodeSafetensors},
}

// wantFormat names the formats in errors.
const wantFormat = "want a file of safetensors, npz, npy or PyTorch's torch.save"

func begins(magic string) func([]byte) bool {
	return func(start []byte) bool { return strings.HasPrefix(string(start), magic) }
}

// isSafetensors looks for the brace that opens the header, behind its length.
func isSafetensors(start []byte) bool { return len(start) > 8 && start[8] == '{' }

// isTorchPickle looks for the number in the first pickle, whose protocol decides
// where it stands.
func isTorchPickle(start []byte) bool {
	return len(start) > 0 && start[0] == opProto && strings.Contains(string(start), torchMagic)
}

func decodeZip(r io.ReaderAt, size int64) (*Archive, error) {
	files, err := members(r, size)
	if err != nil {
		return nil, err
	}
	if _, ok := torchFolder(files); ok {
		return DecodeTorch(r, size)
	}
	return DecodeNPZ(r, size)
}

// lone is the name of an array that its file does not name.
const lone = "tensor"

func decodeNPY(r io.ReaderAt, size int64) (*Archive, error) {
	t, err := DecodeNPY(r, size)
	if err != nil {
		return nil, err
	}
	return &Archive{Tensors: map[string]*tensor.Dense{lone: t}}, nil
}

// Read reads the tensors of a file, whose format is told by its content and not
// by its name: safetensors, .npz and .npy, and what torch.save writes. The array of
// a .npy file is called "tensor". See DecodeSafetensors, DecodeNPZ, DecodeNPY and
// DecodeTorch.
//
// A file of another format gives ErrFormat. All errors name the path.
func Read(path string) (*Archive, error) {
	a, err := read(path)
	return a, errors.Wrapf(err, "archive %s", path)
}

func read(path string) (*Archive, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, errors.Wrap(ErrFormat, "is a folder, "+wantFormat)
	case !info.Mode().IsRegular(): // opening a pipe would wait for a writer
		return nil, errors.Wrap(ErrFormat, "is no regular file, "+wantFormat)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // of a reader: nothing to lose
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, errors.Wrap(ErrFormat, "is empty, "+wantFormat)
	}
	start := make([]byte, min(info.Size(), 64))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, info.Size()), start); err != nil {
		return nil, failed(err)
	}
	for _, k := range formats {
		if k.is(start) {
			return k.decode(f, info.Size())
		}
	}
	return nil, errors.Wrapf(ErrFormat, "starts with %q, %s", start[:min(len(start), 16)], wantFormat)
}
