// Command serve answers requests to a language model that examples/lm trained,
// over HTTP. It listens on this machine alone unless told otherwise.
//
//	go run ./examples/serve -from RUN
//	curl --json '{"text": "downtown the merchant"}' http://127.0.0.1:8080/v1/score
//	curl -N --json '{"prompt": "downtown the merchant", "tokens": 20, "seed": 1}' http://127.0.0.1:8080/v1/generate
//
// The words are of the artificial language: a RUN with -data knows those of its
// text. Before curl 7.82, --json is -H 'Content-Type: application/json' -d.
//
// Package server says what there is to ask, and what the limits do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/egru/egru/examples/internal/runs"
	"github.com/egru/egru/examples/serve/server"
	"github.com/egru/egru/graph/stream"
	"github.com/egru/egru/internal/kernel"
	"github.com/egru/egru/layers"
)

// The exit statuses beside 0.
const (
	exitFailure = 1
	exitUsage   = 2 // wrong flags, no model
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run is main with its surroundings given. The result is the exit status.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = kernel.PathError()
	}
	if err != nil {
		fmt.Fprintf(stderr, "serve: %v\n", err)
		return exitUsage
	}
	status, err := s.serve(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "serve: %v\n", err)
	}
	return status
}

// serve loads the model, and serves it until the context ends. What goes wrong
// before it listens is an error; what does so later is in the log.
func (s *settings) serve(ctx context.Context) (int, error) {
	log := s.config.Log
	m, err := s.source.Read()
	if err != nil {
		return exitUsage, err
	}
	engine, err := s.engine(m)
	if err != nil {
		return exitUsage, err
	}
	h, err := server.New(engine, m.Text.Vocabulary, s.config)
	if err != nil {
		return exitUsage, err
	}
	log.Info("loaded", "path", m.Path, "text", m.Text.Name, "words", m.Text.Vocabulary.Size(), "model", engine.String(),
		"weight bytes", engine.WeightBytes(), "table bytes", engine.TableBytes())
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return exitFailure, err
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		log.Warn("other machines can reach this address, and nobody is asked who they are")
	}
	log.Info("listening", "addr", l.Addr().String())
	if err := h.Serve(ctx, l); err != nil {
		log.Error("stopped", "error", err.Error()) // an error itself would be logged with its stack
		return exitFailure, nil
	}
	log.Info("stopped")
	return 0, nil
}

// profiled is the number of words of the training text that the scales of 8 bits
// are fitted to.
const profiled = 10_000

// engine lays out the model.
func (s *settings) engine(m *runs.Model) (*stream.Engine, error) {
	c := stream.DefaultConfig()
	c.TableBytes = s.tableBytes
	engine, err := stream.New(stream.Of(m.LM), c)
	if err != nil || !s.int8 {
		return engine, err
	}
	text := m.Text.Train
	if c.Profile, err = engine.Profile(text[:min(len(text), profiled)]); err != nil {
		return nil, err
	}
	c.Precision = stream.Int8
	return stream.New(stream.Of(m.LM), c)
}

// settings are what the flags say.
type settings struct {
	source     runs.Source
	addr       string
	int8       bool
	tableBytes int64
	config     server.Config
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{config: server.DefaultConfig()}
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	c := &s.config
	verbose := false
	f.StringVar(&s.source.From, "from", "", "`PATH` of a checkpoint, of the folder of a run of examples/lm, or of a language model of EvNN or PyTorch (with its -data)")
	f.StringVar(&s.source.Cell, "cell", "", "egru or gru, where the folder holds both; default egru if there is one")
	f.StringVar(&s.source.Data, "data", "", "`DIR` where the text of the model is now; default where it was in training")
	f.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`HOST:PORT` to listen on; port 0 takes a free one, which the log tells")
	f.BoolVar(&s.int8, "int8", false, "keep weights in 8 bits, with scales fitted to the training text")
	f.Int64Var(&s.tableBytes, "table", stream.DefaultConfig().TableBytes, "most `BYTES` for the products of all word vectors with the first kernel; 0: none")
	f.Int64Var(&c.BodyBytes, "body", c.BodyBytes, "most `BYTES` of a request")
	f.IntVar(&c.ReadTokens, "read", c.ReadTokens, "most words of a text or prompt")
	f.IntVar(&c.WriteTokens, "write", c.WriteTokens, "most words to generate")
	f.IntVar(&c.Streams, "streams", c.Streams, "most requests at work at the same time")
	f.IntVar(&c.Sessions, "sessions", c.Sessions, "most states kept")
	f.IntVar(&c.Connections, "connections", c.Connections, "most connections at the same time")
	f.DurationVar(&c.SessionTime, "session-time", c.SessionTime, "how long a state is kept after its last use")
	f.DurationVar(&c.RequestTime, "request-time", c.RequestTime, "how long a request may take")
	f.DurationVar(&c.WriteTime, "write-time", c.WriteTime, "how long a client may take for what is sent")
	f.DurationVar(&c.DrainTime, "drain-time", c.DrainTime, "how long requests at work may go on once the server is to stop")
	f.BoolVar(&verbose, "verbose", false, "log every request")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(stderr)
		fmt.Fprint(stderr, "serve answers requests to a language model over HTTP.\n\n")
		f.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, err
	case f.NArg() > 0:
		return nil, fmt.Errorf("unknown argument %q; flags start with -", f.Arg(0))
	case s.source.From == "":
		return nil, errors.New("-from is missing, want a checkpoint or the folder of a run")
	}
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	c.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	return s, s.validate()
}

// limits are the flags of the fields of server.Config.
var limits = map[string]string{
	"BodyBytes": "-body", "ReadTokens": "-read", "WriteTokens": "-write",
	"Streams": "-streams", "Sessions": "-sessions", "Connections": "-connections",
	"SessionTime": "-session-time", "RequestTime": "-request-time", "WriteTime": "-write-time", "DrainTime": "-drain-time",
}

func (s *settings) validate() error {
	switch {
	case s.source.Cell != "" && s.source.Cell != layers.CellEGRU && s.source.Cell != layers.CellGRU:
		return fmt.Errorf("-cell is %q, want egru or gru", s.source.Cell)
	case s.tableBytes < 0:
		return fmt.Errorf("-table is %d, want at least 0", s.tableBytes)
	}
	return s.config.ValidateAs(func(field string) string { return limits[field] })
}
