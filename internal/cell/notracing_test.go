//go:build !race

package cell

const racing = false
