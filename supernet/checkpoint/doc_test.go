package checkpoint

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
)

// example is the file of the hex dump in docs/checkpoint.md.
func example() *File {
	return &File{
		Kind: "network",
		Meta: []byte(`{"classes":10}`),
		Tensors: []Tensor{
			{Name: "stem/w", Shape: []int{2, 3}, Data: []float32{1, -2, 0.5, 0, 3.25, float32(math.Inf(1))}},
			{Name: "step", Shape: nil, Data: []float32{7}},
		},
	}
}

// block returns the first code block of the document in this language.
func block(t *testing.T, language string) string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "checkpoint.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(doc)
	if m == nil {
		t.Fatalf("docs/checkpoint.md has no block of %s", language)
	}
	return string(m[1])
}

// TestDocumentedBytes compares the hex dump of the document with what is written.
func TestDocumentedBytes(t *testing.T) {
	var dump []byte
	for line := range strings.Lines(block(t, "hexdump")) {
		_, line, _ = strings.Cut(line, "  ") // the offset
		digits, _, _ := strings.Cut(line, "|")
		b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
		if err != nil {
			t.Fatal(err)
		}
		dump = append(dump, b...)
	}
	if want := encoded(t, example()); !bytes.Equal(dump, want) {
		t.Errorf("the document shows\n%s\nand Encode writes\n%s", hex.Dump(dump), hex.Dump(want))
	}
	got, err := decodeBytes(dump)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(got, example()); d != "" {
		t.Error(d)
	}
}

// TestDocumentedChecksum holds the checksum to published values of XXH3-64.
func TestDocumentedChecksum(t *testing.T) {
	for text, want := range map[string]uint64{
		"":    0x2d06800538d394c2,
		"abc": 0x78af5f94892f3950,
	} {
		if got := xxh3.HashString(text); got != want {
			t.Errorf("XXH3 of %q is %016x, expected %016x", text, got, want)
		}
	}
}

// TestDocumentedReader runs the Python reader of the document on a real file.
func TestDocumentedReader(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	if hostOrder() != sameOrder {
		t.Skip("the comparison is of little-endian memory")
	}
	f := small()
	for i := range 40 { // lengths of one, two and three bytes
		shape := []int{1 + i*5, 1 + i%3}
		values, _ := valuesOf(shape)
		data := make([]float32, values)
		for k := range data {
			data[k] = float32(i) + float32(k)/7
		}
		f.Tensors = append(f.Tensors, Tensor{strings.Repeat("n", 6*i+1), shape, data})
	}
	f.Meta = fmt.Appendf(nil, "%q", strings.Repeat("m", 70_000))
	path := filepath.Join(t.TempDir(), "f")
	mustWrite(t, path, f)

	script := block(t, "python") + `
kind, meta, tensors = load(sys.argv[1])
print(json.dumps([kind, meta, [[name, shape, values.tobytes().hex()] for name, (shape, values) in tensors.items()]]))
`
	out, err := exec.Command(python, "-c", script, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := printed(t, f); !reflect.DeepEqual(got, want) {
		t.Errorf("the reader found\n%.2000v\nexpected\n%.2000v", got, want)
	}
}

// printed returns what the script should print for f.
func printed(t *testing.T, f *File) any {
	t.Helper()
	var meta any
	if err := json.Unmarshal(f.Meta, &meta); err != nil {
		t.Fatal(err)
	}
	tensors := []any{}
	for _, x := range f.Tensors {
		shape := []any{}
		for _, d := range x.Shape {
			shape = append(shape, float64(d))
		}
		tensors = append(tensors, []any{x.Name, shape, hex.EncodeToString(view(x.Data))})
	}
	return []any{f.Kind, meta, tensors}
}
