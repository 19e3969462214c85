package archive

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/atomicfile"
)

// ErrExtension is returned for a file whose name does not say a format that is
// written.
var ErrExtension = errors.New("unknown extension")

// encoders are the formats that are written, by the extension of a path.
var encoders = map[string]func(io.Writer, *Archive) error{
	".npz":         EncodeNPZ,
	".safetensors": EncodeSafetensors,
}

// WriteFile saves an archive as the extension of path says, .npz or
// .safetensors; another gives
// ErrExtension. A file of that name is replaced as a whole: after an error it is
// what it was.
func (a *Archive) WriteFile(path string) error {
	encode, ok := encoders[strings.ToLower(filepath.Ext(path))]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(encoders)), " or ")
		return errors.Wrapf(ErrExtension, "archive %s: path has %q, want %s", path, filepath.Ext(path), known)
	}
	return errors.Wrapf(atomicfile.Write(path, func(w io.Writer) error { return encode(w, a) }), "archive %s", path)
}
