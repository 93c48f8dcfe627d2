package bench

import (
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

func TestLayersOfTheTable(t *testing.T) {
	layers, err := Layers()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range layers {
		if seen[l.Name] {
			t.Errorf("%s occurs twice", l.Name)
		}
		seen[l.Name] = true
		if l.RealFLOPs() > l.FLOPs() || (l.Pad == space.Square(0)) != (l.RealFLOPs() == l.FLOPs()) {
			t.Errorf("%s: %d operations, %d on real pixels", l.Name, l.FLOPs(), l.RealFLOPs())
		}
	}
	want := Layer{Name: "dw5s2_144_16_b64", Class: "depthwise", N: 64, InC: 144, H: 16, W: 16, OutC: 144, K: space.Square(5), S: 2, Pad: space.Square(2), G: 144}
	for _, l := range layers {
		if l.Name == want.Name && l != want {
			t.Errorf("got %+v; want %+v", l, want)
		}
	}
	if !seen[want.Name] || len(layers) < 50 {
		t.Errorf("%d layers; want at least 50, %s among them", len(layers), want.Name)
	}
}

// TestRealFLOPs compares the count with one by trying every tap.
func TestRealFLOPs(t *testing.T) {
	for _, l := range []Layer{
		{N: 2, InC: 3, H: 5, W: 7, OutC: 4, K: space.Square(3), S: 1, Pad: space.Square(1), G: 1},
		{N: 1, InC: 6, H: 8, W: 6, OutC: 6, K: space.Square(5), S: 2, Pad: space.Square(2), G: 6},
		{N: 1, InC: 4, H: 2, W: 2, OutC: 2, K: space.Square(7), S: 1, Pad: space.Square(3), G: 2},
		{N: 3, InC: 2, H: 9, W: 9, OutC: 5, K: space.Square(1), S: 2, Pad: space.Square(0), G: 1},
		{N: 1, InC: 4, H: 9, W: 7, OutC: 4, K: space.Square(3), S: 2, Pad: space.Square(2), G: 4, Dil: 2},
		{N: 1, InC: 4, H: 3, W: 9, OutC: 4, K: space.Sides{H: 1, W: 5}, S: 2, Pad: space.Sides{W: 2}, G: 1},
	} {
		var taps int64
		for oy := range l.OutH() {
			for ox := range l.OutW() {
				for ky := range l.K.H {
					for kx := range l.K.W {
						y, x := oy*l.S-l.Pad.H+ky*max(1, l.Dil), ox*l.S-l.Pad.W+kx*max(1, l.Dil)
						if y >= 0 && y < l.H && x >= 0 && x < l.W {
							taps++
						}
					}
				}
			}
		}
		if got, want := l.RealFLOPs(), 2*taps*int64(l.N*l.OutC*l.InC/l.G); got != want {
			t.Errorf("%+v: %d operations; want %d", l, got, want)
		}
	}
}

func TestReadLayersNamesWhatIsWrong(t *testing.T) {
	good := layerColumns + "\na,dense,1,4,8,8,16,3,1,1,1\n"
	if l, err := ReadLayers(strings.NewReader(good)); err != nil || len(l) != 1 {
		t.Fatalf("%v, %v; want one layer", l, err)
	}
	for name, c := range map[string]struct{ table, want string }{
		"empty":          {"", "EOF"},
		"other columns":  {strings.Replace(good, "Cin", "C", 1), "want " + layerColumns},
		"missing column": {strings.Replace(good, ",1,1,1\n", ",1,1\n", 1), "wrong number of fields"},
		"no number":      {strings.Replace(good, "16,3", "16,three", 1), `line 2: column K: "three"`},
		"no name":        {strings.Replace(good, "a,dense", ",dense", 1), "line 2: layer without a name"},
		"no channels":    {strings.Replace(good, "1,4,8", "1,0,8", 1), "line 2: layer a: sizes must be positive"},
		"large kernel":   {strings.Replace(good, "16,3", "16,11", 1), "kernel of 11 pixels on a padded map of 10"},
		"groups":         {strings.Replace(good, "1,1,1\n", "1,1,3\n", 1), "3 groups do not divide 4 and 16 channels"},
	} {
		if _, err := ReadLayers(strings.NewReader(c.table)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
