package nb

// must stops the cell at an error.
func must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check stops the cell at an error, and shows it.
func Check(err error) {
	if err != nil {
		panic(err)
	}
}

// Must gives the node that a method made, or stops the cell at its error.
func Must(n *Node, err error) *Node { return must(n, err) }
