package archive

import (
	"archive/zip"
	"compress/flate"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// Members of a zip file may be deflated, and then become longer than the file:
// weights by a little, zeros a thousand times. All members together may be up to
// inflateRatio times the file, or inflateFloor bytes if that is more.
const (
	inflateRatio = 32
	inflateFloor = 16 << 20
)

// members are the files in a zip file of a size in bytes, by their names. What
// they say of their lengths agrees with it, so that they can be read into memory.
func members(r io.ReaderAt, size int64) ([]*zip.File, error) {
	// Offsets in the file may be anything; outside of it there is nothing.
	z, err := zip.NewReader(io.NewSectionReader(r, 0, size), size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no name becomes a path
		return nil, ofZip(err)
	}
	var files []*zip.File
	seen := map[string]bool{}
	stored, inflated := uint64(size), uint64(max(inflateFloor, inflateRatio*size))
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue // a folder
		}
		if seen[f.Name] {
			return nil, errors.Wrapf(ErrFormat, "member %s stands there twice", quoted(f.Name))
		}
		seen[f.Name] = true
		const encrypted = 1
		switch {
		case f.Flags&encrypted != 0:
			return nil, errors.Wrapf(ErrFormat, "member %s is encrypted", quoted(f.Name))
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return nil, errors.Wrapf(ErrFormat, "member %s is compressed by method %d, want 0 (none) or 8 (deflate)", quoted(f.Name), f.Method)
		case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
			return nil, errors.Wrapf(ErrFormat, "member %s says to be %d and %d bytes long", quoted(f.Name), f.CompressedSize64, f.UncompressedSize64)
		case f.CompressedSize64 > stored:
			return nil, errors.Wrapf(ErrFormat, "member %s of %d bytes goes past the %d of the file", quoted(f.Name), f.CompressedSize64, size)
		case f.UncompressedSize64 > inflated:
			return nil, errors.Wrapf(ErrFormat, "member %s becomes %d bytes: want at most %d times the file, or %d MiB", quoted(f.Name), f.UncompressedSize64, inflateRatio, inflateFloor>>20)
		}
		stored -= f.CompressedSize64
		inflated -= f.UncompressedSize64
		files = append(files, f)
	}
	return files, nil
}

// readMember lets use read all of a member.
func readMember(f *zip.File, use func(r io.Reader, size int64) error) error {
	r, err := f.Open()
	if err != nil {
		return ofZip(err)
	}
	defer r.Close() // of a reader: nothing to lose
	if err := use(r, int64(f.UncompressedSize64)); err != nil {
		return ofZip(err)
	}
	// The checksum is compared at the end.
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return errors.Wrapf(ErrFormat, "is longer than the %d bytes it says", f.UncompressedSize64)
	case err != io.EOF:
		return ofZip(err)
	}
	return nil
}

// ofZip tells a malformed zip file from one that cannot be read.
func ofZip(err error) error {
	for _, malformed := range []error{zip.ErrFormat, zip.ErrAlgorithm, zip.ErrChecksum, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, malformed) {
			return errors.Wrap(ErrFormat, err.Error())
		}
	}
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		return errors.Wrap(ErrFormat, err.Error())
	}
	return err
}
