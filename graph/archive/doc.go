// Package archive reads and writes named tensors in the files of others:
// safetensors, NumPy's .npy and .npz, and what torch.save writes.
//
// # Untrusted files
//
// A file is checked before it is believed: what it says of sizes, offsets and
// shapes must agree with its own length, and no more memory is taken than that
// length warrants: some ten times the file for numbers, up to 32 times, or 16 MiB,
// for what is compressed, and up to some 64 bytes for each byte of a pickle.
// Nothing in it is ever executed. Whatever is wrong gives an error that wraps
// ErrFormat and names the tensor and the place.
package archive
