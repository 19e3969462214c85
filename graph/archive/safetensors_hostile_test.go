package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// safetensorsFile puts a length before a header.
func safetensorsFile(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// hostileSafetensors are files that must be refused, with what the error says.
func hostileSafetensors() map[string]struct {
	file []byte
	says string
} {
	type hostile = struct {
		file []byte
		says string
	}
	data := func(n int) []byte { return make([]byte, n) }
	header := func(text string, n int, says string) hostile { return hostile{safetensorsFile(text, data(n)...), says} }
	member := func(members string) string { return `{"a":{` + members + `}}` }
	// one and two are files with a tensor of 8 bytes, and with two of 4.
	one := func(dtype, shape, offsets, says string) hostile {
		return header(member(`"dtype":"`+dtype+`","shape":`+shape+`,"data_offsets":`+offsets), 8, says)
	}
	two := func(first, second string, n int, says string) hostile {
		of := func(name, offsets string) string {
			return `"` + name + `":{"dtype":"U8","shape":[4],"data_offsets":` + offsets + `}`
		}
		return header("{"+of("a", first)+","+of("b", second)+"}", n, says)
	}
	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), "{}      "...) }
	deep := func(open, closed string) string { return strings.Repeat(open, 1<<16) + strings.Repeat(closed, 1<<16) }
	good := `"dtype":"U8","shape":[8],"data_offsets":[0,8]`
	return map[string]hostile{
		"empty file":                    {nil, "the file has 0 bytes, too few"},
		"a length without a header":     {length(0)[:8], "the file has 8 bytes, too few"},
		"header longer than the file":   {length(9), "claims 9 bytes, but only 8 follow"},
		"header of 2^64-1 bytes":        {length(1<<64 - 1), "claims 18446744073709551615 bytes, want at most 100000000"},
		"header of 2^63 bytes":          {length(1 << 63), "claims 9223372036854775808 bytes, want at most 100000000"},
		"header of 100 MB":              {length(safetensorsMaxHeader), "claims 100000000 bytes, but only 8 follow"},
		"header of no bytes":            {length(0), `header: begins with "", want {`},
		"header is no JSON":             header(`{"a" 5}`, 0, `header: "a": is not JSON: invalid character '5'`),
		"header is cut":                 header(`{"a":{"dtype":"U8",`, 0, `header: "a": is not JSON`),
		"header has a trailing comma":   header(member(good)[:len(member(good))-1]+",}", 8, "header: is not JSON"),
		"header is an array":            header(`[]`, 0, `header: begins with "[]", want {`),
		"header is null":                header(`null`, 0, `header: begins with "null", want {`),
		"header begins with a blank":    header(` {}`, 0, `header: begins with " {}", want {`),
		"header goes on":                header(`{} {}`, 0, "header: goes on after its last }"),
		"header is not UTF-8":           header("{\"a\xff\":{"+good+"}}", 8, "header: is not UTF-8"),
		"half of a surrogate pair":      header(`{"a\ud800":{`+good+"}}", 8, "half of a surrogate pair"),
		"surrogates in wrong order":     header(`{"a\udc00\ud800":{`+good+"}}", 8, "half of a surrogate pair"),
		"half a pair after a backslash": header(`{"a\\\ud800":{`+good+"}}", 8, "half of a surrogate pair"),
		"deep arrays":                   header(`{"a":`+deep("[", "]")+`}`, 0, `header: "a": is [, want {`),
		"deep objects":                  header(deep(`{"a":`, "}"), 0, `header: "a": "a": is no part of a tensor`),
		"deep shape":                    header(member(`"shape":`+deep("[", "]")), 0, `header: "a": "shape": has [, want whole numbers`),
		"deep metadata":                 header(`{"__metadata__":{"a":`+deep("[", "]")+`}}`, 0, `header: "__metadata__": "a": is [, want text`),
		"a name twice":                  header(`{"a":{`+good+`},"a":{`+good+`}}`, 8, `header: has "a" twice`),
		"a name twice, once escaped":    header(`{"a":{`+good+`},"\u0061":{`+good+`}}`, 8, `header: has "a" twice`),
		"metadata twice":                header(`{"__metadata__":{},"__metadata__":{}}`, 0, `header: has "__metadata__" twice`),
		"metadata key twice":            header(`{"__metadata__":{"k":"1","k":"2"}}`, 0, `"__metadata__": has "k" twice`),
		"metadata number":               header(`{"__metadata__":{"k":1}}`, 0, `"__metadata__": "k": is 1, want text`),
		"metadata null":                 header(`{"__metadata__":null}`, 0, `"__metadata__": is null, want {`),
		"dtype twice":                   header(member(`"dtype":"U8",`+good), 8, `"a": has "dtype" twice`),
		"empty name":                    header(`{"":{`+good+"}}", 8, "a tensor's name is empty"),
		"tensor is null":                header(`{"a":null}`, 0, `"a": is null, want {`),
		"tensor is a number":            header(`{"a":1}`, 0, `"a": is 1, want {`),
		"no members":                    header(`{"a":{}}`, 0, `"a": lacks a part, want dtype, shape and data_offsets`),
		"no dtype":                      header(member(`"shape":[8],"data_offsets":[0,8]`), 8, `"a": lacks a part`),
		"a strange member":              header(member(good+`,"offset":1`), 8, `"a": "offset": is no part of a tensor, want dtype`),
		"a member in capitals":          header(member(`"DTYPE":"U8","shape":[8],"data_offsets":[0,8]`), 8, `"a": "DTYPE": is no part of a tensor`),
		"unknown dtype":                 one("F12", "[8]", "[0,8]", `"a": "dtype": is "F12", want F32`),
		"dtype that is not read":        one("U16", "[4]", "[0,8]", `"a": "dtype": is "U16", want F32`),
		"dtype is a number":             header(member(`"dtype":8`), 0, `"a": "dtype": is 8, want text`),
		"negative axis":                 one("U8", "[-8]", "[0,8]", `"a": "shape": has -8, want whole numbers`),
		"two negative axes":             one("U8", "[-2,-4]", "[0,8]", `"a": "shape": has -2, want whole numbers`),
		"negative zero":                 one("U8", "[-0]", "[0,0]", `"a": "shape": has -0, want whole numbers`),
		"axis of a fraction":            one("U8", "[8.0]", "[0,8]", `"a": "shape": has 8.0, want whole numbers`),
		"axis with an exponent":         one("U8", "[8e0]", "[0,8]", `"a": "shape": has 8e0, want whole numbers`),
		"axis is text":                  one("U8", `["8"]`, "[0,8]", `"a": "shape": has "8", want whole numbers`),
		"axis of 2^63":                  one("U8", "[9223372036854775808]", "[0,8]", `"shape": has 9223372036854775808, want whole numbers from 0 to 2^63-1`),
		"empty axis":                    one("U8", "[4,0]", "[0,0]", `tensor "a": shape [4 0] has an empty axis`),
		"product of 2^64":               one("U8", "[4294967296,4294967296]", "[0,0]", `shape [4294967296 4294967296] of U8 has more bytes than can be counted`),
		"product of 2^64 + 8":           one("U8", "[8,2305843009213693953]", "[0,8]", `of U8 has more bytes than can be counted`),
		"2^63 bytes":                    one("F64", "[1152921504606846976]", "[0,8]", `shape [1152921504606846976] of F64 has more bytes than can be counted`),
		"huge shape of few bytes":       one("F64", "[1152921504606846975]", "[0,8]", `range [0, 8) has 8 bytes, want 9223372036854775800 for shape [1152921504606846975] of F64`),
		"range shorter than shape":      one("F32", "[3]", "[0,8]", `tensor "a": range [0, 8) has 8 bytes, want 12 for shape [3] of F32`),
		"range longer than shape":       one("F32", "[1]", "[0,8]", `tensor "a": range [0, 8) has 8 bytes, want 4 for shape [1] of F32`),
		"65 axes":                       one("U8", "[8"+strings.Repeat(",1", 64)+"]", "[0,8]", `"a": "shape": has more than 64 numbers`),
		"shape is an object":            one("U8", `{"0":8}`, "[0,8]", `"a": "shape": is {, want [`),
		"reversed range":                one("U8", "[8]", "[8,0]", `tensor "a": range [8, 0) runs backwards`),
		"negative range":                one("U8", "[8]", "[-8,0]", `"a": "data_offsets": has -8, want whole numbers`),
		"one offset":                    one("U8", "[8]", "[8]", `"a": "data_offsets": has 1 numbers, want 2`),
		"three offsets":                 one("U8", "[8]", "[0,8,8]", `"a": "data_offsets": has more than 2 numbers`),
		"range past the end":            one("U8", "[9]", "[0,9]", `tensor "a": range [0, 9) ends beyond the data, which has 8 bytes`),
		"range far past the end":        one("U8", "[9223372036854775807]", "[0,9223372036854775807]", "ends beyond the data, which has 8 bytes"),
		"trailing bytes":                one("U8", "[7]", "[0,7]", "1 bytes follow the last tensor"),
		"trailing bytes alone":          header("{}", 3, "3 bytes follow the last tensor"),
		"hole at the start":             one("U8", "[7]", "[1,8]", `a hole [0, 1) between the start and tensor "a"`),
		"hole in the middle":            two("[5,9]", "[0,4]", 9, `a hole [4, 5) between tensor "b" and tensor "a"`),
		"overlap":                       two("[0,4]", "[3,7]", 7, `tensor "b" at [3, 7) overlaps tensor "a"`),
		"the same range":                two("[0,4]", "[0,4]", 4, `at [0, 4) overlaps tensor`),
		"a truth beyond 1":              {safetensorsFile(member(`"dtype":"BOOL","shape":[2],"data_offsets":[0,2]`), 1, 2), `tensor "a": has the byte 2 for a BOOL`},
	}
}

