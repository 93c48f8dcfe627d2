package data

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the directives below
	"fmt"
)

//go:generate go run embed_gen.go -data /usr/share/datasets/fashion-mnist

//go:embed fashion/cut.gz
var fashionCut string

//go:embed fashion/LICENSE
var fashionLicense string

// How the labels of the full training part are known again: their number and their CRC-32 (IEEE).
const (
	fashionTrainLen = 60000
	fashionTrainCRC = 0x2ed6e46a
)

// fashionClasses returns the class names that the authors of Fashion-MNIST publish.
func fashionClasses() []string {
	return []string{
		"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
		"Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
	}
}

// EmbeddedNotice returns the copyright and licence of the pictures that are part of every program with this package.
func EmbeddedNotice() string { return fashionLicense }

// Embedded returns the data set that the program carries: the first 480 training and the first 120 test pictures of each
// of the ten classes of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), 28x28 grey, in the order of the original files.
// Each call decodes a copy of its own.
func Embedded() (*Dataset, error) {
	const name = "fashion/cut.gz in the program"
	z, err := gzip.NewReader(bytes.NewReader([]byte(fashionCut)))
	if err != nil {
		return nil, &FormatError{File: name, Offset: 0, Problem: "expected gzip data", Err: err}
	}
	src := &source{name: name, r: z, size: int64(len(fashionCut))}
	d := &Dataset{Name: "fashion-mnist-6000", Format: "embedded"}
	for _, part := range []**Set{&d.Train, &d.Test} {
		s := new(Set)
		*part = s
		if err := decodeIDXImages(src, s, DefaultMaxBytes); err != nil {
			return nil, fmt.Errorf("data: embedded pictures: %w", err)
		}
		if err := decodeIDXLabels(src, s, len(s.Pix)/(s.H*s.W), &labelling{names: fashionClasses()}); err != nil {
			return nil, fmt.Errorf("data: embedded labels: %w", err)
		}
	}
	return d, src.end()
}
