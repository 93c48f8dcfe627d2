package data

import (
	"fmt"
	"strings"
	"testing"
)

// All damaged pictures are named at once; where they are to be left out, so many are told.
func TestDamagedPicturesAreListed(t *testing.T) {
	files := map[string][]byte{}
	for i := range 30 {
		files[fmt.Sprintf("a/%02d.png", i)] = pngOf(t, 4, 4, plainColor(uint8(i), 0, 0))
		files[fmt.Sprintf("b/%02d.png", i)] = files[fmt.Sprintf("a/%02d.png", i)]
	}
	files["a/07.png"], files["b/03.png"] = files["a/07.png"][:60], nil
	dir := tree(t, files)
	_, err := Open(dir, OpenOptions{})
	wantFault(t, err, "07.png", NoOffset, "damaged")
	if text := err.Error(); !strings.Contains(text, "2 of 60 pictures") || !strings.Contains(text, "a/07.png") || !strings.Contains(text, "b/03.png: an empty file") {
		t.Errorf("error %q; want both pictures", text)
	}
	one := tree(t, map[string][]byte{"a/1.png": files["a/01.png"], "a/2.png": files["a/07.png"], "b/1.png": files["b/01.png"]})
	if _, other := Open(one, OpenOptions{}); other == nil || !strings.Contains(other.Error(), "--skip-bad") || !strings.Contains(err.Error(), "--skip-bad") {
		t.Errorf("errors %q, %q; want both to say how damaged pictures are left out", err, other)
	}
	d, err := Open(dir, OpenOptions{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 58 || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "2 of 60") {
		t.Errorf("%d pictures, notes %q", d.Train.Len(), d.Notes)
	}
	for i := range d.Train.Len() {
		if d.Train.Image(i)[0] == 7 && d.Train.Labels[i] == 0 || d.Train.Image(i)[0] == 3 && d.Train.Labels[i] == 1 {
			t.Errorf("picture %d is one that was left out", i)
		}
	}
	if _, err := Open(tree(t, map[string][]byte{"a/1.png": files["a/01.png"], "b/1.png": nil}), OpenOptions{SkipBad: true}); err == nil {
		t.Error("a class without a readable picture is accepted")
	}
}
