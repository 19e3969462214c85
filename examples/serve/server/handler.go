package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// routes are the paths, as metrics name them.
const (
	routeScore    = "/v1/score"
	routeGenerate = "/v1/generate"
	routeStats    = "/v1/stats"
	routeHealth   = "/healthz"
	routeMetrics  = "/metrics"
	routeOther    = "other"
)

// statusGone stands in metrics and logs for a client that left before its answer. One
// that sends no more is taken for such, and is answered with it if it still reads.
const statusGone = 499

// Handler answers the requests of the package comment.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(route string, methods []string, h func(http.ResponseWriter, *http.Request) error) {
		pattern := route
		if route == routeOther {
			pattern = "/"
		}
		mux.Handle(pattern, s.observed(route, methods, h))
	}
	post, get := []string{http.MethodPost}, []string{http.MethodGet, http.MethodHead}
	handle(routeScore, post, s.score)
	handle(routeGenerate, post, s.generate)
	handle(routeStats, get, s.stats)
	handle(routeHealth, get, s.health)
	page := promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
	handle(routeMetrics, get, func(w http.ResponseWriter, r *http.Request) error {
		page.ServeHTTP(w, r)
		return nil
	})
	handle(routeOther, nil, func(_ http.ResponseWriter, r *http.Request) error {
		return failure{http.StatusNotFound, errors.Errorf("there is nothing at %.80q", r.URL.Path)}
	})
	return mux
}

// observed wraps what answers a route: methods, time, panics, errors, metrics.
func (s *Server) observed(route string, methods []string, h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		a := &answer{ResponseWriter: w, body: &body{ReadCloser: r.Body, ended: r.ContentLength == 0}}
		ctx, cancel := context.WithTimeout(r.Context(), s.config.RequestTime)
		defer cancel()
		// The clocks of the connection, where there is one. net/http stops that of
		// reading at the end of the body.
		_ = http.NewResponseController(w).SetReadDeadline(began.Add(s.config.RequestTime))
		_ = http.NewResponseController(w).SetWriteDeadline(began.Add(s.config.RequestTime + s.config.WriteTime))
		r = r.WithContext(ctx)
		r.Body = a.body
		err := s.guarded(a, r, methods, h)
		if err != nil {
			s.fail(a, err)
		}
		s.metrics.answered(route, a.status(), time.Since(began))
		s.config.Log.Debug("request", "route", route, "status", a.status(), "ms", time.Since(began).Milliseconds())
	})
}

// guarded makes an error of a panic.
func (s *Server) guarded(w *answer, r *http.Request, methods []string, h func(http.ResponseWriter, *http.Request) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Inc()
			s.config.Log.Error("panic", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			err = errors.New("something went wrong that should not")
		}
	}()
	if methods != nil && !slices.Contains(methods, r.Method) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return failure{http.StatusMethodNotAllowed, errors.Errorf("method is %.20q, want %s", r.Method, strings.Join(methods, " or "))}
	}
	return h(w, r)
}

// fail tells the client of an error: as the status, or where words have been sent
// as the last line.
func (s *Server) fail(w *answer, err error) {
	if errors.Is(err, errGone) {
		w.gone = true
		why := "gone"
		if errors.Is(err, errSlow) {
			why = "reader"
		}
		s.metrics.rejected.WithLabelValues(why).Inc()
		if w.code == 0 { // to net/http it would be 200 and empty
			refuse(w, statusGone, err)
		}
		return
	}
	status := statusOf(err)
	if why, ok := reasons[status]; ok {
		s.metrics.rejected.WithLabelValues(why).Inc()
	}
	if status == http.StatusInternalServerError {
		s.config.Log.Error("request failed", "error", err.Error()) // an error itself would be logged with its stack
	}
	if w.code == 0 {
		refuse(w, status, err)
		return
	}
	w.late = status
	if last, err := line(problem{err.Error()}); err == nil {
		_, _ = w.Write(last)
	}
}

// refuse answers with an error alone.
func refuse(w *answer, status int, err error) {
	if !w.body.ended {
		// net/http would answer only when the rest has come. What is to close is
		// answered now.
		w.Header().Set("Connection", "close")
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(refusedTime))
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(1))
	}
	_ = writeJSON(w, status, problem{err.Error()}) // a client that has gone learns nothing
}

type problem struct {
	Error string `json:"error"`
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	raw, err := line(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err = w.Write(raw); err != nil {
		return errGone
	}
	return nil
}

// line is JSON in one line. No page of HTML is near: <eos> stays as it is.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	body *body // of the request
	code int   // 0 before the header
	late int   // of an error after the header
	gone bool  // the client
}

func (a *answer) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
	a.ResponseWriter.WriteHeader(code)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.code == 0 {
		a.code = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// status is what metrics tell of the answer.
func (a *answer) status() int {
	switch {
	case a.gone:
		return statusGone
	case a.late != 0:
		return a.late
	case a.code == 0:
		return http.StatusOK
	}
	return a.code
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		return errDraining
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}
