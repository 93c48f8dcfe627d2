package cell

import (
	"fmt"

	"github.com/espalier-nas/espalier/supernet/space"
)

// distinct returns the first architecture of each network: others of the same network read equal
// sources. What a sum reads in another order counts as another network.
func (f *Family) distinct(archs ...space.Arch) []space.Arch {
	known, seen := make(forms), make(map[int]bool)
	var out []space.Arch
	for _, a := range archs {
		if n := known.of(f.Plan(a)); !seen[n] {
			seen[n] = true
			out = append(out, a)
		}
	}
	return out
}

// forms numbers what steps of plans compute, whatever their weights are called.
type forms map[form]int

// form is a layer on what it reads, as numbers of forms.
type form struct {
	layer space.Layer
	norm  bool
	reads string
}

// of returns the number of what a plan computes.
func (known forms) of(p space.Plan) int {
	numbers := make([]int, len(p))
	for i, s := range p {
		reads := make([]int, len(s.In))
		for k, j := range s.In {
			reads[k] = space.Image
			if j != space.Image {
				reads[k] = numbers[j]
			}
		}
		f := form{s.Layer, s.Norm != "", fmt.Sprint(reads)}
		if _, met := known[f]; !met {
			known[f] = len(known)
		}
		numbers[i] = known[f]
	}
	return numbers[len(p)-1]
}
