package archive

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
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

// tensorsOf makes many tensors of many axes, each by a call of five bytes.
func tensorsOf(tensors, axes int) string {
	ones := slices.Repeat([]int64{1}, axes)
	return kept(0, named("torch._utils._rebuild_tensor_v2")) +
		kept(1, tupleOf(storageOf("FloatStorage", "0", 4), integer(0), ints(ones...), ints(ones...))) +
		listOf(tensors, get(0)+get(1)+"R")
}

func TestTensorsCostTheirAxes(t *testing.T) {
	refuse(t, "many", DecodeTorch, olderOf(tensorsOf(20_000, maxDims)), ErrFormat, tooMany)
	a, err := wantBounded(t, DecodeTorch, torchOf(t, tensorsOf(5, maxDims), map[string]int{"0": 16}))
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

// Work that grows with the square of a file takes minutes at these sizes, and
// otherwise some hundredths of a second.
func wantQuick(t *testing.T, name string, raw []byte) error {
	t.Helper()
	start := time.Now()
	_, err := wantBounded(t, DecodeTorch, raw)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("%s: %d bytes took %v", name, len(raw), took)
	}
	return err
}

// repeatedKeys makes a dict in which a key is set again and again, and visits it.
func repeatedKeys(keys, visits int) string {
	return kept(0, integer(1)) + kept(1, dictOf(strings.Repeat(get(0)+get(0), keys))) + listOf(visits, get(1))
}

func TestKeysThatAreSetAgainAreSortedOutOnce(t *testing.T) {
	if err := wantQuick(t, "visits", olderOf(repeatedKeys(100_000, 40_000))); err != nil {
		t.Error(err)
	}
	d := &dict{keys: []any{"a", "b", "a", nil, nil, int64(1), "b"}, values: []any{1, 2, 3, 4, 5, 6, 7}}
	for range 2 {
		if err := newTorchTensors(0).settle(place{}, d); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.keys, []any{"a", nil, nil, int64(1), "b"}) || !slices.Equal(d.values, []any{3, 4, 5, 6, 7}) {
			t.Errorf("left are %v and %v", d.keys, d.values)
		}
	}
}

func TestLongKeysCostTheirLength(t *testing.T) {
	long := kept(0, text(strings.Repeat("k", 1_000_000)))
	if err := wantQuick(t, "of dicts", olderOf(long+dictOf(strings.Repeat(get(0)+get(0), 400_000)))); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "many times the size of the file") {
		t.Errorf("of dicts: error %v", err)
	}
	var few string // a map of few keys does not hash them
	for i := range 10 {
		few += storageOf("FloatStorage", strconv.Itoa(i), 1)
	}
	id := kept(1, tupleOf(text("storage"), named("torch.FloatStorage"), get(0), text("cpu"), integer(1)))
	if err := wantQuick(t, "of storages", olderOf(long+"("+few+"t0"+id+listOf(200_000, get(1)+"Q"))); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "key of 1000000 bytes, want at most 1000") {
		t.Errorf("of storages: error %v", err)
	}
}
