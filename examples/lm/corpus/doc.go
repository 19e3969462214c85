// Package corpus reads word-level text for language models and fits the two
// baselines that such a model must beat.
//
// A corpus is a directory of three files, train, valid and test, in UTF-8, one
// sentence or paragraph a line, words separated by blanks. Every line, an
// empty one too, is closed by the token <eos>; with this convention, which is
// the one the literature uses, the Penn Treebank files count 929,589, 73,760
// and 82,430 tokens of 10,000 words, and WikiText-2 counts 2,088,628, 217,646
// and 245,569 tokens of 33,278 words.
//
// Every perplexity in this package is that of tokens[1:], each predicted from
// what stands before it: exp(-mean log p), natural logarithms. The first token
// is read and not predicted, as in a recurrent model.
package corpus
