package atomicfile

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestALockIsHeldByOneUntilItIsReleased(t *testing.T) {
	if !canLock {
		t.Skip("this system has no locks")
	}
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("a second time: %v, want ErrLocked", err)
	}
	release()
	again, err := Lock(path)
	if err != nil {
		t.Fatalf("after its release: %v", err)
	}
	again()
	if _, err := Lock(filepath.Join(path, "below a file")); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("below a file: %v, want another error", err)
	}
}
