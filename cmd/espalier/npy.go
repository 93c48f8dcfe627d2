package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/espalier-nas/espalier/internal/atomicfile"
	"github.com/espalier-nas/espalier/supernet/checkpoint"
)

// writeNPYs writes each tensor of a weights file into dir, as NAME.npy with what cannot be
// in the name of a file written as %XX.
func writeNPYs(dir, path string) error {
	f, err := checkpoint.Read(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, t := range f.Tensors {
		to := filepath.Join(dir, url.PathEscape(t.Name)+".npy")
		if err := atomicfile.Write(to, func(w io.Writer) error { return writeNPY(w, t) }); err != nil {
			return fmt.Errorf("write %s: %w", to, err)
		}
	}
	return nil
}

// writeNPY writes an array of little-endian float32 in NumPy's format 1.0: magic, version,
// the length of a description that is padded to a multiple of 64 bytes, and the values.
func writeNPY(w io.Writer, t checkpoint.Tensor) error {
	var shape strings.Builder
	for _, d := range t.Shape {
		fmt.Fprintf(&shape, "%d, ", d)
	}
	head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", strings.TrimSuffix(shape.String(), " "))
	const before, align = 10, 64
	pad := align - (before+len(head)+1)%align
	head += strings.Repeat(" ", pad%align) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(head)))
	b = append(b, head...)
	for _, v := range t.Data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	_, err := w.Write(b)
	return err
}
