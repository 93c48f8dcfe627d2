package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/espalier-nas/espalier/internal/allocs"
)

func testNorm(c int) Normalization {
	var norm Normalization
	for i := range c {
		norm.Mean = append(norm.Mean, []float32{0.3, 0.5, 0.4}[i%3])
		norm.Std = append(norm.Std, []float32{0.25, 0.5, 0.3}[i%3])
	}
	return norm
}

// naive is the slow twin of Loader.put: it builds the framed picture, cuts the window out of it, mirrors and erases.
func naive(s *Set, norm Normalization, aug Augment, i int, v variation) []float32 {
	h, w, c, pad := s.H, s.W, s.C, aug.Crop
	padded := make([]uint8, (h+2*pad)*(w+2*pad)*c)
	outside := func(at, n int) int { // the distance from the picture to a place at a mirror in its first or last pixel
		return max(0, -at, at-(n-1))
	}
	for y := -pad; y < h+pad; y++ {
		for x := -pad; x < w+pad; x++ {
			dy, dx := outside(y, h), outside(x, w)
			fromY, fromX := min(max(y, 0), h-1), min(max(x, 0), w-1)
			if dy+dx > 0 && !aug.Reflect || dy >= h || dx >= w { // black, or a side of one pixel, along which nothing moves
				continue
			}
			if fromY -= dy; y < 0 {
				fromY = dy
			}
			if fromX -= dx; x < 0 {
				fromX = dx
			}
			copy(padded[((y+pad)*(w+2*pad)+x+pad)*c:][:c], s.Image(i)[(fromY*w+fromX)*c:])
		}
	}
	out := make([]float32, h*w*c)
	for y := range h {
		for x := range w {
			column := x
			if v.flip {
				column = w - 1 - x
			}
			for ch := range c {
				value := padded[((y+pad+v.dy)*(w+2*pad)+column+pad+v.dx)*c+ch]
				z := (float64(value)/255 - float64(norm.Mean[ch])) / float64(norm.Std[ch])
				for _, r := range v.holes {
					if y >= r.top && y < r.top+r.h && x >= r.left && x < r.left+r.w {
						z = 0
					}
				}
				out[(y*w+x)*c+ch] = float32(z)
			}
		}
	}
	return out
}

func TestFillEqualsNaiveTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]int{1, 3, tabled + 1}).Draw(t, "c")
		s := randomSet(rapid.IntRange(1, 9).Draw(t, "n"), rapid.IntRange(1, 9).Draw(t, "h"), rapid.IntRange(1, 9).Draw(t, "w"), c, 3)
		side := min(s.H, s.W)
		aug := Augment{
			Crop: rapid.IntRange(0, side-1).Draw(t, "crop"), Reflect: rapid.Bool().Draw(t, "reflect"),
			Flip:   rapid.Bool().Draw(t, "flip"),
			Cutout: rapid.IntRange(0, side).Draw(t, "cutout"),
			Erase:  rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "erase"), EraseMost: 0.5,
		}
		aug.Alternate = rapid.Bool().Draw(t, "alternate")
		seed, epoch := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 100).Draw(t, "epoch")
		batch := rapid.IntRange(1, s.Len()).Draw(t, "batch")
		l := NewLoader(s, testNorm(c), aug, batch, seed)
		index := rapid.IntRange(0, l.Batches()-1).Draw(t, "index")
		var b Batch
		l.Fill(&b, epoch, index)
		o := newOrder(seed, epoch, s.Len())
		for k := range batch {
			i := o.at(index*batch + k)
			want := naive(s, testNorm(c), aug, i, aug.draw(seed, epoch, i, s.H, s.W))
			if got := b.X[k*len(want) : (k+1)*len(want)]; !slices.Equal(got, want) {
				t.Fatalf("picture %d of the batch differs:\n%v\nwant\n%v", k, got, want)
			}
			if b.Labels[k] != int32(s.Labels[i]) || b.Index[k] != int32(i) {
				t.Fatalf("label and index %d of the batch are %d and %d, want %d and %d", k, b.Labels[k], b.Index[k], s.Labels[i], i)
			}
		}
	})
}

