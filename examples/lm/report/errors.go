package report

import "github.com/pkg/errors"

// ErrRun is returned for a run that contradicts itself.
var ErrRun = errors.New("cannot report the run")
