package nb_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/lm/corpus"
	"github.com/egru/egru/examples/notebooks/nb"
)

// stopped is what a cell is stopped by.
func stopped(t *testing.T, cell func()) (err error) {
	t.Helper()
	defer func() {
		r := recover()
		if r == nil {
			t.Error("the cell was not stopped")
		} else if e, ok := r.(error); ok {
			err = e
		} else {
			t.Errorf("stopped by %v, want an error", r)
		}
	}()
	cell()
	return nil
}

func TestErrorsStopTheCellAndAreShown(t *testing.T) {
	g := nb.NewGraph()
	a := nb.Input(g, "a", nb.NewTensor([]float64{1, 2}, 2))
	b := nb.Input(g, "b", nb.NewTensor([]float64{1, 2, 3}, 3))
	for _, c := range []struct {
		name, says string
		cell       func()
	}{
		{"an error", "no", func() { nb.Check(errors.New("no")) }},
		{"a method's error", "no", func() { nb.Must(nil, errors.New("no")) }},
		{"shapes", "(3)", func() { nb.Add(a, b) }},
		{"an empty layer", "Inputs is 0", func() { nb.NewEGRU("rnn", nb.DefaultEGRU(0, 3)) }},
		{"a tensor too small", "2 numbers do not fill the shape [3]", func() { nb.NewTensor([]float64{1, 2}, 3) }},
		{"a tensor of nothing", "0 numbers", func() { nb.NewTensor64(nil) }},
		{"numbers of text", "numbers of a string", func() { nb.Numbers("1") }},
		{"nothing to draw", "series", func() { nb.Draw(nb.Lines{}) }},
		{"a surrogate without name", "name is empty", func() { nb.NewSurrogate("", math.Abs, nil, 1) }},
		{"no ids", "no ids", func() { nb.Column(nil) }},
		{"a model that stops", "no", func() {
			p := nb.NewParam("w", nb.NewTensor([]float64{1}, 1))
			s := nb.NewSession(nb.NewModel([]*nb.Param{p}, func(*nb.Window) { panic(errors.New("no")) }), 1)
			_, err := s.Evaluate(s.NewStream(1), nb.Feeds{"x": nb.NewTensor([]float64{1}, 1, 1, 1)})
			nb.Check(err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := stopped(t, c.cell); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("stopped by %v, want %q", err, c.says)
			}
		})
	}
	nb.Check(nil)
}

func TestATextSaysWhereItIsFrom(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "ours")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"train", "valid", "test"} {
		if err := os.WriteFile(filepath.Join(folder, part+".txt"), []byte("to be or not\nto be <unk>\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text := nb.ReadText(folder, 6); text.Toy || !strings.HasPrefix(text.String(), "corpus ours: 6 words to train on, 9 to validate") || strings.Contains(text.String(), dir) {
		t.Errorf("got %q", text)
	}
	for _, absent := range []string{"", filepath.Join(dir, "nothing")} {
		text := nb.ReadText(absent, 500)
		if !text.Toy || !strings.HasPrefix(text.String(), "artificial language of this project") {
			t.Errorf("without %q: got %q", absent, text)
		}
		references := text.References()
		if n := len(references); n != 3 || !(references[2].Y < references[1].Y && references[1].Y < references[0].Y) {
			t.Errorf("references %v, want those of words, pairs and the true model, each better", references)
		}
	}
	// One that is there and damaged is no reason to take another.
	if err := os.WriteFile(filepath.Join(folder, "valid.txt"), []byte{0xff}, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := stopped(t, func() { nb.ReadText(folder, 6) }); !errors.Is(err, corpus.ErrEncoding) {
		t.Errorf("got %v, want ErrEncoding", err)
	}
}

func TestTheDataFolderIsInTheDirectoryOfTheVariable(t *testing.T) {
	t.Setenv(nb.DataVariable, "")
	if got := nb.DataFolder("ptb"); got != "" {
		t.Errorf("got %q without the variable", got)
	}
	dir := t.TempDir()
	t.Setenv(nb.DataVariable, dir)
	if got := nb.DataFolder("ptb"); got != filepath.Join(dir, "ptb") {
		t.Errorf("got %q", got)
	}
}

func TestWordsAndIDsAreEachOthersInverse(t *testing.T) {
	text := nb.ReadText("", 200)
	ids := text.Train[:40]
	words := strings.ReplaceAll(strings.Join(text.Words(ids), " "), corpus.EndOfSentence, "\n")
	again := text.IDs(words)[:40]
	if fmt.Sprint(ids) != fmt.Sprint(again) {
		t.Errorf("%v became %v", ids, again)
	}
	if err := stopped(t, func() { text.IDs("xyzzy") }); err == nil || !strings.Contains(err.Error(), "xyzzy") {
		t.Errorf("got %v", err)
	}
}

// A surrogate of one's own, in three lines, and a layer that learns with it.
func Example() {
	bump := func(v float64) float64 { return 1 - v*v }
	config := nb.DefaultEGRU(1, 16)
	config.Surrogate = nb.NewSurrogate("bump", bump, nil, 1)

	g := nb.NewGraph()
	bits := []float64{1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0}
	x := nb.Input(g, "x", nb.NewTensor(bits, 12, 1, 1)) // (T, B, I)
	before := nb.Input(g, "before", nb.NewTensor(append([]float64{0}, bits[:11]...), 12, 1, 1))

	rnn := nb.NewEGRU("rnn", config)
	readout := nb.NewLinear("readout", nb.DefaultLinear(16, 1))
	y := nb.Must(readout.Forward(nb.Must(rnn.Forward(x))))
	loss := nb.Mean(nb.Square(nb.Sub(y, before)))

	weights := nb.WeightsOf(g, rnn, readout)
	nb.Grad(loss, weights)
	now := nb.Read(loss)
	machine := nb.NewMachine(g, weights)
	adam := nb.DefaultAdamW()
	adam.LearnRate = 0.02
	solver := nb.NewAdamW(adam, 1)
	for i := 0; i < 200; i++ {
		nb.Check(machine.RunAll())
		nb.Check(weights.Step(solver))
		machine.Reset()
	}
	fmt.Println("repeats the bit before:", now.Number() < 0.01)
	// Output:
	// repeats the bit before: true
}