// An epoch shows as many different pictures as fit into full batches, and each of them varied in the same way whatever
// the size of the batch.
func TestEpochCoversSetForAnyBatch(t *testing.T) {
	s := randomSet(23, 4, 4, 1, 23)
	aug := Augment{Crop: 2, Flip: true, Cutout: 2}
	pictures := func(batch int) map[int32]string {
		l := NewLoader(s, testNorm(1), aug, batch, 5)
		if want := 23 / batch; l.Batches() != want {
			t.Fatalf("batch %d: %d batches, want %d", batch, l.Batches(), want)
		}
		seen := map[int32]string{}
		var b Batch
		for index := range l.Batches() {
			l.Fill(&b, 2, index)
			for k, label := range b.Labels {
				seen[label] = floatText(b.X[k*16 : (k+1)*16])
			}
		}
		if want := l.Batches() * batch; len(seen) != want {
			t.Fatalf("batch %d: %d different pictures, want %d", batch, len(seen), want)
		}
		return seen
	}
	all := pictures(1)
	for _, batch := range []int{2, 7, 23} {
		for label, x := range pictures(batch) {
			if x != all[label] {
				t.Errorf("batch %d: picture %d differs from batch 1", batch, label)
			}
		}
	}
}

func floatText(x []float32) string {
	var s strings.Builder
	for _, v := range x {
		s.WriteRune(rune(math.Float32bits(v) >> 16))
		s.WriteRune(rune(math.Float32bits(v) & 0xffff))
	}
	return s.String()
}

// Every offset of the crop and both directions must occur, as often as chance says; and switching one variation off
// must not change what the others draw.
func TestDrawDistribution(t *testing.T) {
	const n = 20000
	aug := Augment{Crop: 2, Flip: true, Cutout: 3}
	var dy, dx [5]int
	flips := 0
	for i := range n {
		v := aug.draw(1, 0, i, 8, 8)
		dy[v.dy+2]++
		dx[v.dx+2]++
		if v.flip {
			flips++
		}
		if alone := (Augment{Crop: 2}).draw(1, 0, i, 8, 8); alone.dy != v.dy || alone.dx != v.dx || alone.flip {
			t.Fatalf("picture %d: crop alone draws %+v, with the others %+v", i, alone, v)
		}
	}
	near(t, "flips", flips, n, 0.5)
	for i := range dy {
		near(t, "vertical offset", dy[i], n, 0.2)
		near(t, "horizontal offset", dx[i], n, 0.2)
	}
}

