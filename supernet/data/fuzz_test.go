package data

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// seedPictures returns a small picture in each format that can be written here.
func seedPictures(t testing.TB) map[string][]byte {
	t.Helper()
	p := image.NewPaletted(image.Rect(0, 0, 5, 3), color.Palette{color.Black, color.White, color.RGBA{9, 200, 3, 255}})
	for i := range p.Pix {
		p.Pix[i] = uint8(i % 3)
	}
	all := map[string][]byte{"pnm": []byte("P6 # a\n2 1 255\nabcdef"), "grey": []byte("P5 1 2 65535\nabcd")}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, p) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, p, nil) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, p, nil) },
		"bmp":  func(b *bytes.Buffer) error { return bmp.Encode(b, p) },
		"tiff": func(b *bytes.Buffer) error { return tiff.Encode(b, p, &tiff.Options{Compression: tiff.Deflate}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		all[name] = b.Bytes()
	}
	// A lossless WebP picture of one pixel.
	all["webp"] = []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	return all
}

// spent returns the bytes that f allocates, freed or not.
func spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A few bytes that claim many pixels are refused before anything is allocated for them.
func TestClaimsOfSizeAreNotBelieved(t *testing.T) {
	const side = 60000
	claims := map[string][]byte{
		"pnm": []byte("P6 8000 8000 255\nabc"),
		"bmp": append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"),
			append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 8000), 8000), []byte("\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")...)...),
		"gif":  append([]byte("GIF89a"), 0x60, 0xea, 0x60, 0xea, 0x80, 0, 0, 0, 0, 0, 255, 255, 255),
		"tiff": hugeTIFF(side),
		"many": hugeTag(),
	}
	for name, b := range claims {
		var err error
		if got := spent(func() {
			var p *pictureFile
			if p, err = newPicture(name, b); err == nil {
				_, err = p.decode(make([]uint8, 3*8*8), 8, 8, 3, View{}.Resolved())
			}
		}); err == nil || got > 8<<20 {
			t.Errorf("%s of %d bytes: error %v, %d bytes allocated; want an error and few", name, len(b), err, got)
		}
	}
}

// hugeTIFF has one directory that claims side x side pixels.
func hugeTIFF(side uint32) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	for _, tag := range []uint16{256, 257} {
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, tag), 4)
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), side)
	}
	return append(b, 0, 0, 0, 0)
}

// hugeTag is a TIFF file whose only tag announces 500 million numbers.
func hugeTag() []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x01\x00")
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, 258), 4)
	return append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 500_000_000), 8), 0, 0, 0, 0)
}

// FuzzPicture feeds picture files of every format. Whatever the bytes: no panic, the pixels
// asked for, and memory within what the claimed pixels may cost, which the length of the
// file bounds.
func FuzzPicture(f *testing.F) {
	for _, b := range seedPictures(f) {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add(hugeTIFF(60000))
	f.Add(hugeTag())
	f.Add([]byte("RIFF\x84\x00\x00\x00WEBPVP8X\n\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00ANMF(\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		var p *pictureFile
		var err error
		if got := spent(func() { p, err = newPicture("f", b) }); got > uint64(64*len(b)+16<<20) {
			t.Errorf("%d bytes allocated for the header of a file of %d", got, len(b))
		}
		if err != nil || p.h*p.w > freePixels {
			return
		}
		dst := make([]uint8, 6*7*3)
		if got := spent(func() { _, err = p.decode(dst, 6, 7, 3, View{}.Resolved()) }); got > 64<<20+256*uint64(len(b)) {
			t.Errorf("%d bytes allocated for %dx%d pixels in a %s file of %d bytes", got, p.h, p.w, p.format, len(b))
		}
	})
}

// FuzzOrientation feeds what may hold EXIF.
func FuzzOrientation(f *testing.F) {
	for format, b := range seedPictures(f) {
		f.Add(b, format)
	}
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), "tiff")
	f.Fuzz(func(t *testing.T, b []byte, format string) {
		if o := orientationOf(b, format); o > 8 {
			t.Errorf("orientation %d; want 0 to 8", o)
		}
	})
}

// FuzzList feeds csv files of names and labels.
func FuzzList(f *testing.F) {
	f.Add([]byte("file,label\na.png,cat\nb.png,dog\n"))
	f.Add([]byte("\ufefffile;label\r\n\"a;1.png\";cat\r\n"))
	f.Add([]byte("a,\"b\nc"))
	f.Add([]byte("# x\rimage\tcat\tdog\ra.png\t0\t1.0\rb.png\tTrue\t0\r"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := parseTable("f.csv", b)
		if err != nil {
			if !strings.Contains(err.Error(), "f.csv") {
				t.Errorf("%v; want the file named", err)
			}
			return
		}
		if len(table.rows) != len(table.line) || len(table.rows) > len(b) {
			t.Errorf("%d rows of %d lines", len(table.rows), len(table.line))
		}
		c, err := table.columnsOf(func(cell string) bool { return strings.HasSuffix(cell, "png") })
		if err != nil {
			return
		}
		for n := range table.rows {
			if label, err := table.labelIn(n, c); err == nil && label != "" && !slices.ContainsFunc(slices.Concat(table.rows...), func(s string) bool { return s == label }) {
				t.Errorf("label %q is no cell", label)
			}
		}
	})
}

// FuzzNames feeds files of class names.
func FuzzNames(f *testing.F) {
	f.Add([]byte("cat\ndog\r\n\n"), 2)
	f.Add([]byte("\xff\xfea\x00"), 0)
	path := filepath.Join(f.TempDir(), "classes.txt")
	f.Fuzz(func(t *testing.T, b []byte, want int) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		names, _, err := readNames(path, want)
		if err == nil && (len(names) == 0 || want != 0 && len(names) != want) || err != nil && !strings.Contains(err.Error(), "classes.txt") {
			t.Errorf("%q, %v", names, err)
		}
	})
}
