package archive

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/pkg/errors"
)

func (u *unpickler) byte() (byte, error) {
	if u.left < 1 {
		return 0, errors.Wrap(ErrFormat, "pickle is truncated")
	}
	u.left--
	b, err := u.r.ReadByte()
	return b, failed(err)
}

// take reads bytes that the pickle says to have.
func (u *unpickler) take(n uint64) ([]byte, error) {
	if n > uint64(max(0, u.left)) {
		return nil, errors.Wrapf(ErrFormat, "pickle is truncated: wants %d bytes, %d are left", n, u.left)
	}
	u.left -= int64(n)
	b := make([]byte, n)
	_, err := io.ReadFull(u.r, b)
	return b, failed(err)
}

// uint reads a number of up to 8 bytes, the low one first.
func (u *unpickler) uint(width uint64) (uint64, error) {
	b, err := u.take(width)
	if err != nil {
		return 0, err
	}
	var all [8]byte
	copy(all[:], b)
	return binary.LittleEndian.Uint64(all[:]), nil
}

func (u *unpickler) number(width uint64, of func(uint64) any) error {
	x, err := u.uint(width)
	if err != nil {
		return err
	}
	return u.push(of(x))
}

// long reads a number of up to 255 bytes in two's complement.
func (u *unpickler) long() error {
	n, err := u.byte()
	if err != nil {
		return err
	}
	b, err := u.take(uint64(n))
	if err != nil {
		return err
	}
	if n > 8 {
		return u.push(bigLong(b))
	}
	var all [8]byte
	copy(all[:], b)
	x := int64(binary.LittleEndian.Uint64(all[:]))
	if unused := 64 - 8*int(n); unused < 64 {
		x = x << unused >> unused // its sign is in the highest bit
	}
	return u.push(x)
}

// bigLong is a number that is no int64, as bytes.
type bigLong string

func (u *unpickler) text(width uint64) error {
	n, err := u.uint(width)
	if err != nil {
		return err
	}
	b, err := u.take(n)
	if err != nil {
		return err
	}
	return u.push(string(b))
}

// skipped passes over bytes, which no tensor is made of.
func (u *unpickler) skipped(width uint64) error {
	n, err := u.uint(width)
	if err != nil {
		return err
	}
	if _, err := u.take(n); err != nil {
		return err
	}
	return u.push(opaque{})
}

// line reads text up to the end of a line.
func (u *unpickler) line() (string, error) {
	const most = 1000 // of a name
	var s strings.Builder
	for s.Len() < most {
		b, err := u.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return s.String(), nil
		}
		s.WriteByte(b)
	}
	return "", errors.Wrapf(ErrFormat, "pickle has a name of more than %d bytes", most)
}
