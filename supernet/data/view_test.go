package data

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// corner is a picture of 24x16 pixels, white but for its top left quarter, which is red.
func corner(y, x int) color.NRGBA {
	if y < 8 && x < 12 {
		return color.NRGBA{255, 0, 0, 255}
	}
	return color.NRGBA{255, 255, 255, 255}
}

func rgbaOf(h, w int, at func(y, x int) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, at(y, x))
		}
	}
	return m
}

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

// Cropping takes the middle, padding puts the background around, squashing keeps all: none
// but the last changes proportions.
func TestFits(t *testing.T) {
	// 12 rows, 36 columns: red, green, blue thirds, the outer ones transparent at their ends
	stripes := func(_, x int) color.NRGBA {
		c := [3]color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}}[x/12]
		if x < 6 || x >= 30 {
			c.A = 0
		}
		return c
	}
	path := filepath.Join(tree(t, map[string][]byte{"x.png": pngOf(t, 12, 36, stripes)}), "x.png")
	for _, c := range []struct {
		view View
		want [5]string // colours along the middle row at 12x12, and above it
	}{
		{View{}, [5]string{"green", "green", "green", "green", "green"}},
		{View{Fit: FitPad}, [5]string{"white", "red", "green", "blue", "white"}},
		{View{Fit: FitPad, Background: "#000000"}, [5]string{"black", "red", "green", "blue", "black"}},
		{View{Fit: FitSquash, Background: "#102030"}, [5]string{"#102030", "red", "green", "blue", "#102030"}},
	} {
		pix, err := ReadPicture(path, 12, 12, 3, c.view)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string][3]uint8{"red": {255, 0, 0}, "green": {0, 255, 0}, "blue": {0, 0, 255}, "white": {255, 255, 255}, "black": {0, 0, 0}, "#102030": {16, 32, 48}}
		for i, x := range []int{0, 3, 6, 8, 0} {
			y := 6
			if i == 4 {
				y = 0
			}
			got, want := pix[(y*12+x)*3:][:3], names[c.want[i]]
			for k := range 3 {
				if max(got[k], want[k])-min(got[k], want[k]) > 30 {
					t.Errorf("%+v: pixel %d, %d is %v; want %s", c.view, y, x, got, c.want[i])
					break
				}
			}
		}
	}
	long := pngOf(t, 2, 40000, stripes40000)
	path = filepath.Join(tree(t, map[string][]byte{"x.png": long}), "x.png")
	for _, fit := range Fits() {
		pix, err := ReadPicture(path, 64, 64, 3, View{Fit: fit})
		if err != nil {
			t.Fatal(err)
		}
		if mid := pix[(32*64+32)*3:][:3]; fit == FitCrop && (mid[1] < 200 || mid[0] > 60) {
			t.Errorf("%s: the middle of a line of 40,000 pixels is %v; want green", fit, mid)
		}
	}
	for _, v := range []View{{Fit: "stretch"}, {Background: "white"}, {Background: "#12345"}, {Background: "#1234567"}, {Background: "#gggggg"}} {
		if err := v.Validate(); err == nil {
			t.Errorf("%+v is valid", v)
		}
	}
}

// stripes40000 is green in the middle fifth, else red.
func stripes40000(_, x int) color.NRGBA {
	if x >= 16000 && x < 24000 {
		return color.NRGBA{0, 255, 0, 255}
	}
	return color.NRGBA{255, 0, 0, 255}
}

// Black shapes on transparent ground are not black throughout.
func TestTransparentGroundIsWhite(t *testing.T) {
	shape := func(y, x int) color.NRGBA {
		if y == x {
			return color.NRGBA{A: 255}
		}
		return color.NRGBA{}
	}
	palette := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.NRGBA{}, color.NRGBA{A: 255}})
	for i := range 8 {
		palette.SetColorIndex(i, i, 1)
	}
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, palette, nil); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"png": pngOf(t, 8, 8, shape), "gif with a palette": asGIF.Bytes()} {
		pix, err := ReadPicture(filepath.Join(tree(t, map[string][]byte{"x": file}), "x"), 8, 8, 1, View{})
		if err != nil {
			t.Fatal(err)
		}
		if pix[0] != 0 || pix[1] != 255 {
			t.Errorf("%s: shape %d, ground %d; want 0 and 255", name, pix[0], pix[1])
		}
	}
}

