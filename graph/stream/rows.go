package stream

import "github.com/egru/egru/internal/kernel"

// rows lays out a weight matrix by what sends the events.
func (c Config) rows(m kernel.Mat[float32]) kernel.Rows {
	return kernel.NewDenseRows(m)
}

// words lays out an embedding, of which a step reads one row.
func (c Config) words(m kernel.Mat[float32]) kernel.Rows {
	return kernel.NewDenseRows(m)
}
