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
	path64          = inGo(instructions[float64]{exp: exp64, sigmoid: sigmoid64, tanh: tanh64, expSum: expSum64, softmax: softmax64})
)

// Path names the path that float32 takes.
func Path() string { return path32.name }

// PathError says why the path that PathVariable asks for is not the one in use.
func PathError() error { return errPath }

// paths32 are those of float32 that run here, the fastest first.
func paths32() []instructions[float32] {
	return append(vectorPaths(), inGo(instructions[float32]{exp: exp32, sigmoid: sigmoid32, tanh: tanh32, expSum: expSum32, softmax: softmax32}))
}

// inGo adds what both precisions share to a path in Go.
func inGo[F Float](p instructions[F]) instructions[F] {
	p.name, p.denseLive = "generic", denseLiveGo
	p.gather, p.block, p.dots = gather[F], block[F], dots[F]
	p.count, p.list, p.listBitmap, p.move = count[F], list[F], listBitmap[F], move[F]
	p.addLive = addLive[F]
	p.turn, p.turnAdd = turn[F], turnAdd[F]
	p.top, p.squareSum, p.scale, p.adam = top[F], squareSum[F], scale[F], adam[F]
	p.elementwise = elementwiseInGo[F]()
	p.rowInstructions = rowInstructions{addRows[float32], addRows8, spread[float32], spread[int8]}
	p.columnInstructions = columnInstructions{addColumns[float32], addColumns[int8], columnsBelowGo, columns8BelowGo}
	return p
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
