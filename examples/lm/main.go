// Command lm trains an event-based language model and, beside it, a dense GRU
// of the same size. Without flags it trains both on an artificial language
// whose true model is known, and shows how near each came to the floor of
// perplexity and how much work the events saved. With -data it trains on a
// corpus of words.
//
//	go run ./examples/lm
//	go run ./examples/lm -data DIR -hidden 256 -embed 256 -layers 2 -epochs 2
//
// A trained model is measured, pruned, kept in 8 bits, sampled and exported by
// -from RUN; -help explains the flags.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/internal/output"
	"github.com/egru/egru/examples/internal/threads"
	"github.com/egru/egru/internal/kernel"
)

// The exit statuses beside 0.
const (
	exitFailure     = 1   // also where standard output does not take all
	exitUsage       = 2   // wrong flags, missing or malformed data
	exitInterrupted = 130 // Ctrl-C: 128 + SIGINT
)

// defaultSample is the number of words of -mode sample.
const defaultSample = 100

func main() {
	signal.Ignore(syscall.SIGPIPE) // who reads along must not end a training by leaving
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings given. The result is the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if err := kernel.PathError(); err != nil {
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	s, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "lm: %v\n", err)
		return exitUsage
	}
	threads.Use(s.threads)
	job := use
	switch {
	case s.print:
		job = printConfig
	case s.mode == modeTrain:
		job = train
	case s.mode == modeSurrogates:
		job = drawSurrogates
	}
	out := output.NewWriter(stdout)
	status, err := job(ctx, s, out, stderr)
	if err == nil {
		err = out.Err()
		status = failure(err)
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "lm: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(stderr, "lm: %v\n", err)
	}
	return status
}

// printConfig is -print-config.
func printConfig(_ context.Context, s *settings, stdout, _ io.Writer) (int, error) {
	raw, err := s.config.encode()
	if err == nil {
		_, err = stdout.Write(raw)
	}
	return failure(err), err
}

// train is -mode train. Its status counts where there is an error.
func train(ctx context.Context, s *settings, stdout, stderr io.Writer) (int, error) {
	t, err := newTask(s.config)
	if err != nil {
		return exitUsage, err
	}
	if err := s.startable(t); err != nil {
		return exitUsage, err
	}
	if err := s.config.bounded(t.Vocabulary.Size(), len(t.Train)); err != nil {
		return exitUsage, err
	}
	place, err := s.claim()
	if err != nil {
		return exitUsage, err
	}
	defer place.release()
	r, err := newReporter(s, t, stdout, stderr)
	if err != nil {
		place.undo()
		return exitUsage, err
	}
	defer r.close()
	if err := place.begin(stderr); err != nil {
		place.undo()
		return exitUsage, err
	}
	err = trainAll(ctx, s, t, r)
	if e := r.finish(); err == nil {
		err = e
	}
	if err == nil {
		err = r.unkept
	}
	if errors.As(err, new(unusable)) {
		return exitUsage, err
	}
	return failure(err), err
}

// unusable is an error of what the program was given, before any training.
type unusable struct{ error }

func (u unusable) Unwrap() error { return u.error }

// use is -mode eval, stream, sample and export.
func use(ctx context.Context, s *settings, stdout, stderr io.Writer) (int, error) {
	if s.mode == modeExport {
		if err := exportable(s.to); err != nil {
			return exitUsage, errors.Wrap(err, "-to")
		}
	}
	l, err := load(s)
	if err != nil {
		return exitUsage, err
	}
	switch s.mode {
	case modeStream:
		return l.measureStreams(ctx, s, stdout, stderr)
	case modeExport:
		err := l.export(s.to)
		if err == nil {
			fmt.Fprintf(stdout, "wrote %s\n", s.to)
		}
		return failure(err), err
	case modeSample:
		if s.sampling.Words == 0 {
			s.sampling.Words = defaultSample
		}
		text, err := s.sampling.Text(ctx, l.model, l.task.Vocabulary, s.config.Seed)
		if text != "" || err == nil { // an interrupt leaves what came before it
			fmt.Fprintln(stdout, text)
		}
		return failure(err), err
	}
	r, err := newReporter(s, l.task, stdout, stderr)
	if err != nil {
		return exitUsage, err
	}
	defer r.close()
	e, err := l.evaluate(ctx)
	if err != nil {
		return exitFailure, err
	}
	r.results = append(r.results, e)
	if err := r.clear(); err != nil {
		return exitFailure, err
	}
	if err := r.write(e); err != nil {
		return exitFailure, err
	}
	r.weights(l.Config, l.model)
	err = r.finish()
	return failure(err), err
}

// folderOf reports a file whose folder is missing. An error of writing it would name
// a temporary file.
func folderOf(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return errors.Errorf("%s is a file, want a folder for %s", dir, filepath.Base(path))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Errorf("the folder %s is missing, want it there for %s", dir, filepath.Base(path))
	}
	return err
}

func failure(err error) int {
	if err != nil {
		return exitFailure
	}
	return 0
}
