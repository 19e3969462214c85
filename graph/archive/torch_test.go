package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Pieces of pickles.
func text(s string) string {
	return string(binary.LittleEndian.AppendUint32([]byte("X"), uint32(len(s)))) + s
}

func integer(n int64) string {
	return "\x8A\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func tupleOf(items ...string) string { return "(" + strings.Join(items, "") + "t" }

func ints(ns ...int64) string {
	var items []string
	for _, n := range ns {
		items = append(items, integer(n))
	}
	return tupleOf(items...)
}

func named(name string) string {
	dot := strings.LastIndex(name, ".")
	return "c" + name[:dot] + "\n" + name[dot+1:] + "\n"
}

func called(name string, args ...string) string { return named(name) + tupleOf(args...) + "R" }

func storageOf(class, key string, numel int64) string {
	return tupleOf(text("storage"), named("torch."+class), text(key), text("cpu"), integer(numel)) + "Q"
}

func tensorOf(storage string, start int64, shape, stride string) string {
	return called("torch._utils._rebuild_tensor_v2", storage, integer(start), shape, stride, "\x89", called("collections.OrderedDict"))
}

// vector is a tensor of all of a storage.
func vector(key string, n int64) string {
	return tensorOf(storageOf("FloatStorage", key, n), 0, ints(n), ints(1))
}

func dictOf(pairs ...string) string { return "}(" + strings.Join(pairs, "") + "u" }

// torchOf makes a file of a pickle and storages of numbers that are zero.
func torchOf(t testing.TB, root string, storages map[string]int) []byte {
	t.Helper()
	members := []string{"archive/data.pkl", "\x80\x02" + root + ".", "archive/version", "3\n"}
	for key, bytes := range storages {
		members = append(members, "archive/data/"+key, strings.Repeat("\x00", bytes))
	}
	return zipped(t, 0, members...)
}

func TestHandWrittenPicklesAreRead(t *testing.T) {
	storages := map[string]int{"0": 16}
	v := vector("0", 4)
	for name, c := range map[string]struct {
		root  string
		names []string
	}{
		"none":             {dictOf(text("epoch"), integer(3)), nil},
		"a key twice":      {dictOf(text("a"), integer(3), text("a"), v), []string{"a"}},
		"a key overridden": {dictOf(text("a"), v, text("a"), integer(3)), nil},
		"odd keys":         {dictOf("\x88", integer(1), tupleOf(), "N", text("a"), v), []string{"a"}},
		"pairs":            {called("collections.OrderedDict", "](]("+text("a")+v+"ee"), []string{"a"}},
		"a state":          {called("collections.OrderedDict") + "(" + text("a") + v + "u" + dictOf(text("_metadata"), "}") + "b", []string{"a"}},
		"set one by one":   {"}" + text("a") + v + "s", []string{"a"}},
		"a list":           {"]" + v + "a" + "(" + integer(1) + v + "e", []string{"0", "2"}},
		"tuples":           {v + "\x85" + v + "N\x86\x86", []string{"0.0", "1.0"}},
		"Python 2's text":  {dictOf("U\x01a", v), []string{"a"}},
		"attributes": {dictOf(text("a"), called("torch._tensor._rebuild_from_type_v2",
			named("torch._utils._rebuild_tensor"), named("torch.Tensor"), tupleOf(storageOf("FloatStorage", "0", 4), integer(1), ints(3), ints(1)), "}")), []string{"a"}},
		"a discarded mark": {v + "(N1" + "N0", []string{"tensor"}},
		"remembered":       {dictOf(text("a"), v+"q\x00", text("b"), "h\x00", text("c"), v+"\x94", text("d"), "j\x01\x00\x00\x00"), []string{"a", "b", "c", "d"}},
		"a big number":     {dictOf(text("n"), "\x8A\x09\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", text("a"), v), []string{"a"}},
		"a wild stride":    {tensorOf(storageOf("FloatStorage", "0", 4), 0, ints(1, 4), ints(-1<<40, 1)), []string{"tensor"}},
		"bytes":            {dictOf(text("n"), "C\x01x", text("m"), "B\x01\x00\x00\x00x", text("a"), v), []string{"a"}},
	} {
		raw := torchOf(t, c.root, storages)
		a, err := wantBounded(t, DecodeTorch, raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for n := range a.Tensors {
			names = append(names, n)
		}
		slices.Sort(names)
		if !slices.Equal(names, c.names) {
			t.Errorf("%s: tensors are %q, want %q", name, names, c.names)
		}
	}
}

func TestHostilePicklesAreRefused(t *testing.T) {
	storages := map[string]int{"0": 16}
	v := vector("0", 4)
	s := storageOf("FloatStorage", "0", 4)
	deep := strings.Repeat("]", 200) + v + strings.Repeat("a", 200)
	laughs := "]" // each list holds the one before ten times
	for range 12 {
		laughs += "q\x000](" + strings.Repeat("h\x00", 10) + "e"
	}
	long := text(strings.Repeat("k", 10_000))
	var under []string // many tensors under a long name
	for i := range 300 {
		under = append(under, text(fmt.Sprint(i)), tensorOf(s, 0, ints(1), ints(1)))
	}
	for name, c := range map[string]struct{ root, says string }{
		"a command":               {called("os.system", text("true")), `wants "os.system", which is never loaded`},
		"a builtin":               {called("builtins.eval", text("1")), `wants "builtins.eval", which is never loaded`},
		"a command by stack":      {text("posix") + text("system") + "\x93" + tupleOf(text("true")) + "R", `wants "posix.system", which is never loaded`},
		"a name of numbers":       {integer(1) + integer(2) + "\x93", "names a global by an int and an int, want text"},
		"a call of a type":        {named("torch.float32") + ")R", "calls torch.float32 with a tuple, want a function"},
		"a call of a tensor":      {v + ")R", "calls a tensor with a tuple"},
		"a call with a list":      {named("torch.device") + "]R", "calls torch.device with a list"},
		"an object of a class":    {named("torch.nn.parameter.Parameter") + ")\x81", "calls torch.nn.parameter.Parameter"},
		"a maker of itself":       {called("torch._tensor._rebuild_from_type_v2", named("torch._tensor._rebuild_from_type_v2"), "N", "(", "}"), "want a function with a tuple"},
		"itself made":             {called("torch._tensor._rebuild_from_type_v2", named("torch._tensor._rebuild_from_type_v2"), "N", ")", "}"), "want (a function, a class, a tuple, ...)"},
		"a state for a tensor":    {v + "}b", "gives a state to a tensor, want a dict"},
		"a short stack":           {"R", "takes more from its stack than is there"},
		"an empty stack":          {"", "takes more from its stack than is there"},
		"a stack below a mark":    {"NN(\x86", "takes more from its stack than is there"},
		"no mark":                 {"t", "goes back to a mark it never set"},
		"no list":                 {"}Na", "appends to a dict, want a list"},
		"no dict":                 {"]NNs", "sets 2 keys and values in a list"},
		"half a pair":             {"}(Nu", "sets 1 keys and values in a dict, want pairs"},
		"nothing remembered":      {"h\x00", "wants value 0 of the 0 it remembers"},
		"a hole in the memory":    {"Nr\xFF\xFF\xFF\xFF", "remembers value 4294967295 after 0"},
		"an old protocol":         {"\x80\x01N", "pickle of protocol 1, want 2 to 5"},
		"a new protocol":          {"\x80\x06N", "pickle of protocol 6, want 2 to 5"},
		"a text protocol":         {"I1\n", "has opcode 0x49, which torch.save does not write"},
		"an extension":            {"\x82\x01", "has opcode 0x82"},
		"a text of 4 GB":          {"X\xFF\xFF\xFF\xFF", "wants 4294967295 bytes, 1 are left"},
		"a text of 16 EB":         {"\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "wants 18446744073709551615 bytes, 1 are left"},
		"a long name":             {"c" + strings.Repeat("x", 2000) + "\n", "has a name of more than 1000 bytes"},
		"something after it":      {"N.N", "2 bytes follow the pickle"},
		"another outside":         {tupleOf(text("module"), integer(1)) + "Q", "refers to a tuple outside of it, want a storage"},
		"no tuple outside":        {"NQ", "refers to None outside of it"},
		"a storage of text":       {tupleOf(text("storage"), text("float"), text("0"), text("cpu"), integer(4)) + "Q", "called with (text, text, text, text, an int), want (text, a class"},
		"a negative storage":      {storageOf("FloatStorage", "0", -4), "has -4 numbers"},
		"an absurd storage":       {vector("0", 1<<62), "has 4611686018427387904 numbers"},
		"a storage of two types":  {tupleOf(s, storageOf("IntStorage", "0", 4)), "is 4 of float32 here, and 4 of int32 there"},
		"a longer storage":        {vector("0", 5), "has 16 bytes, want 20 for 5 numbers of float32"},
		"no storage":              {vector("1", 4), `storage "1" is missing`},
		"a path for a storage":    {vector("../../../etc/passwd", 4), "is missing"},
		"past the end":            {tensorOf(s, 1, ints(4), ints(1)), "from 1 on goes past the 4 numbers"},
		"before the start":        {tensorOf(s, -1, ints(4), ints(1)), "from -1 on goes past"},
		"a wide stride":           {tensorOf(s, 0, ints(2, 2), ints(3, 1)), "goes past the 4 numbers"},
		"an absurd stride":        {tensorOf(s, 0, ints(3), ints(1<<62)), "goes past the 4 numbers"},
		"a negative stride":       {tensorOf(s, 3, ints(4), ints(-1)), "goes past the 4 numbers"},
		"an absurd start":         {tensorOf(s, 1<<62, ints(4), ints(1)), "goes past the 4 numbers"},
		"a negative axis":         {tensorOf(s, 0, ints(-4), ints(1)), "want all axes > 0"},
		"an axis too much":        {tensorOf(s, 0, ints(2, 2), ints(1)), "_rebuild_tensor_v2: called with (a storage, an int, a tuple, a tuple, a bool, a dict)"},
		"100 axes":                {tensorOf(s, 0, ints(make([]int64, 100)...), ints(make([]int64, 100)...)), "called with (a storage"},
		"few arguments":           {called("torch._utils._rebuild_tensor_v2", s), "called with (a storage), want"},
		"a shape of text":         {tensorOf(s, 0, tupleOf(text("4")), ints(1)), "called with"},
		"a parameter of nothing":  {called("torch._utils._rebuild_parameter"), "called with (), want (a tensor, ...)"},
		"a negated tensor":        {called("torch._utils._rebuild_tensor_v2", s, integer(0), ints(4), ints(1), "\x89", "}", dictOf(text("neg"), "\x88")), "tensor has metadata, want none"},
		"a dict of no pairs":      {called("collections.OrderedDict", integer(1)), "want (a list of pairs)"},
		"a dict of triples":       {called("collections.OrderedDict", "]NNN\x87a"), "want (a list of pairs)"},
		"a repeated number":       {tensorOf(s, 0, ints(1<<40), ints(0)), "would take many times the size of the file"},
		"a repeated number, more": {tensorOf(s, 0, ints(1<<30, 1<<28), ints(0, 0)), "would take many times the size of the file"},
		"a repeated number, most": {tensorOf(s, 0, ints(1<<30, 1<<30), ints(0, 0)), "does not fit"},
		"itself inside":           {"]q\x00h\x00a", "is nested more than 100 deep"},
		"a deep nest":             {deep, "is nested more than 100 deep"},
		"a thousand laughs":       {laughs, "would take many times the size of the file"},
		"very long names":         {dictOf(long, dictOf(under...)), "would take many times the size of the file"},
		"two of a name":           {dictOf(text("a.b"), v, text("a"), dictOf(text("b"), v)), `two tensors are named "a.b"`},
		"no text for a key":       {dictOf(tupleOf(), v), `a tensor under "" has a tuple for a key, want text or an int`},
		"no UTF-8":                {dictOf("U\x01\xFF", v), "name is not UTF-8"},
	} {
		refuse(t, name, DecodeTorch, torchOf(t, c.root, storages), ErrFormat, c.says)
	}
}

func TestAStorageOfAnotherClassIsNamed(t *testing.T) {
	s := tupleOf(text("storage"), named("torch.Tensor"), text("0"), text("cpu"), integer(4)) + "Q"
	refuse(t, "class", DecodeTorch, torchOf(t, s, nil), ErrDtype, `storage "0" is of torch.Tensor`)
}

// Values have a limit of their own: a deflated pickle may be much longer than its
// file.
func TestAPickleMakesOnlySoManyValues(t *testing.T) {
	raw := zipped(t, zip.Deflate, "a/data.pkl", "\x80\x02"+strings.Repeat("]", 1<<20)+".")
	refuse(t, "deflated", DecodeTorch, raw, ErrFormat, "makes more values than its file has bytes")
	for name, c := range map[string]struct {
		pickle string
		makes  int64
	}{"values": {"]]]]", 4}, "marks": {"((((N", 5}, "memory": {"N\x94\x94\x94\x94", 5}} {
		for _, limit := range []int64{c.makes - 1, c.makes} {
			u := newTorchTensors(100).unpickler(bufio.NewReader(strings.NewReader(c.pickle+".")), int64(len(c.pickle)+1))
			u.more = limit
			if _, err := u.load(); (err == nil) != (limit == c.makes) {
				t.Errorf("%s: %d values of %d give error %v", name, c.makes, limit, err)
			}
		}
	}
	if u := newTorchTensors(1<<40).unpickler(nil, 1<<40); u.more != maxValues {
		t.Errorf("a large file may make %d values, want %d", u.more, maxValues)
	}
}

func TestZipFilesOfOtherMembersAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		members []string
		says    string
	}{
		"none":            {nil, "has no member FOLDER/data.pkl"},
		"no folder":       {[]string{"data.pkl", "\x80\x02N."}, "has no member FOLDER/data.pkl"},
		"a deep folder":   {[]string{"a/b/data.pkl", "\x80\x02N."}, "has no member FOLDER/data.pkl"},
		"a byte order":    {[]string{"a/data.pkl", "\x80\x02N.", "a/byteorder", "middle"}, `byteorder: says "middle", want little or big`},
		"a long order":    {[]string{"a/data.pkl", "\x80\x02N.", "a/byteorder", strings.Repeat("little", 10)}, "byteorder: says"},
		"an empty pickle": {[]string{"a/data.pkl", ""}, "data.pkl: pickle is truncated"},
	} {
		raw := zipped(t, 0, c.members...)
		if len(c.members) == 0 {
			raw = append([]byte(zipMagic), raw...)
		}
		refuse(t, name, DecodeTorch, raw, ErrFormat, c.says)
	}
}

func TestStoragesOfTheOtherByteOrderAreRead(t *testing.T) {
	for order, data := range map[string]string{"little": "\x00\x00\x80\x3F", "big": "\x3F\x80\x00\x00"} {
		raw := zipped(t, 0, "x/data.pkl", "\x80\x02"+vector("0", 1)+".", "x/byteorder", order, "x/data/0", data)
		a, err := DecodeTorch(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Tensors["tensor"].Float32s()[0]; got != 1 {
			t.Errorf("%s: number is %v, want 1", order, got)
		}
	}
}

func TestHostileOlderFilesAreRefused(t *testing.T) {
	const (
		magic   = "\x80\x02\x8A\x0A" + torchMagic + "."
		version = "\x80\x02M\xE9\x03."
		machine = "\x80\x02}."
	)
	v := "\x80\x02" + called("torch._utils._rebuild_tensor_v2",
		tupleOf(text("storage"), named("torch.FloatStorage"), text("7"), text("cpu"), integer(1), "N")+"Q",
		integer(0), ints(1), ints(1), "\x89", "}") + "."
	key := "\x80\x02]" + text("7") + "a."
	one := "\x01\x00\x00\x00\x00\x00\x00\x00"
	good := magic + version + machine + v + key + one + "\x00\x00\x80\x3F"
	a, err := wantBounded(t, DecodeTorch, []byte(good))
	if err != nil || a.Tensors["tensor"].Float32s()[0] != 1 {
		t.Fatalf("a good file gives %v (%v)", a, err)
	}
	for name, c := range map[string]struct{ raw, says string }{
		"magic":          {"\x80\x02K\x01.", "starts with an int, want PyTorch's magic number"},
		"version":        {magic + "\x80\x02K\x01.", "is of version 1, want 1001"},
		"no version":     {magic + "\x80\x02).", "is of version [], want 1001"},
		"machine":        {magic + version + "\x80\x02N.", "facts of the machine: are None, want a dict"},
		"no keys":        {magic + version + machine + v + "\x80\x02N.", "keys of storages are None, want a list of 1"},
		"few keys":       {magic + version + machine + v + "\x80\x02].", "are a list, want a list of 1"},
		"another key":    {magic + version + machine + v + "\x80\x02]" + text("8") + "a.", `storage "8" is of no tensor`},
		"a number's key": {magic + version + machine + v + "\x80\x02]K\x07a.", `storage "" is of no tensor`},
		"no length":      {magic + version + machine + v + key, "wants 8 bytes, 0 are left"},
		"a length":       {magic + version + machine + v + key + "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "has 18446744073709551615 numbers, want 1"},
		"no numbers":     {magic + version + machine + v + key + one, "of 4 bytes goes past the end of the file"},
		"something else": {good + "x", "1 bytes follow the last storage"},
		"a view": {magic + version + machine + "\x80\x02" + tupleOf(text("storage"), named("torch.FloatStorage"), text("7"), text("cpu"), integer(1), tupleOf(text("8"), integer(0), integer(1))) + "Q.",
			"refers to a tuple outside of it"},
	} {
		refuse(t, name, DecodeTorch, []byte(c.raw), ErrFormat, c.says)
	}
}
