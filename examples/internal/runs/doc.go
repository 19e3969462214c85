// Package runs finds and reads the models that examples/lm trained, with the
// words that their tokens stand for.
package runs
