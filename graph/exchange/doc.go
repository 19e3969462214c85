// Package exchange carries weights from EvNN and PyTorch into layers, and back.
//
//	a, err := archive.Read("EGRU_best_model.cpt") // or .pt, .pth, .npz, .npy
//
// reads a file; what is in it decides what to call:
//
//	rnns.0.kernel, embeddings.weight, ...       NewEvNNLanguageModel
//	kernel, recurrent_kernel, thr, ...          NewEvNN
//	encoder.weight, rnn.weight_ih_l0, ...       NewTorchLanguageModel
//	weight_ih_l0, weight_hh_l0, ...             NewTorchGRU
//	the same and weight_ih_l0_reverse, ...      NewTorchBidirectional
//
// Whatever stands before these names, such as "model." in a checkpoint that is
// {"model": state_dict, "optimizer": ...}, is the prefix to give. For each New
// there is an Import, which fills a layer that is there, and an Export, which fills
// an archive for WriteFile.
//
// # All or nothing
//
// Names, shapes and types are checked before a number is written, and every error
// lists all that is wrong. Names under the prefix that nobody reads are errors too:
// they would be a part of the model that is missing here.
package exchange
