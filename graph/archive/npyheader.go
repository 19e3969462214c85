package archive

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/pkg/errors"
)

// npyHeader is what stands before the numbers.
type npyHeader struct {
	element
	order     binary.ByteOrder
	byColumns bool
	shape     []int64
}

// readNPYHeader reads the header and says how many bytes it took.
func readNPYHeader(r io.Reader, size int64) (h npyHeader, length int64, err error) {
	var start [8]byte // magic and version
	if _, err = io.ReadFull(r, start[:]); err != nil {
		return h, 0, failed(err)
	}
	if string(start[:6]) != npyMagic {
		return h, 0, errors.Wrapf(ErrFormat, "starts with %q, want %q", start[:6], npyMagic)
	}
	width := 2 // bytes of the length of the header
	switch start[6] {
	case 1:
	case 2, 3:
		width = 4
	default:
		return h, 0, errors.Wrapf(ErrFormat, "is of format %d.%d, want 1.0 to 3.0", start[6], start[7])
	}
	var stated [4]byte
	if _, err = io.ReadFull(r, stated[:width]); err != nil {
		return h, 0, failed(err)
	}
	n := int64(binary.LittleEndian.Uint32(stated[:]))
	length = int64(len(start)+width) + n
	const most = 1 << 16 // NumPy itself takes 10,000
	if n > most || length > size {
		return h, 0, errors.Wrapf(ErrFormat, "header of %d bytes, want at most %d and no more than the file has", n, most)
	}
	text := make([]byte, n)
	if _, err = io.ReadFull(r, text); err != nil {
		return h, 0, failed(err)
	}
	h, err = parseNPYHeader(string(text))
	return h, length, err
}

// parseNPYHeader reads a Python dictionary of three known keys.
func parseNPYHeader(text string) (h npyHeader, err error) {
	p := literal{left: text}
	var descr string
	seen := map[string]bool{}
	p.want("{")
	for p.err == nil && !p.take("}") {
		key := p.text()
		p.want(":")
		switch key {
		case "descr":
			descr = p.text()
		case "fortran_order":
			h.byColumns = p.truth()
		case "shape":
			h.shape = p.integers()
		default:
			p.fail("a key other than descr, fortran_order and shape")
		}
		if seen[key] {
			p.fail("a key twice")
		}
		seen[key] = true
		if !p.take(",") && p.err == nil && !strings.HasPrefix(p.left, "}") {
			p.fail("no comma after a value")
		}
	}
	if p.err == nil && p.left != "" {
		p.fail("something after the dictionary")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("not all of descr, fortran_order and shape")
	}
	if p.err != nil {
		return h, p.err
	}
	h.element, h.order, err = npyType(descr)
	return h, err
}

// npyType reads the name of a type: an order of bytes, a kind and a size.
func npyType(descr string) (element, binary.ByteOrder, error) {
	kind, order := descr, binary.ByteOrder(binary.LittleEndian)
	if descr != "" && strings.ContainsRune("<>=|", rune(descr[0])) {
		kind = descr[1:]
		if descr[0] == '>' {
			order = binary.BigEndian
		}
	}
	if e, ok := npyElements[kind]; ok {
		return e, order, nil
	}
	if kind == "O" {
		return element{}, nil, errors.Wrap(ErrDtype, "holds pickled Python objects, which are never loaded")
	}
	return element{}, nil, errors.Wrapf(ErrDtype, "type is %s, want a float, an integer of up to 64 bits other than uint16 to uint64, or bool", quoted(descr))
}

// literal reads Python's literals, as far as headers have them. The first error
// stays, and nothing is read after it.
type literal struct {
	left string
	err  error
}

func (p *literal) fail(problem string) {
	if p.err == nil {
		p.err = errors.Wrapf(ErrFormat, "header has %s, before %s", problem, quoted(p.left))
	}
}

func (p *literal) take(token string) bool {
	if p.err != nil {
		return false
	}
	rest, ok := strings.CutPrefix(p.left, token)
	if ok {
		p.left = strings.TrimLeft(rest, " \t\n\r")
	}
	return ok
}

func (p *literal) want(token string) {
	if !p.take(token) {
		p.fail("no " + token)
	}
}

func (p *literal) text() string {
	for _, quote := range []string{"'", `"`} {
		rest, ok := strings.CutPrefix(p.left, quote)
		if !ok {
			continue
		}
		s, rest, ok := strings.Cut(rest, quote)
		if !ok || strings.Contains(s, `\`) {
			break
		}
		p.left = strings.TrimLeft(rest, " \t\n\r")
		return s
	}
	p.fail("no plain text, such as '<f4'")
	return ""
}

func (p *literal) truth() bool {
	if p.take("True") {
		return true
	}
	if !p.take("False") {
		p.fail("neither True nor False")
	}
	return false
}

func (p *literal) integers() (ns []int64) {
	p.want("(")
	for p.err == nil && !p.take(")") {
		digits := 0
		var n int64
		for digits < len(p.left) && p.left[digits] >= '0' && p.left[digits] <= '9' {
			n = 10*n + int64(p.left[digits]-'0')
			digits++
		}
		const most = 18 // digits that an int64 surely holds
		if digits == 0 || digits > most {
			p.fail("no whole number of up to 18 digits")
			return nil
		}
		p.left = strings.TrimLeft(p.left[digits:], " \t\n\r")
		p.take("L") // as Python 2 writes a long
		ns = append(ns, n)
		if len(ns) > maxDims {
			p.fail(fmt.Sprintf("more than %d axes", maxDims))
		}
		if !p.take(",") && !strings.HasPrefix(p.left, ")") {
			p.fail("no comma between axes")
		}
	}
	return ns
}
