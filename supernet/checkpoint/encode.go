package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/zeebo/xxh3"
)

const (
	magic       = "ESPALIER"
	prefixBytes = len(magic) + 4 + 4 + 8 // magic, schema, header length, header checksum
	bufferBytes = 64 << 10
)

// Encode writes f to w. Equal files give equal bytes. Values are read twice,
// first for the checksums, and must not change meanwhile; on little-endian
// machines they go to w without being copied. An f that breaks a limit or holds a
// tensor twice is refused before the first byte is written.
func Encode(w io.Writer, f *File) error {
	return encode(w, f, hostOrder())
}

func encode(w io.Writer, f *File, order byteOrder) error {
	head, infos, err := compose(f, order)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, bufferBytes)
	_, _ = b.Write(head) // the buffer keeps its first error for Flush
	at := int64(len(head))
	var zeros [Align]byte
	for i := range infos {
		_, _ = b.Write(zeros[:infos[i].Offset-at])
		if err := order.write(b, f.Tensors[i].Data); err != nil {
			return fmt.Errorf("checkpoint: write tensor %q: %w", infos[i].Name, err)
		}
		at = infos[i].end()
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("checkpoint: write: %w", err)
	}
	return nil
}

// compose returns prefix and header of f, and where its payloads go.
func compose(f *File, order byteOrder) (head []byte, infos []Info, err error) {
	if err := check(f); err != nil {
		return nil, nil, err
	}
	infos = make([]Info, len(f.Tensors))
	for i, t := range f.Tensors {
		infos[i] = Info{Name: t.Name, Shape: t.Shape, Bytes: valueBytes * int64(len(t.Data)), Sum: order.sum(t.Data)}
	}
	if _, err := place(f, infos); err != nil {
		return nil, nil, err
	}
	packed, err := packHeader(f, infos)
	if err != nil {
		return nil, nil, err
	}
	head = append(head, magic...)
	head = binary.LittleEndian.AppendUint32(head, Schema)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(packed)))
	head = binary.LittleEndian.AppendUint64(head, xxh3.Hash(packed))
	return append(head, packed...), infos, nil
}

// place lays the payloads out behind prefix and header, and returns where the last one ends.
// Offsets have a fixed width in the header, so its length is known before them.
func place(f *File, infos []Info) (end int64, err error) {
	packed, err := packHeader(f, infos)
	if err != nil {
		return 0, err
	}
	if len(packed) > MaxHeader {
		return 0, fmt.Errorf("checkpoint: the header has %d bytes, expected at most %d", len(packed), MaxHeader)
	}
	end = int64(prefixBytes + len(packed))
	for i := range infos {
		infos[i].Offset = alignUp(end)
		end = infos[i].end()
	}
	return end, nil
}

// Size returns how many bytes Encode would write for f, of whose tensors the shapes count:
// their data may be missing.
func Size(f *File) (int64, error) {
	infos := make([]Info, len(f.Tensors))
	for i, t := range f.Tensors {
		values, fault := valuesOf(t.Shape)
		if fault != "" {
			return 0, fmt.Errorf("checkpoint: tensor %q: shape: %s", t.Name, fault)
		}
		infos[i] = Info{Name: t.Name, Shape: t.Shape, Bytes: valueBytes * int64(values)}
	}
	return place(f, infos)
}

// check returns the first fault of f that would make a file that cannot be read.
func check(f *File) error {
	if fault := textFault(f.Kind, MaxKind); fault != "" {
		return fmt.Errorf("checkpoint: kind: %s", fault)
	}
	if fault := metaFault(f.Meta); fault != "" {
		return fmt.Errorf("checkpoint: meta: %s", fault)
	}
	if len(f.Tensors) > MaxTensors {
		return fmt.Errorf("checkpoint: tensors: %d of them, expected at most %d", len(f.Tensors), MaxTensors)
	}
	first := make(map[string]int, len(f.Tensors))
	for i, t := range f.Tensors {
		if fault := textFault(t.Name, MaxName); fault != "" {
			return fmt.Errorf("checkpoint: tensors[%d].name: %s", i, fault)
		}
		if k, ok := first[t.Name]; ok {
			return fmt.Errorf("checkpoint: tensors[%d].name: %q is the name of tensors[%d] already", i, t.Name, k)
		}
		first[t.Name] = i
		values, fault := valuesOf(t.Shape)
		if fault != "" {
			return fmt.Errorf("checkpoint: tensor %q: shape: %s", t.Name, fault)
		}
		if len(t.Data) != values {
			return fmt.Errorf("checkpoint: tensor %q: data has %d values, expected %d for shape %v", t.Name, len(t.Data), values, t.Shape)
		}
	}
	return nil
}

// packHeader returns the msgpack map that parseHeader reads.
func packHeader(f *File, infos []Info) ([]byte, error) {
	var buf bytes.Buffer
	p := packer{enc: msgpack.NewEncoder(&buf)}
	p.mapLen(4)
	p.key("schema")
	p.uint(Schema)
	p.key("kind")
	p.text(f.Kind)
	p.key("meta")
	p.bin(f.Meta)
	p.key("tensors")
	p.arrayLen(len(infos))
	for i := range infos {
		p.info(&infos[i])
	}
	if p.err != nil {
		return nil, fmt.Errorf("checkpoint: header: %w", p.err)
	}
	return buf.Bytes(), nil
}
