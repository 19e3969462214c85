package kernel

import (
	"os"
	"strings"

	"github.com/pkg/errors"
)

// PathVariable is the environment variable that picks the path of float32:
// avx512, avx2 or generic. Without it the first that the processor has is taken.
const PathVariable = "EGRU_KERNEL"

var (
	path32, errPath = pick(os.Getenv(PathVariable))
	path64          = instructions[float64]{"generic", gather[float64], dots[float64], count[float64], list[float64], exp64, sigmoid64, tanh64, top[float64], expSum64, softmax64, adam[float64], squareSum[float64], scale[float64], turn[float64], turnAdd[float64], inGo[float64]()}
)

// Path names the path that float32 takes.
func Path() string { return path32.name }

// PathError says why the path that PathVariable asks for is not the one in use.
func PathError() error { return errPath }

// paths32 are those of float32 that run here, the fastest first.
func paths32() []instructions[float32] {
	return append(vectorPaths(), instructions[float32]{"generic", gather[float32], dots[float32], count[float32], list[float32], exp32, sigmoid32, tanh32, top[float32], expSum32, softmax32, adam[float32], squareSum[float32], scale[float32], turn[float32], turnAdd[float32], inGo[float32]()})
}

// pick finds a path by its name. For a name that is no path here, or none, it
// is the fastest.
func pick(name string) (instructions[float32], error) {
	paths := paths32()
	var names []string
	for _, p := range paths {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	if name == "" {
		return paths[0], nil
	}
	return paths[0], errors.Errorf("kernel: %s is %q, want one of %s, which run here; %s is in use",
		PathVariable, name, strings.Join(names, ", "), names[0])
}

// use gives the path of a precision.
func use[F Float]() *instructions[F] {
	if p, ok := any(&path32).(*instructions[F]); ok {
		return p
	}
	return any(&path64).(*instructions[F])
}
