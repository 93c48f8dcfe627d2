package search

import (
	"errors"
	"testing"

	"github.com/espalier-nas/espalier/controller"
	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet/space"
)

// Costs are asked for once for each architecture; an error is no cost.
func TestCostsAreRemembered(t *testing.T) {
	w := newWorld(t, asPredicted)
	rng := stream.New(1, "costs")
	a, b := w.family.Extremes().Smallest, w.family.Space().Random(rng)
	asked := make(map[space.Arch]int)
	fails := errors.New("not measured")
	cost := remembered(func(x space.Arch) (controller.Cost, error) {
		if asked[x]++; x == b && asked[x] == 1 {
			return controller.Cost{Params: 9}, fails
		}
		return controller.Cost{Params: int64(asked[x]), Latency: float64(x.Len())}, nil
	})
	for range 3 {
		if c, err := cost(a); err != nil || c.Params != 1 {
			t.Errorf("%+v, %v; want what was said at first", c, err)
		}
	}
	if c, err := cost(b); !errors.Is(err, fails) {
		t.Errorf("%+v, %v; want the error", c, err)
	}
	for range 3 {
		if c, err := cost(b); err != nil || c.Params != 2 {
			t.Errorf("%+v, %v; want what was said after the error", c, err)
		}
	}
	if asked[a] != 1 || asked[b] != 2 {
		t.Errorf("asked %d and %d times; want 1, and 2 after an error", asked[a], asked[b])
	}
}
