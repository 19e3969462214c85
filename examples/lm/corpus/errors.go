package corpus

import "github.com/pkg/errors"

// Causes of a failed reading. The errors returned wrap them and name the file,
// and the line where there is one; test with errors.Is.
var (
	// ErrEmpty: a file holds no word.
	ErrEmpty = errors.New("no words")
	// ErrTooShort: a text has fewer than two tokens, one to read and one to
	// predict.
	ErrTooShort = errors.New("too short")
	// ErrEncoding: a line is not valid UTF-8.
	ErrEncoding = errors.New("invalid UTF-8")
	// ErrTooLarge: a file, line, word or vocabulary exceeds its limit.
	ErrTooLarge = errors.New("limit exceeded")
	// ErrUnknownWord: a word is not in the vocabulary, nor is <unk>.
	ErrUnknownWord = errors.New("word not in the vocabulary")
)
