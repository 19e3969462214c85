package archive

import (
	"archive/zip"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

const npySuffix = ".npy"

// DecodeNPZ reads the arrays of a .npz file of a size in bytes, compressed or
// not, as numpy.savez and numpy.savez_compressed write them: an array's name is
// its member's without ".npy". See DecodeNPY for what an array may be.
//
// A name that stands there twice gives ErrFormat. Compressed arrays may take up
// to 32 times the file's size, or 16 MiB if that is more; beyond it they give
// ErrFormat.
func DecodeNPZ(r io.ReaderAt, size int64) (*Archive, error) {
	files, err := members(r, size)
	if err != nil {
		return nil, errors.Wrap(err, "npz")
	}
	a := &Archive{Tensors: map[string]*tensor.Dense{}}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name, npySuffix)
		if a.Tensors[name] != nil {
			return nil, errors.Wrapf(ErrFormat, "npz: two arrays are named %s", quoted(name))
		}
		err := readMember(f, func(r io.Reader, size int64) (err error) {
			a.Tensors[name], err = readNPY(r, size)
			return err
		})
		if err != nil {
			return nil, errors.WithMessagef(err, "npz: array %s", quoted(name))
		}
	}
	return a, nil
}

// EncodeNPZ writes an archive as a .npz file, uncompressed, in the order of
// names: equal tensors give equal bytes. See EncodeNPY for the arrays. Metadata
// is left out: the format has no place for it.
func EncodeNPZ(w io.Writer, a *Archive) error {
	if a == nil {
		return errors.Wrap(ErrFormat, "npz: archive is nil")
	}
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(a.Tensors)) {
		m, err := z.CreateHeader(&zip.FileHeader{Name: name + npySuffix, Method: zip.Store})
		if err == nil {
			err = writeNPY(m, a.Tensors[name])
		}
		if err != nil {
			return errors.WithMessagef(err, "npz: array %s", quoted(name))
		}
	}
	return errors.Wrap(z.Close(), "npz")
}
