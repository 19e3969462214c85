package archive

import (
	"strconv"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// collect names the tensors in the value of a pickle.
func (t *torchTensors) collect(root any) error {
	if v, ok := root.(*view); ok {
		return t.name(lone, v)
	}
	return t.walk(place{}, root)
}

// place is where in nested dicts and lists a value stands.
type place struct {
	name  string // the keys so far, joined by dots
	depth int
	odd   string // the kind of a key that is no name: an error only above a tensor
}

func (p place) under(key any) place {
	p.depth++
	var text string
	switch key := key.(type) {
	case string:
		text = key
	case int64:
		text = strconv.FormatInt(key, 10)
	default:
		p.odd = kindOf(key)
		return p
	}
	if p.depth > 1 {
		p.name += "."
	}
	p.name += text
	return p
}

func (t *torchTensors) walk(at place, x any) error {
	const most = 100
	if at.depth > most {
		return errors.Wrapf(ErrFormat, "%s is nested more than %d deep", quoted(at.name), most)
	}
	if items, ok := itemsOf(x); ok {
		for i, item := range items {
			if err := t.visit(at, int64(i), item); err != nil {
				return err
			}
		}
	}
	d, ok := x.(*dict)
	if !ok {
		return nil
	}
	if err := t.settle(at, d); err != nil {
		return err
	}
	for i, key := range d.keys {
		if err := t.visit(at, key, d.values[i]); err != nil {
			return err
		}
	}
	return nil
}

// settle keeps the last of equal keys. It looks at all of them, which a visit does
// not pay for, and is done once for a dict. Keys cost their length: a pickle can set
// a long one, which takes time to compare, again and again.
func (t *torchTensors) settle(at place, d *dict) error {
	if d.settled {
		return nil
	}
	d.settled = true
	last := map[any]int{}
	for i, key := range d.keys {
		if !isName(key) {
			continue
		}
		if text, ok := key.(string); ok {
			if t.budget -= int64(len(text)); t.budget < 0 {
				return errTooMuch(at.name)
			}
		}
		last[key] = i
	}
	n := 0
	for i, key := range d.keys {
		if isName(key) && last[key] != i {
			continue
		}
		d.keys[n], d.values[n] = key, d.values[i]
		n++
	}
	d.keys, d.values = d.keys[:n], d.values[:n]
	return nil
}

func isName(key any) bool {
	switch key.(type) {
	case string, int64:
		return true
	}
	return false
}

// visit goes into what may hold tensors. It has its price: few dicts that hold
// each other can be reached in very many ways.
func (t *torchTensors) visit(at place, key, x any) error {
	switch x := x.(type) {
	case *view:
		in := at.under(key)
		if in.odd != "" {
			return errors.Wrapf(ErrFormat, "a tensor under %s has %s for a key, want text or an int", quoted(at.name), in.odd)
		}
		return t.name(in.name, x)
	case *dict, *list, tuple:
		in := at.under(key)
		if err := t.spend(in.name); err != nil {
			return err
		}
		return t.walk(in, x)
	}
	t.budget-- // a leaf
	return nil
}

// name gives a tensor one of its names.
func (t *torchTensors) name(name string, v *view) error {
	if err := t.spend(name); err != nil {
		return err
	}
	switch {
	case !utf8.ValidString(name):
		return errors.Wrapf(ErrFormat, "tensor %s: name is not UTF-8", quoted(name))
	case t.named[name]:
		return errors.Wrapf(ErrFormat, "two tensors are named %s", quoted(name))
	}
	t.named[name] = true
	if v.same == nil {
		if t.join(v); t.budget < 0 {
			return errTooMuch(name)
		}
	}
	v.same.names = append(v.same.names, name)
	return nil
}

// join finds the first view of the same numbers. It takes time for each axis, and
// is done once for a view.
func (t *torchTensors) join(v *view) {
	key := v.key()
	if v.same = v.of.views[key]; v.same != nil {
		return
	}
	v.same = v
	v.of.views[key] = v
	v.of.order = append(v.of.order, v)
	t.budget -= int64(v.shape.TotalSize()) * int64(v.of.wide)
}

// spend takes the price of a name from what a file may cost.
func (t *torchTensors) spend(name string) error {
	const object = 64
	if t.budget -= int64(object + len(name)); t.budget < 0 {
		return errTooMuch(name)
	}
	return nil
}

func errTooMuch(name string) error {
	return errors.Wrapf(ErrFormat, "at %s: tensors and their names would take many times the size of the file", quoted(name))
}
