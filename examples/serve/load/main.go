// Command load asks much of a server of examples/serve on this machine, and
// reports how long the answers took. It sees to it that nothing is lost: every
// request that the server accepts has to be answered to its end, with the numbers
// of the same request when nobody else asks. With -duration it also watches the
// memory of the server.
//
//	go run ./examples/serve/load -url http://127.0.0.1:8080 -requests 2000
//	go run ./examples/serve/load -url http://127.0.0.1:8080 -duration 10m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"time"
)

// The exit statuses beside 0.
const (
	exitFailure = 1 // something was lost, differed, or grew
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are what the flags say.
type settings struct {
	url      string
	clients  int
	requests int
	duration time.Duration
	tokens   int
	seed     uint64
	leave    float64
	growth   float64
}

const defaultRequests = 1000 // without -duration

// The largest settings: this is for one machine.
const (
	maxClients  = 4096
	maxRequests = 5_000_000
	maxTokens   = 1 << 20
	maxDuration = 24 * time.Hour
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "load: %v\n", err)
		return exitUsage
	}
	r, err := s.load(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "load: %v\n", err)
		return exitFailure
	}
	r.print(stdout)
	if err := r.verdict(s.growth); err != nil {
		fmt.Fprintf(stderr, "load: %v\n", err)
		return exitFailure
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&s.url, "url", "http://127.0.0.1:8080", "`URL` of the server, which has to be on this machine")
	f.IntVar(&s.clients, "clients", 8, "clients that ask at the same time")
	f.IntVar(&s.requests, "requests", 0, fmt.Sprintf("requests to send in all, or fewer if -duration is over before; default %d, with -duration %d", defaultRequests, maxRequests))
	f.DurationVar(&s.duration, "duration", 0, "how long to go on; 0: to the last of -requests")
	f.IntVar(&s.tokens, "tokens", 40, "words to generate a request")
	f.Uint64Var(&s.seed, "seed", 1, "seed of the requests and their order")
	f.Float64Var(&s.leave, "leave", 0.05, "share of generating requests whose client leaves after the first word")
	f.Float64Var(&s.growth, "growth", 0.1, "share that the server's memory may grow by over the second half, beside 4 MiB")
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stderr)
		fmt.Fprint(stderr, "load asks much of a server of examples/serve, and fails where an answer is lost or wrong.\n\n")
		f.PrintDefaults()
	}
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	switch {
	case given["requests"]:
	case s.duration == 0:
		s.requests = defaultRequests
	default:
		s.requests = maxRequests
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument %q; flags start with -", f.Arg(0))
	}
	return s, s.validate()
}

func (s *settings) validate() error {
	for _, n := range []struct {
		name    string
		n, most int
	}{{"clients", s.clients, maxClients}, {"requests", s.requests, maxRequests}, {"tokens", s.tokens, maxTokens}} {
		if n.n < 1 || n.n > n.most {
			return fmt.Errorf("-%s is %d, want 1 to %d", n.name, n.n, n.most)
		}
	}
	switch {
	case s.duration < 0 || s.duration > maxDuration:
		return fmt.Errorf("-duration is %v, want at most %v", s.duration, maxDuration)
	case !(s.leave >= 0 && s.leave <= 1):
		return fmt.Errorf("-leave is %v, want it in [0, 1]", s.leave)
	case !(s.growth >= 0):
		return fmt.Errorf("-growth is %v, want at least 0", s.growth)
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return fmt.Errorf("-url: %w", err)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("-url is %q, want http:// and an address of this machine alone, such as 127.0.0.1", s.url)
	}
	return nil
}
