package data

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"path/filepath"
	"testing"
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
