// Package cell computes recurrent layers over whole sequences, forward and
// backward, on flat slices. It knows the kernels below it and nothing of
// graphs above it.
//
// Shapes are T time steps, B batch rows, I input features and H units,
// row-major with the rightmost axis fastest. The three gate blocks of a layer
// stand side by side in the columns of the kernel W (I, 3H) and of the
// recurrent kernel R (H, 3H): two gates, then the candidate.
//
// Sigma is the logistic function, Theta(v) is 1 where v > 0 and else 0, primes
// mark values of the step before, and * between vectors is element by element.
//
// EvNN, blocks z, r, g, the form that the EvNN implementation trains:
//
//	z = sigma(x Wz + bxz + y' Rz + brz)       keeps the old state
//	r = sigma(x Wr + bxr + y' Rr + brr)
//	g = tanh (x Wg + bxg + r*(y' Rg + brg))
//	c = z*h' + (1-z)*g
//	o = Theta(c - thr),  y = o*c,  h = c - o*thr
//
// Paper, blocks u, r, z, the equations as printed (Subramoney et al., ICLR
// 2023):
//
//	u = sigma(x Wu + y' Ru + bu)              takes the new state
//	r = sigma(x Wr + y' Rr + br)
//	z = tanh (x Wz + (r*y') Rz + bz)
//	c = u*z + (1-u)*c' - y'
//	o = Theta(c - thr),  y = o*c
//
// GRU, blocks r, z, n, the equations of torch.nn.GRU:
//
//	r = sigma(x Wr + bxr + h' Rr + brr)
//	z = sigma(x Wz + bxz + h' Rz + brz)       keeps the old state
//	n = tanh (x Wn + bxn + r*(h' Rn + brn))
//	h = (1-z)*n + z*h',  y = h
//
// In the backward pass the derivative of Theta is the surrogate s(c - thr).
// The gradient flows through every use of o. Towards y' it is computed only
// where it can pass on: where o' is not 0 or s(c' - thr) is not 0. Everywhere
// else it would be multiplied by zero one step later.
package cell
