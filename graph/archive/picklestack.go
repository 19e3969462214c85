package archive

import (
	"github.com/pkg/errors"
)

// errUnderflow is an opcode that wants more than there is.
var errUnderflow = errors.Wrap(ErrFormat, "pickle takes more from its stack than is there")

// count takes n values from those that the pickle may still make.
func (u *unpickler) count(n int) error {
	if u.more -= int64(n); u.more < 0 {
		return errors.Wrapf(ErrFormat, "pickle makes more values than its file has bytes, or than %d", maxValues)
	}
	return nil
}

func (u *unpickler) push(x any) error {
	u.stack = append(u.stack, x)
	return u.count(1)
}

// floor is where the values since the last mark begin: only marks are popped
// through.
func (u *unpickler) floor() int {
	if len(u.marks) == 0 {
		return 0
	}
	return u.marks[len(u.marks)-1]
}

func (u *unpickler) top() (any, error) {
	if len(u.stack) == u.floor() {
		return nil, errUnderflow
	}
	return u.stack[len(u.stack)-1], nil
}

func (u *unpickler) pop() (any, error) {
	x, err := u.top()
	if err != nil {
		return nil, err
	}
	u.stack = u.stack[:len(u.stack)-1]
	return x, nil
}

// popN gives the values on top, in the order they were pushed, until the next
// push.
func (u *unpickler) popN(n int) ([]any, error) {
	from := len(u.stack) - n
	if from < u.floor() {
		return nil, errUnderflow
	}
	items := u.stack[from:]
	u.stack = u.stack[:from]
	return items, nil
}

// popMark gives all since the last mark, until the next push.
func (u *unpickler) popMark() ([]any, error) {
	if len(u.marks) == 0 {
		return nil, errors.Wrap(ErrFormat, "pickle goes back to a mark it never set")
	}
	items, err := u.popN(len(u.stack) - u.floor())
	u.marks = u.marks[:len(u.marks)-1]
	return items, err
}

func (u *unpickler) tuple(n int) error {
	items, err := u.popN(n)
	if err != nil {
		return err
	}
	return u.push(tuple(append([]any(nil), items...)))
}

func (u *unpickler) extend(items []any) error {
	x, err := u.top()
	if err != nil {
		return err
	}
	l, ok := x.(*list)
	if !ok {
		return errors.Wrapf(ErrFormat, "pickle appends to %s, want a list", kindOf(x))
	}
	l.items = append(l.items, items...)
	return nil
}

func (u *unpickler) set(items []any) error {
	x, err := u.top()
	if err != nil {
		return err
	}
	d, ok := x.(*dict)
	if !ok || len(items)%2 != 0 {
		return errors.Wrapf(ErrFormat, "pickle sets %d keys and values in %s, want pairs in a dict", len(items), kindOf(x))
	}
	for i := 0; i < len(items); i += 2 {
		d.keys, d.values = append(d.keys, items[i]), append(d.values, items[i+1])
	}
	return nil
}

func (u *unpickler) memoOf(width uint64, use func(uint64) error) error {
	i, err := u.uint(width)
	if err != nil {
		return err
	}
	return use(i)
}

// put remembers the value on top. Python numbers what it remembers one after
// the other.
func (u *unpickler) put(i uint64) error {
	x, err := u.top()
	if err != nil {
		return err
	}
	switch n := uint64(len(u.memo)); {
	case i > n:
		return errors.Wrapf(ErrFormat, "pickle remembers value %d after %d", i, n)
	case i == n:
		u.memo = append(u.memo, x)
		return u.count(1)
	}
	u.memo[i] = x
	return nil
}

func (u *unpickler) get(i uint64) error {
	if i >= uint64(len(u.memo)) {
		return errors.Wrapf(ErrFormat, "pickle wants value %d of the %d it remembers", i, len(u.memo))
	}
	return u.push(u.memo[i])
}
