package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
)

// Pictures are normalised as the training pictures were: the probabilities are
// those of a picture normalised here with the label's means and deviations.
func TestClassifyNormalises(t *testing.T) {
	s := newShell(t)
	s.must("train", "-c", s.path("tiny.yaml"), "-q", "--arch", "max", "--steps", "8", "--out", s.path("run"))
	path := s.path("run", "networks", "alone.msgpack")
	n, err := supernet.LoadNetwork(path)
	if err != nil {
		t.Fatal(err)
	}
	pix := grayPicture(t, s.path("noise.png"))
	x := make([]float32, len(pix))
	for i, v := range pix {
		x[i] = (float32(v)/255 - n.Label().Mean[0]) / n.Label().Std[0]
	}
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	logits, err := n.Predict(e, tensor.New(tensor.WithShape(1, 28, 28, 1), tensor.WithBacking(x)))
	if err != nil {
		t.Fatal(err)
	}
	want := plainSoftmax(logits.Data().([]float32))
	got, err := classify(e, n.Fold(), s.path("noise.png"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-4 {
			t.Errorf("class %d has probability %v; want %v", i, got[i], want[i])
		}
	}
	if out := s.must("classify", path, s.path("noise.png")); strings.Count(out, "\t") != 1 {
		t.Errorf("classify prints %q; want one class", out)
	}
	linear := "\x00\x00\x00\x04gAMA\x00\x01\x86\xa0" // a chunk that says that numbers are in proportion to light
	linear += string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(linear[4:]))))
	noise := s.read("noise.png")
	if err := os.WriteFile(s.path("linear.png"), []byte(noise[:33]+linear+noise[33:]), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, said := s.run(t.Context(), "classify", path, s.path("noise.png"), s.path("linear.png")); !strings.HasPrefix(said, "warn: 1 of 2 pictures") || !strings.Contains(said, "linear.png (gAMA 1)") || strings.Count(said, "\n") != 1 {
		t.Errorf("classify says %q; want one warning about linear.png", said)
	}
}

func plainSoftmax(logits []float32) []float64 {
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// grayPicture writes a picture of the network's size and returns its pixels.
func grayPicture(t *testing.T, path string) []uint8 {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 28, 28))
	r := rand.New(rand.NewPCG(3, 3))
	for i := range m.Pix {
		m.SetGray(i%28, i/28, color.Gray{Y: uint8(60 + r.IntN(120))})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return m.Pix
}
