package probe

import (
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/egru/egru/layers"
)

// Every window seen so far is kept with the same probability.
func TestAReservoirDrawsUniformly(t *testing.T) {
	const draws, windows, kept = 6000, 12, 3
	counts := make([]int, windows)
	for seed := range uint64(draws) {
		r := Reservoir{Windows: kept, Steps: 1, Seed: seed}
		held := make([]int, kept)
		for n := range windows {
			if at := r.place(int64(n)); at >= 0 {
				held[at] = n
			}
		}
		for _, n := range held {
			counts[n]++
		}
	}
	const p = float64(kept) / windows
	deviation := math.Sqrt(draws * p * (1 - p))
	for n, got := range counts {
		if math.Abs(float64(got)-draws*p) > 4*deviation {
			t.Errorf("window %d was kept %d times, want about %v: %v", n, got, draws*p, counts)
		}
	}
}

func TestADrawIsAFunctionOfSeedAndWindow(t *testing.T) {
	places := func(seed uint64) (all []int) {
		for n := range int64(200) {
			all = append(all, Reservoir{Windows: 8, Steps: 1, Seed: seed}.place(n))
		}
		return all
	}
	if !slices.Equal(places(1), places(1)) || slices.Equal(places(1), places(2)) {
		t.Error("draws of one seed differ, or of two seeds do not")
	}
	late := Reservoir{Windows: 1, Steps: 1}
	if at := late.place(math.MaxInt64); at != -1 {
		t.Errorf("window %d goes to %d, want nowhere", int64(math.MaxInt64), at)
	}
}

func TestBytesAreThoseTaken(t *testing.T) {
	layer, err := layers.NewEGRU("rnn", layers.DefaultEGRU(2, 50))
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []Keep{Ring{30}, Reservoir{Windows: 4, Steps: 7}} {
		for _, edit := range []func(*RecorderConfig){
			func(*RecorderConfig) {},
			func(c *RecorderConfig) { c.Rows, c.Units, c.Gates = []int{0, 5}, []int{3, 1, 4}, false },
			func(c *RecorderConfig) { c.States, c.Gates, c.Gradients = false, false, false },
		} {
			c := DefaultRecorder()
			c.Keep = keep
			edit(&c)
			r, err := NewRecorder(c, layer)
			if err != nil {
				t.Fatal(err)
			}
			taken := 0
			for _, track := range r.tracks[0] {
				taken += cap(track.slots)*int(unsafe.Sizeof(slot{})) + cap(track.events)
				for _, numbers := range track.numbers {
					taken += 8 * cap(numbers)
				}
			}
			if int64(taken) > r.Bytes() || unsafe.Sizeof(uintptr(0)) == 8 && int64(taken) != r.Bytes() {
				t.Errorf("%v: %d bytes are taken, Bytes says %d", keep, taken, r.Bytes())
			}
			c.MaxBytes = r.Bytes()
			if _, err := NewRecorder(c, layer); err != nil {
				t.Errorf("%v: %v", keep, err)
			}
			c.MaxBytes--
			if _, err := NewRecorder(c, layer); err == nil {
				t.Errorf("%v: a byte less is enough", keep)
			}
		}
	}
}
