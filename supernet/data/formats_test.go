package data

import (
	"bytes"
	"encoding/base64"
	"image/gif"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Every format is known by its content, whatever the file is called.
func TestFormatsByContent(t *testing.T) {
	m := rgbaOf(16, 24, corner)
	var asGIF, asBMP, asTIFF bytes.Buffer
	for _, err := range []error{gif.Encode(&asGIF, m, nil), bmp.Encode(&asBMP, m), tiff.Encode(&asTIFF, m, &tiff.Options{Compression: tiff.Deflate})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ppm := []byte("P6 # a comment\n24 16\n255\n")
	deep := []byte("P6\n24\n16\n1023\n")
	for y := range 16 {
		for x := range 24 {
			c := corner(y, x)
			ppm = append(ppm, c.R, c.G, c.B)
			for _, v := range []uint8{c.R, c.G, c.B} {
				deep = append(deep, byte(int(v)*1023/255>>8), byte(int(v)*1023/255))
			}
		}
	}
	cut := jpegPicture(t, m)
	for name, file := range map[string][]byte{
		"gif": asGIF.Bytes(), "bmp": asBMP.Bytes(), "tiff": asTIFF.Bytes(), "ppm": ppm, "ppm of 10 bits": deep,
		"png": pngOf(t, 16, 24, corner), "jpeg": jpegPicture(t, m), "jpeg without its end": cut[:len(cut)-2],
	} {
		path := filepath.Join(tree(t, map[string][]byte{"x.jpg": file}), "x.jpg")
		pix, err := ReadPicture(path, 16, 24, 3, View{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if near := func(i int, want uint8) bool { return max(pix[i], want)-min(pix[i], want) < 12 }; !near(0, 255) || !near(1, 0) || !near(3*23+1, 255) {
			t.Errorf("%s: corners %v and %v; want red and white", name, pix[:3], pix[3*23:][:3])
		}
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPicture(filepath.Join(tree(t, map[string][]byte{"x": webp}), "x"), 4, 4, 3, View{}); err != nil {
		t.Errorf("webp: %v", err)
	}
	for name, file := range map[string][]byte{"cut ppm": ppm[:100], "ppm of no size": []byte("P6 0 4 255\n"), "ppm of letters": []byte("P5 a 4 255\n"), "ppm that claims": []byte("P5 60000 60000 255\n"), "half a jpeg": cut[:len(cut)/2]} {
		if _, err := ReadPicture(filepath.Join(tree(t, map[string][]byte{"x": file}), "x"), 4, 4, 3, View{}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// Black pictures and those of 8 bits beside dark ones of 16 bits hide them not; files that say what white is, and dark ones of 8
// bits, are not told of.
func TestLowRangeAmongOthers(t *testing.T) {
	dark, bright := []byte("P5 2 1 65535\n\x03\xff\x00\x01"), []byte("P5 2 1 255\n\xff\x01")
	for what, c := range map[string]struct {
		other []byte
		note  string
	}{
		"beside a black one":      {[]byte("P5 2 1 65535\n\x00\x00\x00\x00"), "pictures have 16 bits a channel, but no value above 1023"},
		"beside one of 8 bits":    {bright, "1 of 2 pictures have 16 bits a channel, but no value above 1023"},
		"beside a bright one":     {[]byte("P5 2 1 65535\n\xff\xff\x00\x01"), ""},
		"beside one that says so": {[]byte("P5 2 1 1023\n\x03\xff\x00\x01"), "1 of 2"},
	} {
		if n := notesOfFolder(t, dark, c.other); c.note == "" && n != "" || !strings.Contains(n, c.note) {
			t.Errorf("%s: %q; want %q", what, n, c.note)
		}
	}
	if n := notesOfFolder(t, []byte("P5 2 1 255\n\x05\x01"), []byte("P5 2 1 4095\n\x00\x05\x00\x01")); n != "" {
		t.Errorf("dark pictures that say what white is: %q", n)
	}
}

func notesOfFolder(t *testing.T, a, b []byte) string {
	t.Helper()
	d, err := Open(tree(t, map[string][]byte{"a/1.pgm": a, "b/1.pgm": b}), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(d.Notes, " ")
}

// Pictures of 16 bits that use ten or twelve of them are told of.
func TestLowRangeIsNoted(t *testing.T) {
	gray := func(most uint16) []byte {
		return append([]byte("P5 2 1 65535\n"), byte(most>>8), byte(most), 0, 1)
	}
	for most, note := range map[uint16]string{1023: "no value above 1023, as cameras of 10 bits write", 4000: "12 bits", 40000: ""} {
		d, err := Open(tree(t, map[string][]byte{"a/1.pgm": gray(most), "b/1.pgm": gray(500)}), OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(d.Notes, " "); note == "" && got != "" || !strings.Contains(got, note) {
			t.Errorf("up to %d: notes %q; want one with %q", most, got, note)
		}
	}
}
