package archive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// safetensorsHeader is what the header of a file says.
type safetensorsHeader struct {
	metadata map[string]string
	tensors  []safetensor
}

// safetensor is one tensor of a header.
type safetensor struct {
	name     string
	element  *safetensorElement
	axes     []int64
	shape    []int // the axes, once they are checked
	from, to int64 // in the data
}

// parseSafetensorsHeader reads the text of a header token by token: a decoder
// into maps would take the last of two equal names, and many times the memory of
// the text.
func parseSafetensorsHeader(text []byte) (*safetensorsHeader, error) {
	switch {
	case !bytes.HasPrefix(text, []byte("{")):
		return nil, errors.Wrapf(ErrFormat, "header: begins with %.10q, want {", text)
	case !utf8.Valid(text):
		return nil, errors.Wrap(ErrFormat, "header: is not UTF-8")
	case hasLoneSurrogate(text):
		return nil, errors.Wrap(ErrFormat, `header: has half of a surrogate pair after \u`)
	}
	p := safetensorsParser{json.NewDecoder(bytes.NewReader(text))}
	p.UseNumber()
	h := &safetensorsHeader{}
	err := p.header(h)
	if err == nil {
		if _, after := p.Token(); after != io.EOF {
			err = errors.Wrap(ErrFormat, "goes on after its last }")
		}
	}
	return h, errors.WithMessage(err, "header")
}

// check holds the tensors against each other and against the data, of which
// there are size bytes.
func (h *safetensorsHeader) check(size int64) error {
	for i := range h.tensors {
		s := &h.tensors[i]
		if err := s.check(size); err != nil {
			return errors.WithMessagef(err, "tensor %.60q", s.name)
		}
	}
	slices.SortFunc(h.tensors, func(s, t safetensor) int { return cmp.Compare(s.from, t.from) })
	end, before := int64(0), "the start"
	for _, s := range h.tensors {
		name := fmt.Sprintf("tensor %.60q", s.name)
		switch {
		case s.from < end:
			return errors.Wrapf(ErrFormat, "%s at [%d, %d) overlaps %s", name, s.from, s.to, before)
		case s.from > end:
			return errors.Wrapf(ErrFormat, "a hole [%d, %d) between %s and %s", end, s.from, before, name)
		}
		end, before = s.to, name
	}
	if end != size {
		return errors.Wrapf(ErrFormat, "%d bytes follow the last tensor", size-end)
	}
	return nil
}

func (s *safetensor) check(size int64) error {
	switch {
	case s.from > s.to:
		return errors.Wrapf(ErrFormat, "range [%d, %d) runs backwards", s.from, s.to)
	case s.to > size:
		return errors.Wrapf(ErrFormat, "range [%d, %d) ends beyond the data, which has %d bytes", s.from, s.to, size)
	}
	n, err := s.elements()
	if err != nil {
		return err
	}
	if got := s.to - s.from; got != n*s.element.size {
		return errors.Wrapf(ErrFormat, "range [%d, %d) has %d bytes, want %d for shape %v of %s",
			s.from, s.to, got, n*s.element.size, s.axes, s.element.name)
	}
	if n > math.MaxInt {
		return errors.Wrapf(ErrFormat, "shape %v is too large for this processor", s.axes)
	}
	s.shape = make([]int, len(s.axes))
	for i, a := range s.axes {
		s.shape[i] = int(a)
	}
	return nil
}

// elements is the product of the axes; its bytes can be counted in an int64.
func (s *safetensor) elements() (int64, error) {
	if len(s.axes) > safetensorsMaxAxes {
		return 0, errors.Wrapf(ErrFormat, "has %d axes, want at most %d", len(s.axes), safetensorsMaxAxes)
	}
	if slices.Contains(s.axes, 0) {
		return 0, errors.Wrapf(ErrFormat, "shape %v has an empty axis, which a tensor of Gorgonia cannot hold", s.axes)
	}
	n := int64(1)
	for _, a := range s.axes {
		if n > math.MaxInt64/s.element.size/a {
			return 0, errors.Wrapf(ErrFormat, "shape %v of %s has more bytes than can be counted", s.axes, s.element.name)
		}
		n *= a
	}
	return n, nil
}

// safetensorsParser reads the parts of a header.
type safetensorsParser struct{ *json.Decoder }

func (p safetensorsParser) next() (json.Token, error) {
	t, err := p.Token()
	if err != nil {
		return nil, errors.Wrapf(ErrFormat, "is not JSON: %v", err)
	}
	return t, nil
}

func (p safetensorsParser) open(d json.Delim) error {
	t, err := p.next()
	if err == nil && t != d {
		err = errors.Wrapf(ErrFormat, "is %s, want %v", shownToken(t), d)
	}
	return err
}

