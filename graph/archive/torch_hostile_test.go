package archive

import (
	"math"
	"strings"
	"testing"
)

// olderOf makes a file, as PyTorch wrote it before 1.6, of a pickle and no
// storages.
func olderOf(root string) []byte {
	return []byte("\x80\x02\x8A\x0A" + torchMagic + ".\x80\x02M\xE9\x03.\x80\x02}.\x80\x02" + root + ".\x80\x02].")
}

// kept makes a value that a pickle remembers as its i-th, and takes it off the
// stack; get puts it there again in two bytes, again and again.
func kept(i byte, value string) string { return value + "q" + string([]byte{i}) + "0" }

func get(i byte) string { return "h" + string([]byte{i}) }

func listOf(n int, item string) string { return "](" + strings.Repeat(item, n) + "e" }

// dictsOf makes many dicts of one list of pairs.
func dictsOf(pairs, dicts int) string {
	return kept(0, named("collections.OrderedDict")) + kept(1, integer(1)+integer(2)+"\x86") + kept(2, listOf(pairs, get(1))) +
		listOf(dicts, get(0)+get(2)+"\x85R")
}

// madeDictsOf does so by a function that calls another.
func madeDictsOf(pairs, dicts int) string {
	return kept(0, named("torch._tensor._rebuild_from_type_v2")) + kept(1, integer(1)+integer(2)+"\x86") + kept(2, listOf(pairs, get(1))) +
		kept(3, tupleOf(named("collections.OrderedDict"), "N", get(2)+"\x85", "}")) +
		listOf(dicts, get(0)+get(3)+"R")
}

const tooMany = "makes more values than its file has bytes"

func TestDictsOfPairsCostWhatTheyCopy(t *testing.T) {
	refuse(t, "called", DecodeTorch, olderOf(dictsOf(3000, 500)), ErrFormat, tooMany)
	refuse(t, "called by another", DecodeTorch, olderOf(madeDictsOf(3000, 500)), ErrFormat, tooMany)
	if _, err := wantBounded(t, DecodeTorch, olderOf(dictsOf(3, 3))); err != nil {
		t.Error(err)
	}
}

// A tensor of many axes is called for in five bytes.
func TestTensorsCostTheirAxes(t *testing.T) {
	ones := make([]int64, maxDims)
	for i := range ones {
		ones[i] = 1
	}
	args := tupleOf(storageOf("FloatStorage", "0", 1), integer(0), ints(ones...), ints(ones...))
	tensors := func(n int) string {
		return kept(0, named("torch._utils._rebuild_tensor_v2")) + kept(1, args) + listOf(n, get(0)+get(1)+"R")
	}
	refuse(t, "many", DecodeTorch, olderOf(tensors(20_000)), ErrFormat, tooMany)
	a, err := wantBounded(t, DecodeTorch, torchOf(t, tensors(5), map[string]int{"0": 4}))
	if err != nil || len(a.Tensors) != 5 || a.Tensors["4"].Dims() != maxDims {
		t.Errorf("%v, %v", a, err)
	}
}

// What tells a tensor from others is long for one of many axes and wide strides.
func TestATensorOfManyNamesIsLookedAtOnce(t *testing.T) {
	var shape, stride []int64
	for i := range maxDims {
		axis, step := int64(1), int64(0)
		if i < 17 {
			axis, step = 2, 1e17
		}
		shape, stride = append(shape, axis), append(stride, step)
	}
	v := called("torch._utils._rebuild_tensor_v2", storageOf("FloatStorage", "0", math.MaxInt64/4), integer(0), ints(shape...), ints(stride...))
	refuse(t, "names", DecodeTorch, olderOf(kept(0, v)+listOf(400_000, get(0))), ErrFormat, "many times the size of the file")
}
