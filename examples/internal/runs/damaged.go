package runs

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
)

// Damaged chooses between two errors of a file: that of a checkpoint that is not
// whole, and that of what is no file of another library either. What never was a
// checkpoint is not called a damaged one.
func Damaged(path string, checkpoint, foreign error) error {
	if filepath.Ext(path) == filepath.Ext(BestFile) || beginsLikeOne(path) {
		return checkpoint
	}
	return foreign
}

// beginsLikeOne looks for the length of a header of safetensors, and for the brace
// that opens it.
func beginsLikeOne(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const longest = 1 << 32 // bytes; far above any header, far below eight letters
	var start [9]byte
	_, err = io.ReadFull(f, start[:])
	return err == nil && start[8] == '{' && binary.LittleEndian.Uint64(start[:8]) < longest
}
