// Command bench measures how time falls with activity: the fewer units send
// events, the fewer products are done.
//
//	go run ./examples/bench -op layer -activity 1,0.5,0.2,0.1,0.05 -baseline gorgonia
//
// What -op measures:
//
//	matmul  the products of which a layer is made, alone. gated is Y W for a
//	        Y (M, K) with zeros and W (K, N), a step's recurrent product;
//	        gatedT is Y^T D for D (M, N), the gradient of W over all steps
//	        M = T*B; sampled is D W^T at some places of (M, K) only, the
//	        gradient of Y, for a step and for all. K = H and N = 3H. Baseline
//	        gonum does the whole product on the same numbers, zeros included.
//	layer   an EGRU over a sequence (T, B, I), as one node of a Gorgonia graph:
//	        forward, forward+backward, and the difference of the two.
//	        Thresholds, one number for all units, are set so that the wanted
//	        share of them sends events. Baselines are a dense GRU of the same
//	        size: gorgonia spells it out step by step in plain Gorgonia ops,
//	        whose compilation, of a time quadratic in T, is not timed; gru is
//	        this library's. With -sparse-input they get the same zeros, and
//	        make use of them; in a stack of dense layers there would be none,
//	        as lm shows.
//	lm      a training step of a language model on random words: train is
//	        forward and backward, step is all with clipping and AdamW. The rate
//	        is so small that activity stays as it was set. The same baselines.
//	stream  a language model, or with -vectors its layers alone, that takes one
//	        step at a time (package graph/stream): the time of a step, and the
//	        bytes of weights that it reads. Rows are of the dense GRU and of the
//	        EGRU at each activity, with all weights in float32, with the largest
//	        of them (-density), in 8 bits, and both. -streams many run side by
//	        side, on -threads processors; ms is the time of all over all their
//	        steps. Baseline gru is the dense GRU in float32.
//
// How to read the columns: activity is the share of outputs that are not zero,
// as it was measured; backward the share that a gradient can pass; ms the
// median time; done the GFLOP/s of the multiply-accumulates really done, and
// dense those that dense products of the same sizes would have needed in that
// time. Baseline and program run in turn, and ratio is the median of the
// ratios of neighbours, baseline to ours: above 1 this library is faster.
//
// -surrogate, with -dampening and -support where it is the triangle, decides how
// many units a gradient can pass.
//
// -json FILE writes one object for each row, with the peak of the process's
// memory so far, baseline included; -plot DIR draws time over activity.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/egru/egru/examples/internal/output"
	"github.com/egru/egru/examples/internal/threads"
	"github.com/egru/egru/internal/kernel"
)

// The exit statuses beside 0.
const (
	exitFailure     = 1   // also where standard output does not take all
	exitUsage       = 2   // wrong flags, a file that cannot be written
	exitInterrupted = 130 // Ctrl-C: 128 + SIGINT
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given. The result is the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fail := func(err error, status int) int {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return status
	}
	if err := kernel.PathError(); err != nil {
		return fail(err, exitUsage)
	}
	c, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return fail(err, exitUsage)
	}
	threads.Use(c.threads)
	out := output.NewWriter(stdout)
	r, err := newReporter(c, out)
	if err != nil {
		return fail(err, exitUsage)
	}
	err = c.bench.run(ctx, c, r)
	if e := r.finish(); err == nil {
		err = e
	}
	if err == nil {
		err = out.Err()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fail(errors.New("interrupted"), exitInterrupted)
	case err != nil:
		return fail(err, exitFailure)
	}
	return 0
}
