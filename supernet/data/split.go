package data

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// SplitOptions says how Dataset.Split cuts the training part.
type SplitOptions struct {
	Val  float64 // share of the training part that becomes the search-validation split, 0 to below 1
	Test float64 // share that becomes the test split; not used when the data set has a test part of its own
	Seed uint64
}

// Validate reports every field that is out of range.
func (o SplitOptions) Validate() error {
	var errs []error
	if !(o.Val >= 0 && o.Val < 1) {
		errs = append(errs, fmt.Errorf("data: validation share is %v, expected 0 to below 1", o.Val))
	}
	if !(o.Test >= 0 && o.Test < 1) {
		errs = append(errs, fmt.Errorf("data: test share is %v, expected 0 to below 1", o.Test))
	}
	if o.Val+o.Test >= 1 {
		errs = append(errs, fmt.Errorf("data: validation and test share are %v and %v, expected a sum below 1", o.Val, o.Test))
	}
	return errors.Join(errs...)
}

// Splits are disjoint parts of a data set. A part that was not asked for is empty, not nil.
type Splits struct {
	Train *Set // weights and normalisation come from here
	Val   *Set // candidates are compared on it
	Test  *Set // touched once, at the end
}

// Split cuts d as a function of o alone. Every class is cut in the same proportion, to the nearest picture but at least
// one for each share that is not 0. The pictures of Train and Val (and of Test when it is cut from the training part)
// are shuffled, so that any prefix is a fair sample; a test part of d is taken as it is, and so is a validation part, but
// for its order.
func (d *Dataset) Split(o SplitOptions) (Splits, error) {
	if d.Test != nil {
		o.Test = 0
	}
	if d.Val != nil {
		o.Val = 0
	}
	if err := o.Validate(); err != nil {
		return Splits{}, err
	}
	var train, val, test []int
	if d.Train.Groups != nil {
		var err error
		if train, val, test, err = d.splitGroups(o); err != nil {
			return Splits{}, err
		}
	}
	for class, members := range d.Train.byClass() {
		if d.Train.Groups != nil {
			break
		}
		nVal, nTest := portion(o.Val, len(members)), portion(o.Test, len(members))
		if len(members) > 0 && nVal+nTest >= len(members) {
			return Splits{}, fmt.Errorf(
				"data: %s: class %q has %d pictures, too few for shares of %v validation and %v test with some left for training",
				d.Name, d.Train.Classes[class], len(members), o.Val, o.Test)
		}
		shuffle(members, o.Seed, forSplit, class)
		val = append(val, members[:nVal]...)
		test = append(test, members[nVal:nVal+nTest]...)
		train = append(train, members[nVal+nTest:]...)
	}
	for part, idx := range [][]int{train, val, test} {
		slices.Sort(idx)
		shuffle(idx, o.Seed, forSplitOrder, part)
	}
	s := Splits{Train: d.Train.Subset(train), Val: d.Train.Subset(val), Test: d.Test}
	if s.Test == nil {
		s.Test = d.Train.Subset(test)
	}
	if d.Val != nil {
		order := make([]int, d.Val.Len())
		for i := range order {
			order[i] = i
		}
		shuffle(order, o.Seed, forSplitOrder, 1)
		s.Val = d.Val.Subset(order)
	}
	return s, nil
}

// splitGroups cuts the training part between groups: in a random order, groups go to the
// part that lacks most of its share, until no part lacks any. Every class must be left for training.
func (d *Dataset) splitGroups(o SplitOptions) (train, val, test []int, err error) {
	s := d.Train
	members := map[int32][]int{}
	var order []int
	for i, g := range s.Groups {
		if members[g] == nil {
			order = append(order, int(g))
		}
		members[g] = append(members[g], i)
	}
	shuffle(order, o.Seed, forSplit, 0)
	lack := map[*[]int]int{&val: portion(o.Val, s.Len()), &test: portion(o.Test, s.Len())}
	for _, g := range order {
		to := &train
		for _, part := range []*[]int{&val, &test} {
			if n := lack[part]; n > 0 && 2*n >= len(members[int32(g)]) && n >= lack[to] {
				to = part
			}
		}
		*to = append(*to, members[int32(g)]...)
		if to != &train {
			lack[to] -= len(members[int32(g)])
		}
	}
	if o.Val > 0 && len(val) == 0 || o.Test > 0 && len(test) == 0 {
		return nil, nil, nil, fmt.Errorf("data: %s: %d groups of pictures, too few or too large for shares of %v validation and %v test", d.Name, len(order), o.Val, o.Test)
	}
	counts := make([]int, len(s.Classes))
	for _, i := range train {
		counts[s.Labels[i]]++
	}
	for c, n := range counts {
		if n == 0 {
			return nil, nil, nil, fmt.Errorf("data: %s: no group with pictures of class %q is left for training", d.Name, s.Classes[c])
		}
	}
	return train, val, test, nil
}

// byClass returns the pictures of each class, in stored order.
func (s *Set) byClass() [][]int {
	members := make([][]int, len(s.Classes))
	for i, label := range s.Labels {
		members[label] = append(members[label], i)
	}
	return members
}

// portion is share*n to the nearest number, but at least 1 where there is something to share.
func portion(share float64, n int) int {
	if share == 0 || n == 0 {
		return 0
	}
	return max(1, int(math.Round(share*float64(n))))
}

func shuffle(idx []int, seed uint64, p purpose, part int) {
	g := stream(seed, p, uint64(part), 0)
	rand.New(&g).Shuffle(len(idx), func(i, j int) { idx[i], idx[j] = idx[j], idx[i] })
}
