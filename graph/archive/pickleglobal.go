package archive

import (
	"github.com/pkg/errors"
)

func (u *unpickler) global() error {
	module, err := u.line()
	if err != nil {
		return err
	}
	name, err := u.line()
	if err != nil {
		return err
	}
	return u.name(module, name)
}

func (u *unpickler) stackGlobal() error {
	names, err := u.popN(2)
	if err != nil {
		return err
	}
	module, ok := names[0].(string)
	name, ok2 := names[1].(string)
	if !ok || !ok2 {
		return errors.Wrapf(ErrFormat, "pickle names a global by %s and %s, want text", kindOf(names[0]), kindOf(names[1]))
	}
	return u.name(module, name)
}

func (u *unpickler) name(module, name string) error {
	g, ok := u.globals[module+"."+name]
	if !ok {
		return errors.Wrapf(ErrFormat, "pickle wants %s, which is never loaded: want tensors in dicts and lists, as in torch.save(model.state_dict(), file)", quoted(module+"."+name))
	}
	return u.push(g)
}

func (u *unpickler) call() error {
	callee, err := u.popN(2)
	if err != nil {
		return err
	}
	g, ok := callee[0].(*global)
	args, ok2 := callee[1].(tuple)
	if !ok || !ok2 || g.call == nil {
		return errors.Wrapf(ErrFormat, "pickle calls %s with %s, want a function with a tuple", kindOf(callee[0]), kindOf(callee[1]))
	}
	x, err := g.call(u, args)
	if err != nil {
		return errors.WithMessage(err, g.name)
	}
	return u.push(x)
}

// build takes a state that an object is to be given. Those of dicts are the
// versions of a state_dict's modules; no tensor is in them.
func (u *unpickler) build() error {
	if _, err := u.pop(); err != nil {
		return err
	}
	x, err := u.top()
	if err != nil {
		return err
	}
	if _, ok := x.(*dict); !ok {
		return errors.Wrapf(ErrFormat, "pickle gives a state to %s, want a dict", kindOf(x))
	}
	return nil
}

// kindOf says what a value is, for errors.
func kindOf(x any) string {
	switch x := x.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, bigLong:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "text"
	case tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dict"
	case *global:
		return x.name
	case *storage:
		return "a storage"
	case *view:
		return "a tensor"
	}
	return "an object"
}
