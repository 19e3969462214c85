package server

import (
	"io"
	"time"
)

// refusedTime is for the rest of a body that was refused: a client that still sends
// when its connection is closed may not see why.
const refusedTime = time.Second

// body is that of a request, and remembers whether it was read to its end.
type body struct {
	io.ReadCloser
	ended bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err == io.EOF
	return n, err
}
