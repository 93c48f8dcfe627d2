package onnx

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/espalier-nas/espalier/internal/atomicfile"
	"github.com/espalier-nas/espalier/supernet"
)

// signature is how the files of Write begin: format 8, produced by espalier.
const signature = "\x08\x08\x12\x08" + producer

// Is reports whether a file that begins with head was written by Write.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte(signature)) }

// Write writes a network as a model: as it is, with batch norms of their own
// unless they have been folded (see supernet.Network.Fold). The network's label
// must be complete, or have neither classes nor normalisation. Equal networks
// give equal bytes.
func Write(w io.Writer, n *supernet.Network) error {
	m, err := build(partsOf(n))
	if err == nil {
		err = m.writeTo(w)
	}
	if err != nil {
		return fmt.Errorf("onnx: write: %w", err)
	}
	return nil
}

// Save writes a network to the file at path and replaces what was there in one
// step.
func Save(path string, n *supernet.Network) error {
	var b bytes.Buffer
	if err := Write(&b, n); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := atomicfile.WriteBytes(path, b.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Read reads a model that Write wrote. The network's logits are those of the
// one that was written, bit for bit. Any other model is an error that says where
// it differs; memory stays in proportion to what r holds.
func Read(r io.Reader) (*supernet.Network, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("onnx: read: %w", err)
	}
	n, err := read(b)
	if err != nil {
		return nil, fmt.Errorf("onnx: read: %w", err)
	}
	return n, nil
}

// Load reads the file at path as Read does.
func Load(path string) (*supernet.Network, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	defer f.Close()
	n, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

func read(b []byte) (*supernet.Network, error) {
	if len(b) > maxBytes {
		return nil, fmt.Errorf("more than %d bytes; no model may be longer", maxBytes)
	}
	m, err := decode(b)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	p, err := lift(m)
	if err != nil {
		return nil, err
	}
	again, err := build(p)
	if err != nil {
		return nil, err
	}
	if err := compare(m, again); err != nil {
		return nil, err
	}
	return supernet.Assemble(p.plan, p.label, p.values)
}
