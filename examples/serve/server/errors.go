package server

import (
	"net/http"

	"github.com/pkg/errors"
)

var (
	// ErrConfig is returned for a setting outside its domain.
	ErrConfig = errors.New("invalid setting")
	// ErrModel is returned for a model that this server cannot serve.
	ErrModel = errors.New("unusable model")
	// ErrCut is returned by Serve where requests were still at work when the time
	// to drain was over.
	ErrCut = errors.New("requests were cut off")
)

// failure is an error with its HTTP status.
type failure struct {
	status int
	error
}

func (f failure) Unwrap() error { return f.error }

func bad(format string, args ...any) error {
	return failure{http.StatusBadRequest, errors.Errorf(format, args...)}
}

func tooLarge(most int64) error {
	return failure{http.StatusRequestEntityTooLarge, errors.Errorf("the body has more than %d bytes", most)}
}

var (
	errBusySession = failure{http.StatusConflict, errors.New("another request has the session")}
	errBusy        = failure{http.StatusTooManyRequests, errors.New("as many requests are at work as may be: try again later")}
	errDraining    = failure{http.StatusServiceUnavailable, errors.New("the server is shutting down")}
	errLate        = failure{http.StatusServiceUnavailable, errors.New("the request took too long")}
	errGone        = errors.New("the client ended the connection before the answer")
	errSlow        = errors.WithMessage(errGone, "it took its words too slowly")
)

// statusOf is the status of an error.
func statusOf(err error) int {
	var f failure
	if errors.As(err, &f) {
		return f.status
	}
	return http.StatusInternalServerError
}
