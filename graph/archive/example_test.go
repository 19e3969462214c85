package archive_test

import (
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
)

// must ends the program on an error.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// What torch.save made of {"model": model.state_dict(), "optimizer": ...}: a
// tensor's name is the keys that lead to it.
func ExampleRead() {
	a := must(archive.Read("testdata/checkpoint.pt"))
	for _, name := range slices.Sorted(maps.Keys(a.Tensors))[:4] {
		fmt.Println(name, a.Tensors[name].Shape(), a.Tensors[name].Dtype())
	}

	// torch.save(model, file) names the classes of the model, which would run.
	_, err := archive.Read("testdata/module.pt")
	fmt.Println(err)
	// Output:
	// model.0.bias (2) float32
	// model.0.weight (2, 3) float32
	// model.1.bias (2) float32
	// model.1.num_batches_tracked () int64
	// archive testdata/module.pt: torch: data.pkl: pickle wants "torch.nn.modules.container.Sequential", which is never loaded: want tensors in dicts and lists, as in torch.save(model.state_dict(), file): malformed archive
}

// numpy.load("weights.npz") reads what is written.
func ExampleArchive_WriteFile() {
	dir := must(os.MkdirTemp("", "egru"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights.npz")

	weight := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float32{1, 2, 3, 4, 5, 6}))
	a := &archive.Archive{Tensors: map[string]*tensor.Dense{"rnn.weight": weight}}
	if err := a.WriteFile(path); err != nil {
		log.Fatal(err)
	}
	fmt.Println(must(archive.Read(path)).Tensors["rnn.weight"].Float32s())
	// Output:
	// [1 2 3 4 5 6]
}
