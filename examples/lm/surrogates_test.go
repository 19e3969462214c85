package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/egru/egru/layers"
	"github.com/egru/egru/ops/surrogate"
)

func TestTheModelHasTheSurrogateOfTheFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want surrogate.Surrogate
	}{
		{nil, surrogate.DefaultTriangle()},
		{[]string{"-preset", "ptb-paper"}, surrogate.Triangle{Dampening: 3.6, Support: 3.6}},
		{[]string{"-preset", "ptb-paper", "-surrogate", "triangle"}, surrogate.Triangle{Dampening: 3.6, Support: 3.6}},
		{[]string{"-preset", "ptb-paper", "-support", "2"}, surrogate.Triangle{Dampening: 3.6, Support: 2}},
		{[]string{"-preset", "ptb-paper", "-surrogate", "triangle(support=2)"}, surrogate.Triangle{Dampening: 1, Support: 2}},
		{[]string{"-preset", "ptb-paper", "-surrogate", "arctan"}, surrogate.DefaultArctan()},
		{[]string{"-surrogate", "cut(sigmoid( slope = 8))"}, surrogate.DefaultCut(surrogate.Sigmoid{Slope: 8})},
	} {
		if got := printed(t, c.args...).model(layers.CellEGRU, 5).EGRU.Surrogate; got != c.want {
			t.Errorf("%v: %v, want %v", c.args, got, c.want)
		}
	}
}

func TestASurrogateTrainsAndItsRunIsResumedByAnyOfItsNames(t *testing.T) {
	dir := t.TempDir()
	args := append(slices.Clone(tiny), "-cell", "egru", "-schedule", "constant", "-out", dir)
	log := func(more ...string) string {
		if status, _, errs := runLM(t, context.Background(), append(slices.Clone(args), more...)...); status != 0 {
			t.Fatalf("%v: status %d, %s", more, status, errs)
		}
		return string(read(t, filepath.Join(dir, "egru", windowLog)))
	}
	first := log("-surrogate", "arctan")
	second := log("-surrogate", " arctan( slope=2 )", "-resume", "-epochs", "2")
	if !strings.HasPrefix(second, first) || second == first {
		t.Error("the second epoch does not follow the first")
	}
	if third := log("-resume", "-epochs", "3"); !strings.HasPrefix(third, second) || third == second {
		t.Error("the third epoch does not follow the second")
	}
	for _, more := range [][]string{{"-surrogate", "arctan(slope=3)"}, {"-surrogate", "triangle"}} {
		status, _, errs := runLM(t, context.Background(), append(append(slices.Clone(args), "-resume"), more...)...)
		if status != exitUsage || !strings.Contains(errs, "other settings") {
			t.Errorf("%v: status %d, %s", more, status, errs)
		}
	}
	args[len(args)-1] = t.TempDir()
	dir = args[len(args)-1]
	if log() == first {
		t.Error("the triangle trains as the arctan does")
	}
}

// Runs from before there was a choice know nothing of it.
func TestAConfigWithoutASurrogateHasTheTriangle(t *testing.T) {
	dir := t.TempDir()
	args := append(slices.Clone(tiny), "-cell", "egru", "-out", dir)
	if status, _, errs := runLM(t, context.Background(), append(args, "-support", "2")...); status != 0 {
		t.Fatal(errs)
	}
	path := filepath.Join(dir, configFile)
	older := strings.Replace(string(read(t, path)), `"surrogate": "",`, "", 1)
	if older == string(read(t, path)) {
		t.Fatal("the config says nothing of a surrogate")
	}
	write(t, path, []byte(older))
	if status, _, errs := runLM(t, context.Background(), append(args, "-resume", "-surrogate", "triangle(support=2)")...); status != 0 {
		t.Errorf("status %d, %s", status, errs)
	}
}

func TestAllSurrogatesAreDrawn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for _, args := range [][]string{nil, {"-surrogate", "cut(tanh)"}} {
		status, out, errs := runLM(t, context.Background(), append([]string{"-mode", "surrogates", "-out", dir}, args...)...)
		if status != 0 || !strings.Contains(out, filepath.Join(dir, "surrogates.{png,svg}")) {
			t.Fatalf("status %d, %s, %s", status, errs, out)
		}
		svg := string(read(t, filepath.Join(dir, "surrogates.svg")))
		for _, name := range append(surrogate.Names(), "cut(") {
			if want := name != "cut(" || args != nil; strings.Contains(svg, name) != want {
				t.Errorf("%v: %s is drawn: %v, want %v", args, name, !want, want)
			}
		}
	}
}

// The picture of the README is the one that its command makes. Other processors
// round other pixels.
func TestThePictureOfTheReadmeIsOfTheSurrogatesThereAre(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the picture was made on amd64")
	}
	dir := t.TempDir()
	if status, _, errs := runLM(t, context.Background(), "-mode", "surrogates", "-out", dir); status != 0 {
		t.Fatal(errs)
	}
	pixels := func(path string) image.Image {
		img, err := png.Decode(bytes.NewReader(read(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	if !reflect.DeepEqual(pixels(filepath.Join(dir, "surrogates.png")), pixels(filepath.Join("..", "..", "docs", "surrogates.png"))) {
		t.Error("docs/surrogates.png is out of date, want what go run ./examples/lm -mode surrogates draws into lm-out")
	}
}

func TestWrongFlagsOfSurrogatesAreNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-surrogate", "atan"}, `-surrogate: surrogate is "atan"`},
		{[]string{"-surrogate", "arctan(slope=-1)"}, "-surrogate: arctan: slope is -1"},
		{[]string{"-surrogate", "arctan", "-dampening", "0.5"}, "-dampening is given beside the surrogate arctan(slope=2)"},
		{[]string{"-mode", "surrogates", "-out", ""}, "-mode surrogates needs the -out"},
		{[]string{"-mode", "surrogates", "-hidden", "3"}, "-hidden says nothing with -mode surrogates"},
		{[]string{"-mode", "surrogates", "-out", file}, "-out"},
	} {
		status, _, errs := runLM(t, context.Background(), c.args...)
		if status != exitUsage || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: status %d, %q", c.args, status, errs)
		}
	}
}
