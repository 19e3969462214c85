package output

import (
	"errors"
	"fmt"
	"testing"
)

// failing is a writer that fails each time but the last.
type failing struct {
	errs    []error
	written string
}

func (f *failing) Write(p []byte) (int, error) {
	if len(f.errs) == 0 {
		f.written += string(p)
		return len(p), nil
	}
	err := f.errs[0]
	f.errs = f.errs[1:]
	return 0, err
}

func TestTheFirstErrorIsKeptAndWritingGoesOn(t *testing.T) {
	full := errors.New("full")
	to := &failing{errs: []error{full, errors.New("gone")}}
	w := NewWriter(to)
	for i := range 3 {
		if n, err := fmt.Fprint(w, "line ", i); n != len("line 0") || err != nil {
			t.Errorf("line %d: %d bytes, %v", i, n, err)
		}
	}
	if err := w.Err(); !errors.Is(err, full) || err.Error() != "standard output: full" {
		t.Errorf("error %v, want the first", err)
	}
	if to.written != "line 2" {
		t.Errorf("written is %q, want what came when there was room again", to.written)
	}
}

func TestWhatIsWrittenIsNoError(t *testing.T) {
	w := NewWriter(&failing{})
	fmt.Fprint(w, "all")
	if err := w.Err(); err != nil {
		t.Error(err)
	}
}
