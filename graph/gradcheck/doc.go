// Package gradcheck holds the gradients of a model against finite differences of
// its loss, for every weight:
//
//	numeric = (loss(w + h) - loss(w - h)) / 2h
//
// Gradients through events are no derivatives. Check a model whose surrogates
// are smoothed (surrogate.Smoothed): their antiderivatives stand in place of the
// steps, and the surrogate gradient is the true one of that loss.
package gradcheck
