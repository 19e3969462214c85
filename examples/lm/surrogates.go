package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/surrogates"
	"github.com/egru/egru/graph/probe"
)

const surrogatesFile = "surrogates"

// drawSurrogates is -mode surrogates: a figure of all there are, and of the one
// that the flags choose if it is none of them.
func drawSurrogates(_ context.Context, s *settings, stdout, _ io.Writer) (int, error) {
	all, err := surrogates.All()
	if err != nil {
		return exitFailure, err
	}
	chosen, err := s.config.EGRU.surrogate(nil)
	if err != nil {
		return exitUsage, err
	}
	if !slices.Contains(all, chosen) {
		all = append(all, chosen)
	}
	panels, err := probe.Surrogates("Surrogates of the step", all...)
	if err != nil {
		return exitFailure, err
	}
	figure, err := panels.Figure()
	if err != nil {
		return exitFailure, err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return exitUsage, errors.Wrap(err, "-out")
	}
	if err := writeFigure(figure, s.out, surrogatesFile); err != nil {
		return exitFailure, err
	}
	fmt.Fprintf(stdout, "wrote %s\n", filepath.Join(s.out, surrogatesFile+figureTypes))
	return 0, nil
}
