//go:build !linux

package pool

import "unsafe"

func preferHuge(unsafe.Pointer, uintptr) {}
