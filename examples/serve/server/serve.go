package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/pkg/errors"
	"golang.org/x/net/netutil"
)

const (
	headerTime  = 10 * time.Second
	idleTime    = 15 * time.Second // to the next request; it holds one of Config.Connections
	headerBytes = 16 << 10
	cutTime     = 2 * time.Second // for handlers to end after their requests were cut off
)

// Serve answers on a listener until a context ends, then drains: no new request is
// taken, and those at work have Config.DrainTime to end. What is not at its end
// then, or has come only in part, is cut off, with an error for its client where it
// was at work, and ErrCut is returned.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	work, cut := context.WithCancelCause(context.Background())
	defer cut(nil)
	h := &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return work },
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       s.config.RequestTime,
		WriteTimeout:      s.config.RequestTime + s.config.WriteTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(netutil.LimitListener(l, s.config.Connections)) }()
	select {
	case err := <-ended:
		return errors.Wrap(err, "server")
	case <-ctx.Done():
	}
	s.Drain()
	s.config.Log.Info("draining", "streams", len(s.slots), "at most", s.config.DrainTime)
	err := shutdown(h, s.config.DrainTime)
	if err == nil {
		return nil
	}
	left := len(s.slots)
	cut(errDraining)
	if shutdown(h, cutTime) != nil {
		_ = h.Close()
	}
	return errors.Wrapf(ErrCut, "server: not all connections had ended after %v: %d were at work", s.config.DrainTime, left)
}

func shutdown(h *http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return h.Shutdown(ctx)
}
