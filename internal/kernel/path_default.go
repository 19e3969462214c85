//go:build !amd64 || noasm

package kernel

// vectorPaths are the paths with vector code: none here.
func vectorPaths() []instructions[float32] { return nil }
