package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/zeebo/xxh3"
)

// supernetLike returns about 64 MB of weights as a supernet has them: few large
// tensors and many small ones.
func supernetLike() (f *File, size int64) {
	f = &File{Kind: "bench"}
	add := func(kind string, tensors, values int) {
		for i := range tensors {
			data := make([]float32, values)
			for k := range data {
				data[k] = float32(i-k) / 3
			}
			f.Tensors = append(f.Tensors, Tensor{fmt.Sprint(kind, i), []int{values}, data})
			size += int64(4 * values)
		}
	}
	add("conv", 100, 160_000)
	add("norm", 400, 128)
	return f, size
}

func bench(b *testing.B, size int64, run func() error) {
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSum is the bound that checksums alone set.
func BenchmarkSum(b *testing.B) {
	f, size := supernetLike()
	bench(b, size, func() error {
		for _, t := range f.Tensors {
			xxh3.Hash(view(t.Data))
		}
		return nil
	})
}

func BenchmarkEncode(b *testing.B) {
	f, size := supernetLike()
	for name, order := range map[string]byteOrder{"viewed": sameOrder, "converted": otherOrder} {
		b.Run(name, func(b *testing.B) {
			bench(b, size, func() error { return encode(io.Discard, f, order) })
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	f, size := supernetLike()
	whole := encoded(b, f)
	bench(b, size, func() error {
		_, err := Decode(bytes.NewReader(whole), int64(len(whole)))
		return err
	})
}

// BenchmarkWrite includes the flush to the disk.
func BenchmarkWrite(b *testing.B) {
	f, size := supernetLike()
	path := filepath.Join(b.TempDir(), "f")
	bench(b, size, func() error { return Write(path, f) })
}

// BenchmarkPlainWrite is the disk's own speed: the same bytes, written to a file and flushed.
func BenchmarkPlainWrite(b *testing.B) {
	f, size := supernetLike()
	whole := encoded(b, f)
	path := filepath.Join(b.TempDir(), "f")
	bench(b, size, func() error {
		w, err := os.Create(path)
		if err != nil {
			return err
		}
		_, err = w.Write(whole)
		return errors.Join(err, w.Sync(), w.Close())
	})
}

func BenchmarkRead(b *testing.B) {
	f, size := supernetLike()
	path := filepath.Join(b.TempDir(), "f")
	if err := Write(path, f); err != nil {
		b.Fatal(err)
	}
	bench(b, size, func() error { _, err := Read(path); return err })
}

func BenchmarkStat(b *testing.B) {
	f, _ := supernetLike()
	path := filepath.Join(b.TempDir(), "f")
	if err := Write(path, f); err != nil {
		b.Fatal(err)
	}
	bench(b, 0, func() error { _, err := Stat(path); return err })
}
