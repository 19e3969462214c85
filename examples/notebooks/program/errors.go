package program

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// The errors of this package wrap one of these sentinels; errors.Is finds it.
var (
	// ErrSubset is returned for code that gophernotes or Go would not take.
	ErrSubset = errors.New("notebook leaves the common part of gophernotes and Go")
	// ErrParameter is returned for a setting that no parameter has the name of.
	ErrParameter = errors.New("unusable parameter")
	// ErrRun is returned for a program that did not run to its end.
	ErrRun = errors.New("notebook failed")
)

// place is a line of a cell, both counted from 1.
type place struct {
	notebook   string
	cell, line int
}

func (p place) String() string {
	return fmt.Sprintf("%s, cell %d, line %d", p.notebook, p.cell, p.line)
}

// file is how the compiler is told of the cell.
func (p place) file() string { return fmt.Sprintf("%s[%d]", p.notebook, p.cell) }

func (p place) outside(format string, args ...any) error {
	return errors.Wrapf(ErrSubset, "%v: %s", p, fmt.Sprintf(format, args...))
}

// firstLines shortens what a compiler says.
func firstLines(s string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", n+1)
	if len(lines) > n {
		lines[n] = "..."
	}
	return strings.Join(lines, "\n")
}
