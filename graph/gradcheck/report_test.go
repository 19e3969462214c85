package gradcheck_test

import (
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/gradcheck"
)

func TestReportReadsAsATable(t *testing.T) {
	r := &gradcheck.Report{Loss: 1.25, Tolerance: 1e-6, Weights: []gradcheck.Weight{
		{Name: "rnn.kernel", Shape: tensor.Shape{2, 3}, Checked: 6, Wrong: 1, Index: []int{1, 2}, Analytic: 0.5, Numeric: -0.25, Relative: 0.75},
		{Name: "thr", Shape: tensor.Shape{3}, Checked: 3, Index: []int{0}, Analytic: 2, Numeric: 2, Relative: 1e-10},
	}}
	want := strings.Join([]string{
		"loss 1.25, tolerance 1e-06",
		"weight            wrong   worst at  analytic  numeric  relative error",
		"rnn.kernel(2, 3)  1 of 6  [1 2]     0.5       -0.25    7.5e-01",
		"thr(3)            0 of 3  [0]       2         2        1.0e-10",
		"",
	}, "\n")
	if got := r.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if ws := r.Wrong(); len(ws) != 1 || ws[0].Name != "rnn.kernel" {
		t.Errorf("got %v, want the kernel", ws)
	}
}
