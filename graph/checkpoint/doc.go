// Package checkpoint saves training runs and takes them up again, as if they had
// never stopped:
//
//	store, err := checkpoint.Open(dir, checkpoint.DefaultConfig())
//	snap, step, err := store.Latest() // ErrNone where a run begins
//	err = snap.Decode(&run)
//	err = snap.Restore(params, solver, stream)
//	session.SetRuns(run.Runs)
//	...
//	snap, err = checkpoint.Take(params, solver, stream, run)
//	err = store.Save(step, snap)
//
// Weights, the solver's state and the states of the stream come back to the bit.
// What else the losses to come depend on belongs into the run part: the session's
// Runs, from which random masks are drawn, and the position in the text.
//
// # Files
//
// A checkpoint is one file in the safetensors format, which other programs read
// too. It holds the tensors
//
//	model/NAME         a weight
//	solver/NAME/KIND   what the solver keeps for each element of it
//	stream/NAME        a recurrent state
//	trailer.sha256     U8 (32): the last 32 bytes of the file
//
// and in its metadata
//
//	egru.checkpoint    the version of this layout, 1
//	solver             JSON of optim.State without the tensors
//	stream             "" where there are states, be they none at all yet
//	run                JSON of what else the run keeps
//
// of which solver, stream and run may be missing. The trailer is the SHA-256 of
// all bytes before it, header included, as "head -c -32 FILE | sha256sum" prints
// it: whatever was cut off or altered is found before anything is read. It guards
// against accidents, not against forgery. Numbers in JSON are written with as
// many digits as it takes to read the same float64 again.
//
// # A folder of checkpoints
//
//	step-000001234.safetensors   the last few, see Config.Keep
//	best.safetensors
//	.unfinished-PID-N.tmp        one that is being written
//
// A checkpoint is written under a name of its own, flushed to the disk, and then
// renamed; older ones are removed after that. So a writer that is killed or runs
// out of disk loses nothing that was saved before, and Latest finds a whole
// checkpoint, never older than the last that Save reported. Open removes what
// killed writers have left. One Store at a time may save into a folder; any number
// may read.
package checkpoint
