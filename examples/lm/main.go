// Command lm trains an event-based language model and, beside it, a dense GRU
// of the same size. Without flags it trains both on an artificial language
// whose true model is known, and shows how near each came to the floor of
// perplexity and how much work the events saved. With -data it trains on a
// corpus of words.
//
//	go run ./examples/lm
//	go run ./examples/lm -data DIR -hidden 256 -embed 256 -layers 2 -epochs 2
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/egru/egru/internal/kernel"
)

// The exit statuses beside 0.
const (
	exitFailure     = 1
	exitUsage       = 2   // wrong flags, missing or malformed data
	exitInterrupted = 130 // Ctrl-C: 128 + SIGINT
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given. The result is the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if err := kernel.PathError(); err != nil {
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	c, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	t, err := newTask(c)
	if err != nil {
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	r, err := newReporter(c, t, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	defer r.close()
	err = trainAll(ctx, c, t, r)
	if e := r.finish(); err == nil {
		err = e
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "lm: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitFailure
	}
	return 0
}
