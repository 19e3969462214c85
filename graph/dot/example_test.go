package dot_test

import (
	"fmt"

	"github.com/egru/egru/graph/dot"
	"github.com/egru/egru/layers"
)

// WriteFile("model.svg") makes a picture of it with Graphviz, WriteFile("model.dot")
// needs nothing.
func ExampleLayers() {
	lower, err := layers.NewEGRU("lower", layers.DefaultEGRU(8, 32))
	if err != nil {
		panic(err)
	}
	upper, err := layers.NewGRU("upper", layers.DefaultGRU(32, 16))
	if err != nil {
		panic(err)
	}
	drawing := dot.Layers(lower, upper)
	for _, b := range drawing.Boxes {
		fmt.Println(b.Name, b.Kind, b.Lines)
	}
	for _, a := range drawing.Arrows {
		fmt.Println(drawing.Boxes[a.From].Name, "->", drawing.Boxes[a.To].Name, a.Label)
	}
	// Output:
	// x  []
	// lower EGRU evnn, 32 units [kernel (8, 96) recurrent_kernel (32, 96) bias (96) recurrent_bias (96) threshold (32) 4064 parameters]
	// upper GRU, 16 units [kernel (32, 48) recurrent_kernel (16, 48) bias (48) recurrent_bias (48) 2400 parameters]
	// y  []
	// x -> lower (T, B, 8)
	// lower -> upper (T, B, 32)
	// upper -> y (T, B, 16)
}
