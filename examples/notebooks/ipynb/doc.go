// Package ipynb reads, checks and writes Jupyter notebooks of Go: files of
// nbformat 4, minor version 5, for the kernel gophernotes.
//
// It is stricter than the format: a field that nbformat does not know, a value of
// another type, an output that cannot be shown and a notebook for another kernel
// are errors that name the cell. Files may come from anywhere: nothing in them is
// executed, and their sizes are bounded.
//
// Source: the JSON schema of nbformat 4.5.
package ipynb
