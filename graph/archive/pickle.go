package archive

import (
	"bufio"
	"encoding/binary"
	"math"

	"github.com/pkg/errors"
)

// unpickler runs the machine of Python's pickles, as far as torch.save needs it,
// on plain data. Nothing is executed: a global is a name, looked up in a table of
// what may be named, and what it is called with goes to a function of that table.
//
// A pickle can make no more values than limits allow, and no text longer than
// itself.
//
// Source: the module pickletools of Python 3.11, protocols 2 to 5.
type unpickler struct {
	r    *bufio.Reader
	left int64 // bytes that the pickle may still take

	globals    map[string]*global
	persistent func(id any) (any, error)

	stack []any
	marks []int // where in stack each mark stands
	memo  []any
	more  int64 // values that the pickle may still make
}

// maxValues is how many values a pickle may make, some 64 bytes each at most, if
// its file has as many bytes: a model has some thirty for a tensor.
const maxValues = 1 << 22

// global is what a pickle may name. A nil call is a mere name, such as that of a
// type.
type global struct {
	name string
	call func(u *unpickler, args []any) (any, error) // counts what it makes beside its value
}

// The values of a pickle are nil, bool, int64, float64, string, *global, what
// calls and persistent give, and these.
type (
	list  struct{ items []any }
	tuple []any
	dict  struct {
		keys, values []any // may have a key twice: the last counts
		settled      bool  // has none twice
	}
	opaque struct{} // what no tensor is made of
)

// load runs a pickle to its end and gives its value.
func (u *unpickler) load() (any, error) {
	u.stack, u.marks, u.memo = nil, nil, nil
	for {
		op, err := u.byte()
		if err != nil {
			return nil, err
		}
		if op == opStop {
			return u.pop()
		}
		if err := u.step(op); err != nil {
			return nil, err
		}
	}
}

// Names of opcodes are those of pickletools.
const (
	opMark, opStop, opPop, opPopMark, opDup                   = '(', '.', '0', '1', '2'
	opBinFloat, opBinInt, opBinInt1, opBinInt2, opNone        = 'G', 'J', 'K', 'M', 'N'
	opBinPersID, opReduce, opBinString, opShortBinString      = 'Q', 'R', 'T', 'U'
	opBinUnicode, opAppend, opBuild, opGlobal                 = 'X', 'a', 'b', 'c'
	opAppends, opBinGet, opLongBinGet, opBinPut, opLongBinPut = 'e', 'h', 'j', 'q', 'r'
	opSetItem, opTuple, opSetItems                            = 's', 't', 'u'
	opEmptyTuple, opEmptyList, opEmptyDict                    = ')', ']', '}'
	opBinBytes, opShortBinBytes                               = 'B', 'C'
	opProto, opNewObj                                         = 0x80, 0x81
	opTuple1, opTuple2, opTuple3, opNewTrue, opNewFalse       = 0x85, 0x86, 0x87, 0x88, 0x89
	opLong1                                                   = 0x8A
	opShortBinUnicode, opBinUnicode8, opBinBytes8             = 0x8C, 0x8D, 0x8E
	opStackGlobal, opMemoize, opFrame                         = 0x93, 0x94, 0x95
)

func (u *unpickler) step(op byte) error {
	switch op {
	case opProto:
		v, err := u.byte()
		if err == nil && (v < 2 || v > 5) {
			return errors.Wrapf(ErrFormat, "pickle of protocol %d, want 2 to 5", v)
		}
		return err
	case opFrame: // a hint for buffering
		_, err := u.uint(8)
		return err

	case opNone:
		return u.push(nil)
	case opNewTrue:
		return u.push(true)
	case opNewFalse:
		return u.push(false)
	case opBinInt:
		return u.number(4, func(x uint64) any { return int64(int32(x)) })
	case opBinInt1:
		return u.number(1, func(x uint64) any { return int64(x) })
	case opBinInt2:
		return u.number(2, func(x uint64) any { return int64(x) })
	case opLong1:
		return u.long()
	case opBinFloat: // the one number with its high byte first
		b, err := u.take(8)
		if err != nil {
			return err
		}
		return u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))

	case opShortBinUnicode, opShortBinString:
		return u.text(1)
	case opBinUnicode, opBinString:
		return u.text(4)
	case opBinUnicode8:
		return u.text(8)
	case opShortBinBytes:
		return u.skipped(1)
	case opBinBytes:
		return u.skipped(4)
	case opBinBytes8:
		return u.skipped(8)

	case opEmptyTuple:
		return u.push(tuple(nil))
	case opTuple1:
		return u.tuple(1)
	case opTuple2:
		return u.tuple(2)
	case opTuple3:
		return u.tuple(3)
	case opTuple:
		items, err := u.popMark()
		if err != nil {
			return err
		}
		return u.push(tuple(append([]any(nil), items...)))
	case opEmptyList:
		return u.push(&list{})
	case opEmptyDict:
		return u.push(&dict{})

	case opAppend:
		x, err := u.pop()
		if err != nil {
			return err
		}
		return u.extend([]any{x})
	case opAppends:
		items, err := u.popMark()
		if err != nil {
			return err
		}
		return u.extend(items)
	case opSetItem:
		items, err := u.popN(2)
		if err != nil {
			return err
		}
		return u.set(items)
	case opSetItems:
		items, err := u.popMark()
		if err != nil {
			return err
		}
		return u.set(items)

	case opMark:
		u.marks = append(u.marks, len(u.stack))
		return u.count(1)
	case opPop:
		_, err := u.pop()
		return err
	case opPopMark:
		_, err := u.popMark()
		return err
	case opDup:
		x, err := u.top()
		if err != nil {
			return err
		}
		return u.push(x)

	case opMemoize:
		return u.put(uint64(len(u.memo)))
	case opBinPut:
		return u.memoOf(1, u.put)
	case opLongBinPut:
		return u.memoOf(4, u.put)
	case opBinGet:
		return u.memoOf(1, u.get)
	case opLongBinGet:
		return u.memoOf(4, u.get)

	case opGlobal:
		return u.global()
	case opStackGlobal:
		return u.stackGlobal()
	case opReduce, opNewObj: // a class is called like a function here
		return u.call()
	case opBuild:
		return u.build()
	case opBinPersID:
		id, err := u.pop()
		if err != nil {
			return err
		}
		x, err := u.persistent(id)
		if err != nil {
			return err
		}
		return u.push(x)
	}
	return errors.Wrapf(ErrFormat, "pickle has opcode %#x, which torch.save does not write", op)
}
