package bench

import (
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// A layer of a plan whose kernel is no square has the size and the work that the plan says.
func TestOblongLayersOfPlans(t *testing.T) {
	l := space.Layer{Op: space.Conv, H: 3, W: 20, InC: 4, OutC: 6, K: space.Sides{H: 1, W: 5}, S: 2, G: 1, Dil: 2}
	layers, err := PlanLayers(space.Plan{{Layer: l, Weight: "w", Bias: true, In: []int{space.Image}}}, 3)
	if err != nil || len(layers) != 1 {
		t.Fatal(layers, err)
	}
	got := layers[0]
	if w, _ := l.Weight(); got.FLOPs() != 3*l.FLOPs() || got.OutH() != l.OutH() || got.OutW() != l.OutW() || int64(got.Weights()) != w.Numbers() {
		t.Errorf("%v is measured as %+v", l, got)
	}
}
