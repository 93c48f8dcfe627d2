package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEncodeRefuses(t *testing.T) {
	long := strings.Repeat("x", MaxName+1)
	cases := []struct {
		name, want string
		file       File
	}{
		{"no kind", "kind: is empty", File{}},
		{"long kind", "kind: has 256 bytes, expected at most 64", File{Kind: long}},
		{"kind with an escape", `kind: "\x1b[2J" holds the control character U+001B`, File{Kind: "\x1b[2J"}},
		{"broken JSON", "meta: is not valid JSON", File{Kind: "k", Meta: []byte("{")}},
		{"two documents", "meta: is not valid JSON", File{Kind: "k", Meta: []byte("{}{}")}},
		{"meta not text", "meta: is not valid UTF-8", File{Kind: "k", Meta: []byte("\"\xff\"")}},
		{"long meta", "meta: has 8388609 bytes", File{Kind: "k", Meta: make([]byte, MaxMeta+1)}},
		{"no name", "tensors[0].name: is empty", File{Kind: "k", Tensors: []Tensor{{Data: make([]float32, 1)}}}},
		{"long name", "tensors[0].name: has 256 bytes, expected at most 255", File{Kind: "k", Tensors: []Tensor{{Name: long}}}},
		{"name not text", "tensors[0].name: is not valid UTF-8", File{Kind: "k", Tensors: []Tensor{{Name: "\xff"}}}},
		{"same name", `tensors[1].name: "a" is the name of tensors[0] already`, File{Kind: "k", Tensors: []Tensor{
			{Name: "a", Data: make([]float32, 1)}, {Name: "a", Data: make([]float32, 1)},
		}}},
		{"rank", `tensor "a": shape: has 9 dimensions, expected at most 8`, File{Kind: "k", Tensors: []Tensor{{Name: "a", Shape: make([]int, 9)}}}},
		{"negative size", `tensor "a": shape: dimension 1 is -1`, File{Kind: "k", Tensors: []Tensor{{Name: "a", Shape: []int{2, -1}}}}},
		{"overflow", `tensor "a": shape: [0 268435456 268435456] has more values`, File{Kind: "k", Tensors: []Tensor{{Name: "a", Shape: []int{0, MaxValues, MaxValues}}}}},
		{"wrong length", `tensor "a": data has 5 values, expected 6 for shape [2 3]`, File{Kind: "k", Tensors: []Tensor{{Name: "a", Shape: []int{2, 3}, Data: make([]float32, 5)}}}},
		{"scalar without value", `tensor "a": data has 0 values, expected 1`, File{Kind: "k", Tensors: []Tensor{{Name: "a"}}}},
		{"many tensors", "tensors: 65537 of them, expected at most 65536", File{Kind: "k", Tensors: make([]Tensor, MaxTensors+1)}},
		{"large header", "the header has 20", hugeHeader()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			err := Encode(&b, &c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, expected one with %q", err, c.want)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written before the file was refused", b.Len())
			}
		})
	}
}

// hugeHeader holds to every limit but that of the header.
func hugeHeader() File {
	f := File{Kind: "k"}
	for i := range MaxTensors {
		f.Tensors = append(f.Tensors, Tensor{Name: fmt.Sprintf("%0*d", MaxName, i), Shape: []int{0}})
	}
	return f
}

func TestAtTheLimits(t *testing.T) {
	f := &File{Kind: strings.Repeat("k", MaxKind), Meta: bytes.Repeat([]byte{' '}, MaxMeta)}
	f.Meta[0] = '1'
	for i := range MaxTensors {
		f.Tensors = append(f.Tensors, Tensor{Name: fmt.Sprint(i), Shape: []int{0}})
	}
	f.Tensors[9].Name = strings.Repeat("n", MaxName)
	f.Tensors[9].Shape = []int{1, 1, 1, 1, 1, 1, 2, 1}
	f.Tensors[9].Data = []float32{1, 2}
	b := encoded(t, f)
	got, err := Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(f, got); d != "" {
		t.Fatal(d)
	}
}

var errFull = errors.New("no space left")

type fullAfter int

func (n *fullAfter) Write(b []byte) (int, error) {
	if len(b) > int(*n) {
		return int(*n), errFull
	}
	*n -= fullAfter(len(b))
	return len(b), nil
}

func TestEncodePassesWriteErrorsOn(t *testing.T) {
	f := small()
	f.Tensors = append(f.Tensors, Tensor{"large", []int{bufferBytes}, make([]float32, bufferBytes)})
	whole := len(encoded(t, f))
	for _, n := range []int{0, 10, 500, bufferBytes, bufferBytes + 1, whole - 1} {
		w := fullAfter(n)
		if err := Encode(&w, f); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: error %v, expected %v", n, err, errFull)
		}
	}
}
