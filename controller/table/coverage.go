package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/espalier-nas/espalier/controller"
)

// coverage measures trade-offs of several objectives by the hypervolume that they cover, as
// a share of what all networks of a table cover. The reference lies a tenth of the range of
// the table's front beyond its worst value of each objective.
type coverage struct {
	objectives []string
	reference  []float64
	whole      float64 // hypervolume of the table's front
	front      int     // networks on it
}

// newCoverage measures a table.
func newCoverage(t *Table, objectives []string) (*coverage, error) {
	c := &coverage{objectives: objectives}
	var points [][]float64
	for _, r := range t.rows {
		points = append(points, c.point(controller.Trial{Reward: r.value, Cost: r.cost}))
	}
	slices.SortFunc(points, slices.Compare) // sums below do not depend on the order of a map
	front := controller.Front(points)
	c.front = len(front)
	for d := range front[0] {
		low, high := front[0][d], front[0][d]
		for _, p := range front {
			low, high = min(low, p[d]), max(high, p[d])
		}
		if low == high {
			return nil, fmt.Errorf("objectives are %s: the networks of %s that none dominates have the same value of one of them; want columns that are traded against each other", strings.Join(objectives, ", "), t.Name)
		}
		c.reference = append(c.reference, high+(high-low)/10)
	}
	var err error
	c.whole, err = controller.Hypervolume(front, c.reference)
	return c, err
}

func (c *coverage) point(t controller.Trial) []float64 { return controller.Aims(t, c.objectives) }

// regret returns the share of the hypervolume that is not covered after each trial.
func (c *coverage) regret(trials []controller.Trial) ([]float64, error) {
	var out []float64
	var front [][]float64
	for _, t := range trials {
		front = controller.Front(append(front, c.point(t)))
		v, err := controller.Hypervolume(front, c.reference)
		if err != nil {
			return nil, err
		}
		left := 1 - v/c.whole
		if left < 1e-12 { // sums of the same boxes in another order
			left = 0
		}
		out = append(out, left)
	}
	return out, nil
}
