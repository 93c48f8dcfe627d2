package search

import (
	"math"
	"strings"
	"testing"
)

// What a verification must notice, by hand: four classes, two pictures.
func TestCompareLogits(t *testing.T) {
	want := []float32{1, 2, -4, 0, 3, 2.9999, 0, 1}
	have := func(i int, v float32) []float32 {
		h := append([]float32(nil), want...)
		h[i] = v
		return h
	}
	for name, c := range map[string]struct {
		have  []float32
		fault string
		worst float64
		close int
	}{
		"same":              {want, "", 0.5, 0},
		"within tolerance":  {have(3, 0.0003), "", 0.5, 0},
		"beyond":            {have(3, 0.0005), "picture 0, class 3", 0, 0},
		"not a number":      {have(2, float32(math.NaN())), "picture 0, class 2", 0, 0},
		"another class":     {have(5, 3.0002), "", 0.5, 1},
		"another, too far":  {have(5, 3.2), "picture 1, class 5", 0, 0},
		"other than a tie":  {have(7, 3.1), "picture 1, class 3", 0, 0},
		"second is missing": {have(4, 2.9), "picture 1, class 0", 0, 0},
	} {
		close := 0
		worst, err := compareLogits(want, c.have, 4, 0.5, &close)
		switch {
		case name == "another, too far": // the logit itself is out of tolerance
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		case c.fault == "" && (err != nil || worst != c.worst || close != c.close):
			t.Errorf("%s: worst %v, %d close, error %v", name, worst, close, err)
		case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
			t.Errorf("%s: %v; want %q", name, err, c.fault)
		}
	}
	if worst, err := compareLogits(want, have(3, 0.0002), 4, 0, nil); err != nil || math.Abs(worst-0.00005) > 1e-9 {
		t.Errorf("worst difference %v, error %v; want a 20,000th of the largest logit", worst, err)
	}
}
