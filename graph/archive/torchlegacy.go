package archive

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/pkg/errors"
)

// What stands at the start of a file that PyTorch wrote before 1.6.
const (
	torchMagic    = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19" // a number, the low byte first
	torchProtocol = int64(1001)
)

// decodeTorchPickles reads the older format, one after the other:
//
//	pickles of a magic number, a version, facts of the writer's machine,
//	the object itself, and the list of the keys of its storages;
//	for each key the number of elements (int64) and the elements.
func decodeTorchPickles(r io.ReaderAt, size int64) (*Archive, error) {
	t := newTorchTensors(size)
	in := t.unpickler(bufio.NewReader(io.NewSectionReader(r, 0, size)), size)
	magic, err := in.load()
	if err != nil {
		return nil, err
	}
	if magic != bigLong(torchMagic) {
		return nil, errors.Wrapf(ErrFormat, "starts with %s, want PyTorch's magic number", kindOf(magic))
	}
	version, err := in.load()
	if err != nil {
		return nil, err
	}
	if version != torchProtocol {
		return nil, errors.Wrapf(ErrFormat, "is of version %v, want %d", version, torchProtocol)
	}
	order, err := torchMachine(in)
	if err != nil {
		return nil, errors.WithMessage(err, "facts of the machine")
	}
	root, err := in.load()
	if err != nil {
		return nil, err
	}
	if err := t.collect(root); err != nil {
		return nil, err
	}
	keys, err := in.load()
	if err != nil {
		return nil, errors.WithMessage(err, "keys of storages")
	}
	if err := t.fillInTurn(in, keys, order); err != nil {
		return nil, err
	}
	return t.archive, nil
}

// torchMachine reads the order of bytes.
func torchMachine(in *unpickler) (binary.ByteOrder, error) {
	facts, err := in.load()
	if err != nil {
		return nil, err
	}
	d, ok := facts.(*dict)
	if !ok {
		return nil, errors.Wrapf(ErrFormat, "are %s, want a dict", kindOf(facts))
	}
	for i, key := range d.keys {
		if key == "little_endian" && d.values[i] == false {
			return binary.BigEndian, nil
		}
	}
	return binary.LittleEndian, nil
}

// fillInTurn reads the storages that follow the pickles.
func (t *torchTensors) fillInTurn(in *unpickler, keys any, order binary.ByteOrder) error {
	items, ok := itemsOf(keys)
	if !ok || len(items) != len(t.storages) {
		return errors.Wrapf(ErrFormat, "keys of storages are %s, want a list of %d", kindOf(keys), len(t.storages))
	}
	for _, item := range items {
		key, ok := item.(string)
		s := t.byKey[key]
		if !ok || s == nil {
			return errors.Wrapf(ErrFormat, "storage %s is of no tensor, or stands there twice", quoted(key))
		}
		delete(t.byKey, key)
		b, err := in.take(8)
		if err != nil {
			return errors.WithMessagef(err, "storage %s", quoted(key))
		}
		if n := order.Uint64(b); n != uint64(s.numel) {
			return errors.Wrapf(ErrFormat, "storage %s has %d numbers, want %d", quoted(key), n, s.numel)
		}
		if s.bytes() > in.left {
			return errors.Wrapf(ErrFormat, "storage %s of %d bytes goes past the end of the file", quoted(key), s.bytes())
		}
		in.left -= s.bytes()
		if err := t.fill(s, in.r, order); err != nil {
			return errors.WithMessagef(err, "storage %s", quoted(key))
		}
	}
	if in.left != 0 {
		return errors.Wrapf(ErrFormat, "%d bytes follow the last storage", in.left)
	}
	return nil
}