func TestHostileSafetensorsAreRefused(t *testing.T) {
	for name, c := range hostileSafetensors() {
		a, err := decodedSafetensors(c.file)
		wantSafetensorsError(t, name, err, ErrFormat, c.says)
		if a != nil {
			t.Errorf("%s: an archive besides the error", name)
		}
		if n := len(fmt.Sprint(err)); n > 300 {
			t.Errorf("%s: an error of %d bytes", name, n)
		}
	}
}

// What looks like the refused ones, and is right.
func TestUnusualSafetensorsAreTaken(t *testing.T) {
	for name, file := range map[string][]byte{
		"blanks":               safetensorsFile(`{ "a" : { "dtype" : "U8" , "shape" : [ 1 ] , "data_offsets" : [ 0 , 1 ] } }   `, 1),
		"another order":        safetensorsFile(`{"b":{"shape":[1],"data_offsets":[1,2],"dtype":"U8"},"a":{"data_offsets":[0,1],"dtype":"U8","shape":[1]}}`, 1, 2),
		"a pair of surrogates": safetensorsFile(`{"\ud83d\ude00":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
		"an escaped backslash": safetensorsFile(`{"\\ud83d":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
		"64 axes":              safetensorsFile(`{"a":{"dtype":"U8","shape":[1`+strings.Repeat(",1", 63)+`],"data_offsets":[0,1]}}`, 1),
		"nothing":              safetensorsFile(`{}`),
	} {
		if _, err := decodedSafetensors(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryPrefixOfSafetensorsIsRefused(t *testing.T) {
	refused := func(t interface{ Errorf(string, ...any) }, file []byte, n int) {
		if _, err := decodedSafetensors(file[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken", n, len(file))
		}
	}
	whole := encodedSafetensors(t, everySafetensor())
	for n := range whole {
		refused(t, whole, n)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := drawSafetensors(t)
		var b bytes.Buffer
		if err := EncodeSafetensors(&b, a); err != nil {
			t.Fatal(err)
		}
		refused(t, b.Bytes(), rapid.IntRange(0, b.Len()-1).Draw(t, "bytes"))
	})
}

// A file may take a small multiple of its size, garbage included, and no more for
// what it claims. The most is taken by tensors of one byte, since even the
// smallest *tensor.Dense is larger than its line in the header.
func TestMemoryForSafetensorsIsBoundByTheFile(t *testing.T) {
	const fixed, multiple = 16 << 10, 64
	files := map[string][]byte{
		"a shape of many ones":    safetensorsFile(`{"a":{"dtype":"U8","shape":[1`+strings.Repeat(",1", 1<<18)+`],"data_offsets":[0,1]}}`, 1),
		"a number of many digits": safetensorsFile(`{"a":{"dtype":"U8","shape":[` + strings.Repeat("1", 1<<18) + `]}}`),
		"a long name":             safetensorsFile(`{"` + strings.Repeat("a", 1<<18) + `":1}`),
		"a long escaped name":     safetensorsFile(`{"` + strings.Repeat(`\u0001`, 1<<18) + `":1}`),
		"short metadata":          safetensorsFile(`{"__metadata__":{` + shortMetadata(1<<14) + `}}`),
		"many offsets":            safetensorsFile(`{"a":{"data_offsets":[0` + strings.Repeat(",0", 1<<18) + `]}}`),
		"many small tensors":      manySafetensors(t, 1<<11),
		"one large tensor":        encodedSafetensors(t, &Archive{Tensors: map[string]*tensor.Dense{"a": tensor.New(tensor.WithShape(1<<18), tensor.Of(tensor.Float32))}}),
		"halves":                  safetensorsFile(`{"a":{"dtype":"F16","shape":[131072],"data_offsets":[0,262144]}}`, make([]byte, 1<<18)...),
	}
	for name, c := range hostileSafetensors() {
		files[name] = c.file
	}
	for name, file := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decodedSafetensors(file)
		runtime.ReadMemStats(&after)
		taken := after.TotalAlloc - before.TotalAlloc
		if taken > fixed+multiple*uint64(len(file)) {
			t.Errorf("%s: %d bytes are taken for %d (error %v)", name, taken, len(file), err)
		}
		if len(file) > 1<<16 {
			t.Logf("%s: %.1f times the file", name, float64(taken)/float64(len(file)))
		}
	}
}

func shortMetadata(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%x":""`, i)
	}
	return b.String()[1:]
}

func manySafetensors(t testing.TB, n int) []byte {
	a := &Archive{Tensors: map[string]*tensor.Dense{}}
	for i := range n {
		a.Tensors[fmt.Sprint(i)] = array([]int{1}, uint8(1))
	}
	return encodedSafetensors(t, a)
}
