package memory

import (
	"runtime/debug"
	"testing"

	"github.com/egru/egru/layers"
)

func TestOnlyLargeModelsAreCollectedEarlyAndGOGCHasTheLastWord(t *testing.T) {
	for _, c := range []struct {
		words int
		gogc  string
		want  int
	}{{10, "", 100}, {largeModel/100 - 1, "", 100}, {largeModel / 100, "", growth}, {largeModel / 100, "100", 100}} {
		t.Setenv("GOGC", c.gogc)
		before := debug.SetGCPercent(100)
		e, err := layers.NewEmbedding("embedding", layers.DefaultEmbedding(c.words, 100))
		if err != nil {
			t.Fatal(err)
		}
		CollectFor(e.Params())
		if got := debug.SetGCPercent(before); got != c.want {
			t.Errorf("%d parameters, GOGC %q: %d percent, want %d", 100*c.words, c.gogc, got, c.want)
		}
	}
}
