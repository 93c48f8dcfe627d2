package data

import (
	"fmt"
)

// Survey is what one look at all pictures of a set tells.
type Survey struct {
	set        *Set
	histograms [][256]int // of each channel
	same       bool       // the three channels are the same everywhere
}

// Survey looks at all pictures, in order. write, unless it is nil, is given the pixels of each.
func (s *Set) Survey(write func(p []uint8)) (*Survey, error) {
	v := &Survey{set: s, histograms: make([][256]int, s.C), same: s.C == 3}
	err := s.Each(func(_ int, p []uint8) {
		v.add(p)
		if write != nil {
			write(p)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return v, nil
}

func (v *Survey) add(p []uint8) {
	c := len(v.histograms)
	for i := 0; i < len(p); i += c {
		for k, x := range p[i : i+c] {
			v.histograms[k][x]++
		}
		v.same = v.same && p[i] == p[i+1] && p[i] == p[i+2]
	}
}

// Normalization returns that of the set; see Measure.
func (v *Survey) Normalization() Normalization {
	norm := Normalization{Mean: make([]float32, len(v.histograms)), Std: make([]float32, len(v.histograms))}
	for c := range v.histograms {
		mean, std := moments(&v.histograms[c])
		if std == 0 {
			std = 1
		}
		norm.Mean[c], norm.Std[c] = float32(mean), float32(std)
	}
	return norm
}
