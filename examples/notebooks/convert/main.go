// Command convert makes Go programs of notebooks for gophernotes, and runs them.
//
//	go run ./examples/notebooks/convert NOTEBOOK              the program, to standard output
//	go run ./examples/notebooks/convert -o main.go NOTEBOOK   the program, to a file
//	go run ./examples/notebooks/convert -run NOTEBOOK         what its cells print and show
//	go run ./examples/notebooks/convert -save NOTEBOOK        the same, and keeps it in the notebook
//	go run ./examples/notebooks/convert -check NOTEBOOK       whether what it keeps is of its code
//
// -small takes the sizes of a run of seconds, which the notebook's metadata hold,
// and -set NAME=VALUE sets one of its parameters. It is to be run in the module
// whose packages the notebook imports.
//
// Package program says what a notebook may hold.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/ipynb"
	"github.com/egru/egru/examples/notebooks/program"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "convert:", err)
	}
	os.Exit(status(err))
}

// The exit statuses beside 0.
const (
	exitFailure = 1
	exitUsage   = 2 // wrong flags, no notebook
)

// usage is an error of what the program was given.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// status is that of the program after an error.
func status(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(usage)), errors.Is(err, program.ErrParameter):
		return exitUsage
	}
	return exitFailure
}

// settings are the flags.
type settings struct {
	out                     string
	run, save, check, small bool
	set                     assignments
	notebook                string
}

// assignments is the flag -set, which may be given several times.
type assignments map[string]string

func (a assignments) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		all = append(all, "-set "+name+"="+a[name])
	}
	return strings.Join(all, " ")
}

func (a assignments) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" || value == "" {
		return errors.Errorf("want NAME=VALUE")
	}
	a[name] = value
	return nil
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{set: assignments{}}
	f := flag.NewFlagSet("convert", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.out, "o", "", "write the program to this `file`")
	f.BoolVar(&s.run, "run", false, "run the notebook and print what its cells print and show")
	f.BoolVar(&s.save, "save", false, "run the notebook and keep what its cells print and show in it")
	f.BoolVar(&s.check, "check", false, "report outputs that are not of the notebook's code")
	f.BoolVar(&s.small, "small", false, "take the sizes of a run of seconds")
	f.Var(s.set, "set", "set a parameter, `NAME=VALUE`; may be given several times")
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, "convert makes a Go program of a notebook, prints or runs it.\n\n\tconvert [FLAGS] NOTEBOOK\n\n")
		f.PrintDefaults()
	}
	if err != nil {
		return nil, err
	}
	jobs := 0
	for _, on := range []bool{s.out != "", s.run, s.save, s.check} {
		if on {
			jobs++
		}
	}
	switch {
	case f.NArg() != 1:
		return nil, errors.Errorf("%d notebooks given, want one", f.NArg())
	case jobs > 1:
		return nil, errors.New("-o, -run, -save and -check are for one at a time")
	case s.save && (s.small || len(s.set) > 0):
		return nil, errors.New("-save keeps a run of the notebook as it is, without -small and -set")
	}
	s.notebook = f.Arg(0)
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return usage{err}
	}
	n, err := ipynb.ReadFile(s.notebook)
	if err != nil {
		return usage{err}
	}
	if s.check {
		return errors.Wrap(program.Kept(n), s.notebook)
	}
	c := program.Config{Name: s.notebook, Set: s.set}
	if s.small {
		if c.Set, err = program.Small(n); err != nil {
			return errors.Wrap(err, s.notebook)
		}
		if c.Set == nil {
			c.Set = map[string]string{}
		}
		maps.Copy(c.Set, s.set)
	}
	p, err := program.Convert(n, c)
	if err != nil {
		return err
	}
	switch {
	case s.out != "":
		return os.WriteFile(s.out, p.Source, 0o644)
	case !s.run && !s.save:
		_, err := stdout.Write(p.Source)
		return err
	}
	outputs, err := p.Run(ctx, stdout)
	if len(s.set) > 0 {
		err = errors.WithMessagef(err, "with %s", s.set) // what it was not written for, perhaps
	}
	if err != nil || !s.save {
		return err
	}
	if err := program.Keep(n, outputs); err != nil {
		return errors.Wrap(err, s.notebook)
	}
	return n.WriteFile(s.notebook)
}
