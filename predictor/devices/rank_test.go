package devices

import "testing"

// What is counted for all measured networks at once is what pairs of rows have in common, to the bit of the
// sum; the first network is measured twice.
func TestSharersCountCommonOnes(t *testing.T) {
	c := codes{choice: [][]int32{{0, 3, 5}, {1, 3, 6}, {}, {0, 1, 2, 3, 4, 5, 6}, {6}, {3, 5}}}
	at, weight := []int{0, 3, 2, 5, 0}, []float64{0.3, -1.7, 0.11, 5, 1e-3}
	l, s := newLocals(7), newSharers(c, at, 7)
	for i, row := range c.choice {
		want := 0.25
		for j, a := range at {
			same, most := common(row, c.choice[a])
			want += weight[j] * l.value[most*8+same]
		}
		if got := s.add(0.25, row, l, weight); got != want {
			t.Errorf("network %d: %v; want %v", i, got, want)
		}
	}
}
