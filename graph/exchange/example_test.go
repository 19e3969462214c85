package exchange_test

import (
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/egru/egru/graph"
	"github.com/egru/egru/graph/archive"
	"github.com/egru/egru/graph/exchange"
	"github.com/egru/egru/layers"
)

// must and check end the program on an error.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A language model that EvNN trained goes on here. What the file does not say, such
// as dropout, is base's.
func ExampleNewEvNNLanguageModel() {
	a := must(archive.Read("testdata/evnnlm.pt")) // {"model": model.state_dict(), "epoch": 3, ...}
	base := layers.DefaultLanguageModel(1, 1, 1, 1)
	base.LayerDropout = 0.25
	model := must(exchange.NewEvNNLanguageModel(a, "model.", base))

	c := model.Config()
	fmt.Printf("%d words, %d layers of %d units, tied: %v\n", c.Vocabulary, c.Layers, c.Hidden, c.Tied)
	fmt.Println(c.EGRU.Surrogate)

	session := must(graph.NewSession(graph.LanguageModel{LanguageModel: model}, graph.Config{Seed: 1}))
	windows := must(graph.NewWindows([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 8))
	windows.Next()
	result := must(session.Train(session.NewStream(1), windows.Feeds()))
	fmt.Println("trains:", !math.IsNaN(result.Loss))
	// Output:
	// 11 words, 3 layers of 8 units, tied: true
	// triangle(dampening=0.699999988079071, support=3.5999999046325684)
	// trains: true
}

// Weights of a torch.nn.GRU, stacked with dropout between the layers.
func ExampleNewTorchGRU() {
	a := must(archive.Read("testdata/gru_layers.pt"))
	gru := must(exchange.NewTorchGRU(a, "", "rnn", layers.DefaultGRU(1, 1)))
	stack := must(layers.NewStack(layers.Dropout{Name: "dropout", P: 0.1}, gru...))
	for _, p := range stack.Params()[:4] {
		fmt.Println(p.Name(), p.Value().Shape())
	}
	// Output:
	// rnn.0.kernel (4, 15)
	// rnn.0.recurrent_kernel (5, 15)
	// rnn.0.bias (15)
	// rnn.0.recurrent_bias (15)
}

// An archive that does not fit is refused as a whole, with all that is wrong.
func ExampleImportEvNN() {
	a := must(archive.Read("testdata/evnn.pt"))
	delete(a.Tensors, "thr")
	a.Tensors["threshold"] = a.Tensors["bias"]

	layer := must(layers.NewEGRU("rnn", layers.DefaultEGRU(4, 5)))
	fmt.Println(exchange.ImportEvNN(a, "", layer))
	// Output:
	// EvNN layer: missing are "thr"; left over are "threshold": weights do not fit
}

// A layer that was trained here, under the names that torch.nn.GRU has for it:
//
//	weights = numpy.load("gru.npz")
//	gru.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
func ExampleExportTorchGRU() {
	dir := must(os.MkdirTemp("", "egru"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "gru.npz")

	layer := must(layers.NewGRU("rnn", layers.DefaultGRU(4, 5)))
	a := &archive.Archive{}
	check(exchange.ExportTorchGRU(a, "", layer))
	check(a.WriteFile(path))

	a = must(archive.Read(path))
	for _, name := range slices.Sorted(maps.Keys(a.Tensors)) {
		fmt.Println(name, a.Tensors[name].Shape())
	}
	// Output:
	// bias_hh_l0 (15)
	// bias_ih_l0 (15)
	// weight_hh_l0 (15, 5)
	// weight_ih_l0 (15, 4)
}
