package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// numbered returns a set whose picture i spells i in its two pixels, so that a picture can be followed.
func numbered(n, classes int) *Set {
	s := randomSet(n, 1, 2, 1, classes)
	for i := range n {
		s.Pix[2*i], s.Pix[2*i+1] = uint8(i>>8), uint8(i)
	}
	return s
}

func numbers(s *Set) []int {
	var ids []int
	for i := range s.Len() {
		ids = append(ids, int(s.Image(i)[0])<<8|int(s.Image(i)[1]))
	}
	return ids
}

func TestSplitIsStratifiedAndDisjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 5).Draw(t, "classes")
		d := &Dataset{Name: "x", Train: numbered(rapid.IntRange(10*classes, 300).Draw(t, "n"), classes)}
		o := SplitOptions{
			Val:  rapid.Float64Range(0, 0.4).Draw(t, "val"),
			Test: rapid.Float64Range(0, 0.4).Draw(t, "test"),
			Seed: rapid.Uint64().Draw(t, "seed"),
		}
		parts, err := d.Split(o)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(numbers(parts.Train), numbers(parts.Val), numbers(parts.Test))
		slices.Sort(all)
		for i, id := range all {
			if id != i {
				t.Fatalf("picture %d is missing or doubled", i)
			}
		}
		if len(all) != d.Train.Len() {
			t.Fatalf("%d pictures in the parts, want %d", len(all), d.Train.Len())
		}
		total := d.Train.ClassCounts()
		for part, share := range map[*Set]float64{parts.Val: o.Val, parts.Test: o.Test} {
			for class, got := range part.ClassCounts() {
				if want := portion(share, total[class]); got != want {
					t.Fatalf("class %d of %d pictures: %d in a share of %v, want %d", class, total[class], got, share, want)
				}
			}
		}
		for _, part := range []*Set{parts.Train, parts.Val, parts.Test} {
			for i, id := range numbers(part) {
				if part.Labels[i] != d.Train.Labels[id] {
					t.Fatalf("picture %d changed its label", id)
				}
			}
		}
	})
}

func TestSplitIsFunctionOfSeed(t *testing.T) {
	d := &Dataset{Train: numbered(200, 4)}
	split := func(seed uint64) []int {
		parts, err := d.Split(SplitOptions{Val: 0.2, Test: 0.1, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(numbers(parts.Train), numbers(parts.Val), numbers(parts.Test))
	}
	if !slices.Equal(split(1), split(1)) {
		t.Error("the same seed gave two splits")
	}
	if slices.Equal(split(1), split(2)) {
		t.Error("two seeds gave the same split")
	}
}

// Splits, and parts of them, hold no pixels of their own: their pictures lie in what was split.
func TestSplitsHoldNoPixels(t *testing.T) {
	d := &Dataset{Train: numbered(60, 3)}
	parts, err := d.Split(SplitOptions{Val: 0.2, Test: 0.2, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Set{
		"training": parts.Train, "validation": parts.Val, "test": parts.Test, "none": parts.Train.Subset(nil),
		"some": parts.Train.Subset([]int{4, 0, 4}), "first": parts.Val.First(3), "flat": parts.Test.Flat(), "of the whole": d.Train.Subset([]int{59, 0}),
	} {
		if err := s.Validate(); err != nil || s.Pix != nil || s.Bytes() != d.Train.Bytes() {
			t.Errorf("%s: %v, %d bytes of its own, %d in all; want none and %d", name, err, len(s.Pix), s.Bytes(), d.Train.Bytes())
		}
		for i, id := range numbers(s) {
			if &s.Image(i)[0] != &d.Train.Image(id)[0] || s.Labels[i] != d.Train.Labels[id] {
				t.Errorf("%s: picture %d is not where picture %d of the whole set is, or has another label", name, i, id)
			}
		}
	}
}

// Classes of the same size must be cut at different places.
func TestSplitCutsClassesIndependently(t *testing.T) {
	parts, err := (&Dataset{Train: numbered(200, 2)}).Split(SplitOptions{Val: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	var ranks [2][]int
	for _, id := range numbers(parts.Val) {
		ranks[id%2] = append(ranks[id%2], id/2)
	}
	slices.Sort(ranks[0])
	slices.Sort(ranks[1])
	if slices.Equal(ranks[0], ranks[1]) {
		t.Errorf("both classes give the pictures %v to validation", ranks[0])
	}
}

// Pictures sorted by class, as a folder stores them, must come out mixed.
func TestSplitShuffles(t *testing.T) {
	s := numbered(400, 4)
	for i := range s.Labels {
		s.Labels[i] = uint16(i / 100)
	}
	parts, err := (&Dataset{Train: s}).Split(SplitOptions{Val: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []*Set{parts.Train, parts.Val} {
		prefix := part.Subset([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
		if slices.Contains(prefix.ClassCounts(), 0) {
			t.Errorf("the first 20 pictures have classes %v", prefix.Labels)
		}
	}
}

func TestSplitKeepsTestPart(t *testing.T) {
	d := &Dataset{Train: numbered(100, 2), Test: numbered(10, 2)}
	parts, err := d.Split(SplitOptions{Val: 0.1, Test: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if parts.Test != d.Test || parts.Train.Len() != 90 || parts.Val.Len() != 10 {
		t.Errorf("train %d, val %d, own test part kept: %v; want 90, 10, true", parts.Train.Len(), parts.Val.Len(), parts.Test == d.Test)
	}
}

func TestSplitErrors(t *testing.T) {
	d := &Dataset{Name: "tiny", Train: numbered(4, 2)}
	for _, c := range []struct {
		o    SplitOptions
		want string
	}{
		{SplitOptions{Val: -0.1}, "validation share is -0.1"},
		{SplitOptions{Test: 1}, "test share is 1"},
		{SplitOptions{Val: 0.6, Test: 0.6}, "expected a sum below 1"},
		{SplitOptions{Val: 0.1, Test: 0.1}, `class "a" has 2 pictures, too few`},
	} {
		if _, err := d.Split(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want an error with %q", c.o, err, c.want)
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
