package archive

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

const (
	// safetensorsMaxHeader is the limit of the reference implementation.
	safetensorsMaxHeader = 100_000_000
	// safetensorsMaxAxes is more than NumPy and torch allow. It keeps a shape
	// of a million ones from taking many times the memory of its text.
	safetensorsMaxAxes = 64
	// safetensorsChunk is the number of bytes converted at a time.
	safetensorsChunk = 1 << 16
	// safetensorsMetadata is the member of the header that is no tensor.
	safetensorsMetadata = "__metadata__"
)

// DecodeSafetensors reads a file of size bytes in the safetensors format:
//
//	N       8 bytes, little-endian
//	header  N bytes of JSON, beginning with { and perhaps ending in blanks:
//	        {"__metadata__": {text: text, ...},
//	         name: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
//	data    the other bytes, which the ranges [from, to) of the tensors cover
//	        without holes or overlaps; numbers are little-endian, row-major
//
// F32, F64, I64, I32, U8 and BOOL are read as they are, F16 and BF16 are widened
// to float32. An empty shape gives a scalar. Metadata is nil where the header
// has none.
//
// Besides files against these rules, ErrFormat is returned for what would have
// to be guessed at or cannot be held: other dtypes, names that are empty or come
// twice, members other than these, shapes with an empty axis (which no tensor of
// Gorgonia can have) or more than 64 axes, and bytes of a BOOL beyond 0 and 1.
// Ranges and shapes are checked before tensors are made; headers have up to
// 100 MB.
//
// Source: https://github.com/huggingface/safetensors, README, Format.
func DecodeSafetensors(r io.ReaderAt, size int64) (*Archive, error) {
	a, err := decodeSafetensors(r, size)
	return a, errors.WithMessage(err, "safetensors")
}

func decodeSafetensors(r io.ReaderAt, size int64) (*Archive, error) {
	text, err := readSafetensorsHeader(r, size)
	if err != nil {
		return nil, err
	}
	h, err := parseSafetensorsHeader(text)
	if err != nil {
		return nil, err
	}
	start := 8 + int64(len(text))
	if err := h.check(size - start); err != nil {
		return nil, err
	}
	a := &Archive{Tensors: make(map[string]*tensor.Dense, len(h.tensors)), Metadata: h.metadata}
	buffer := make([]byte, min(safetensorsChunk, size-start))
	for _, s := range h.tensors {
		section := io.NewSectionReader(r, start+s.from, s.to-s.from)
		if a.Tensors[s.name], err = s.element.read(section, buffer, s.shape); err != nil {
			return nil, errors.WithMessagef(err, "tensor %.60q", s.name)
		}
	}
	return a, nil
}

// readSafetensorsHeader gives the text of the header.
func readSafetensorsHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if r == nil {
		return nil, errors.New("the reader is nil")
	}
	if size < 8+2 {
		return nil, errors.Wrapf(ErrFormat, "the file has %d bytes, too few for the length of a header and the header {}", size)
	}
	// What follows trusts the size, which a caller may have wrong.
	if err := readSafetensorsFull(io.NewSectionReader(r, size-1, 1), make([]byte, 1)); err != nil {
		return nil, errors.WithMessage(err, "last byte")
	}
	var length [8]byte
	if err := readSafetensorsFull(io.NewSectionReader(r, 0, 8), length[:]); err != nil {
		return nil, errors.WithMessage(err, "length of the header")
	}
	n := binary.LittleEndian.Uint64(length[:])
	switch {
	case n > safetensorsMaxHeader:
		return nil, errors.Wrapf(ErrFormat, "the header claims %d bytes, want at most %d", n, safetensorsMaxHeader)
	case int64(n) > size-8:
		return nil, errors.Wrapf(ErrFormat, "the header claims %d bytes, but only %d follow", n, size-8)
	}
	text := make([]byte, n)
	return text, errors.WithMessage(readSafetensorsFull(io.NewSectionReader(r, 8, int64(n)), text), "header")
}

func readSafetensorsFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.Wrap(ErrFormat, "the file ends early")
	}
	return errors.WithStack(err)
}

// EncodeSafetensors writes an archive in the format that DecodeSafetensors
// reads. Tensors of float32, float64, int64, int32, uint8 and bool become F32,
// F64, I64, I32, U8 and BOOL; scalars have an empty shape; views are written row
// by row. A Metadata that is not nil is written, even if it is empty.
//
// The same archive always gives the same bytes: the header is sorted by name and
// filled up with blanks to a multiple of 8 bytes; of the data, elements of more
// bytes come first, so that all are aligned, and those of equal width in the
// order of their names.
//
// Before anything is written, ErrDtype is returned for other element types, and
// ErrFormat for what no file can hold: an archive or a tensor that is nil, masked
// or neither row-major nor a view, a name that is empty or "__metadata__", and
// text that is not UTF-8.
func EncodeSafetensors(w io.Writer, a *Archive) error {
	return errors.WithMessage(encodeSafetensors(w, a), "safetensors")
}

