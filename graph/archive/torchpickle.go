package archive

import (
	"bufio"
	"math"

	"github.com/pkg/errors"
)

// torchStorages are the types of storages by the names that pickles give them.
var torchStorages = map[string]element{
	"torch.DoubleStorage":   float64s,
	"torch.FloatStorage":    float32s,
	"torch.HalfStorage":     float16s,
	"torch.BFloat16Storage": bfloat16s,
	"torch.LongStorage":     int64s,
	"torch.IntStorage":      int32s,
	"torch.ShortStorage":    int16s,
	"torch.CharStorage":     int8s,
	"torch.ByteStorage":     uint8s,
	"torch.BoolStorage":     bools,
}

// torchGlobals are all that a pickle may name.
var torchGlobals = func() map[string]*global {
	gs := map[string]*global{}
	for name, call := range map[string]func(*unpickler, []any) (any, error){
		"collections.OrderedDict":                    orderedDict,
		"torch._utils._rebuild_tensor":               rebuildTensor,
		"torch._utils._rebuild_tensor_v2":            rebuildTensor,
		"torch._utils._rebuild_parameter":            rebuildParameter,
		"torch._utils._rebuild_parameter_with_state": rebuildParameter,
		"torch._tensor._rebuild_from_type_v2":        rebuildFromType,
		"torch.Size":                                 passOver,
		"torch.device":                               passOver,
		"torch.Tensor":                               nil,
		"torch.nn.parameter.Parameter":               nil,
	} {
		gs[name] = &global{name, call}
	}
	for _, dtype := range []string{
		"float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
	} {
		name := "torch." + dtype
		gs[name] = &global{name: name}
	}
	for name := range torchStorages {
		gs[name] = &global{name: name}
	}
	return gs
}()

func passOver(*unpickler, []any) (any, error) { return opaque{}, nil }

// wrongArgs is a call that torch.save would not write.
func wrongArgs(args []any, want string) error {
	kinds := ""
	for i, a := range args {
		const most = 8
		if i == most {
			kinds += ", ..."
			break
		}
		if i > 0 {
			kinds += ", "
		}
		kinds += kindOf(a)
	}
	return errors.Wrapf(ErrFormat, "called with (%s), want (%s)", kinds, want)
}

// orderedDict makes a dict of nothing, or of pairs, as Python 2 wrote it. The list
// of pairs stays, and may be called with again: each dict pays for its own keys and
// values.
func orderedDict(u *unpickler, args []any) (any, error) {
	if len(args) == 0 {
		return &dict{}, nil
	}
	pairs, ok := itemsOf(args[0])
	if !ok || len(args) > 1 {
		return nil, wrongArgs(args, "a list of pairs")
	}
	if err := u.count(2 * len(pairs)); err != nil {
		return nil, err
	}
	d := &dict{keys: make([]any, 0, len(pairs)), values: make([]any, 0, len(pairs))}
	for _, p := range pairs {
		kv, ok := itemsOf(p)
		if !ok || len(kv) != 2 {
			return nil, wrongArgs(args, "a list of pairs")
		}
		d.keys, d.values = append(d.keys, kv[0]), append(d.values, kv[1])
	}
	return d, nil
}

func itemsOf(x any) ([]any, bool) {
	switch x := x.(type) {
	case *list:
		return x.items, true
	case tuple:
		return x, true
	}
	return nil, false
}

func rebuildTensor(u *unpickler, args []any) (any, error) {
	const want = "a storage, an int, a tuple of ints, a tuple of ints, ..."
	if len(args) < 4 {
		return nil, wrongArgs(args, want)
	}
	// Tuples of ints stay and may be called with again, but are copied for each
	// tensor.
	axes, _ := args[2].(tuple)
	if err := u.count(2 * len(axes)); err != nil {
		return nil, err
	}
	s, ok := args[0].(*storage)
	start, ok2 := args[1].(int64)
	shape, ok3 := integersOf(args[2])
	stride, ok4 := integersOf(args[3])
	if !ok || !ok2 || !ok3 || !ok4 || len(shape) != len(stride) {
		return nil, wrongArgs(args, want)
	}
	const metadata = 6 // tensors that are negated or conjugated when read have some
	if len(args) > metadata {
		if d, ok := args[metadata].(*dict); args[metadata] != nil && (!ok || len(d.keys) > 0) {
			return nil, errors.Wrap(ErrFormat, "tensor has metadata, want none: save what resolve_neg() gives")
		}
	}
	return s.view(start, shape, stride)
}

