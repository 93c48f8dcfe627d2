// Package unpack opens tables of text that may be gzipped. It imports nothing of this module.
package unpack

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
)

// most bytes of text are read.
const most = 256 << 20

// Text returns the text that r holds, gzipped or not, without the mark that some programs put before
// UTF-8. Reading more than 256 MiB of it fails: a small file may unpack to any length.
func Text(r io.Reader) (io.Reader, error) { return text(r, most) }

func text(r io.Reader, most int64) (io.Reader, error) {
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		r = z
	} else {
		r = b
	}
	b = bufio.NewReader(&bounded{r, most, most})
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// bounded fails where more bytes are read than it has left.
type bounded struct {
	r          io.Reader
	left, most int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("more than %d bytes of text", b.most)
	}
	return n, err
}
