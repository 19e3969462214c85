package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// checkMove copies (rows, columns) numbers and holds them against their origin.
func checkMove[F Float](p *instructions[F], rows, columns, dstGap, srcGap, offset int) error {
	dst, array := guarded[F](rows, columns, dstGap, offset)
	src, _ := guarded[F](rows, columns, srcGap, offset+3) // canaries would show
	fill(rand.New(rand.NewPCG(1, 1)), src, 0.8)
	before := at(src, 0)
	p.move(dst.Data, src.Data, dst.Stride, src.Stride, rows, columns)
	if err := intact(dst, array); err != nil {
		return err
	}
	if err := sameBits(src, before); err != nil {
		return fmt.Errorf("src was changed: %v", err)
	}
	return sameBits(dst, src)
}

func TestMoveCopiesRowsAndNothingElse(t *testing.T) {
	for columns := range 131 {
		if err := checkMove(use[float64](), 3, columns, columns%3, columns%5, columns%8); err != nil {
			t.Fatalf("float64, columns=%d: %v", columns, err)
		}
	}
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for columns := range 131 {
			for rows := range 4 {
				for offset := range 8 {
					if err := checkMove(&p, rows, columns, (columns+offset)%3, offset%5, offset); err != nil {
						t.Fatalf("(%d, %d) offset=%d: %v", rows, columns, offset, err)
					}
				}
			}
		}
	})
}

func TestMoveTakesAnyShape(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		rapid.Check(t, func(t *rapid.T) {
			rows, columns := rapid.IntRange(0, 40).Draw(t, "rows"), rapid.IntRange(0, 4*panelWidth).Draw(t, "columns")
			gap := rapid.IntRange(0, 300)
			if err := checkMove(&p, rows, columns, gap.Draw(t, "gap of dst"), gap.Draw(t, "gap of src"), rapid.IntRange(0, 15).Draw(t, "offset")); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestMoveKeepsWithinItsSlices(t *testing.T) {
	eachPath(t, func(t *testing.T, p instructions[float32]) {
		for columns := 1; columns < 131; columns++ {
			stride := columns + columns%3
			firstDst, lastDst := fenced(t, 2*stride+columns)
			firstSrc, lastSrc := fenced(t, 2*stride+columns)
			p.move(firstDst, firstSrc, stride, stride, 3, columns)
			p.move(lastDst, lastSrc, stride, stride, 3, columns)
		}
	})
}