// largest is the most that numbers grow when they become those of a tensor.
const largest = 4

// view checks that a tensor stays inside its storage. A stride of zero repeats
// numbers, so that it may well be larger.
func (s *storage) view(start int64, stated, stride []int64) (*view, error) {
	shape, err := checkShape(stated, s.size, math.MaxInt/largest)
	if err != nil {
		return nil, err
	}
	v := &view{of: s, shape: shape, stride: make([]int, len(stride))}
	inside := start >= 0 && start < s.numel
	for i, last := 0, start; inside && i < len(stride); i++ { // last is the index of the last element
		if shape[i] == 1 {
			continue // never taken, and may be anything
		}
		step, steps := stride[i], stated[i]-1
		if inside = step == 0 || step > 0 && steps <= (s.numel-1-last)/step; inside {
			last += steps * step
			v.stride[i] = int(step)
		}
	}
	if !inside {
		return nil, errors.Wrapf(ErrFormat, "tensor of shape %v and strides %v from %d on goes past the %d numbers of storage %s", stated, stride, start, s.numel, quoted(s.key))
	}
	v.start = int(start)
	return v, nil
}

func integersOf(x any) ([]int64, bool) {
	items, ok := x.(tuple)
	if !ok || len(items) > maxDims {
		return nil, false
	}
	ns := make([]int64, len(items))
	for i, item := range items {
		if ns[i], ok = item.(int64); !ok {
			return nil, false
		}
	}
	return ns, true
}

// rebuildParameter gives the tensor that is a parameter.
func rebuildParameter(_ *unpickler, args []any) (any, error) {
	if len(args) > 0 {
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, wrongArgs(args, "a tensor, ...")
}

// rebuildFromType gives the tensor that got attributes or another class: its
// arguments are the function that makes it, a class, and what to call it with.
func rebuildFromType(u *unpickler, args []any) (any, error) {
	if len(args) >= 3 {
		makes, ok := args[0].(*global)
		with, ok2 := args[2].(tuple)
		// One that makes itself would go round for ever.
		if ok && ok2 && makes.call != nil && makes.name != "torch._tensor._rebuild_from_type_v2" {
			return makes.call(u, with)
		}
	}
	return nil, wrongArgs(args, "a function, a class, a tuple, ...")
}

func (t *torchTensors) unpickler(r *bufio.Reader, size int64) *unpickler {
	return &unpickler{r: r, left: size, more: min(t.size, maxValues), globals: torchGlobals, persistent: t.storage}
}

// storage finds what a persistent id stands for: ("storage", type, key, device,
// number of elements), in files before PyTorch 1.6 with a view of it, which none
// of the last years has.
func (t *torchTensors) storage(id any) (any, error) {
	args, ok := id.(tuple)
	if ok && len(args) == 6 && args[5] == nil {
		args = args[:5]
	}
	if !ok || len(args) != 5 || args[0] != "storage" {
		return nil, errors.Wrapf(ErrFormat, "pickle refers to %s outside of it, want a storage", kindOf(id))
	}
	class, ok := args[1].(*global)
	key, ok2 := args[2].(string)
	numel, ok3 := args[4].(int64)
	if !ok || !ok2 || !ok3 {
		return nil, errors.WithMessage(wrongArgs(args, "text, a class, text, text, an int"), "storage")
	}
	const most = 1000 // it is looked up each time, and PyTorch writes a number
	if len(key) > most {
		return nil, errors.Wrapf(ErrFormat, "a storage has a key of %d bytes, want at most %d", len(key), most)
	}
	e, ok := torchStorages[class.name]
	if !ok {
		return nil, errors.Wrapf(ErrDtype, "storage %s is of %s", quoted(key), class.name)
	}
	if numel < 0 || numel > math.MaxInt/int64(e.size) {
		return nil, errors.Wrapf(ErrFormat, "storage %s has %d numbers", quoted(key), numel)
	}
	if s := t.byKey[key]; s != nil {
		if s.name != e.name || s.numel != numel {
			return nil, errors.Wrapf(ErrFormat, "storage %s is %d of %s here, and %d of %s there", quoted(key), s.numel, s.name, numel, e.name)
		}
		return s, nil
	}
	s := &storage{element: e, key: key, numel: numel, views: map[string]*view{}}
	t.byKey[key] = s
	t.storages = append(t.storages, s)
	return s, nil
}
