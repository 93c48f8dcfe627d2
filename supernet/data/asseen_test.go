package data

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
)

// Lossy WebP pictures of 8x8 pixels, written by libwebp: the left half black and the right half white, and the same with the
// right half transparent.
const (
	lossyBlackWhite = "UklGRi4AAABXRUJQVlA4ICIAAACQAQCdASoIAAgAAAAAJaQAAp1HI1AA/v//xR1//78gAAAA"
	lossyGlass      = "UklGRnAAAABXRUJQVlA4WAoAAAAQAAAABwAABwAAQUxQSAsAAAABDzD/ERGiDxH9DwBWUDggPgAAANABAJ0BKggACAAAgAglqAJ0APSH+2wAAP7//xcB/LQAkN09/9H//6Jtn+sl//9dE//9H//6Jtn+sl/+srAA"
)

// Black is 0 and white is 255 in lossy WebP, as libwebp decodes it, and not 16 and 235, the ends of its luma.
func TestLossyWebPHasItsRange(t *testing.T) {
	for _, text := range []string{lossyBlackWhite, lossyGlass} {
		got := readBase64(t, text, 8, 8, 3)
		if slices.Max(got[:3]) > 2 || slices.Min(got[len(got)-3:]) < 253 {
			t.Errorf("black is %v, white is %v", got[:3], got[len(got)-3:])
		}
	}
	const rose = "UklGRjYAAABXRUJQVlA4ICoAAABwAQCdASoIAAgAAIAIJaACdAF1AAD++nkuIP/+uif//Wjn//rRz/1xAAA="
	if got := readBase64(t, rose, 8, 8, 3)[:3]; !slices.Equal(got, []uint8{200, 39, 89}) {
		t.Errorf("%v; want 200 39 89, as libwebp has it", got)
	}
}

// A frame of a GIF lies where it says in the whole picture, and on the background elsewhere.
func TestFramesLieOnTheirCanvas(t *testing.T) {
	frame := image.NewPaletted(image.Rect(4, 2, 6, 3), color.Palette{color.Black, color.White})
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 8, Height: 4}}); err != nil {
		t.Fatal(err)
	}
	got := readBytes(t, out.Bytes(), 4, 8)
	for i, v := range got {
		if inside := i/8 == 2 && (i%8 == 4 || i%8 == 5); inside != (v == 0) || !inside && v != 255 {
			t.Fatalf("row %d, column %d is %d", i/8, i%8, v)
		}
	}
}

// The fourth byte of a pixel of BMP is alpha where the header says which bits are, and nothing where it says none.
func TestAlphaOfBMP(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.Pix = []uint8{10, 10, 10, 0, 10, 10, 10, 255} // clear and grey
	var out bytes.Buffer
	if err := bmp.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	const headerAt, compressionAt, v4 = 14, 30, 108
	if binary.LittleEndian.Uint32(file[headerAt:]) < v4 { // with a header that has room for masks
		long := slices.Concat(file[:headerAt+40], make([]byte, v4-40), file[headerAt+40:])
		binary.LittleEndian.PutUint32(long[headerAt:], v4)
		binary.LittleEndian.PutUint32(long[10:], headerAt+v4)
		file = long
	}
	binary.LittleEndian.PutUint32(file[compressionAt:], 0)
	if got := readBytes(t, file, 1, 2); !slices.Equal(got, []uint8{10, 10}) {
		t.Errorf("without masks: %v; want 10 10", got)
	}
	const bitFields = 3
	binary.LittleEndian.PutUint32(file[compressionAt:], bitFields)
	for i, mask := range []uint32{0xff0000, 0xff00, 0xff, 0xff000000} {
		binary.LittleEndian.PutUint32(file[54+4*i:], mask)
	}
	if got := readBytes(t, file, 1, 2); !slices.Equal(got, []uint8{255, 10}) {
		t.Errorf("with a mask for alpha: %v; want 255 10", got)
	}
}

// The orientation counts also where it is written in 32 bits.
func TestLongOrientation(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := exif(order, 0)[:8]
		b = order.AppendUint16(b, 1)
		b = order.AppendUint16(order.AppendUint16(b, 0x112), 4)
		b = order.AppendUint32(order.AppendUint32(b, 1), 6)
		if got := exifIn(order.AppendUint32(b, 0)); got != 6 {
			t.Errorf("orientation %d; want 6", got)
		}
	}
}

// readBytes reads a picture file as grey.
func readBytes(t *testing.T, file []byte, h, w int) []uint8 {
	t.Helper()
	pix, err := ReadPicture(filepath.Join(tree(t, map[string][]byte{"x": file}), "x"), h, w, 1, View{})
	if err != nil {
		t.Fatal(err)
	}
	return pix
}
