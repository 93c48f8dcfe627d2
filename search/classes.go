package search

import (
	"slices"

	"github.com/espalier-nas/espalier/supernet/data"
)

// majority returns the share of the most frequent class.
func majority(s *data.Set) float64 {
	return float64(slices.Max(s.ClassCounts())) / float64(s.Len())
}
