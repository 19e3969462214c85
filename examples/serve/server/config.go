package server

import (
	"log/slog"
	"runtime"
	"time"

	"github.com/pkg/errors"
)

// Config holds the limits of a Server. Start from DefaultConfig.
type Config struct {
	BodyBytes    int64         // of a request; default 256 KiB
	ReadTokens   int           // words of a text or prompt; default 4096
	WriteTokens  int           // words to generate; default 1024
	Streams      int           // requests at work at the same time; default 4 for each processor
	RequestTime  time.Duration // for a request from its headers to the end of its answer; default 1 minute
	WriteTime    time.Duration // for the client to take what is sent; default 10 seconds
	Sessions     int           // states kept; at least Streams, default 1000 or as many
	SessionTime  time.Duration // a state is kept that long after its last use; default 15 minutes
	Connections  int           // open at the same time, each up to 15 seconds without a request; others wait; default 1024. Serve's
	DrainTime    time.Duration // for requests at work to end when the server stops; default 20 seconds. Serve's
	Log          *slog.Logger  // of requests and errors; nil, the default, for none
	now          func() time.Time
	beforeAnswer func(route string) // a hook of the tests
}

// DefaultConfig holds the limits for a small machine.
func DefaultConfig() Config {
	streams := 4 * runtime.GOMAXPROCS(0)
	return Config{
		BodyBytes: 256 << 10, ReadTokens: 4096, WriteTokens: 1024,
		Streams: streams, RequestTime: time.Minute, WriteTime: 10 * time.Second,
		Sessions: max(1000, streams), SessionTime: 15 * time.Minute,
		Connections: 1024, DrainTime: 20 * time.Second,
	}
}

// The largest limits.
const (
	maxBodyBytes = 1 << 30
	maxCount     = 1 << 20
	maxTime      = 30 * 24 * time.Hour
)

// Validate names the first setting outside its domain.
func (c Config) Validate() error {
	return errors.WithMessage(c.ValidateAs(func(field string) string { return field }), "server")
}

// ValidateAs is Validate with other names for the fields, such as those of flags.
func (c Config) ValidateAs(name func(field string) string) error {
	for _, n := range []struct {
		field   string
		n, most int64
	}{
		{"BodyBytes", c.BodyBytes, maxBodyBytes}, {"ReadTokens", int64(c.ReadTokens), maxCount}, {"WriteTokens", int64(c.WriteTokens), maxCount},
		{"Streams", int64(c.Streams), maxCount}, {"Sessions", int64(c.Sessions), maxCount}, {"Connections", int64(c.Connections), maxCount},
	} {
		if n.n < 1 || n.n > n.most {
			return errors.Wrapf(ErrConfig, "%s is %d, want 1 to %d", name(n.field), n.n, n.most)
		}
	}
	for _, d := range []struct {
		field string
		d     time.Duration
	}{{"RequestTime", c.RequestTime}, {"WriteTime", c.WriteTime}, {"SessionTime", c.SessionTime}, {"DrainTime", c.DrainTime}} {
		if d.d <= 0 || d.d > maxTime {
			return errors.Wrapf(ErrConfig, "%s is %v, want it above 0 and at most %v", name(d.field), d.d, maxTime)
		}
	}
	if c.Sessions < c.Streams {
		return errors.Wrapf(ErrConfig, "%s is %d, want at least the %d of %s, each of which may need one", name("Sessions"), c.Sessions, c.Streams, name("Streams"))
	}
	return nil
}
