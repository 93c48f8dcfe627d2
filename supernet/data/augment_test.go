package data

import (
	"errors"
	"math"
	"testing"
)

// Cutout's square lies around a centre that is uniform over the picture, and reaches out of it.
func TestCutoutIsASquareAroundAnyPixel(t *testing.T) {
	var seen [8][8]bool
	for i := range 2000 {
		r := Augment{Cutout: 3}.draw(1, 0, i, 8, 8).holes[0]
		if r.h != 3 || r.w != 3 || r.top < -1 || r.top > 6 || r.left < -1 || r.left > 6 {
			t.Fatalf("picture %d: %+v; want a square of 3 around a pixel", i, r)
		}
		seen[r.top+1][r.left+1] = true
	}
	for y := range seen {
		for x := range seen[y] {
			if !seen[y][x] {
				t.Errorf("no square around (%d, %d)", y, x)
			}
		}
	}
}

// Erased rectangles lie in the picture, have the areas and aspect ratios that they are to have, up to whole pixels, and
// come as often as asked for. Both are uniform where a large picture sets no limits: area linearly, aspect in logarithm.
func TestEraseDraws(t *testing.T) {
	const n, h, w = 20000, 400, 300
	aug := Augment{Crop: 2, Flip: true, Erase: 0.25, EraseMost: 0.1}
	erased, wide, below := 0, 0, 0
	for i := range n {
		v := aug.draw(1, 3, i, h, w)
		r := v.holes[1]
		if plain := (Augment{Crop: 2, Flip: true}).draw(1, 3, i, h, w); plain.dy != v.dy || plain.dx != v.dx || plain.flip != v.flip {
			t.Fatalf("picture %d: erasing changes the crop or the flip", i)
		}
		if r == (rect{}) {
			continue
		}
		erased++
		if r.top < 0 || r.left < 0 || r.top+r.h > h || r.left+r.w > w {
			t.Fatalf("%+v reaches out of the picture", r)
		}
		area, aspect := float64(r.h*r.w)/(h*w), float64(r.h)/float64(r.w)
		if area < 0.019 || area > 0.101 || aspect < 0.29 || aspect > 1/0.29 {
			t.Fatalf("%+v covers %.3f with an aspect ratio of %.2f; want 0.02 to 0.1 and 0.3 to 3.33", r, area, aspect)
		}
		if r.w > r.h {
			wide++
		}
		if area < 0.06 {
			below++
		}
	}
	near(t, "erased", erased, n, 0.25)
	near(t, "wider than high", wide, erased, 0.5)
	near(t, "below the middle area", below, erased, 0.5)
}

// In small pictures rectangles are clipped by nothing: what does not fit is drawn again.
func TestEraseFitsSmallPictures(t *testing.T) {
	aug := Augment{Erase: 1, EraseMost: 1}
	for i := range 2000 {
		r := aug.draw(7, 0, i, 5, 3).holes[1]
		if r.h < 0 || r.w < 0 || r.top < 0 || r.left < 0 || r.top+r.h > 5 || r.left+r.w > 3 {
			t.Fatalf("%+v reaches out of 5x3 pixels", r)
		}
	}
}

// Alternating flips show each picture from both sides in any two epochs that follow each other, and begin with either
// side equally often.
func TestAlternatingFlip(t *testing.T) {
	const n = 20000
	aug := Augment{Flip: true, Alternate: true}
	first := 0
	for i := range n {
		for epoch := range 4 {
			if aug.draw(1, epoch, i, 8, 8).flip == aug.draw(1, epoch+1, i, 8, 8).flip {
				t.Fatalf("picture %d has the same side in epochs %d and %d", i, epoch, epoch+1)
			}
		}
		if aug.draw(1, 0, i, 8, 8).flip {
			first++
		}
	}
	near(t, "mirrored first", first, n, 0.5)
}

// From epoch Until on pictures are as they are; before it they are varied as without Until.
func TestPicturesAreVariedUntil(t *testing.T) {
	always := Augment{Crop: 2, Flip: true, Cutout: 3, Erase: 0.5, EraseMost: 0.4}
	until := always
	until.Until = 3
	for i := range 100 {
		for epoch := range 6 {
			want := variation{}
			if epoch < 3 {
				want = always.draw(1, epoch, i, 8, 8)
			}
			if got := until.draw(1, epoch, i, 8, 8); got != want {
				t.Fatalf("epoch %d, picture %d: %+v; want %+v", epoch, i, got, want)
			}
		}
	}
	if err := (Augment{Until: -1}).Validate(8, 8); err == nil {
		t.Error("a negative epoch was taken")
	}
}

// near fails unless got of n is the given share, up to six standard errors.
func near(t *testing.T, what string, got, n int, share float64) {
	t.Helper()
	if tolerance := 6 * math.Sqrt(float64(n)*share*(1-share)); math.Abs(float64(got)-float64(n)*share) > tolerance {
		t.Errorf("%s: %d of %d, want %.0f +- %.0f", what, got, n, float64(n)*share, tolerance)
	}
}

// Pictures of one row or column are signals: they move along their only side, as far as asked for.
func TestSignalsMoveAlongTheirSide(t *testing.T) {
	a := Augment{Crop: 5}
	if err := errors.Join(a.Validate(1, 6), a.Validate(6, 1), a.Validate(6, 7)); err != nil {
		t.Error(err)
	}
	for _, size := range [][2]int{{1, 5}, {5, 1}, {5, 9}, {9, 5}, {1, 1}} {
		if a.Validate(size[0], size[1]) == nil {
			t.Errorf("a crop of 5 is accepted for pictures of %dx%d", size[0], size[1])
		}
	}
	seen := make(map[int]bool)
	for i := range 500 {
		row, column := a.draw(1, 0, i, 1, 20), a.draw(1, 0, i, 20, 1)
		if row.dy != 0 || column.dx != 0 {
			t.Fatalf("signal %d moves across its side: %+v, %+v", i, row, column)
		}
		seen[row.dx], seen[100+column.dy] = true, true
	}
	if len(seen) != 2*(2*5+1) {
		t.Errorf("signals move by %d different offsets; want all of -5 to 5 along either side", len(seen))
	}
}
