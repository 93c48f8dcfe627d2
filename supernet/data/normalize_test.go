package data

import (
	"math"
	"testing"
)

func TestMeasureEqualsPlainLoop(t *testing.T) {
	s := randomSet(30, 7, 5, 3, 2)
	for i := 0; i < len(s.Pix); i += 3 {
		s.Pix[i] /= 4
	}
	norm := Measure(s)
	for c := range 3 {
		var sum, squares float64
		n := float64(len(s.Pix) / 3)
		for i := c; i < len(s.Pix); i += 3 {
			sum += float64(s.Pix[i]) / 255
		}
		for i := c; i < len(s.Pix); i += 3 {
			d := float64(s.Pix[i])/255 - sum/n
			squares += d * d
		}
		if want := sum / n; math.Abs(float64(norm.Mean[c])-want) > 1e-7 {
			t.Errorf("mean of channel %d is %v, want %v", c, norm.Mean[c], want)
		}
		if want := math.Sqrt(squares / n); math.Abs(float64(norm.Std[c])-want) > 1e-7 {
			t.Errorf("deviation of channel %d is %v, want %v", c, norm.Std[c], want)
		}
	}
}

func TestMeasureConstantChannel(t *testing.T) {
	s := &Set{H: 1, W: 2, C: 1, Classes: []string{"a"}, Pix: []uint8{51, 51}, Labels: []uint16{0}}
	if norm := Measure(s); norm.Mean[0] != 0.2 || norm.Std[0] != 1 {
		t.Errorf("got %+v, want mean 0.2, deviation 1", norm)
	}
}