// object calls member for each name of an object, for it to read the value. It
// asks has whether the name was there before.
func (p safetensorsParser) object(has func(name string) bool, member func(name string) error) error {
	if err := p.open('{'); err != nil {
		return err
	}
	for {
		t, err := p.next()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		switch {
		case !ok:
			return nil // the closing brace
		case has(name):
			return errors.Wrapf(ErrFormat, "has %.60q twice", name)
		}
		if err := member(name); err != nil {
			return errors.WithMessagef(err, "%.60q", name)
		}
	}
}

func (p safetensorsParser) header(h *safetensorsHeader) error {
	seen := map[string]struct{}{}
	has := func(name string) bool {
		_, twice := seen[name]
		seen[name] = struct{}{}
		return twice
	}
	return p.object(has, func(name string) (err error) {
		switch name {
		case safetensorsMetadata:
			h.metadata, err = p.texts()
			return err
		case "":
			return errors.Wrap(ErrFormat, "a tensor's name is empty")
		}
		s := safetensor{name: name}
		if err := p.tensor(&s); err != nil {
			return err
		}
		h.tensors = append(h.tensors, s)
		return nil
	})
}

func (p safetensorsParser) texts() (map[string]string, error) {
	texts := map[string]string{}
	has := func(name string) bool { _, twice := texts[name]; return twice }
	return texts, p.object(has, func(name string) (err error) {
		texts[name], err = p.text()
		return err
	})
}

func (p safetensorsParser) text() (string, error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", errors.Wrapf(ErrFormat, "is %s, want text", shownToken(t))
	}
	return s, nil
}

// numbers reads an array of up to most whole numbers >= 0.
func (p safetensorsParser) numbers(most int) ([]int64, error) {
	if err := p.open('['); err != nil {
		return nil, err
	}
	var all []int64
	for {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		if t == json.Delim(']') {
			return all, nil
		}
		number, ok := t.(json.Number)
		n, err := strconv.ParseUint(number.String(), 10, 63)
		if !ok || err != nil {
			return nil, errors.Wrapf(ErrFormat, "has %s, want whole numbers from 0 to 2^63-1", shownToken(t))
		}
		if len(all) == most {
			return nil, errors.Wrapf(ErrFormat, "has more than %d numbers", most)
		}
		all = append(all, int64(n))
	}
}

// tensor reads the members dtype, shape and data_offsets.
func (p safetensorsParser) tensor(s *safetensor) error {
	var dtype, shape, offsets bool
	has := func(part string) bool {
		return part == "dtype" && dtype || part == "shape" && shape || part == "data_offsets" && offsets
	}
	err := p.object(has, func(part string) (err error) {
		switch part {
		case "dtype":
			dtype = true
			s.element, err = p.element()
		case "shape":
			shape = true
			s.axes, err = p.numbers(safetensorsMaxAxes)
		case "data_offsets":
			offsets = true
			var at []int64
			if at, err = p.numbers(2); err == nil && len(at) != 2 {
				err = errors.Wrapf(ErrFormat, "has %d numbers, want 2", len(at))
			}
			if err == nil {
				s.from, s.to = at[0], at[1]
			}
		default:
			err = errors.Wrap(ErrFormat, "is no part of a tensor, want dtype, shape and data_offsets")
		}
		return err
	})
	if err == nil && !(dtype && shape && offsets) {
		err = errors.Wrap(ErrFormat, "lacks a part, want dtype, shape and data_offsets")
	}
	return err
}

func (p safetensorsParser) element() (*safetensorElement, error) {
	name, err := p.text()
	if err != nil {
		return nil, err
	}
	for i := range safetensorElements {
		if safetensorElements[i].name == name {
			return &safetensorElements[i], nil
		}
	}
	return nil, errors.Wrapf(ErrFormat, "is %.20q, want F32, F64, F16, BF16, I64, I32, U8 or BOOL", name)
}

// shownToken is a token in an error.
func shownToken(t json.Token) string {
	switch t := t.(type) {
	case string:
		return fmt.Sprintf("%.30q", t)
	case nil:
		return "null"
	}
	return fmt.Sprintf("%.30s", fmt.Sprint(t))
}

// hasLoneSurrogate finds half of a pair written by \u, in whose place Go's
// decoder puts a mark without a word.
func hasLoneSurrogate(text []byte) bool {
	const escape = len(`\uXXXX`)
	surrogate := func(at int) (high, low bool) {
		if at+escape > len(text) || text[at] != '\\' || text[at+1] != 'u' {
			return false, false
		}
		n, err := strconv.ParseUint(string(text[at+2:at+escape]), 16, 16)
		return err == nil && n>>10 == 0xd800>>10, err == nil && n>>10 == 0xdc00>>10
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		high, low := surrogate(i)
		if high {
			if _, low := surrogate(i + escape); !low {
				return true
			}
			i += escape
		} else if low {
			return true
		}
		i++ // what is escaped is no backslash of its own
	}
	return false
}
