package data

import (
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// claim returns the PNG with another width and height in its header.
func claim(picture []byte, h, w uint32) []byte {
	c := slices.Clone(picture)
	binary.BigEndian.PutUint32(c[16:], w)
	binary.BigEndian.PutUint32(c[20:], h)
	binary.BigEndian.PutUint32(c[29:], crc32.ChecksumIEEE(c[12:29]))
	return c
}

func TestReadPicture(t *testing.T) {
	halves := func(_, x int) color.NRGBA { // left white, right half-transparent red
		if x < 8 {
			return color.NRGBA{255, 255, 255, 255}
		}
		return color.NRGBA{255, 0, 0, 128}
	}
	path := filepath.Join(tree(t, map[string][]byte{"x.png": pngOf(t, 16, 16, halves)}), "x.png")
	rgb, err := ReadPicture(path, 16, 16, 3, View{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rgb[:3], []uint8{255, 255, 255}) || !slices.Equal(rgb[45:48], []uint8{255, 127, 127}) {
		t.Errorf("corners are %v and %v, want white and light red", rgb[:3], rgb[45:48])
	}
	grey, err := ReadPicture(path, 16, 16, 1, View{})
	if err != nil {
		t.Fatal(err)
	}
	if len(grey) != 256 || grey[0] != 255 || grey[15] != 165 { // 0.299 * 255 + 0.701 * 127
		t.Errorf("corners are %d and %d, want 255 and 165", grey[0], grey[15])
	}
	small, err := ReadPicture(path, 4, 2, 3, View{Fit: FitSquash})
	if err != nil {
		t.Fatal(err)
	}
	if len(small) != 24 || small[0] < 240 || small[4] < 120 || small[4] > 150 {
		t.Errorf("scaled to 4x2: %v, want white left, light red right", small)
	}
}

func TestReadPictureErrors(t *testing.T) {
	good := pngOf(t, 4, 4, plainColor(9, 9, 9))
	dir := tree(t, map[string][]byte{"x.png": good, "text.png": []byte("text"), "bomb.png": claim(good, 6000, 6000)})
	_, err := ReadPicture(filepath.Join(dir, "text.png"), 4, 4, 1, View{})
	wantFault(t, err, "text.png", NoOffset, "expected a PNG, JPEG")
	_, err = ReadPicture(filepath.Join(dir, "bomb.png"), 4, 4, 1, View{})
	wantFault(t, err, "bomb.png", NoOffset, "6000x6000 pixels in")
	if _, err := ReadPicture(filepath.Join(dir, "x.png"), 4, 4, 2, View{}); err == nil || !strings.Contains(err.Error(), "1 or 3 channels") {
		t.Errorf("two channels: got %v", err)
	}
	if _, err := ReadPicture(filepath.Join(dir, "none.png"), 4, 4, 1, View{}); err == nil || !strings.Contains(err.Error(), "none.png") {
		t.Errorf("missing file: got %v", err)
	}
}
