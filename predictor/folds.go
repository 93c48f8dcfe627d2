package predictor

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// groupByArch numbers distinct architectures by first appearance: group[i] is
// the number of archs[i].
func groupByArch(archs []space.Arch) (group []int, groups int) {
	number := make(map[space.Arch]int, len(archs))
	group = make([]int, len(archs))
	for i, a := range archs {
		g, ok := number[a]
		if !ok {
			g = len(number)
			number[a] = g
		}
		group[i] = g
	}
	return group, len(number)
}

// checkFolds reports a number of folds that the architectures cannot fill.
func checkFolds(archs []space.Arch, folds int) error {
	if _, groups := groupByArch(archs); folds < 2 || folds > groups {
		return fmt.Errorf("cross-validation: %d folds of %d distinct architectures; want at least 2 folds and one architecture in each", folds, groups)
	}
	return nil
}

// assignFolds gives each example a fold below folds, equal architectures the
// same one, fold sizes in distinct architectures differing by at most one.
func assignFolds(archs []space.Arch, folds int, seed uint64) []int {
	group, groups := groupByArch(archs)
	place := stream(seed, forFolds, 0).Perm(groups)
	fold := make([]int, len(archs))
	for i, g := range group {
		fold[i] = place[g] % folds
	}
	return fold
}

// splitFold returns the indices outside and inside fold f.
func splitFold(fold []int, f int) (train, test []int) {
	for i, g := range fold {
		if g == f {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}

func pick[T any](v []T, at []int) []T {
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = v[i]
	}
	return out
}

// HoldOut splits examples at random into indices to train on and indices to
// test on, about share of them. Examples of one architecture fall on one side;
// both sides get at least one architecture if there are two. Indices ascend.
// It panics unless 0 < share < 1 and both lists have one length.
func HoldOut(archs []space.Arch, y []float64, share float64, seed uint64) (train, test []int) {
	if len(archs) != len(y) {
		panic("predictor: architectures and values of different length")
	}
	if !(share > 0 && share < 1) {
		panic("predictor: share of the hold-out is not between 0 and 1")
	}
	group, groups := groupByArch(archs)
	cut := min(max(int(share*float64(groups)+0.5), 1), max(groups-1, 0))
	place := stream(seed, forHoldOut, 0).Perm(groups)
	for i, g := range group {
		if place[g] < cut {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}
