package threads

import (
	"runtime"
	"strings"
	"testing"
)

func TestThreadsAreBounded(t *testing.T) {
	for n, ok := range map[int]bool{-1: false, 0: true, 1: true, most: true, most + 1: false} {
		if err := Validate(n); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "want 0 to 4096") {
			t.Errorf("-threads %d: %v", n, err)
		}
	}
}

func TestNoThreadsAreAll(t *testing.T) {
	before := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(before)
	for _, c := range []struct{ use, want int }{{0, 3}, {2, 2}} {
		Use(c.use)
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("-threads %d: %d processors, want %d", c.use, got, c.want)
		}
	}
}
