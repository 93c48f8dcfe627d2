package kernel

import "sync/atomic"

// treeReduction adds the sums of groups of images. Within each half of the
// groups sums are added pairwise, on the thread that completes a pair and has it in its
// cache; two sums are left. The order of additions is that of the groups, whichever thread
// makes them, so the bits do not depend on the number of threads.
type treeReduction struct {
	groups, shares int
	done           [levels][gradGroups]atomic.Int32
}

// levels is the number of levels of pairs in half of gradGroups, with the leaves.
const levels = 3

// begin begins sums of so many groups, each of which is done in so many shares.
func (h *treeReduction) begin(groups, shares int) {
	h.groups, h.shares = groups, shares
	h.done = [levels][gradGroups]atomic.Int32{}
}

// second returns the group that holds the second half's sum, 0 if there is none.
func (h *treeReduction) second() int { return h.groups / 2 }

// arrive notes that a share of group g is done, and calls add for each pair of
// sums that this completes. It returns true once for each half, to the call that
// completes its sum, which is that of group 0 or second.
func (h *treeReduction) arrive(g int, add func(to, from int)) bool {
	if int(h.done[0][g].Add(1)) < h.shares {
		return false
	}
	first, size := 0, h.second()
	if g >= size {
		first, size = size, h.groups-size
	}
	at := g - first
	for level, step := 1, 1; step < size; level, step = level+1, 2*step {
		at &^= step
		if at+step >= size {
			continue
		}
		if h.done[level][first+at].Add(1) == 1 {
			return false
		}
		add(first+at, first+at+step)
	}
	return true
}