// Data sets are found as archives unpack them, and what was found is told.
func TestLayouts(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	for _, c := range []struct {
		files  []string
		layout string
		counts [3]int // train, val, test
	}{
		{[]string{"a/1.png", "b/1.png"}, "CLASS", [3]int{2, 0, 0}},
		{[]string{"pets/a/1.png", "pets/b/1.png", "LICENSE"}, "pets/CLASS", [3]int{2, 0, 0}},
		{[]string{"x/y/train/a/1.png", "x/y/test/a/1.png"}, "x/y/train/CLASS, test x/y/test/CLASS", [3]int{1, 0, 1}},
		{[]string{"train/a/1.png", "train/b/1.png", "val/b/1.png"}, "train/CLASS, validation val/CLASS", [3]int{2, 1, 0}},
		{[]string{"Training/a/1.png", "Testing/a/1.png", "valid/a/1.png", "valid/a/2.png"}, "Training/CLASS, validation valid/CLASS, test Testing/CLASS", [3]int{1, 2, 1}},
		{[]string{"seg_train/seg_train/a/1.png", "seg_test/seg_test/a/1.png"}, "seg_train/seg_train/CLASS, test seg_test/seg_test/CLASS", [3]int{1, 0, 1}},
		{[]string{"a/1.png", "a/thumbs.db", "a/Desktop.ini", "b/1.png", "__MACOSX/a/._1.png", "a/._1.png", "b/@eaDir/1.png", "b/.ipynb_checkpoints/1.png"}, "CLASS", [3]int{2, 0, 0}},
		{[]string{"bus/1.png", "train/1.png", "test/1.png"}, "CLASS", [3]int{3, 0, 0}},
		{[]string{"a/1.jfif", "a/2.JPE", "a/picture", "b/3.webp"}, "CLASS", [3]int{4, 0, 0}},
	} {
		files := map[string][]byte{}
		for _, name := range c.files {
			files[name] = p
		}
		d, err := Open(tree(t, files), OpenOptions{})
		if err != nil {
			t.Errorf("%q: %v", c.files, err)
			continue
		}
		n := func(s *Set) int {
			if s == nil {
				return 0
			}
			return s.Len()
		}
		if got := [3]int{n(d.Train), n(d.Val), n(d.Test)}; got != c.counts || d.Layout != c.layout {
			t.Errorf("%q: %v pictures, layout %q; want %v and %q", c.files, got, d.Layout, c.counts, c.layout)
		}
	}
}

