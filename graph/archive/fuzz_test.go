package archive

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

// fuzzDecoder wants bounded memory and a named error or an archive, and that
// what was read can be written and read again.
func fuzzDecoder(f *testing.F, name string) {
	d := decoders[name]
	for _, file := range d.files {
		if raw := fileOf(f, file); len(raw) < 4000 { // larger ones take too long each
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := wantBounded(t, d.decode, raw); err == nil {
			wantComesBack(t, a)
		}
	})
}

func wantComesBack(t *testing.T, a *Archive) {
	t.Helper()
	var b bytes.Buffer
	for name, d := range a.Tensors {
		if d.DataSize() > 1<<20 || len(name) > 1<<12 {
			return // of no more use, and slow
		}
	}
	if err := EncodeNPZ(&b, a); err != nil {
		t.Fatal(err)
	}
	back, err := DecodeNPZ(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range a.Tensors {
		got := back.Tensors[name]
		if got == nil || got.Dtype() != d.Dtype() || !sameBits(t, got, d) {
			t.Fatalf("%q comes back as %v, want %v", name, got, d)
		}
	}
}

func FuzzDecodeNPY(f *testing.F) { fuzzDecoder(f, "npy") }

func FuzzDecodeNPZ(f *testing.F) {
	row := string(npyOf(1, "{'descr': '<f2', 'fortran_order': True, 'shape': (2, 1), }", 4))
	f.Add(zipped(f, zip.Store, "a.npy", row))
	f.Add(zipped(f, zip.Deflate, "a.npy", row, "b.npy", row))
	fuzzDecoder(f, "npz")
}

func FuzzDecodeTorch(f *testing.F) { fuzzDecoder(f, "torch") }

// A pickle by itself, in a zip file that is well made.
func FuzzPickle(f *testing.F) {
	v := vector("0", 4)
	for _, root := range []string{
		v,
		dictOf(text("a"), v, text("b"), "]"+v+"a"),
		called("collections.OrderedDict", "](]("+text("a")+v+"ee"),
		called("torch._utils._rebuild_parameter", v, "\x88", "}"),
		called("os.system", text("true")),
		tensorOf(storageOf("HalfStorage", "0", 8), 1, ints(2, 2), ints(3, 0)),
		v + "q\x00(h\x00N\x94h\x01t",
		dictsOf(20, 20),
		madeDictsOf(20, 20),
		repeatedKeys(20, 20),
		tensorsOf(20, 8),
	} {
		f.Add([]byte(root + "."))
	}
	f.Fuzz(func(t *testing.T, pickle []byte) {
		raw := zipped(t, 0, "a/data.pkl", "\x80\x02"+string(pickle), "a/data/0", strings.Repeat("\x01", 16))
		if a, err := wantBounded(t, DecodeTorch, raw); err == nil {
			wantComesBack(t, a)
		}
	})
}
