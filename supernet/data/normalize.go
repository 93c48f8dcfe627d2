package data

import "math"

// Normalization holds the mean and the standard deviation of each channel, of pixels scaled to [0, 1] (value/255).
// A loader feeds (value/255 - Mean[c]) / Std[c].
type Normalization struct {
	Mean, Std []float32 // [C]
}

// Measure returns the normalisation of s: the population mean and standard deviation of each channel, from exact
// histograms. A constant channel gets Std 1, so that it normalises to 0. Measure the training split, never another.
func Measure(s *Set) Normalization {
	norm := Normalization{Mean: make([]float32, s.C), Std: make([]float32, s.C)}
	histograms := make([][256]int, s.C)
	for i := 0; i < len(s.Pix); i += s.C {
		for c, v := range s.Pix[i : i+s.C] {
			histograms[c][v]++
		}
	}
	for c := range histograms {
		mean, std := moments(&histograms[c])
		if std == 0 {
			std = 1
		}
		norm.Mean[c], norm.Std[c] = float32(mean), float32(std)
	}
	return norm
}

// moments returns mean and standard deviation of value/255; 0 and 0 for an empty histogram.
func moments(histogram *[256]int) (mean, std float64) {
	n, sum := 0, 0
	for v, count := range histogram {
		n += count
		sum += v * count
	}
	if n == 0 {
		return 0, 0
	}
	mean = float64(sum) / float64(n)
	var squares float64
	for v, count := range histogram {
		d := float64(v) - mean
		squares += float64(d * d * float64(count)) // the conversion forbids a fused multiply-add: same bits everywhere
	}
	return mean / 255, math.Sqrt(squares/float64(n)) / 255
}

// tables returns for each channel the float32 that stands for each of the 256 pixel values.
func (norm Normalization) tables() [][256]float32 {
	t := make([][256]float32, len(norm.Mean))
	for c := range t {
		for v := range t[c] {
			t[c][v] = float32((float64(v)/255 - float64(norm.Mean[c])) / float64(norm.Std[c]))
		}
	}
	return t
}