func encodeSafetensors(w io.Writer, a *Archive) error {
	if a == nil {
		return errors.Wrap(ErrFormat, "the archive is nil")
	}
	if w == nil {
		return errors.New("the writer is nil")
	}
	var all []*safetensor
	for _, name := range slices.Sorted(maps.Keys(a.Tensors)) {
		s, err := describeSafetensor(name, a.Tensors[name])
		if err != nil {
			return errors.WithMessagef(err, "tensor %.60q", name)
		}
		all = append(all, s)
	}
	laidOut := slices.Clone(all)
	slices.SortStableFunc(laidOut, func(s, t *safetensor) int { return int(t.element.size - s.element.size) })
	end := int64(0)
	for _, s := range laidOut {
		s.from, s.to = end, end+s.to
		end = s.to
	}
	header, err := safetensorsHeaderText(a.Metadata, all)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return errors.Wrap(err, "header")
	}
	buffer := make([]byte, min(safetensorsChunk, end))
	for _, s := range laidOut {
		if err := s.element.write(w, buffer, a.Tensors[s.name]); err != nil {
			return errors.WithMessagef(err, "tensor %.60q", s.name)
		}
	}
	return nil
}

// describeSafetensor checks a tensor that is to be written. Its range begins at
// 0 for now.
func describeSafetensor(name string, d *tensor.Dense) (*safetensor, error) {
	switch {
	case name == "" || name == safetensorsMetadata:
		return nil, errors.Wrap(ErrFormat, "the format has no such name")
	case !utf8.ValidString(name):
		return nil, errors.Wrap(ErrFormat, "the name is not UTF-8")
	case d == nil:
		return nil, errors.Wrap(ErrFormat, "is nil")
	}
	k := slices.IndexFunc(safetensorElements, func(e safetensorElement) bool { return e.write != nil && e.dtype == d.Dtype() })
	if k < 0 {
		return nil, errors.Wrapf(ErrDtype, "is of %v, want float32, float64, int64, int32, uint8 or bool", d.Dtype().Type)
	}
	if d.IsMasked() || !d.IsNativelyAccessible() {
		return nil, errors.Wrap(ErrFormat, "is masked or out of reach")
	}
	s := &safetensor{name: name, element: &safetensorElements[k], shape: slices.Clone(d.Shape())}
	for _, n := range s.shape {
		s.axes = append(s.axes, int64(n))
	}
	n, err := s.elements()
	if err != nil {
		return nil, err
	}
	s.to = n * s.element.size
	// Strides, not flags, which also mark a transposition that was carried out.
	if !d.IsMaterializable() && (!slices.Equal(d.Strides(), d.Shape().CalcStrides()) || int64(d.MemSize()) != s.to) {
		return nil, errors.Wrap(ErrFormat, "is not row-major in one piece")
	}
	return s, nil
}

// safetensorsHeaderText is the file up to its data.
func safetensorsHeaderText(metadata map[string]string, all []*safetensor) ([]byte, error) {
	text := append(make([]byte, 8, 1024), '{')
	add := func(name string, value any) error {
		if len(text) > 8+1 {
			text = append(text, ',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		member, err := json.Marshal(value)
		text = append(append(append(text, key...), ':'), member...)
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
			return nil, errors.Wrapf(ErrFormat, "metadata %.60q is not UTF-8", key)
		}
	}
	if metadata != nil {
		if err := add(safetensorsMetadata, metadata); err != nil {
			return nil, errors.WithStack(err)
		}
	}
	for _, s := range all {
		if err := add(s.name, struct {
			Dtype   string   `json:"dtype"`
			Shape   []int64  `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{s.element.name, append([]int64{}, s.axes...), [2]int64{s.from, s.to}}); err != nil {
			return nil, errors.WithStack(err)
		}
	}
	text = append(text, '}')
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	if n := len(text) - 8; n > safetensorsMaxHeader {
		return nil, errors.Wrapf(ErrFormat, "names and metadata make a header of %d bytes, want at most %d", n, safetensorsMaxHeader)
	}
	binary.LittleEndian.PutUint64(text, uint64(len(text)-8))
	return text, nil
}
