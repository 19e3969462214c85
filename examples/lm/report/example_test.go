package report_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/egru/egru/examples/lm/report"
)

func ExamplePage() {
	ppl := func(x float64) *float64 { return &x }
	page, err := report.Page(report.Run{
		Title: "An EGRU on ptb",
		Models: []report.Model{{
			Name: "egru",
			Epochs: []report.Epoch{
				{Number: 1, TrainPerplexity: ppl(286.1), ValidPerplexity: ppl(184.1)},
				{Number: 2, TrainPerplexity: ppl(171.9), ValidPerplexity: ppl(150.7)},
			},
		}},
		Config: []byte(`{"seed":1}`),
	})
	if err != nil {
		panic(err)
	}
	for _, s := range page.Sections {
		fmt.Println(s.Heading)
	}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fmt.Println(page.WriteFile(filepath.Join(dir, "run.html")))
	// Output:
	// Results
	// Training
	// Settings
	// <nil>
}
