package data

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestEmbedded(t *testing.T) {
	if len(fashionCut) >= 2_700_000 {
		t.Errorf("%d bytes in the program, want less than 2,700,000", len(fashionCut))
	}
	if notice := EmbeddedNotice(); !strings.Contains(notice, "Zalando SE") || !strings.Contains(notice, "MIT License") {
		t.Error("the notice does not name its owner and licence")
	}
	d, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		s        *Set
		perClass int
	}{{d.Train, 480}, {d.Test, 120}} {
		if err := part.s.Validate(); err != nil {
			t.Fatal(err)
		}
		if part.s.H != 28 || part.s.W != 28 || part.s.C != 1 || len(part.s.Classes) != 10 {
			t.Errorf("%dx%dx%d, %d classes, want 28x28x1, 10", part.s.H, part.s.W, part.s.C, len(part.s.Classes))
		}
		for class, n := range part.s.ClassCounts() {
			if n != part.perClass {
				t.Errorf("class %d has %d pictures, want %d", class, n, part.perClass)
			}
		}
	}
	// The published moments of the full training part are 0.2860 and 0.3530.
	norm := Measure(d.Train)
	if math.Abs(float64(norm.Mean[0])-0.2860) > 0.01 || math.Abs(float64(norm.Std[0])-0.3530) > 0.01 {
		t.Errorf("mean %v, deviation %v, want about 0.286 and 0.353", norm.Mean[0], norm.Std[0])
	}
}

// Where the full data set is installed, the embedded pictures must be its first ones of each class, and the full
// labels must be recognised.
func TestEmbeddedIsCutOfFull(t *testing.T) {
	full, err := Open("/usr/share/datasets/fashion-mnist", OpenOptions{})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("Debian's dataset-fashion-mnist is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	if full.Train.Len() != 60000 || full.Test.Len() != 10000 || !slices.Equal(full.Train.Classes, fashionClasses()) {
		t.Fatalf("%d + %d pictures of %q", full.Train.Len(), full.Test.Len(), full.Train.Classes)
	}
	cut, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for what, sets := range map[string][2]*Set{"train": {cut.Train, full.Train}, "test": {cut.Test, full.Test}} {
		members, source := sets[0].byClass(), sets[1].byClass()
		for class := range members {
			for k, i := range members[class] {
				if !bytes.Equal(sets[0].Image(i), sets[1].Image(source[class][k])) {
					t.Fatalf("%s: picture %d of class %d is another one", what, k, class)
				}
			}
		}
	}
}
