package main

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/space"
)

// eval and classify read pictures as the network's did: of a wide picture, padding leaves
// the background above, cropping and the squashing of old files do not.
func TestPicturesAreReadAsTheNetworkWants(t *testing.T) {
	dir := t.TempDir()
	wide := image.NewNRGBA(image.Rect(0, 0, 16, 4))
	for i := range wide.Pix {
		wide.Pix[i] = 255
	}
	for x := range 4 { // red at the left end
		for y := range 4 {
			wide.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
		}
	}
	for _, class := range []string{"a", "b"} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, class, "1.png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, wide); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	plan := space.Plan{
		{Layer: space.Layer{Op: space.GlobalPool, H: 8, W: 8, InC: 3, OutC: 3}, In: []int{space.Image}},
		{Layer: space.Layer{Op: space.Linear, H: 1, W: 1, InC: 3, OutC: 2}, Weight: "classifier", Bias: true, In: []int{0}},
	}
	for _, c := range []struct {
		view      *data.View
		top, left []uint8 // pixels at the middle of the top row, and of the left column
	}{
		{view: nil, top: []uint8{255, 255, 255}, left: []uint8{255, 0, 0}},
		{view: &data.View{Fit: data.FitCrop}, top: []uint8{255, 255, 255}, left: []uint8{255, 255, 255}},
		{view: &data.View{Fit: data.FitPad, Background: "#0000ff"}, top: []uint8{0, 0, 255}, left: []uint8{255, 0, 0}},
	} {
		l := supernet.Label{Arch: "x", Classes: []string{"a", "b"}, Mean: []float32{0, 0, 0}, Std: []float32{1, 1, 1}, View: c.view}
		n, err := supernet.Assemble(plan, l, []supernet.Values{{}, {Weight: make([]float32, 6), Bias: make([]float32, 2)}})
		if err != nil {
			t.Fatal(err)
		}
		set, _, err := evalCmd{Data: dir}.pictures(n, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := data.ReadPicture(filepath.Join(dir, "a", "1.png"), 8, 8, 3, viewOf(n))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(set.Image(0), alone) {
			t.Errorf("%+v: eval and classify read other pixels", c.view)
		}
		top, left := set.Image(0)[4*3:][:3], set.Image(0)[4*8*3:][:3]
		if !slices.Equal(top, c.top) || !slices.Equal(left, c.left) {
			t.Errorf("%+v: top %v, left %v; want %v and %v", c.view, top, left, c.top, c.left)
		}
	}
}
