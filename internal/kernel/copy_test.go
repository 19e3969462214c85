package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCopyTakesAsManyAsThereIsRoomFor(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{0, 1, copyBlock - 1, copyBlock, 3*copyBlock + 5} {
		src := make([]float32, n+3)
		for i := range src {
			src[i] = float32(r.NormFloat64())
		}
		array := make([]float32, n+1)
		Copy(array[:n], src)
		if !slices.Equal(array[:n], src[:n]) || array[n] != 0 {
			t.Errorf("n=%d: not the first numbers of src, or more", n)
		}
	}
}
