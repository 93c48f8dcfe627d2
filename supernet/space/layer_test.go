package space_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/supernet/space"
)

// TestLayerCounts compares sizes and FLOPs with loops that walk the windows.
func TestLayerCounts(t *testing.T) {
	side := rapid.IntRange(1, 7)
	rapid.Check(t, func(t *rapid.T) {
		l := space.Layer{
			H: rapid.IntRange(1, 12).Draw(t, "h"), W: rapid.IntRange(1, 12).Draw(t, "w"),
			K: space.Sides{H: side.Draw(t, "kh"), W: side.Draw(t, "kw")}, S: rapid.IntRange(1, 4).Draw(t, "s"),
			G: rapid.IntRange(1, 3).Draw(t, "g"), Dil: rapid.SampledFrom([]int{0, 2, 3}).Draw(t, "dilation"),
		}
		apart := max(1, l.Dil)
		l.InC, l.OutC = l.G*rapid.IntRange(1, 3).Draw(t, "in"), l.G*rapid.IntRange(1, 3).Draw(t, "out")
		windows := func(n, k int) (count int) {
			pad := (k - 1) / 2 * apart
			for at := -pad; at+(k-1)*apart < n+pad; at += l.S {
				count++
			}
			return count
		}
		h, w := windows(l.H, l.K.H), windows(l.W, l.K.W)
		var conv, pool int64
		for range h * w {
			for range l.OutC {
				for range l.K.H * l.K.W {
					pool++
					for range l.InC / l.G {
						conv += 2
					}
				}
			}
		}
		l.Op = space.Conv
		if l.OutH() != h || l.OutW() != w || l.FLOPs() != conv {
			t.Fatalf("%v: %dx%d, %d FLOPs; want %dx%d, %d", l, l.OutH(), l.OutW(), l.FLOPs(), h, w, conv)
		}
		for _, op := range []space.Op{space.MaxPool, space.AvgPool} {
			l.Op = op
			if l.OutH() != h || l.OutW() != w || l.FLOPs() != pool {
				t.Fatalf("%v: %d FLOPs; want %d", l, l.FLOPs(), pool)
			}
		}
	})
}

func TestLayerCountsOfTheRest(t *testing.T) {
	cases := []struct {
		layer space.Layer
		h, w  int
		flops int64
		text  string
	}{
		{space.Layer{Op: space.Add, H: 3, W: 5, InC: 2, OutC: 2, FanIn: 3, Act: space.ReLU}, 3, 5, 2 * 3 * 5 * 2, "add3 3x5x2->2 relu"},
		{space.Layer{Op: space.Add, H: 3, W: 5, InC: 2, OutC: 2}, 3, 5, 0, "add0 3x5x2->2"},
		{space.Layer{Op: space.GlobalPool, H: 3, W: 5, InC: 2, OutC: 2}, 1, 1, 3 * 5 * 2, "globalpool 3x5x2->2"},
		{space.Layer{Op: space.Linear, H: 1, W: 1, InC: 7, OutC: 4}, 1, 1, 2 * 7 * 4, "linear 1x1x7->4"},
		{space.Layer{Op: space.Conv, H: 4, W: 4, InC: 6, OutC: 6, K: space.Square(3), S: 2, G: 6, Act: space.HardSwish}, 2, 2, 2 * 2 * 2 * 6 * 9, "conv3x3s2g6 4x4x6->6 hardswish"},
		{space.Layer{Op: space.MaxPool, H: 7, W: 8, InC: 3, OutC: 3, K: space.Square(2), S: 2}, 3, 4, 3 * 4 * 3 * 4, "maxpool2x2s2 7x8x3->3"},
		{space.Layer{Op: space.Conv, H: 1, W: 9, InC: 4, OutC: 5, K: space.Sides{H: 1, W: 3}, S: 2, G: 1, Dil: 2}, 1, 5, 2 * 5 * 5 * 4 * 3, "conv1x3s2d2 1x9x4->5"},
	}
	for _, c := range cases {
		l := c.layer
		if l.OutH() != c.h || l.OutW() != c.w || l.FLOPs() != c.flops || l.String() != c.text {
			t.Errorf("%v: %dx%d, %d FLOPs; want %dx%d, %d, %q", l, l.OutH(), l.OutW(), l.FLOPs(), c.h, c.w, c.flops, c.text)
		}
	}
}

func TestActNames(t *testing.T) {
	for a := space.NoAct; a <= space.GELU; a++ {
		if b, err := space.ParseAct(a.String()); err != nil || a != b {
			t.Errorf("%v: %v, %v", a, b, err)
		}
	}
	if _, err := space.ParseAct("swish"); err == nil {
		t.Error("unknown activation accepted")
	}
	if space.Act(200).String() != "act(200)" || space.Op(200).String() != "op(200)" {
		t.Error("unknown values have no name")
	}
}

func TestArchIsAValue(t *testing.T) {
	genes := []uint8{1, 0, 2}
	a := space.NewArch(genes)
	genes[0] = 9
	a.Genes()[1] = 9
	if a != space.NewArch([]uint8{1, 0, 2}) || a.Len() != 3 || a.Gene(2) != 2 {
		t.Errorf("got %v", a)
	}
	if !a.Less(space.NewArch([]uint8{1, 1, 0})) || a.Less(a) {
		t.Error("order is not by genes")
	}
}
