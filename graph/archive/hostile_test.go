package archive

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// decoders are the readers of untrusted bytes, with the files of others to start
// from.
var decoders = map[string]struct {
	decode func(r io.ReaderAt, size int64) (*Archive, error)
	small  []string // files that every byte of is tried
	files  []string
}{
	"npy":   {decodeNPY, []string{"rows.npy"}, []string{"rows.npy", "columns.npy", "bool.npy", "scalar.npy", "version3.npy", "object.npy", "structured.npy"}},
	"npz":   {DecodeNPZ, []string{"compressed.npz"}, []string{"arrays.npz", "compressed.npz"}},
	"torch": {DecodeTorch, []string{"views.pt", "views-legacy.pt"}, []string{"checkpoint.pt", "checkpoint-legacy.pt", "checkpoint-protocol4.pt", "types.pt", "types-legacy.pt", "views.pt", "views-legacy.pt", "views-protocol4.pt", "lone.pt", "module.pt", "complex.pt"}},
}

func fileOf(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wantBounded runs a decoder on what may be anything: it gives an archive or a
// named error, and takes memory in proportion.
func wantBounded(t testing.TB, decode func(r io.ReaderAt, size int64) (*Archive, error), raw []byte) (*Archive, error) {
	t.Helper()
	before := allocated()
	a, err := decode(bytes.NewReader(raw), int64(len(raw)))
	took := allocated() - before
	// What was ever taken, not what was at once. A deflated member is read,
	// gathered and decoded.
	most := uint64(1<<20 + 200*len(raw))
	if bytes.Contains(raw, []byte("PK")) {
		most += 3 * inflateFloor
	}
	if took > most {
		t.Errorf("%d bytes took %d of memory (%v)", len(raw), took, err)
	}
	if (a == nil) == (err == nil) {
		t.Errorf("archive %v with error %v", a, err)
	}
	if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrDtype) {
		t.Errorf("error %v is neither ErrFormat nor ErrDtype", err)
	}
	return a, err
}

// allocated counts the bytes of memory ever taken. Unlike runtime.ReadMemStats it
// does not stop the world, and does not count the last few small objects.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func TestTheMemoryTakenIsCounted(t *testing.T) {
	before := allocated()
	kept := make([]byte, 1<<22)
	if took := allocated() - before; took < 1<<22 {
		t.Errorf("%d bytes count as %d", len(kept), took)
	}
}

func TestTruncatedFilesAreErrors(t *testing.T) {
	for name, d := range decoders {
		for _, file := range d.small {
			raw := fileOf(t, file)
			for n := range raw {
				if _, err := wantBounded(t, d.decode, raw[:n]); err == nil {
					t.Errorf("%s: the first %d of %d bytes of %s were read", name, n, len(raw), file)
				}
			}
		}
	}
}

// One damaged byte is found, or changes a name or a number; it does no harm.
func TestDamagedFilesDoNoHarm(t *testing.T) {
	for _, d := range decoders {
		for _, file := range d.small {
			raw := fileOf(t, file)
			for i := range raw {
				damaged := slices.Clone(raw)
				damaged[i] ^= 1 << (i % 8)
				wantBounded(t, d.decode, damaged)
			}
		}
	}
}

// refuse wants an error that wraps a sentinel and says something.
func refuse(t *testing.T, name string, decode func(r io.ReaderAt, size int64) (*Archive, error), raw []byte, sentinel error, says string) {
	t.Helper()
	_, err := wantBounded(t, decode, raw)
	if err == nil || !errors.Is(err, sentinel) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: error %v, want %q saying %s", name, err, sentinel, says)
	}
}

