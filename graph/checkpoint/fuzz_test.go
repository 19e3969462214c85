package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
)

// Loading never panics; what is read is saved and read again as the same. The
// fuzzer changes what stands before the checksum, which is then put right: else
// it would never come further.
func FuzzLoad(f *testing.F) {
	add := func(b []byte) { f.Add(b[:len(b)-sha256.Size], true) }
	add(encoded(f, small(7)))
	add(encoded(f, &Snapshot{}))
	add(forged(f, func(a *archive.Archive) { a.Metadata["solver"] = `{"Steps":{"a":-1},"Tensors":{"a":{"Shape":[-1]}}}` }))
	add(forged(f, func(a *archive.Archive) { a.Tensors["model/x"] = tensor.New(tensor.FromScalar(true)) }))
	f.Add(encoded(f, small(7)), false)
	f.Add([]byte(nil), true)
	path := filepath.Join(f.TempDir(), "x.safetensors")
	f.Fuzz(func(t *testing.T, file []byte, right bool) {
		if right {
			file = signed(bytes.Clone(file))
		}
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := Load(path)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := encode(&b, s); err != nil {
			t.Fatalf("what was read cannot be saved: %v", err)
		}
		again, err := decodeBytes(b.Bytes())
		if err != nil {
			t.Fatalf("what was saved is not read: %v", err)
		}
		wantSnapshot(t, again, s)
	})
}
