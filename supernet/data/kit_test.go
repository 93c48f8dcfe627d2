package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// randomSet returns n pictures of noise, with labels 0, 1, ... classes-1, 0, ...
func randomSet(n, h, w, c, classes int) *Set {
	r := rand.New(rand.NewPCG(uint64(n), uint64(h*w*c)))
	s := &Set{H: h, W: w, C: c, Classes: make([]string, classes), Pix: make([]uint8, n*h*w*c), Labels: make([]uint16, n)}
	for i := range s.Classes {
		s.Classes[i] = string(rune('a' + i))
	}
	for i := range s.Pix {
		s.Pix[i] = uint8(r.Uint32())
	}
	for i := range s.Labels {
		s.Labels[i] = uint16(i % classes)
	}
	return s
}

// pixels returns those of all pictures of a set in memory, one after the other.
func pixels(s *Set) (all []uint8) {
	for i := range s.Len() {
		all = append(all, s.Image(i)...)
	}
	return all
}

func idxBytes(magic uint32, dims []uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, payload...)
}

func idxOf(s *Set) (images, labels []byte) {
	n := uint32(s.Len())
	plain := make([]byte, s.Len())
	for i, label := range s.Labels {
		plain[i] = byte(label)
	}
	return idxBytes(idxImageMagic, []uint32{n, uint32(s.H), uint32(s.W)}, s.Pix), idxBytes(idxLabelMagic, []uint32{n}, plain)
}

// cifarOf writes a set of 32x32x3 pictures as records; lead is put before each label.
func cifarOf(s *Set, lead ...byte) []byte {
	var b []byte
	for i := range s.Len() {
		b = append(append(b, lead...), byte(s.Labels[i]))
		for c := range 3 {
			for p := range cifarPlane {
				b = append(b, s.Image(i)[3*p+c])
			}
		}
	}
	return b
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tree writes files, by path with slashes, into a new directory.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// pngOf returns an h x w PNG whose pixel (y, x) is at(y, x).
func pngOf(t testing.TB, h, w int, at func(y, x int) color.NRGBA) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, at(y, x))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func plainColor(r, g, b uint8) func(y, x int) color.NRGBA {
	return func(int, int) color.NRGBA { return color.NRGBA{r, g, b, 255} }
}

// wantFault fails unless err is a FormatError about file (a base name) and byte off that contains text.
func wantFault(t *testing.T, err error, file string, off int64, text string) {
	t.Helper()
	var fault *FormatError
	if !errors.As(err, &fault) {
		t.Fatalf("got error %v, want a FormatError about %s", err, file)
	}
	if filepath.Base(fault.File) != file || fault.Offset != off || !strings.Contains(fault.Error(), text) {
		t.Errorf("got file %s, offset %d, text %q\nwant file %s, offset %d, text with %q",
			filepath.Base(fault.File), fault.Offset, fault, file, off, text)
	}
}

func base(path string) string { return filepath.Base(path) }
