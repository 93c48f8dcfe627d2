package checkpoint

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// small is a file with every form of tensor in few bytes: a matrix, a scalar, one
// without values, and values that only their bits tell apart.
func small() *File {
	return &File{
		Kind: "network",
		Meta: []byte(`{"classes":10}`),
		Tensors: []Tensor{
			{Name: "stem/w", Shape: []int{2, 3}, Data: []float32{1, -2, 0.5, 0, float32(math.Copysign(0, -1)), float32(math.Inf(1))}},
			{Name: "step", Data: []float32{7}},
			{Name: "none", Shape: []int{0, 4}},
			{Name: "µ", Shape: []int{2}, Data: []float32{math.Float32frombits(0x7fc00001), math.Float32frombits(0xff812345)}},
		},
	}
}

func encoded(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// difference says where two files differ, bit for bit, or is empty.
func difference(a, b *File) string {
	if a.Kind != b.Kind || !bytes.Equal(a.Meta, b.Meta) || len(a.Tensors) != len(b.Tensors) {
		return fmt.Sprintf("kind %q and %q, meta %q and %q, %d and %d tensors",
			a.Kind, b.Kind, a.Meta, b.Meta, len(a.Tensors), len(b.Tensors))
	}
	for i, x := range a.Tensors {
		y := b.Tensors[i]
		same := func(p, q float32) bool { return math.Float32bits(p) == math.Float32bits(q) }
		if x.Name != y.Name || !slices.Equal(x.Shape, y.Shape) || !slices.EqualFunc(x.Data, y.Data, same) {
			return fmt.Sprintf("tensors[%d]: %v and %v", i, x, y)
		}
	}
	return ""
}

func genFile() *rapid.Generator[*File] {
	name := rapid.StringMatching(`[a-z][a-z0-9/_.µ]{0,20}`)
	value := rapid.Custom(func(t *rapid.T) float32 { return math.Float32frombits(rapid.Uint32().Draw(t, "bits")) })
	return rapid.Custom(func(t *rapid.T) *File {
		f := &File{Kind: name.Draw(t, "kind")}
		if rapid.Bool().Draw(t, "has meta") {
			f.Meta = fmt.Appendf(nil, "{%q: %d}", name.Draw(t, "key"), rapid.Int().Draw(t, "value"))
		}
		for _, n := range rapid.SliceOfNDistinct(name, 0, 20, rapid.ID[string]).Draw(t, "names") {
			shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(t, "shape")
			values, _ := valuesOf(shape)
			f.Tensors = append(f.Tensors, Tensor{n, shape, rapid.SliceOfN(value, values, values).Draw(t, "data")})
		}
		return f
	})
}

func TestRoundTripKeepsEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := genFile().Draw(t, "file")
		var b, again bytes.Buffer
		if err := Encode(&b, f); err != nil {
			t.Fatal(err)
		}
		size := int64(b.Len())
		if err := Encode(&again, f); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Fatalf("a second encoding differs (error %v)", err)
		}
		got, err := Decode(&b, size)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(f, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestRoundTripSpecialValues(t *testing.T) {
	b := encoded(t, small())
	got, err := Decode(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(small(), got); d != "" {
		t.Fatal(d)
	}
}

// TestByteOrders runs both ways of getting at the bytes of values against each
// other: on a little-endian machine they must agree, and each must undo itself.
func TestByteOrders(t *testing.T) {
	if hostOrder() != sameOrder {
		t.Skip("this machine has no other order to compare with")
	}
	f := small()
	for _, n := range []int{chunkValues - 1, chunkValues, chunkValues + 1, 3*chunkValues + 5} {
		data := make([]float32, n)
		for i := range data {
			data[i] = math.Float32frombits(uint32(i) * 2654435761)
		}
		f.Tensors = append(f.Tensors, Tensor{fmt.Sprint(n), []int{n}, data})
	}
	var same, other bytes.Buffer
	if err := encode(&same, f, sameOrder); err != nil {
		t.Fatal(err)
	}
	if err := encode(&other, f, otherOrder); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(same.Bytes(), other.Bytes()) {
		t.Fatal("converted and viewed values give different files")
	}
	got, err := decode("", &other, int64(other.Len()), otherOrder)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(f, got); d != "" {
		t.Fatal(d)
	}
}

func TestLayout(t *testing.T) {
	b := encoded(t, small())
	h, err := newReader("", bytes.NewReader(b), int64(len(b))).header()
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range h.Tensors {
		if in.Offset%Align != 0 {
			t.Errorf("payload of %q at %d, expected a multiple of %d", in.Name, in.Offset, Align)
		}
	}
	if last := h.Tensors[len(h.Tensors)-1]; last.end() != int64(len(b)) {
		t.Errorf("the last payload ends at %d, the file at %d", last.end(), len(b))
	}
}

// TestDecodeTakesNoMore holds the promise that containers can be read out of a
// longer stream.
func TestDecodeTakesNoMore(t *testing.T) {
	b := encoded(t, small())
	r := bytes.NewReader(append(slices.Clone(b), "what follows"...))
	if _, err := Decode(r, int64(len(b))); err != nil {
		t.Fatal(err)
	}
	if r.Len() != len("what follows") {
		t.Fatalf("%d bytes are left, expected %d", r.Len(), len("what follows"))
	}
}

// TestSize: the size of a file follows from names, shapes and metadata.
func TestSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := genFile().Draw(t, "file")
		var b bytes.Buffer
		if err := Encode(&b, f); err != nil {
			t.Fatal(err)
		}
		for i := range f.Tensors {
			f.Tensors[i].Data = nil
		}
		if got, err := Size(f); err != nil || got != int64(b.Len()) {
			t.Fatalf("%d bytes, %v; the file has %d", got, err, b.Len())
		}
	})
	if _, err := Size(&File{Kind: "k", Tensors: []Tensor{{Name: "a", Shape: []int{-1}}}}); err == nil {
		t.Error("a negative dimension was accepted")
	}
}
