package archive

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"testing"
)

// Decoding never panics; what is read is JSON, and is written and read again
// as the same, in one way.
func FuzzSafetensors(f *testing.F) {
	for _, c := range hostileSafetensors() {
		if len(c.file) < 1<<12 {
			f.Add(c.file)
		}
	}
	f.Add(encodedSafetensors(f, everySafetensor()))
	f.Add(encodedSafetensors(f, &Archive{}))
	torch, err := os.ReadFile("testdata/torch.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(torch)
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := decodedSafetensors(file)
		if err != nil {
			return
		}
		if n := binary.LittleEndian.Uint64(file); !json.Valid(file[8 : 8+n]) {
			t.Errorf("the header %q is taken for JSON", file[8:8+n])
		}
		written := encodedSafetensors(t, a)
		again, err := decodedSafetensors(written)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		wantArchive(t, again, a)
		if !bytes.Equal(encodedSafetensors(t, again), written) {
			t.Error("written again, it differs")
		}
	})
}
