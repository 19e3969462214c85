package archive_test

import (
	"bytes"
	"fmt"
	"log"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/archive"
)

// A matrix and a note, written and read again.
func ExampleEncodeSafetensors() {
	var file bytes.Buffer
	if err := archive.EncodeSafetensors(&file, &archive.Archive{
		Tensors:  map[string]*tensor.Dense{"rnn.W": tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))},
		Metadata: map[string]string{"trained on": "toylang"},
	}); err != nil {
		log.Fatal(err)
	}
	a, err := archive.DecodeSafetensors(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Tensors["rnn.W"].Shape(), a.Tensors["rnn.W"].Data(), a.Metadata)

	_, err = archive.DecodeSafetensors(bytes.NewReader(file.Bytes()), int64(file.Len())-1)
	fmt.Println(err)
	// Output:
	// (2, 2) [1 2 3 4] map[trained on:toylang]
	// safetensors: tensor "rnn.W": range [0, 16) ends beyond the data, which has 15 bytes: malformed archive
}
