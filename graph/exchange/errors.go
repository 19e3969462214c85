package exchange

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// The errors of this package wrap one of these sentinels, or one of package
// layers; errors.Is finds it. After an error nothing has been changed.
var (
	// ErrArchive is returned for an archive that does not hold what is to be
	// read from it: names are missing or left over, shapes or types are others.
	ErrArchive = errors.New("weights do not fit")
	// ErrModel is returned for a layer or model that the other library has no
	// place for, or that cannot be what the file describes.
	ErrModel = errors.New("model does not fit")
)

// problems gathers what is wrong, so that one error names it all.
type problems []string

func (p *problems) addf(format string, args ...any) {
	*p = append(*p, fmt.Sprintf(format, args...))
}

func (p problems) err(sentinel error, what string) error {
	if len(p) == 0 {
		return nil
	}
	return errors.Wrapf(sentinel, "%s: %s", what, strings.Join(p, "; "))
}

// listed quotes names for an error, as many as a person reads.
func listed(names []string) string {
	const most, longest = 10, 100
	var quoted []string
	for i, name := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		if len(name) > longest {
			name = name[:longest] + "..."
		}
		quoted = append(quoted, strconv.Quote(name))
	}
	return strings.Join(quoted, ", ")
}
