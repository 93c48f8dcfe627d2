package data

import "math"

// Normalization holds the mean and the standard deviation of each channel, of pixels scaled to [0, 1] (value/255).
// A loader feeds (value/255 - Mean[c]) / Std[c].
type Normalization struct {
	Mean, Std []float32 // [C]
}

// Measure returns the normalisation of s, whose pixels must be in memory: the population mean and standard deviation of
// each channel, from exact histograms. A constant channel gets Std 1, so that it normalises to 0. Measure the training
// split, never another. A streamed set has its own from Survey.
func Measure(s *Set) Normalization {
	if s.Streamed() {
		panic("data: Measure: the set is streamed")
	}
	v, _ := s.Survey(nil) // memory does not fail
	return v.Normalization()
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

// tabled is up to how many channels have tables of the 256 pixel values: those of more do not stay in
// caches, where computing a value is quicker than fetching it.
const tabled = 64

// fractions are the pixel values as numbers from 0 to 1.
var fractions = func() (s [256]float64) {
	for v := range s {
		s[v] = float64(v) / 255
	}
	return s
}()

// value returns what stands for a pixel value of a channel.
func (norm *Normalization) value(c int, v uint8) float32 {
	return float32((fractions[v] - float64(norm.Mean[c])) / float64(norm.Std[c]))
}

// tables returns for each channel the float32 that stands for each of the 256 pixel values.
func (norm *Normalization) tables() [][256]float32 {
	t := make([][256]float32, len(norm.Mean))
	for c := range t {
		for v := range t[c] {
			t[c][v] = norm.value(c, uint8(v))
		}
	}
	return t
}
