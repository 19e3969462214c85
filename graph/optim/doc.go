// Package optim has solvers for Gorgonia: SGD, Adam and AdamW with the arithmetic
// of PyTorch, and wrappers that clip gradients, schedule the rate, keep parameters
// in bounds and prune them. All implement gorgonia.Solver:
//
//	adamw, err := optim.NewAdamW(optim.DefaultAdamW())
//	clip, err := optim.NewClip(adamw, 0.25)
//	solver, err := optim.NewScheduled(clip, optim.Cosine{End: 10_000})
//	...
//	err = machine.RunAll()
//	err = solver.Step(gorgonia.NodesToValueGrads(parameters))
//
// A gorgonia.TapeMachine must be built with gorgonia.BindDualValues(parameters...).
//
// # Parameters
//
// A parameter is a float32 or float64 tensor or scalar. Its name tells it apart,
// not its node, so that one solver serves many graphs that share their weights,
// and a saved state finds its parameters again. Give every parameter a name of
// its own. A step reads a parameter, its gradient and its moments once and
// writes them once, on all processors; the result is the same to the last bit
// for any number of them.
//
// Gradients that are not finite make parameters not finite, as in PyTorch, unless
// a Clip reports them before.
//
// # Groups
//
// Group gives parameters a rate and a decay of their own:
//
//	config.Groups = []optim.Group{
//		optim.Frozen("*threshold"),
//		optim.NoDecay("*bias"),
//	}
//
// A name that fits no parameter does nothing. CheckNames finds it, before the
// first step if wanted.
//
// # Pruning
//
// Prune sets the smallest weights to zero, all at once or little by little, and
// keeps them there. Around all other wrappers,
//
//	config := optim.DefaultPrune(0.8)
//	config.Schedule = optim.Gradual{Final: 0.8, Start: 1000, End: 20_000, Every: 100}
//	solver, err = optim.NewPrune(solver, config)
//
// leaves a fifth of the numbers of all matrices. Its masks are part of its state.
//
// # Errors
//
// A step either does all or changes nothing. What it checks for is listed with
// the sentinels, ErrConfig and those after it.
package optim
