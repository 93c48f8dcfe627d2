package data

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// What a person should know of pictures is said: classes of very different size, channels
// that are alike or hold nothing, pictures that are in two parts, classes that mirroring
// changes.
func TestNotes(t *testing.T) {
	grey := &Set{H: 1, W: 1, C: 3, Classes: []string{"a", "b"}, Pix: []uint8{1, 1, 1, 2, 2, 2}, Labels: []uint16{0, 1}}
	if n := notesOf(t, grey); len(n) != 1 || !strings.Contains(n[0], "three channels are the same") {
		t.Errorf("grey in three channels: %q", n)
	}
	for _, c := range []int{1, 3} {
		blank := &Set{H: 1, W: 1, C: c, Classes: []string{"a", "b"}, Pix: bytes.Repeat([]byte{255}, 2*c), Labels: []uint16{0, 1}}
		if n := notesOf(t, blank); len(n) != 1 || !strings.Contains(n[0], "every pixel of every picture is 255") {
			t.Errorf("nothing in %d channels: %q", c, n)
		}
	}
	flat := &Set{H: 1, W: 1, C: 3, Classes: []string{"a", "b"}, Labels: make([]uint16, 13)}
	for i := range 13 {
		flat.Pix = append(flat.Pix, uint8(i), 9, uint8(20*i))
	}
	flat.Labels[3], flat.Labels[5] = 1, 1
	if n := strings.Join(notesOf(t, flat), "; "); !strings.Contains(n, "channel 1 is 9 everywhere") || !strings.Contains(n, "from 2 pictures (b) to 11 (a): saying a always is right for 84.6 %") {
		t.Errorf("a constant channel and 2 of 13 pictures: %q", n)
	}
	other := &Set{H: 1, W: 1, C: 3, Classes: flat.Classes, Pix: slices.Concat(flat.Image(4), flat.Image(4), flat.Image(7)), Labels: make([]uint16, 3)}
	other.Pix[0]++
	if n := flat.Shared(other); n != 2 {
		t.Errorf("%d shared pictures; want 2", n)
	}
	for names, want := range map[string]bool{
		"0 1 2 10": true, "A b": true, "cat dog": false, "0 1 x-ray": false, "ab": false,
		"digit_0 digit_1": true, "class0 class1": true, "letter-A letter-b": true, "zero One two": true, "0 1 two": true,
		"cat car": false, "cat cats": false, "a_left b": false, "one-way stop": false, "fold1 cat2": false, "n01443537 n01443538": false, "cat_a dog_b": false, "": false,
	} {
		if got := (&Set{Classes: strings.Fields(names)}).Written(); got != want {
			t.Errorf("%s: written %t", names, got)
		}
	}
	for names, want := range map[string]string{
		"turn_left turn_right": "turn_left turn_right", "Left stop RIGHT": "Left RIGHT", "clockwise AntiClockwise": "AntiClockwise clockwise",
		"right_whale blue_whale": "", "left stop": "", "cat dog": "", "": "",
	} {
		if one, other := (&Set{Classes: strings.Fields(names)}).Handed(); strings.TrimSpace(one+" "+other) != want {
			t.Errorf("%s: %q and %q differ by left and right", names, one, other)
		}
	}
}

func notesOf(t *testing.T, s *Set) []string {
	t.Helper()
	v, err := s.Survey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return v.Notes()
}
