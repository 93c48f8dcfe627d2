package space_test

import (
	"fmt"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// parity is a small space with coupled decisions: decision i>0 is made only if
// gene i-1 is not 0, and the last two genes may not both be 2. It has no Stater.
type parity struct{ n int }

func (p parity) Allowed(prefix []uint8, i, c int) bool {
	return i < p.n-1 || c != 2 || prefix[i-1] != 2
}

func paritySpace(t testing.TB, n int) *space.Space {
	t.Helper()
	var ds []space.Decision
	for i := range n {
		d := space.Decision{Name: fmt.Sprintf("d%d", i), Kind: space.KindKernel, Layer: i, Choices: []string{"a", "b", "c"}}
		if i > 0 {
			d.When = []space.Any{{{Decision: i - 1, Options: []uint8{1, 2}}}}
		}
		ds = append(ds, d)
	}
	s, err := space.NewSpace(ds, parity{n})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
