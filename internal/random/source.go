package random

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// NewSource makes the random source of a seed and the name of a stream, for
// rand.New.
func NewSource(seed uint64, stream string) rand.Source {
	return rand.NewChaCha8(digest(seed, stream))
}

// digest spreads a seed and a name over 256 bits. A cryptographic hash keeps
// seeds that follow one another, and names that are alike, apart.
func digest(seed uint64, stream string) [sha256.Size]byte {
	return sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), stream...))
}
