package data

import (
	"fmt"
	"strings"
	"testing"
)

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
		d, err := Open(dir, OpenOptions{Group: `(p\d+)_\d`})
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
	if _, err := Open(dir, OpenOptions{Group: `q(\d+)|p(\d+)`}); err == nil || !strings.Contains(err.Error(), "finds an empty text") {
		t.Errorf("a pattern whose first group finds nothing: %v", err)
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

// Groups that parts share as they were given are told; pictures without names have none.
func TestGroupsOfGivenParts(t *testing.T) {
	p := pngOf(t, 2, 2, plainColor(1, 1, 1))
	d, err := Open(tree(t, map[string][]byte{"train/a/p1_0.png": p, "train/a/p2_0.png": p, "test/a/p2_1.png": p, "test/a/p3_0.png": p}), OpenOptions{Group: `p\d`})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Join(d.Notes, "; "); !strings.Contains(n, "3 groups of pictures") || !strings.Contains(n, "1 groups are in the training and in the test part") {
		t.Errorf("notes %q", n)
	}
	files, _, _ := idxTree()
	if _, err := Open(tree(t, files), OpenOptions{Group: "p"}); err == nil || !strings.Contains(err.Error(), "no names to group by") {
		t.Errorf("groups of IDX pictures: %v", err)
	}
}
