package checkpoint

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fields returns where faults are.
func fields(faults []*FormatError) (all []string) {
	for _, f := range faults {
		all = append(all, f.Field)
	}
	return all
}

// Every changed bit is a fault of the part that it lies in, and of no other.
func TestExamineNamesWhatIsDamaged(t *testing.T) {
	whole := encoded(t, small())
	h, faults, err := examine("", bytes.NewReader(whole), int64(len(whole)))
	if err != nil || len(faults) > 0 || h == nil || len(h.Tensors) != 4 {
		t.Fatalf("%+v, %v, %v; want a whole file", h, faults, err)
	}
	place := func(at int) string {
		for _, in := range h.Tensors {
			if int64(at) < in.end() {
				return fmt.Sprintf("tensor %q", in.Name)
			}
		}
		return "end"
	}
	header, _ := headerOf(whole)
	for at := range whole {
		b := slices.Clone(whole)
		b[at] ^= 0x10
		got, faults, err := examine("", bytes.NewReader(b), int64(len(b)))
		if at < prefixBytes+len(header) {
			if got != nil || len(faults) != 1 || err != nil {
				t.Errorf("byte %d: %v, %v; want the header's fault", at, faults, err)
			}
			continue
		}
		if names := fields(faults); err != nil || !slices.Equal(names, []string{place(at)}) {
			t.Errorf("byte %d: %v (%v); want %s", at, names, err, place(at))
		}
	}
	for n := range whole {
		_, faults, err := examine("", bytes.NewReader(whole[:n]), int64(n))
		if err != nil || len(faults) == 0 {
			t.Errorf("%d bytes: %v, %v; want a fault", n, faults, err)
		}
	}
	b := slices.Clone(whole)
	for _, in := range h.Tensors {
		if in.Bytes > 0 {
			b[in.Offset] ^= 1
		}
	}
	_, faults, _ = examine("", bytes.NewReader(append(b, 1)), int64(len(b)+1))
	if want := []string{`tensor "stem/w"`, `tensor "step"`, `tensor "µ"`, "end"}; !slices.Equal(fields(faults), want) {
		t.Errorf("faults of %v; want %v", fields(faults), want)
	}
	cut := h.Tensors[0].end() + 1
	_, faults, _ = examine("", bytes.NewReader(b[:cut]), cut)
	if want := []string{`tensor "stem/w"`, `tensor "step"`, `tensor "none"`, `tensor "µ"`}; !slices.Equal(fields(faults), want) {
		t.Errorf("cut after the first: faults of %v; want %v", fields(faults), want)
	}
}

// counting counts the bytes that are read.
type counting struct {
	r     io.ReaderAt
	bytes int64
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(b, at)
	c.bytes += int64(n)
	return n, err
}

// What is not wanted is not read, and a fault in it not found.
func TestReadSomeLeavesTheRest(t *testing.T) {
	f := filled(3)
	f.Tensors = append(f.Tensors, Tensor{Name: "wanted", Shape: []int{3}, Data: []float32{1, 2, 3}})
	b := encoded(t, f)
	in := func(*Header) (func(string) bool, error) {
		return func(name string) bool { return name == "wanted" }, nil
	}
	h, _, err := examine("", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	b[h.Tensors[0].Offset] ^= 1
	r := &counting{r: bytes.NewReader(b)}
	got, err := decodeSome("", r, int64(len(b)), in)
	if err != nil || len(got.Tensors) != 1 || !slices.Equal(got.Tensors[0].Data, []float32{1, 2, 3}) || got.Kind != f.Kind {
		t.Fatalf("%+v, %v; want the small tensor", got, err)
	}
	if most := int64(bufferBytes + 12); r.bytes > most || int64(len(b)) < 4*most {
		t.Errorf("%d bytes read of %d; want at most %d, a buffer and the tensor", r.bytes, len(b), most)
	}
	b[len(b)-1] ^= 1
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSome(path, in); err == nil || !strings.Contains(err.Error(), `tensor "wanted"`) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want the fault of what was read", err)
	}
}