// zipped makes a zip file.
func zipped(t testing.TB, method uint16, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lying makes a zip file of one member whose header is given.
func lying(t testing.TB, h zip.FileHeader, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileZipFilesAreRefused(t *testing.T) {
	rows := string(fileOf(t, "rows.npy"))
	n := uint64(len(rows))
	bomb := zipped(t, zip.Deflate, "a.npy", strings.Repeat("\x00", inflateFloor+1))
	if len(bomb) > inflateFloor/500 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	var two []string
	for _, half := range []string{"a.npy", "b.npy"} {
		two = append(two, half, strings.Repeat("\x00", inflateFloor/2+1))
	}
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"a bomb":          {bomb, "becomes 16777217 bytes: want at most 32 times the file, or 16 MiB"},
		"a bomb in parts": {zipped(t, zip.Deflate, two...), `member "b.npy" becomes 8388609 bytes`},
		"a name twice":    {zipped(t, zip.Store, "a.npy", rows, "a.npy", rows), `member "a.npy" stands there twice`},
		"an array twice":  {zipped(t, zip.Store, "a.npy", rows, "a", rows), `two arrays are named "a"`},
		"another file":    {zipped(t, zip.Store, "readme.txt", "hello, reader"), `array "readme.txt": starts with "hello,", want "\x93NUMPY"`},
		"an empty member": {zipped(t, zip.Store, "a.npy", ""), "truncated"},
		"longer than declared": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Deflate, CompressedSize64: 6 + n, UncompressedSize64: n}, deflatedRaw(rows+"x")), "zip: not a valid",
		},
		"shorter than declared": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Deflate, CompressedSize64: 5 + n, UncompressedSize64: n + 4}, deflatedRaw(rows)), "100 bytes follow the header, want 96",
		},
		"other than its checksum": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Store, CRC32: 1, CompressedSize64: n, UncompressedSize64: n}, rows), "checksum",
		},
		"two lengths": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Store, CompressedSize64: n, UncompressedSize64: n + 1}, rows), "says to be 224 and 225 bytes long",
		},
		"past the end": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Store, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40}, rows), "goes past the",
		},
		"absurdly long": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Deflate, CompressedSize64: n, UncompressedSize64: 1 << 62}, rows), "becomes 4611686018427387904 bytes",
		},
		"no deflated data": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: zip.Deflate, CompressedSize64: n, UncompressedSize64: n}, strings.Repeat("\xFF", int(n))), "flate: corrupt",
		},
		"another method": {
			lying(t, zip.FileHeader{Name: "a.npy", Method: 12, CompressedSize64: n, UncompressedSize64: n}, rows), "method 12, want 0 (none) or 8 (deflate)",
		},
		"encrypted": {
			lying(t, zip.FileHeader{Name: "a.npy", Flags: 1, Method: zip.Store, CompressedSize64: n, UncompressedSize64: n}, rows), "is encrypted",
		},
		"many names for the same bytes": {overlapping(t), "goes past the"},
		"no zip file":                   {[]byte("PK\x03\x04 and so on"), "zip: not a valid zip file"},
		"nothing":                       {nil, "zip: not a valid zip file"},
	} {
		refuse(t, name, DecodeNPZ, c.raw, ErrFormat, c.says)
	}
}

// deflatedRaw is a deflate stream of one stored block.
func deflatedRaw(data string) string {
	n := uint16(len(data))
	return string([]byte{1, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) + data
}

// overlapping names one large member many times.
func overlapping(t testing.TB) []byte {
	t.Helper()
	var array bytes.Buffer
	a := newArchive(t, map[string]any{"a": make([]float32, 1<<14)})
	if err := EncodeNPY(&array, a.Tensors["a"]); err != nil {
		t.Fatal(err)
	}
	one := zipped(t, zip.Store, "000.npy", array.String())
	start := bytes.LastIndex(one, []byte("PK\x01\x02"))
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	entry, closing := one[start:end], slices.Clone(one[end:])
	out := slices.Clone(one[:start])
	const names = 100
	for i := range names {
		e := slices.Clone(entry)
		copy(e[46:], []byte{'0' + byte(i/10), '0' + byte(i%10)})
		out = append(out, e...)
	}
	length := len(entry) * names
	copy(closing[8:], []byte{names, 0, names, 0, byte(length), byte(length >> 8)})
	return append(out, closing...)
}
