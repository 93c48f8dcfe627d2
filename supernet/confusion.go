package supernet

import (
	"cmp"
	"slices"

	"github.com/espalier-nas/espalier/ops"
)

// Confusion counts what a network says of pictures, [class of the picture][class that the
// network says].
type Confusion [][]int

// NewConfusion returns a table of so many classes that counts nothing yet.
func NewConfusion(classes int) Confusion {
	cells := make([]int, classes*classes)
	c := make(Confusion, classes)
	for i := range c {
		c[i] = cells[i*classes:][:classes:classes]
	}
	return c
}

// Add counts a batch: logits, images x classes, and the images' labels. Of equal logits the
// first counts, as in ops.Correct.
func (c Confusion) Add(logits *ops.Tensor, labels []int32) {
	for i, l := range labels {
		c[l][said(logits.Data[i*len(c):][:len(c)])]++
	}
}

// said returns the class that logits name: of equal ones the first.
func said(logits []float32) int {
	class := 0
	for j, v := range logits {
		if v > logits[class] {
			class = j
		}
	}
	return class
}

// Count returns the number of pictures.
func (c Confusion) Count() (n int) {
	for _, row := range c {
		n += sum(row)
	}
	return n
}

// Accuracy returns the share of the pictures that are told right.
func (c Confusion) Accuracy() float64 {
	right := 0
	for i, row := range c {
		right += row[i]
	}
	return float64(right) / float64(c.Count())
}

// Balanced returns the mean recall: the share of a class's pictures that are told right,
// averaged over the classes that occur.
func (c Confusion) Balanced() float64 {
	total, present := 0.0, 0
	for i, row := range c {
		if n := sum(row); n > 0 {
			total += float64(row[i]) / float64(n)
			present++
		}
	}
	return total / float64(present)
}

// Majority returns the share of the pictures that are of the most frequent class: what
// always naming that class would get right.
func (c Confusion) Majority() float64 {
	most := 0
	for _, row := range c {
		most = max(most, sum(row))
	}
	return float64(most) / float64(c.Count())
}

// Confused is a class that a network takes for another.
type Confused struct {
	Class int `json:"class"`
	Said  int `json:"said"`
	Count int `json:"count"` // pictures of Class that Said is said of
	Of    int `json:"of"`    // pictures of Class
}

// Worst returns up to n pairs of classes that are taken for each other, the most pictures
// first.
func (c Confusion) Worst(n int) []Confused {
	var all []Confused
	for i, row := range c {
		of := sum(row)
		for j, count := range row {
			if i != j && count > 0 {
				all = append(all, Confused{i, j, count, of})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Confused) int { return cmp.Compare(b.Count, a.Count) })
	return all[:min(n, len(all))]
}

func sum(row []int) (n int) {
	for _, v := range row {
		n += v
	}
	return n
}
