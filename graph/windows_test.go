package graph

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawWindows cuts a text in which token i is i.
func drawWindows(rt *rapid.T) (w *Windows, n, b, steps int) {
	b = rapid.IntRange(1, 4).Draw(rt, "rows")
	steps = rapid.IntRange(1, 6).Draw(rt, "steps")
	n = rapid.IntRange(b+1, 60).Draw(rt, "tokens")
	tokens := make([]int, n)
	for i := range tokens {
		tokens[i] = i
	}
	w, err := NewWindows(tokens, b, steps)
	if err != nil {
		rt.Fatal(err)
	}
	return w, n, b, steps
}

// Whatever the sizes of the windows, every row is read token after token, each
// target is the token that follows, and what is left over at the end is less
// than a column.
func TestWindowsVisitEveryTargetOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, n, b, steps := drawWindows(rt)
		length := (n - 1) / b // of a row
		if w.Row() != length {
			rt.Fatalf("a row has %d tokens, want %d", w.Row(), length)
		}
		next := make([]int, b)
		for row := range next {
			next[row] = row * length
		}
		windows, own := 0, rapid.Bool().Draw(rt, "steps of their own")
		for {
			want := steps
			if own {
				want = rapid.IntRange(1, 8).Draw(rt, "of")
			}
			position := next[0]
			if !w.NextOf(want) {
				break
			}
			windows++
			if w.Position() != position {
				rt.Fatalf("position is %d, want %d", w.Position(), position)
			}
			if want = min(want, length-position); w.Steps() != want || w.Count() != want*b {
				rt.Fatalf("window of %d steps and %d targets at %d, want %d steps of %d rows", w.Steps(), w.Count(), position, want, b)
			}
			f := w.Feeds()
			tokens, targets := f[Tokens], f[Targets]
			if shape := []int{want, b}; !slices.Equal(tokens.Shape(), shape) || !slices.Equal(targets.Shape(), shape) {
				rt.Fatalf("shapes are %v and %v, want %v", tokens.Shape(), targets.Shape(), shape)
			}
			for i, token := range tokens.Data().([]int) {
				row := i % b
				if target := targets.Data().([]int)[i]; token != next[row] || target != token+1 {
					rt.Fatalf("row %d has token %d with target %d, want %d with %d", row, token, target, next[row], next[row]+1)
				}
				next[row]++
			}
		}
		for row, end := range next {
			if end != (row+1)*length {
				rt.Fatalf("row %d ends at %d, want %d", row, end, (row+1)*length)
			}
		}
		if left := n - 1 - length*b; left >= b {
			rt.Fatalf("%d targets left over, of %d rows", left, b)
		}
		if !own && windows != w.Len() {
			rt.Fatalf("%d windows, Len says %d", windows, w.Len())
		}
		if w.Next() || w.NextOf(1) || w.Steps() != 0 || w.Count() != 0 || w.Feeds() != nil {
			rt.Fatal("there is a window after the last")
		}
	})
}

func TestSeekGoesOnWhereAnotherStopped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, n, b, _ := drawWindows(rt)
		for range rapid.IntRange(0, 5).Draw(rt, "windows before") {
			w.Next()
		}
		length := (n - 1) / b
		to := rapid.IntRange(0, length).Draw(rt, "position")
		if err := w.Seek(to); err != nil {
			rt.Fatal(err)
		}
		if w.Position() != to || w.Steps() != 0 || w.Feeds() != nil {
			rt.Fatalf("before the next window: position %d, %d steps", w.Position(), w.Steps())
		}
		if more := w.Next(); more != (to < length) {
			rt.Fatalf("Next is %v at %d of %d", more, to, length)
		}
		if to < length && w.Feeds()[Tokens].Data().([]int)[0] != to {
			rt.Fatalf("the window at %d starts with %v", to, w.Feeds()[Tokens])
		}
	})
}

func TestWindowsErrors(t *testing.T) {
	for _, c := range []struct {
		name                string
		tokens, rows, steps int
		says                string
	}{
		{"no rows", 10, 0, 3, "windows of 0 rows"},
		{"no steps", 10, 2, 0, "0 steps"},
		{"negative", 10, -1, 3, "windows of -1 rows"},
		{"empty text", 0, 1, 3, "0 tokens do not make 1 rows"},
		{"one token", 1, 1, 3, "1 tokens do not make 1 rows"},
		{"too short", 4, 4, 3, "4 tokens do not make 4 rows"},
	} {
		w, err := NewWindows(make([]int, c.tokens), c.rows, c.steps)
		wantError(t, c.name, err, ErrFeed, c.says)
		if w != nil {
			t.Errorf("%s: windows came back beside the error", c.name)
		}
	}

	w := must(NewWindows(text(11), 2, 3)) // 5 tokens a row
	if w.Feeds() != nil {
		t.Error("there is a window before the first")
	}
	w.Next()
	for _, position := range []int{-1, 6} {
		wantError(t, "position", w.Seek(position), ErrFeed, "want 0 to 5")
	}
	for _, steps := range []int{0, -2} {
		if w.Seek(1) != nil || w.NextOf(steps) || w.Position() != 1 || w.Steps() != 0 {
			t.Errorf("a window of %d steps: position %d, %d steps", steps, w.Position(), w.Steps())
		}
	}
	if !w.Next() || w.Position() != 1 {
		t.Errorf("the next window is at %d, want 1", w.Position())
	}
}