// A validation part is taken as it is, but for its order, and nothing of the training part
// joins it.
func TestSplitKeepsValidationPart(t *testing.T) {
	files := map[string][]byte{}
	for i := range 20 {
		files[fmt.Sprintf("train/a/%02d.png", i)] = pngOf(t, 4, 4, plainColor(uint8(i), 0, 0))
		files[fmt.Sprintf("val/a/%02d.png", i)] = pngOf(t, 4, 4, plainColor(uint8(i), 200, 0))
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Split(SplitOptions{Val: 0.5, Test: 0.25, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 15 || s.Val.Len() != 20 || s.Test.Len() != 5 {
		t.Errorf("%d, %d, %d pictures; want 15, 20, 5", s.Train.Len(), s.Val.Len(), s.Test.Len())
	}
	seen := map[uint8]bool{}
	for i := range s.Val.Len() {
		if p := s.Val.Image(i); p[1] != 200 {
			t.Errorf("validation picture %d is of the training part", i)
		} else {
			seen[p[0]] = true
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different validation pictures; want 20", len(seen))
	}
}

// All damaged pictures are named at once; where they are to be left out, so many are told.
func TestDamagedPicturesAreListed(t *testing.T) {
	files := map[string][]byte{}
	for i := range 30 {
		files[fmt.Sprintf("a/%02d.png", i)] = pngOf(t, 4, 4, plainColor(uint8(i), 0, 0))
		files[fmt.Sprintf("b/%02d.png", i)] = files[fmt.Sprintf("a/%02d.png", i)]
	}
	files["a/07.png"], files["b/03.png"] = files["a/07.png"][:60], nil
	dir := tree(t, files)
	_, err := Open(dir, OpenOptions{})
	wantFault(t, err, "07.png", NoOffset, "damaged")
	if text := err.Error(); !strings.Contains(text, "2 of 60 pictures") || !strings.Contains(text, "a/07.png") || !strings.Contains(text, "b/03.png: an empty file") {
		t.Errorf("error %q; want both pictures", text)
	}
	d, err := Open(dir, OpenOptions{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 58 || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "2 of 60") {
		t.Errorf("%d pictures, notes %q", d.Train.Len(), d.Notes)
	}
	for i := range d.Train.Len() {
		if d.Train.Image(i)[0] == 7 && d.Train.Labels[i] == 0 || d.Train.Image(i)[0] == 3 && d.Train.Labels[i] == 1 {
			t.Errorf("picture %d is one that was left out", i)
		}
	}
	if _, err := Open(tree(t, map[string][]byte{"a/1.png": files["a/01.png"], "b/1.png": nil}), OpenOptions{SkipBad: true}); err == nil {
		t.Error("a class without a readable picture is accepted")
	}
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

// Class lists may begin with the byte order mark of Windows; UTF-16 is refused in words. IDX
// files may lie in folders of their own names.
func TestOddIDX(t *testing.T) {
	images, labels := idxOf(&Set{H: 1, W: 1, C: 1, Classes: []string{"0", "1"}, Pix: []uint8{1, 2}, Labels: []uint16{0, 1}})
	files := map[string][]byte{
		"train-images-idx3-ubyte/train-images-idx3-ubyte": images, "train-labels-idx1-ubyte/train-labels-idx1-ubyte": labels,
		"classes.txt": []byte("\ufeffcat\r\ndog\r\n"),
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Train.Classes, []string{"cat", "dog"}) || d.Train.Len() != 2 {
		t.Errorf("%d pictures of %q", d.Train.Len(), d.Train.Classes)
	}
	files["classes.txt"] = []byte("\xff\xfec\x00")
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "UTF-16") {
		t.Errorf("UTF-16: %v", err)
	}
}

// What a person should know of pictures is said: classes of very different size, channels
// that are alike or hold nothing, pictures that are in two parts, classes that mirroring
// changes.
func TestNotes(t *testing.T) {
	grey := &Set{H: 1, W: 1, C: 3, Classes: []string{"a", "b"}, Pix: []uint8{1, 1, 1, 2, 2, 2}, Labels: []uint16{0, 1}}
	if n := grey.Notes(); len(n) != 1 || !strings.Contains(n[0], "three channels are the same") {
		t.Errorf("grey in three channels: %q", n)
	}
	flat := &Set{H: 1, W: 1, C: 3, Classes: []string{"a", "b"}, Labels: make([]uint16, 13)}
	for i := range 13 {
		flat.Pix = append(flat.Pix, uint8(i), 9, uint8(20*i))
	}
	flat.Labels[3], flat.Labels[5] = 1, 1
	if n := strings.Join(flat.Notes(), "; "); !strings.Contains(n, "channel 1 is 9 everywhere") || !strings.Contains(n, "from 2 pictures (b) to 11 (a): saying a always is right for 84.6 %") {
		t.Errorf("a constant channel and 2 of 13 pictures: %q", n)
	}
	other := flat.Subset([]int{4, 4, 7})
	other.Pix[0]++
	if n := flat.Shared(other); n != 2 {
		t.Errorf("%d shared pictures; want 2", n)
	}
	for names, want := range map[string]bool{"0 1 2 10": true, "A b": true, "cat dog": false, "0 1 x-ray": false, "ab": false} {
		if got := (&Set{Classes: strings.Fields(names)}).Written(); got != want {
			t.Errorf("%s: written %t", names, got)
		}
	}
}

// Pictures of one group, here one patient, are on one side of the split, also across
// classes, and the shares are about those asked for.
func TestGroupsStayTogether(t *testing.T) {
	files := map[string][]byte{}
	for patient := range 30 {
		for i := range 2 + patient%5 {
			class := []string{"well", "ill"}[i%2]
			files[fmt.Sprintf("%s/p%02d_%d.png", class, patient, i)] = pngOf(t, 2, 2, plainColor(uint8(patient), uint8(i), 0))
		}
	}
	dir := tree(t, files)
	for seed := range uint64(20) {
		d, err := Open(dir, OpenOptions{Group: `(p\d+)_`})
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Split(SplitOptions{Val: 0.2, Test: 0.15, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		side := map[uint8]string{}
		total := 0
		for name, part := range map[string]*Set{"train": s.Train, "val": s.Val, "test": s.Test} {
			total += part.Len()
			for i := range part.Len() {
				patient := part.Image(i)[0]
				if other := side[patient]; other != "" && other != name {
					t.Fatalf("seed %d: patient %d is in %s and %s", seed, patient, other, name)
				}
				side[patient] = name
			}
		}
		if total != len(files) {
			t.Fatalf("%d pictures in all; want %d", total, len(files))
		}
		if v, w := float64(s.Val.Len())/float64(total), float64(s.Test.Len())/float64(total); v < 0.15 || v > 0.25 || w < 0.1 || w > 0.2 {
			t.Errorf("seed %d: shares %.2f and %.2f; want about 0.2 and 0.15", seed, v, w)
		}
	}
	if _, err := Open(dir, OpenOptions{Group: `(q\d+)`}); err == nil || !strings.Contains(err.Error(), "finds nothing") {
		t.Errorf("a pattern that finds nothing: %v", err)
	}
	if err := (OpenOptions{Group: "("}).Validate(); err == nil {
		t.Error("a pattern that is none is accepted")
	}
	d, err := Open(dir, OpenOptions{Group: "."})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Split(SplitOptions{Val: 0.2, Test: 0.2}); err == nil {
		t.Error("two groups are cut into three parts")
	}
}

// Tiny ImageNet is read as it is: pictures one folder deeper, validation labels in a list,
// a test part without labels that is not used, and said.
func TestTinyImageNet(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	files := map[string][]byte{
		"train/n01/images/n01_0.JPEG": p, "train/n01/n01_boxes.txt": []byte("n01_0.JPEG 0 0 9 9"),
		"train/n02/images/n02_0.JPEG": p, "train/n02/images/n02_1.JPEG": p,
		"val/images/val_0.JPEG": p, "val/images/val_1.JPEG": p, "val/val_annotations.txt": []byte("val_0.JPEG\tn02\t0\t0\t9\t9\nval_1.JPEG\tn01\t1\t1\t3\t3\n"),
		"test/images/test_0.JPEG": p, "wnids.txt": nil, "words.txt": nil,
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 3 || d.Val == nil || !slices.Equal(d.Val.Labels, []uint16{1, 0}) || d.Test != nil || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "without labels") {
		t.Errorf("%d training pictures, validation %v, test %v, notes %q", d.Train.Len(), d.Val, d.Test, d.Notes)
	}
	files["val/val_annotations.txt"] = []byte("val_0.JPEG\tn03\n")
	if _, err := Open(tree(t, files), OpenOptions{}); err == nil || !strings.Contains(err.Error(), "val_annotations.txt") {
		t.Errorf("a class that there is not: %v", err)
	}
}

// A class is the same however its accents are spelt, as letters of their own (a Mac's
// archives) or not, and need not be UTF-8.
func TestClassNamesAreNormalised(t *testing.T) {
	p := pngOf(t, 4, 4, plainColor(1, 1, 1))
	d, err := Open(tree(t, map[string][]byte{"train/cafe\u0301/1.png": p, "train/th\xe9/1.png": p, "test/caf\u00e9/1.png": p}), OpenOptions{})
	if err != nil {
		t.Skipf("the file system does not take such names: %v", err)
	}
	if !slices.Equal(d.Train.Classes, []string{"caf\u00e9", "th\xe9"}) || d.Test.Len() != 1 || d.Test.Labels[0] != 0 {
		t.Errorf("classes %q, test %v", d.Train.Classes, d.Test.Labels)
	}
}
