package data

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"path/filepath"
	"slices"
	"testing"
)

func jpegPicture(t *testing.T, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// exif is a TIFF structure with an orientation behind another tag.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, tag := range []struct{ id, value uint16 }{{0x103, 1}, {0x112, o}} {
		b = order.AppendUint16(order.AppendUint16(b, tag.id), 3)
		b = order.AppendUint32(b, 1)
		b = order.AppendUint16(order.AppendUint16(b, tag.value), 0)
	}
	return order.AppendUint32(b, 0)
}

// withJPEGEXIF puts an EXIF segment behind the start of a JPEG file, behind another segment.
func withJPEGEXIF(file, exif []byte) []byte {
	segment := func(marker byte, content []byte) []byte {
		return append([]byte{0xff, marker, byte((len(content) + 2) >> 8), byte(len(content) + 2)}, content...)
	}
	return slices.Concat(file[:2], segment(0xe0, []byte("JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")), segment(0xe1, append([]byte("Exif\x00\x00"), exif...)), file[2:])
}

// withPNGEXIF puts an eXIf chunk behind the header of a PNG file.
func withPNGEXIF(file, exif []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(exif)))
	c = append(append(c, "eXIf"...), exif...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return slices.Concat(file[:33], c, file[33:])
}

// Pictures come upright, whichever of the eight ways a camera held them, in JPEG and PNG,
// in both byte orders: the red corner is where EXIF's definition says.
func TestPicturesComeUpright(t *testing.T) {
	where := map[uint16][2]bool{1: {false, false}, 2: {false, true}, 3: {true, true}, 4: {true, false}, 5: {false, false}, 6: {false, true}, 7: {true, true}, 8: {true, false}} // bottom, right
	for o, at := range where {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			files := map[string][]byte{
				"a.jpg": withJPEGEXIF(jpegPicture(t, rgbaOf(16, 24, corner)), exif(order, o)),
				"a.png": withPNGEXIF(pngOf(t, 16, 24, corner), exif(order, o)),
			}
			dir := tree(t, files)
			for name := range files {
				h, w := 16, 24
				if o > 4 {
					h, w = 24, 16
				}
				p, err := openPicture(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if p.h != h || p.w != w {
					t.Errorf("%s, orientation %d: %dx%d pixels; want %dx%d", name, o, p.h, p.w, h, w)
				}
				pix, err := ReadPicture(filepath.Join(dir, name), h, w, 3, View{})
				if err != nil {
					t.Fatal(err)
				}
				for _, bottom := range []bool{false, true} {
					for _, right := range []bool{false, true} {
						y, x := 2, 2
						if bottom {
							y = h - 3
						}
						if right {
							x = w - 3
						}
						red := pix[(y*w+x)*3+1] < 100
						if want := at == [2]bool{bottom, right}; red != want {
							t.Errorf("%s, orientation %d: bottom %t, right %t is red: %t", name, o, bottom, right, red)
						}
					}
				}
			}
		}
	}
}

// What is no EXIF, or cut, says nothing and breaks nothing.
func TestBrokenEXIFSaysNothing(t *testing.T) {
	whole := withJPEGEXIF(jpegPicture(t, rgbaOf(16, 24, corner)), exif(binary.LittleEndian, 6))
	if orientationOf(whole, "jpeg") != 6 {
		t.Fatal("no orientation in the whole file")
	}
	for n := range whole {
		if o := orientationOf(whole[:n], "jpeg"); o != 0 && o != 6 {
			t.Errorf("first %d bytes: orientation %d", n, o)
		}
		for _, format := range []string{"png", "webp", "tiff", "gif"} {
			orientationOf(whole[:n], format)
		}
	}
	for _, o := range []uint16{0, 9, 300} {
		if got := exifIn(exif(binary.BigEndian, o)); got != 0 {
			t.Errorf("orientation %d is taken for %d", o, got)
		}
	}
}
