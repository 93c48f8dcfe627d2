package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestTreeReductionAddsInOneOrder lets the shares of all numbers of groups arrive in random
// orders: what is added to what must not depend on it, every group must be in
// exactly one half's sum, and each half must be reported once.
func TestTreeReductionAddsInOneOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	for groups := 1; groups <= gradGroups; groups++ {
		for _, shares := range []int{1, 3} {
			var first []string
			for range 50 {
				var h treeReduction
				h.begin(groups, shares)
				sums := make([]string, groups)
				for g := range sums {
					sums[g] = fmt.Sprint(g)
				}
				complete := 0
				for _, i := range r.Perm(groups * shares) {
					if h.arrive(i/shares, func(to, from int) { sums[to] = "(" + sums[to] + "+" + sums[from] + ")" }) {
						complete++
					}
				}
				if want := min(groups, 2); complete != want {
					t.Fatalf("%d groups: %d halves are complete; want %d", groups, complete, want)
				}
				got := []string{sums[0], sums[h.second()]}
				if first == nil {
					first = got
					t.Logf("%d groups: %s", groups, got)
				}
				if got[0] != first[0] || got[1] != first[1] {
					t.Fatalf("%d groups: %s, before %s", groups, got, first)
				}
			}
			for g := range groups {
				n := 0
				for _, s := range first[:min(groups, 2)] {
					for _, c := range s {
						if c == rune('0'+g) {
							n++
						}
					}
				}
				if n != 1 {
					t.Errorf("%d groups: group %d is added %d times in %s", groups, g, n, first)
				}
			}
		}
	}
}