func TestSequentialIsPlain(t *testing.T) {
	s := randomSet(6, 5, 4, 3, 3)
	l := NewLoader(s, testNorm(3), Augment{Crop: 3, Flip: true, Cutout: 2}, 2, 9)
	var b Batch
	l.Sequential(&b, 1, 5)
	if b.N != 5 || b.H != 5 || b.W != 4 || b.C != 3 || len(b.X) != 5*5*4*3 || len(b.Labels) != 5 {
		t.Fatalf("batch is %d %dx%dx%d with %d values, %d labels", b.N, b.H, b.W, b.C, len(b.X), len(b.Labels))
	}
	for k := range 5 {
		want := naive(s, testNorm(3), Augment{}, 1+k, variation{})
		if !slices.Equal(b.X[k*60:(k+1)*60], want) || b.Labels[k] != int32(s.Labels[1+k]) || b.Index[k] != int32(1+k) {
			t.Errorf("picture %d is not the stored one", 1+k)
		}
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	s := randomSet(100, 28, 28, 1, 10)
	l := NewLoader(s, testNorm(1), Augment{Crop: 4, Flip: true, Alternate: true, Cutout: 8, Erase: 0.5, EraseMost: 0.4}, 16, 1)
	var b Batch
	l.Fill(&b, 0, 0)
	step := 0
	if n := allocs.PerRun(100, func() {
		step++
		l.Fill(&b, step/l.Batches(), step%l.Batches())
		l.Sequential(&b, step%50, 16)
	}); n != 0 {
		t.Errorf("%v allocations per batch, want 0", n)
	}
}

func TestTensorSharesMemory(t *testing.T) {
	l := NewLoader(randomSet(4, 3, 2, 3, 2), testNorm(3), Augment{}, 4, 1)
	var b Batch
	l.Fill(&b, 0, 0)
	x := b.Tensor()
	if got := []int(x.Shape()); !slices.Equal(got, []int{4, 3, 2, 3}) {
		t.Fatalf("shape %v, want (4, 3, 2, 3)", got)
	}
	b.X[len(b.X)-1] = 42
	if v, err := x.At(3, 2, 1, 2); err != nil || v != float32(42) {
		t.Errorf("last element is %v, %v, want the 42 written to the batch", v, err)
	}
}

func TestCheckLoaderNamesEveryFault(t *testing.T) {
	s := randomSet(4, 8, 8, 1, 2)
	err := CheckLoader(s, Normalization{Mean: []float32{0, 0}, Std: []float32{0}}, Augment{Crop: 8, Cutout: -1, Erase: 2, EraseMost: 0.01}, 0)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"erase has a probability of 2, expected 0 to 1", "share of 0.01, expected 0.02 to 1",
		"crop of 8 pixels, expected 0 to 7", "cutout of -1 pixels, expected 0 to 8", "batch of 0",
		"2 means and 1 deviations, expected 1", "channel 0 is 0",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
	nan := float32(math.NaN())
	for name, bad := range map[string]error{
		"empty set":     CheckLoader(randomSet(0, 8, 8, 1, 2), testNorm(1), Augment{}, 1),
		"NaN deviation": CheckLoader(s, Normalization{Mean: []float32{0}, Std: []float32{nan}}, Augment{}, 1),
		"label":         CheckLoader(&Set{H: 1, W: 1, C: 1, Classes: []string{"a"}, Pix: []uint8{0}, Labels: []uint16{1}}, testNorm(1), Augment{}, 1),
		"pixels":        CheckLoader(&Set{H: 1, W: 1, C: 1, Classes: []string{"a"}, Labels: []uint16{0}}, testNorm(1), Augment{}, 1),
	} {
		if bad == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := CheckLoader(s, testNorm(1), Augment{Crop: 7, Flip: true, Cutout: 8}, 4); err != nil {
		t.Errorf("good arguments: %v", err)
	}
}

func TestProgrammerErrorsPanic(t *testing.T) {
	l := NewLoader(randomSet(5, 4, 4, 1, 2), testNorm(1), Augment{}, 2, 1)
	var b Batch
	if l.Set().Len() != 5 {
		t.Fatalf("the loader reads a set of %d pictures, want 5", l.Set().Len())
	}
	for what, call := range map[string]func(){
		"batch out of the epoch":    func() { l.Fill(&b, 0, 2) },
		"negative batch":            func() { l.Fill(&b, 0, -1) },
		"negative epoch":            func() { l.Fill(&b, -1, 0) },
		"pictures out of the set":   func() { l.Sequential(&b, 3, 3) },
		"loader without deviations": func() { NewLoader(l.Set(), Normalization{}, Augment{}, 2, 1) },
		"prefetcher of depth 0":     func() { NewPrefetcher(l, 0, 0) },
		"prefetcher without batch":  func() { NewPrefetcher(NewLoader(l.Set(), testNorm(1), Augment{}, 6, 1), 1, 0) },
		"tensor of nothing":         func() { new(Batch).Tensor() },
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

func BenchmarkFill(b *testing.B) {
	for _, bench := range []struct {
		name    string
		side, c int
		aug     Augment
	}{
		{"28x28x1/plain", 28, 1, Augment{}},
		{"28x28x1/augmented", 28, 1, Augment{Crop: 2, Flip: true, Cutout: 8}},
		{"28x28x1/erased", 28, 1, Augment{Crop: 2, Flip: true, Erase: 0.5, EraseMost: 0.4}},
		{"1x1x49152/plain", 1, 49152, Augment{}},
		{"32x32x3/augmented", 32, 3, Augment{Crop: 4, Flip: true, Cutout: 8}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			l := NewLoader(randomSet(2000, bench.side, bench.side, bench.c, 10), testNorm(bench.c), bench.aug, 64, 1)
			var batch Batch
			l.Fill(&batch, 0, 0)
			b.ReportAllocs()
			step := 0
			for b.Loop() {
				l.Fill(&batch, step/l.Batches(), step%l.Batches())
				step++
			}
		})
	}
}
