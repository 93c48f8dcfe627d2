package supernet

import (
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

func TestEveryOpIsComputed(t *testing.T) {
	for _, o := range space.Ops() {
		if int(o) >= len(computations) || computations[o] == nil {
			t.Errorf("nothing computes %v; want a row in computations", o)
		}
	}
}
