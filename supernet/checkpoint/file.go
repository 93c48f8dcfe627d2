package checkpoint

// Tensor is a named block of float32 values, last dimension fastest.
type Tensor struct {
	Name  string    // unique in the file, 1 to MaxName bytes of UTF-8 without control characters
	Shape []int     // 0 to MaxRank sizes, each at least 0; no size at all is a scalar
	Data  []float32 // as many values as the product of Shape, which is 1 for a scalar
}

// File is the content of a container.
type File struct {
	Kind    string   // what the file is to its owner, such as "supernet": 1 to MaxKind bytes, as a name
	Meta    []byte   // JSON document of the owner, up to MaxMeta bytes; empty for none
	Tensors []Tensor // in file order, up to MaxTensors
}

// Header is what a file says of itself before its payloads.
type Header struct {
	Schema  int    // schema version of the container, not of Meta
	Kind    string // as in File
	Meta    []byte // as in File
	Tensors []Info // in file order
	Size    int64  // bytes of the whole file
}

// Info describes one tensor without its values.
type Info struct {
	Name   string
	Shape  []int
	Offset int64  // byte in the file where the payload begins, a multiple of Align
	Bytes  int64  // length of the payload, four times the number of values
	Sum    uint64 // XXH3-64 of the payload, seed 0
}

func (in *Info) end() int64 { return in.Offset + in.Bytes }
