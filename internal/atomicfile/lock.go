package atomicfile

import (
	"errors"
	"os"
)

// ErrLocked is returned for a lock that another process, or another caller, has.
var ErrLocked = errors.New("in use")

// Lock takes the file of a path, which it makes if it is not there, until release
// is called or the process ends. The file stays. File systems and systems without
// locks let everybody have it.
func Lock(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if !lock(f) {
		_ = f.Close()
		return nil, &os.PathError{Op: "lock", Path: path, Err: ErrLocked}
	}
	return func() { _ = f.Close() }, nil
}
