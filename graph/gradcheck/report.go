package gradcheck

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"gorgonia.org/tensor"
)

// Report is what Check found.
type Report struct {
	Loss      float64 // with penalties
	Tolerance float64
	Weights   []Weight // in the model's order
}

// Weight is the number of a weight whose gradient is farthest off.
type Weight struct {
	Name    string
	Shape   tensor.Shape
	Checked int // numbers
	Wrong   int // of them, beyond the tolerance

	Index             []int // of the worst
	Analytic, Numeric float64
	Relative          float64 // |Analytic - Numeric| / max(largest gradient, floor)
}

// Wrong are the weights with a number beyond the tolerance.
func (r *Report) Wrong() []Weight {
	var ws []Weight
	for _, w := range r.Weights {
		if w.Wrong > 0 {
			ws = append(ws, w)
		}
	}
	return ws
}

// String is a table with a line for the worst number of each weight.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loss %.6g, tolerance %.0e\n", r.Loss, r.Tolerance)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "weight\twrong\tworst at\tanalytic\tnumeric\trelative error")
	for _, w := range r.Weights {
		fmt.Fprintf(t, "%s%v\t%d of %d\t%v\t%.9g\t%.9g\t%.1e\n", w.Name, w.Shape, w.Wrong, w.Checked, w.Index, w.Analytic, w.Numeric, w.Relative)
	}
	t.Flush()
	return b.String()
}
