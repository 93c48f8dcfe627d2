//go:build ignore

// Embed_gen cuts the embedded data set out of the full Fashion-MNIST: the first pictures of each class, in file order.
// It writes fashion/cut.gz: training pictures, training labels, test pictures and test labels, each an IDX array, one
// after the other. The directory of the package is the working directory.
//
//	go run embed_gen.go -data /usr/share/datasets/fashion-mnist
package main

import (
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/espalier-nas/espalier/supernet/data"
)

const (
	output        = "fashion/cut.gz"
	trainPerClass = 480
	testPerClass  = 120
)

func main() {
	log.SetFlags(0)
	dir := flag.String("data", "", "directory of the IDX files of Fashion-MNIST")
	flag.Parse()
	size, err := generate(*dir)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%s: %d bytes", output, size)
}

// generate writes the output file and returns its size in bytes.
func generate(dir string) (int64, error) {
	d, err := data.Open(dir, data.OpenOptions{})
	if err != nil {
		return 0, err
	}
	if d.Format != "idx" || d.Test == nil {
		return 0, fmt.Errorf("%s: expected IDX files with a test part", dir)
	}
	f, err := os.CreateTemp(filepath.Dir(output), "cut")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	if err := write(f, firstOfEach(d.Train, trainPerClass), firstOfEach(d.Test, testPerClass)); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := f.Chmod(0o644); err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(f.Name(), output)
}

// firstOfEach returns the first n pictures of each class, in stored order.
func firstOfEach(s *data.Set, n int) *data.Set {
	taken := make([]int, len(s.Classes))
	var idx []int
	for i, label := range s.Labels {
		if taken[label] < n {
			taken[label]++
			idx = append(idx, i)
		}
	}
	return s.Subset(idx)
}

// write compresses the sets as IDX arrays. The gzip header names no file and no time, so equal input gives equal output.
func write(w io.Writer, sets ...*data.Set) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, s := range sets {
		labels := make([]uint8, s.Len())
		for i, label := range s.Labels {
			labels[i] = uint8(label)
		}
		var pixels []uint8
		for i := range s.Len() {
			pixels = append(pixels, s.Image(i)...)
		}
		n := uint32(s.Len())
		for _, part := range []any{
			[]uint32{0x803, n, uint32(s.H), uint32(s.W)},
			pixels,
			[]uint32{0x801, n},
			labels,
		} {
			if err := binary.Write(z, binary.BigEndian, part); err != nil {
				return err
			}
		}
	}
	return z.Close()
}
